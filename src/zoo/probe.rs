//! Probes: the progress of a fault in a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts how often the hook that a fault overrides has run, and how often its
/// effect differed from that of the correct hook. If a fault was not reached or
/// not triggered, the generator is too weak; if it was triggered without a bad
/// verdict, the oracle is.
///
/// Clones share their counts, so the counts outlive the heaps. Runs that are repeated
/// to locate an instruction are counted, too: only the step from zero is meaningful.
#[derive(Clone, Debug, Default)]
pub struct Probe(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    reached: AtomicU64,
    triggered: AtomicU64,
    belated: AtomicU64,
}

impl Probe {
    /// How often the faulty hook has run.
    pub fn reached(&self) -> u64 {
        self.0.reached.load(Ordering::Relaxed)
    }

    /// How often its effect differed from that of the correct hook.
    pub fn triggered(&self) -> u64 {
        self.0.triggered.load(Ordering::Relaxed)
    }

    /// How many of the wrong effects were those of the hook's run before the last one, and were only
    /// noticed then.
    pub(super) fn belated(&self) -> u64 {
        self.0.belated.load(Ordering::Relaxed)
    }

    /// Records that the last run of the faulty hook had a wrong effect, as turns out now.
    pub(super) fn was_wrong(&self) {
        self.0.belated.fetch_add(1, Ordering::Relaxed);
        self.0.triggered.fetch_add(1, Ordering::Relaxed);
    }

    /// Records that the faulty hook runs, and whether its effect is wrong.
    pub(super) fn run(&self, wrong: bool) {
        self.0.reached.fetch_add(1, Ordering::Relaxed);
        self.0.triggered.fetch_add(wrong.into(), Ordering::Relaxed);
    }
}
