//! The columns of the matrix.

use crate::events::{Event, Tally};
use crate::zoo::Fault;

/// A column of the matrix.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Column {
    /// An event happens at least this often: once, 4, 16 or 64 times.
    Times(Event, u32),
    /// An event and a kind of collection happen in one case.
    Collected(Event, Event),
    /// The fault of this number, of those that were tried, is detected.
    Detects(usize),
}

/// Numbers of occurrences that are columns of their own.
const TIMES: [u32; 4] = [1, 4, 16, 64];

impl Column {
    /// All columns for these faults, in a fixed order.
    pub fn all(faults: &[Fault]) -> Vec<Column> {
        let times = |event: &Event| TIMES.map(|times| Column::Times(*event, times));
        let collections = || Event::ALL.iter().filter(|event| event.is_collection());
        let pairs = |event: &Event| {
            let event = *event;
            collections().map(move |with| Column::Collected(event, *with))
        };
        let faults = (0..faults.len()).map(Column::Detects);
        let events = || Event::ALL.iter();
        let pairs = events()
            .filter(|event| !event.is_collection())
            .flat_map(pairs);
        events()
            .flat_map(times)
            .chain(pairs)
            .chain(faults)
            .collect()
    }

    /// Whether a case with these events and detected faults is a witness of the column.
    pub(super) fn is_met(self, tally: &Tally, detected: &[bool]) -> bool {
        match self {
            Column::Times(event, times) => tally.of(event) >= times,
            Column::Collected(event, with) => tally.of(event) > 0 && tally.of(with) > 0,
            Column::Detects(fault) => detected[fault],
        }
    }

    /// The worth of its first witness. A detected fault is the only column that shows that a case
    /// notices anything; there are many pairs, most of them in most cases.
    pub(super) fn weight(self) -> u64 {
        match self {
            Column::Times(..) => 8,
            Column::Collected(..) => 1,
            Column::Detects(_) => 64,
        }
    }
}
