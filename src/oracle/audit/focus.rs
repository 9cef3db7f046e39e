//! What an auditor looks at while the instruction to blame is searched for.

use super::{Auditor, Timing};
use crate::engine::{Grain, Point};

/// An additional task of an auditor, for finding the instruction to blame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Focus {
    /// Nothing.
    None,
    /// Count the moments that pass, and audit at those that `Probes` has, if any.
    Count(Option<Probes>),
    /// Audit at the moment with this number, counted from 1, and then stop.
    Moment(u64),
    /// Audit at the moment `next` and at every `step`-th after it, and stop at the moment `until`.
    Steps { next: u64, step: u64, until: u64 },
    /// Audit from the moment with this number on.
    From(u64),
}

/// Moments to audit in a range whose end is not known. The gaps between them grow.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Probes {
    start: u64,
    next: u64,
    gap: u64,
}

/// What a census costs, in audits by account, if nothing is known about the heap.
pub(in crate::oracle) const CENSUS: u64 = 24;

/// What an audit by account costs, in the unit of [`Census::work`](super::census::Census::work).
const ACCOUNT: u64 = 700;

impl Probes {
    /// Probes after the moment `start`.
    fn after(start: u64) -> Probes {
        let gap = 2 * CENSUS;
        Probes {
            start,
            next: start.saturating_add(gap),
            gap,
        }
    }

    /// The next probe, after a census that took `work`. Wherever the breach is, a search costs least if
    /// gaps grow by twice the cost of a census, in audits by account. In a long range it takes few
    /// probes to double the distance.
    pub(super) fn advance(&mut self, work: u64) {
        let growth = 2 * (work / ACCOUNT).clamp(4, 100);
        self.gap = (self.gap + growth).max((self.next - self.start) / 16);
        self.next = self.next.saturating_add(self.gap);
    }
}

impl Auditor {
    /// An auditor like that of [`Auditor::new`] that also counts moments. Its audits up to the collection
    /// number `sound` are left out: an earlier run has shown that they find nothing. After that, it also
    /// audits now and then, if `probes` is set.
    pub(in crate::oracle) fn counting(timing: Timing, sound: u64, probes: bool) -> Auditor {
        Auditor {
            focus: Focus::Count(probes.then(|| Probes::after(0))),
            known: sound,
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
            focus: Focus::Steps {
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

    /// Whether an audit at this collection is known to find nothing. Then it is noted as sound.
    pub(super) fn is_known(&mut self) -> bool {
        let is_known = self.collections <= self.known;
        if is_known {
            self.note_sound();
            if let Focus::Count(Some(probes)) = &mut self.focus {
                *probes = Probes::after(self.moments);
            }
        }
        is_known
    }

    /// Notes that all laws hold at this moment.
    pub(super) fn note_sound(&mut self) {
        self.sound_at = self.moments;
        if self.timing == Timing::Sampled {
            self.sound_until = self.collections;
        }
    }

    /// The number of collections up to the last audit that found nothing, of those with
    /// [`Timing::Sampled`].
    pub(in crate::oracle) fn sound_until(&self) -> u64 {
        self.sound_until
    }

    /// Whether the focus requires an audit at this point; `None` leaves the
    /// decision to the timing.
    pub(super) fn focused(&mut self, point: Point) -> Option<bool> {
        let counts = is_moment(point);
        self.moments += u64::from(counts);
        match (self.focus, point) {
            (Focus::None, _) | (_, Point::Corruption) => None,
            (Focus::Count(Some(probes)), _)
                if counts && self.moments >= probes.next && self.collections >= self.known =>
            {
                Some(true)
            }
            (Focus::Count(_), Point::Operation | Point::Collecting) => {
                Some(self.timing == Timing::At(Grain::Every))
            }
            (Focus::Count(_), _) => None,
            (Focus::Moment(wanted), _) => Some(counts && self.moments == wanted),
            (Focus::Steps { next, step, until }, _) => {
                let is_next = counts && self.moments == next;
                if is_next {
                    let next = next.saturating_add(step);
                    self.focus = Focus::Steps { next, step, until };
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
