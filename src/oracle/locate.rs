//! Finding the first instruction after which a law is broken.

use super::audit::{Auditor, Broken, Timing};
use super::layers::Layers;
use super::subject::once;
use crate::case::Case;
use crate::engine::Grain;
use crate::heap::Heap;
use crate::module::Module;
use std::sync::Arc;

/// Longer runs are not audited at every operation, but only bisected.
const LONG: u64 = 100_000;

/// Finds the operation after which a law is broken, for a case known to break
/// one. Runs are deterministic and auditing changes nothing in them, so the
/// case can be run again as often as need be. `broken` is what is known; without
/// it a law may be broken or none.
///
/// An audit at every operation keeps an account instead of counting anew, and
/// so may be late. What it finds is confirmed by a census one operation
/// earlier; if a law is broken there already, or if nothing was found before a
/// collection, or if the run is long, the operation is found by bisection:
/// sound before it and broken after it.
pub(super) fn locate<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    (timing, layers): (Timing, Layers),
    broken: Option<Broken>,
    heap: &impl Fn() -> H,
) -> Option<Broken> {
    let mut counting = Auditor::counting(timing).with_layers(layers);
    let (_, _, coarse) = once(case, module, heap(), &mut counting, layers);
    let mut found = coarse.or(broken);
    let before = |operation: u64| {
        let mut auditor = Auditor::before(operation).with_layers(layers);
        once(case, module, heap(), &mut auditor, layers).2
    };
    // Before the first operation the heap is sound; what is broken at `high`
    // is known, unless it only broke after the last one.
    let (mut low, mut high) = (1, counting.operations() + 1);
    if high <= LONG {
        let mut every = Auditor::new(Timing::At(Grain::Every)).with_layers(layers);
        if let (_, _, Some(finest)) = once(case, module, heap(), &mut every, layers) {
            found = Some(finest);
            // Whatever comes later is not what was found.
            high = every.operations() + 1;
            if every.found_before_an_operation() {
                high = every.operations();
                match before(high - 1) {
                    None => return found,
                    Some(earlier) => {
                        found = Some(earlier);
                        high -= 1;
                    }
                }
            }
        }
    }
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match before(middle) {
            Some(broken) => {
                found = Some(broken);
                high = middle;
            }
            None => low = middle,
        }
    }
    found
}
