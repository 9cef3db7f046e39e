//! The part of a run of which pictures are taken.

use super::HistoryEnd;
use super::painter::BEFORE;
use crate::engine::Point;

/// When to take pictures.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Window {
    culprit: HistoryEnd,
    /// The last moment of the run, if it is known.
    end: u64,
}

impl Window {
    /// The operations around one.
    pub fn around(culprit: HistoryEnd) -> Window {
        Window { culprit, end: 0 }
    }

    /// The same, for a run whose last moment is known.
    pub fn ending(self, end: u64) -> Window {
        Window { end, ..self }
    }

    /// Whether the state after the culprit may be among the next few.
    pub fn is_near(self, moments: u64, operations: u64) -> bool {
        let before = BEFORE as u64;
        match self.culprit {
            HistoryEnd::Moment(u64::MAX) => moments + before >= self.end,
            HistoryEnd::Moment(moment) => moments + before >= moment,
            HistoryEnd::Operation { number, .. } => operations + before >= number,
        }
    }

    /// Whether the culprit has just acted. The numbers are those of moments, operations and
    /// safepoints so far.
    pub fn is_culprit(self, point: Point, moments: u64, operations: u64, safepoints: u64) -> bool {
        let has_collected = matches!(point, Point::Collection | Point::End);
        match self.culprit {
            _ if point == Point::Corruption => true,
            HistoryEnd::Moment(u64::MAX) => point == Point::End,
            HistoryEnd::Moment(moment) => moments == moment,
            // A run of another heap may have no collection there.
            HistoryEnd::Operation {
                number,
                collection: Some(safepoint),
            } => has_collected && safepoints == safepoint || operations > number,
            HistoryEnd::Operation { number, .. } => operations > number || point == Point::End,
        }
    }
}
