//! Finding the actor that first broke a law.

use super::audit::{Auditor, BrokenLaw, Timing};
use super::heap_subject::once;
use super::layers::Layers;
use crate::case::Case;
use crate::engine::Grain;
use crate::heap::Heap;
use crate::module::Module;
use std::sync::Arc;

/// Longer runs are not audited at every operation, but only bisected.
const LONG: u64 = 100_000;

/// The budget of work for all runs of a search, in the unit of
/// [`Limits::work`](crate::engine::Limits::work). When it is spent, the
/// earliest moment found so far is the result.
const WORK: u64 = 8_000_000_000;

/// Finds the operation or the collection that first broke a law, for a case
/// known to break one. Runs are deterministic and auditing does not change
/// them, so the case can be run again any number of times. `broken` is the
/// breach known so far; without it, it is unknown whether a law is broken.
///
/// Moments are numbered: right before every operation, of the module or of the
/// embedder, right before every collection, and right after it. If the laws
/// hold at one moment and not at the next, the actor between the two is to
/// blame: a collection, if the second moment comes right after one; otherwise
/// the operation.
///
/// An audit at every moment uses an account instead of a census, and so may find a
/// breach late. A census one moment earlier confirms what it finds. If a law is
/// broken there already, or if the run is long, the moment is found by bisection.
pub(super) fn locate<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    (timing, layers): (Timing, Layers),
    footprint: u64,
    broken: Option<BrokenLaw>,
    heap: &impl Fn() -> H,
) -> Option<BrokenLaw> {
    let mut left = WORK;
    let mut run = |auditor: Auditor| {
        let mut auditor = auditor.with_layers(layers).with_footprint(footprint);
        let (_, stats, broken) = once(case, module, heap(), &mut auditor, layers);
        left = left.saturating_sub(stats.work + auditor.work());
        (broken, auditor.found_at(), left > 0)
    };
    let (coarse, end, mut may_go_on) = run(Auditor::counting(timing));
    let mut found = coarse.or(broken);
    // Before the first moment all laws hold. The breach at `high` is known,
    // unless it only happened after the last moment.
    let (mut low, mut high) = (0, end);
    if high <= LONG && may_go_on {
        let (finest, moment, more) = run(Auditor::new(Timing::At(Grain::Every)));
        may_go_on = more;
        if let Some(finest) = finest {
            found = Some(finest);
            // A breach at a later moment is not the one that was found.
            high = moment;
            if high > 1 && may_go_on {
                let (earlier, _, more) = run(Auditor::at_moment(high - 1));
                may_go_on = more;
                match earlier {
                    None => return at(found, high),
                    Some(earlier) => {
                        found = Some(earlier);
                        high -= 1;
                    }
                }
            }
        }
    }
    while low + 1 < high && may_go_on {
        let middle = low + (high - low) / 2;
        let (broken, _, more) = run(Auditor::at_moment(middle));
        may_go_on = more;
        match broken {
            Some(broken) => {
                found = Some(broken);
                high = middle;
            }
            None => low = middle,
        }
    }
    at(found, high)
}

/// Notes the moment of a broken law.
fn at(found: Option<BrokenLaw>, moment: u64) -> Option<BrokenLaw> {
    found.map(|mut found| {
        found.violation.moment = Some(moment);
        found
    })
}
