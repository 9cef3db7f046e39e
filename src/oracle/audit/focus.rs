//! What an auditor looks at while the instruction to blame is searched for.

use super::{Auditor, Timing};
use crate::engine::{Grain, Point};

/// An additional task of an auditor, for finding the instruction to blame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Focus {
    /// Nothing.
    None,
    /// Count the moments that pass.
    Count,
    /// Audit at the moment with this number, counted from 1, and then stop.
    Moment(u64),
    /// Audit at the moment `next` and at every `step`-th after it, and stop at the moment `until`.
    Probes { next: u64, step: u64, until: u64 },
    /// Audit from the moment with this number on.
    From(u64),
}

impl Auditor {
    /// An auditor like that of [`Auditor::new`] that also counts moments.
    pub(in crate::oracle) fn counting(timing: Timing) -> Auditor {
        Auditor {
            focus: Focus::Count,
            ..Auditor::new(timing)
        }
    }

    /// An auditor that audits once: at moment number `moment`.
    pub(in crate::oracle) fn at_moment(moment: u64) -> Auditor {
        Auditor {
            focus: Focus::Moment(moment),
            ..Auditor::new(Timing::Sampled)
        }
    }

    /// An auditor that audits at every `step`-th moment between two, each time with a census, and
    /// stops at the second.
    pub(in crate::oracle) fn probing((low, high): (u64, u64), step: u64) -> Auditor {
        Auditor {
            focus: Focus::Probes {
                next: low.saturating_add(step),
                step,
                until: high,
            },
            ..Auditor::new(Timing::Sampled)
        }
    }

    /// An auditor that audits at every point from moment number `low` on.
    pub(in crate::oracle) fn every_from(low: u64) -> Auditor {
        Auditor {
            focus: Focus::From(low),
            ..Auditor::new(Timing::At(Grain::Every))
        }
    }

    /// The number of the moment at which a broken law was found, or of the next
    /// moment otherwise.
    pub(in crate::oracle) fn found_at(&self) -> u64 {
        self.moments + u64::from(!self.at_moment)
    }

    /// The number of the last moment at which all laws held, of those that were audited; 0, the
    /// start, if there was none.
    pub(in crate::oracle) fn sound_at(&self) -> u64 {
        self.sound_at
    }

    /// Whether the focus requires an audit at this point; `None` leaves the
    /// decision to the timing.
    pub(super) fn focused(&mut self, point: Point) -> Option<bool> {
        let counts = is_moment(point);
        self.moments += u64::from(counts);
        match (self.focus, point) {
            (Focus::None, _) | (_, Point::Corruption) => None,
            (Focus::Count, Point::Operation | Point::Collecting) => {
                Some(self.timing == Timing::At(Grain::Every))
            }
            (Focus::Count, _) => None,
            (Focus::Moment(wanted), _) => Some(counts && self.moments == wanted),
            (Focus::Probes { next, step, until }, _) => {
                let is_next = counts && self.moments == next;
                if is_next {
                    let next = next.saturating_add(step);
                    self.focus = Focus::Probes { next, step, until };
                }
                Some(is_next)
            }
            (Focus::From(low), _) => (self.moments < low).then_some(false),
        }
    }
}

/// Whether this point is a numbered moment: right before an operation or a collection, or
/// right after a collection.
pub(in crate::oracle) fn is_moment(point: Point) -> bool {
    matches!(
        point,
        Point::Operation | Point::Collecting | Point::Collection | Point::End
    )
}
