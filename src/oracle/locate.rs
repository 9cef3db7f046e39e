//! Finding the actor that first broke a law.

use super::audit::{Auditor, BrokenLaw, CENSUS, Timing};
use super::heap_subject::once;
use super::layers::Layers;
use crate::case::Case;
use crate::heap::Heap;
use crate::module::Module;
use std::sync::Arc;

/// The most censuses of one run.
const PROBES: u64 = 64;

/// Audits by account of one run, at most.
const LONG: u64 = 10_000;

/// The budget of work for all runs of a search, in the unit of
/// [`Limits::work`](crate::engine::Limits::work). When it is spent, the
/// earliest moment found so far is the result.
const WORK: u64 = 8_000_000_000;

/// What a run of a search has shown.
struct Ran {
    broken: Option<BrokenLaw>,
    /// [`Auditor::sound_at`].
    sound_at: u64,
    /// [`Auditor::found_at`].
    found_at: u64,
    /// Whether its audits took more than a verdict may.
    is_over_budget: bool,
}

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
/// Between the last audit that is known to be sound and the breach, a first run takes a census now
/// and then, and a second audits every moment after the last census without a breach. Its audits use
/// an account instead of a census, and so may find a breach late. A census one moment earlier confirms
/// what it finds. If a law is broken there already, the moment is found by bisection.
///
/// `sound` is [`Auditor::sound_until`] of the run that has shown the breach.
pub(super) fn locate<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    (timing, layers): (Timing, Layers),
    footprint: u64,
    (broken, sound): (Option<BrokenLaw>, u64),
    heap: &impl Fn() -> H,
) -> Option<BrokenLaw> {
    let mut left = WORK;
    let mut run = |auditor: Auditor| {
        let mut auditor = auditor.with_layers(layers).with_footprint(footprint);
        let (_, stats, broken) = once(case, module, heap(), &mut auditor, layers);
        left = left.saturating_sub(stats.work + auditor.work());
        let ran = Ran {
            broken,
            sound_at: auditor.sound_at(),
            found_at: auditor.found_at(),
            is_over_budget: auditor.over.is_some(),
        };
        auditor.retire();
        (ran, left > 0)
    };
    // If it is not known that there is a breach, it may be one that comes and goes between probes.
    let probes = broken.is_some();
    let (mut first, mut may_go_on) = run(Auditor::counting(timing, sound, probes));
    // With its probes a run may take more than a verdict may. Then it shows nothing.
    if probes && first.is_over_budget {
        (first, may_go_on) = run(Auditor::counting(timing, sound, false));
    }
    let mut found = first.broken.or(broken);
    // The laws hold at `low`, and before the first moment. The breach at `high` is known, unless it
    // only happened after the last moment.
    let mut high = first.found_at;
    let mut low = first.sound_at.min(high - 1);
    while high - low > LONG && may_go_on {
        let range = high - low;
        let step = range.saturating_mul(CENSUS).isqrt().max(range / PROBES);
        let (probed, more) = run(Auditor::probing((low, high), step));
        may_go_on = more;
        low = probed.sound_at.max(low);
        if let Some(broken) = probed.broken {
            found = Some(broken);
            high = probed.found_at;
        }
        // A census that does not fit into the memory of a verdict shows nothing.
        if high - low == range {
            break;
        }
    }
    if low + 1 < high && may_go_on {
        let (finest, more) = run(Auditor::every_from(low));
        may_go_on = more;
        if let Some(broken) = finest.broken {
            found = Some(broken);
            // A breach at a later moment is not the one that was found.
            high = finest.found_at;
            if high > low + 1 && may_go_on {
                let (earlier, more) = run(Auditor::at_moment(high - 1));
                may_go_on = more;
                match earlier.broken {
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
        let (looked, more) = run(Auditor::at_moment(middle));
        may_go_on = more;
        match looked.broken {
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
