//! How many cases of a generator reach each event.

use super::{EVENTS, Event, Sink, Tally, recorder};
use crate::case::Facts;
use crate::generate::{self, Drawn, Generator};
use crate::oracle::{Collector, Options, Timing, judge_module};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shares of cases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Cases that ran.
    pub cases: u64,
    reached: [u64; EVENTS],
}

impl Default for Table {
    fn default() -> Table {
        Table {
            cases: 0,
            reached: [0; EVENTS],
        }
    }
}

impl Table {
    /// The table of a generator's cases `0..cases` of a seed. Every case is added to `done`. The figures do not depend on the
    /// number of `jobs`.
    pub fn of(generator: Generator, seed: u64, cases: u64, jobs: usize, done: &AtomicU64) -> Table {
        Table::until(generator, seed, cases, jobs, done, &AtomicBool::new(false))
    }

    /// The same, of the cases that were done when `stop` was set.
    pub fn until(
        generator: Generator,
        seed: u64,
        cases: u64,
        jobs: usize,
        done: &AtomicU64,
        stop: &AtomicBool,
    ) -> Table {
        let next = AtomicU64::new(0);
        let table = Mutex::new(Table::default());
        std::thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(|| {
                    let mut mine = Table::default();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= cases || stop.load(Ordering::Relaxed) {
                            break;
                        }
                        if let Ok(drawn) = generator.case(&generate::input(seed, index)) {
                            mine.count(&of_case(&drawn));
                        }
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    // Only a panic of another thread poisons this, and that ends the scope anyway.
                    if let Ok(mut table) = table.lock() {
                        table.add(&mine);
                    }
                });
            }
        });
        table.into_inner().unwrap_or_default()
    }

    /// Counts a case.
    pub fn count(&mut self, tally: &Tally) {
        self.cases += 1;
        for event in tally.reached() {
            self.reached[event as usize] += 1;
        }
    }

    /// Cases that reached an event.
    pub fn reached(&self, event: Event) -> u64 {
        self.reached[event as usize]
    }

    /// The same in percent.
    pub fn percent(&self, event: Event) -> f64 {
        self.reached(event) as f64 * 100.0 / self.cases.max(1) as f64
    }

    fn add(&mut self, other: &Table) {
        self.cases += other.cases;
        for (mine, theirs) in self.reached.iter_mut().zip(&other.reached) {
            *mine += theirs;
        }
    }
}

/// A table of shares as Markdown: a row for each event, a column for each of `tables`.
pub fn markdown(command: &str, tables: &[(&str, &Table)]) -> String {
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

/// The events of a case under the counting heap. Nothing is audited or compared.
pub fn of_case(drawn: &Drawn) -> Tally {
    let sink = Sink::default();
    let options = Options {
        collectors: vec![recorder(Collector::Drc, &sink)],
        timing: Timing::Never,
        reschedule: false,
        ..Options::default()
    };
    let judged = judge_module(&drawn.case, &drawn.module, &options);
    let mut tally = sink.take();
    for (_, facts) in judged.iter().flat_map(|judged| &judged.facts) {
        tally.count_calls(facts);
    }
    tally
}

impl Tally {
    /// Counts how the calls of a run ended.
    pub fn count_calls(&mut self, facts: &Facts) {
        for (happened, event) in [
            (facts.allocated_in_calls > 0, Event::AllocateInCall),
            (facts.returned > 0, Event::Return),
            (facts.threw > 0, Event::Uncaught),
            (facts.trapped, Event::Trap),
            (facts.trapped_first, Event::TrapFirst),
        ] {
            if happened {
                self.count(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_do_not_depend_on_the_number_of_jobs() {
        let of = |jobs| Table::of(Generator::Default, 3, 30, jobs, &AtomicU64::new(0));
        let one = of(1);
        assert_eq!(one, of(3));
        assert_eq!(one.cases, 30);
        assert!(one.percent(Event::AllocateInCall) > 50.0);
    }
}
