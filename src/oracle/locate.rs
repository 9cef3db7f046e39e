//! Finding what first broke a law.

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

/// Finds the operation or the collection that first broke a law, for a case known
/// to break one. Runs are deterministic and auditing changes nothing in them, so
/// the case can be run again as often as need be. `broken` is what is known;
/// without it a law may be broken or none.
///
/// Moments are numbered: right before every operation, of the module or of the
/// embedder, right before every collection, and right after it. What acted
/// between two moments, sound at the first and broken at the second, is to blame:
/// a collection, if the second comes right after one, else the operation.
///
/// An audit at every moment keeps an account instead of counting again, and so may
/// be late. What it finds is confirmed by a census one moment earlier. If a law is
/// broken there already, or if the run is long, the moment is found by bisection.
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
    let at = |moment: u64| {
        let mut auditor = Auditor::at_moment(moment).with_layers(layers);
        once(case, module, heap(), &mut auditor, layers).2
    };
    // Before the first moment the heap is sound. What is broken at `high` is
    // known, unless it only broke after the last moment.
    let (mut low, mut high) = (0, counting.found_at());
    if high <= LONG {
        let mut every = Auditor::new(Timing::At(Grain::Every)).with_layers(layers);
        if let (_, _, Some(finest)) = once(case, module, heap(), &mut every, layers) {
            found = Some(finest);
            // Whatever comes later is not what was found.
            high = every.found_at();
            if high > 1 {
                match at(high - 1) {
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
        match at(middle) {
            Some(broken) => {
                found = Some(broken);
                high = middle;
            }
            None => low = middle,
        }
    }
    found
}
