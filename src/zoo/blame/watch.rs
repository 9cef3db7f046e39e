//! When a fault acts in a run.

use crate::case::{self, Case};
use crate::engine::{Grain, Halt, Inspector, Point, View};
use crate::heap::Heap;
use crate::module::Module;
use crate::oracle::Variant;
use crate::zoo::Probe;
use std::sync::Arc;

/// An operation of a run, or a collection in it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Act {
    /// The number of the operation, counted from 1.
    pub operation: u64,
    /// Whether it is a collection.
    pub collection: bool,
}

/// The acts of a run in which the effect of a fault was wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Acts {
    pub all: Vec<Act>,
    /// Operations and collections of the run.
    pub length: u64,
}

/// Runs a case on a variant whose fault reports to `probe`, and notes when it acts.
pub(super) fn acts(case: &Case, module: &Arc<Module>, variant: &Variant, probe: &Probe) -> Acts {
    let mut watcher = Watcher {
        probe: probe.clone(),
        reached: probe.reached(),
        triggered: probe.triggered(),
        belated: probe.belated(),
        last: None,
        operations: 0,
        acts: Acts::default(),
    };
    let run = case::run(
        case,
        &variant.compiled(module),
        variant.heap(),
        &mut watcher,
    );
    // A run may end inside an operation.
    let collection = run.store.corrupted_by().is_some_and(|by| by.collection);
    watcher.note(collection);
    // A fault may notice its effect when its heap is dropped.
    drop(run);
    watcher.note(collection);
    watcher.acts.all.sort();
    watcher.acts.all.dedup();
    watcher.acts
}

/// Reads the probe between all operations.
struct Watcher {
    probe: Probe,
    reached: u64,
    triggered: u64,
    belated: u64,
    /// When the fault's code ran last.
    last: Option<Act>,
    operations: u64,
    acts: Acts,
}

impl Watcher {
    fn note(&mut self, collection: bool) {
        let act = Act {
            operation: self.operations,
            collection,
        };
        let new = |seen: &mut u64, now: u64| now - std::mem::replace(seen, now);
        let belated = new(&mut self.belated, self.probe.belated());
        let triggered = new(&mut self.triggered, self.probe.triggered());
        if belated > 0 {
            self.acts.all.extend(self.last);
        }
        if triggered > belated {
            self.acts.all.push(act);
        }
        if new(&mut self.reached, self.probe.reached()) > 0 {
            self.last = Some(act);
        }
    }
}

impl<H: Heap> Inspector<H> for Watcher {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        self.note(view.cause(point).is_some_and(|cause| cause.collection));
        self.operations += u64::from(point == Point::Operation);
        let counts = matches!(point, Point::Operation | Point::Collection | Point::End);
        self.acts.length += u64::from(counts);
        Ok(())
    }
}
