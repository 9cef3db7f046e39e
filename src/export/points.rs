//! The points of a schedule, counted as the code of an exported module passes them.

use crate::case::{self, Case};
use crate::engine::{Actor, Grain, Halt, Inspector, Point, Schedule, View};
use crate::heap::Heap;
use crate::heap::null::Null;
use crate::module::Module;
use crate::oracle::MAX_BYTES;
use std::sync::Arc;

/// Notes which safepoints are those of the case's own code.
struct Safepoints {
    /// The safepoints at which the case collects.
    wanted: Vec<u64>,
    /// Safepoints in code so far.
    in_code: u64,
    found: Vec<u64>,
}

impl<H: Heap> Inspector<H> for Safepoints {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        if point == Point::Collecting {
            let by = view.cause(point).map(|cause| cause.actor);
            let in_code = matches!(by, Some(Actor::Instruction(_)));
            self.in_code += u64::from(in_code);
            if self.wanted.binary_search(&view.store.safepoints()).is_ok() {
                // One in the host is moved to the next one in code.
                self.found.push(self.in_code + u64::from(!in_code));
            }
        }
        Ok(())
    }
}

/// The points of a schedule that names them. An exported module has other safepoints in its host.
pub(super) fn points(case: &Case, module: &Arc<Module>) -> Vec<u64> {
    let Schedule::At(wanted) = &case.schedule else {
        return Vec::new();
    };
    let everywhere = Case {
        schedule: Schedule::EverySafepoint,
        ..case.clone()
    };
    let mut wanted = wanted.clone();
    wanted.sort_unstable();
    let mut inspector = Safepoints {
        wanted,
        in_code: 0,
        found: Vec::new(),
    };
    case::run(&everywhere, module, Null::new(MAX_BYTES), &mut inspector);
    inspector.found.dedup();
    inspector.found
}
