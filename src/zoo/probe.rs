//! How far a fault got.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts how often the hook that a fault overrides has run, and how often what
/// it did was not what the correct hook would have done. A fault that was not
/// reached or not triggered is the generator's business; one that was, and gave
/// no bad verdict, is the oracle's.
///
/// Clones share their counts, so that whoever has one can ask about heaps that
/// are gone. Runs that are repeated to find an instruction count again: only the
/// step from zero means something.
#[derive(Clone, Debug, Default)]
pub struct Probe(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    reached: AtomicU64,
    triggered: AtomicU64,
}

impl Probe {
    /// How often the faulty hook has run.
    pub fn reached(&self) -> u64 {
        self.0.reached.load(Ordering::Relaxed)
    }

    /// How often its effect was not that of the correct one.
    pub fn triggered(&self) -> u64 {
        self.0.triggered.load(Ordering::Relaxed)
    }

    /// The faulty hook runs, and its effect will be the right one or not.
    pub(super) fn run(&self, wrong: bool) {
        self.0.reached.fetch_add(1, Ordering::Relaxed);
        self.0.triggered.fetch_add(wrong.into(), Ordering::Relaxed);
    }
}
