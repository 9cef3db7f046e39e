//! How many cases of a generator reach each event.

use super::{EVENTS, Event, Sink, Tally, recorder};
use crate::case::RunStats;
use crate::generate::GeneratedCase;
use crate::oracle::{Collector, Options, Timing, judge_module};

/// The shares of cases that reach each event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventTable {
    /// Cases that ran.
    pub cases: u64,
    reached: [u64; EVENTS],
}

impl Default for EventTable {
    fn default() -> EventTable {
        EventTable {
            cases: 0,
            reached: [0; EVENTS],
        }
    }
}

impl EventTable {
    /// Counts a case.
    pub fn count(&mut self, tally: &Tally) {
        self.cases += 1;
        for event in tally.reached() {
            self.reached[event as usize] += 1;
        }
    }

    /// Number of cases that reached an event.
    pub fn reached(&self, event: Event) -> u64 {
        self.reached[event as usize]
    }

    /// The same as a percentage.
    pub fn percent(&self, event: Event) -> f64 {
        self.reached(event) as f64 * 100.0 / self.cases.max(1) as f64
    }
}

/// A table of shares as Markdown: a row for each event, a column for each of `tables`.
pub fn markdown(command: &str, tables: &[(&str, &EventTable)]) -> String {
    let mut text = format!(
        "# Events\n\nWritten by `{command} --report FILE`.\n\nThe share of a generator's cases in which each event happens at \
         least once, under the counting heap. Nothing is audited here, and no other heap takes part.\n\n| event | meaning |"
    );
    for (name, _) in tables {
        text.push_str(&format!(" {name} |"));
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---:|".repeat(tables.len()));
    text.push('\n');
    for event in Event::ALL {
        text.push_str(&format!("| {} | {} |", event.name(), event.meaning()));
        for (_, table) in tables {
            text.push_str(&format!(" {:.1} % |", table.percent(*event)));
        }
        text.push('\n');
    }
    text
}

/// The events of a case under the counting heap, without audits or comparisons.
pub fn of_case(drawn: &GeneratedCase) -> Tally {
    let sink = Sink::default();
    let options = Options {
        collectors: vec![recorder(Collector::Drc, &sink)],
        timing: Timing::Never,
        reschedule: false,
        ..Options::default()
    };
    let judged = judge_module(&drawn.case, &drawn.module, &options);
    let mut tally = sink.take();
    for (_, stats) in judged.iter().flat_map(|judged| &judged.stats) {
        tally.count_calls(stats);
    }
    tally
}

impl Tally {
    /// Counts how the calls of a run ended.
    pub fn count_calls(&mut self, stats: &RunStats) {
        for (happened, event) in [
            (stats.allocated_in_calls > 0, Event::AllocateInCall),
            (stats.returned > 0, Event::Return),
            (stats.threw > 0, Event::Uncaught),
            (!stats.traps.is_empty(), Event::Trap),
            (stats.trapped_first, Event::TrapFirst),
        ] {
            if happened {
                self.count(event);
            }
        }
    }
}
