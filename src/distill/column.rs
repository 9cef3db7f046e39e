//! The columns of the matrix.

use crate::case::RunStats;
use crate::engine::Trap;
use crate::events::{Event, Tally};
use crate::zoo::Fault;

/// A column of the matrix.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Column {
    /// An event happens at least this often: once, 4, 16 or 64 times.
    Times(Event, u32),
    /// An event and a kind of collection happen in one case.
    Collected(Event, Event),
    /// A call or instantiation ends with the trap.
    Trapped(Trap),
    /// Instantiation ends with the trap.
    TrappedAtFirst(Trap),
    /// An event happens in a case in which something ends at a limit.
    Limited(Event, Trap),
    /// The fault of this number, of those that were tried, is detected.
    Detects(usize),
}

/// The findings and events of a case.
pub(super) struct Seen {
    /// The events.
    pub(super) tally: Tally,
    /// How its calls ended.
    pub(super) stats: RunStats,
    /// For each fault, whether it is detected.
    pub(super) detected: Vec<bool>,
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
        let others = || events().filter(|event| !event.is_collection());
        let limited = |event: &Event| {
            let event = *event;
            limits().map(move |limit| Column::Limited(event, limit))
        };
        events()
            .flat_map(times)
            .chain(others().flat_map(pairs))
            .chain(Trap::ALL.map(Column::Trapped))
            .chain(Trap::ALL.map(Column::TrappedAtFirst))
            .chain(others().flat_map(limited))
            .chain(faults)
            .collect()
    }

    /// Whether a case is a witness of the column.
    pub(super) fn is_met(self, seen: &Seen) -> bool {
        let happens = |event| seen.tally.of(event) > 0;
        match self {
            Column::Times(event, times) => seen.tally.of(event) >= times,
            Column::Collected(event, with) => happens(event) && happens(with),
            Column::Trapped(trap) => seen.stats.traps.contains(trap),
            Column::TrappedAtFirst(trap) => seen.stats.trap_of_instantiation == Some(trap),
            Column::Limited(event, limit) => happens(event) && seen.stats.traps.contains(limit),
            Column::Detects(fault) => seen.detected[fault],
        }
    }

    /// The worth of its first witness. A detected fault is the only column that shows that a case
    /// notices anything; there are many pairs, most of them in most cases.
    pub(super) fn weight(self) -> u64 {
        match self {
            Column::Times(..) | Column::Trapped(_) | Column::TrappedAtFirst(_) => 8,
            Column::Collected(..) | Column::Limited(..) => 1,
            Column::Detects(_) => 64,
        }
    }
}

/// The traps that are limits of a run: those that a bug in an unusual path needs.
fn limits() -> impl Iterator<Item = Trap> {
    Trap::ALL.into_iter().filter(|trap| trap.is_limit())
}
