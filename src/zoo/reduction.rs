//! How small findings of each fault become.

use super::{Fault, Probe, quantile};
use crate::case::{Case, Plan};
use crate::generate::{self, Generator};
use crate::jobs::{CpuClock, judge_generated, within};
use crate::module::Module;
use crate::oracle::Options;
use crate::reduce::{Keep, Progress, SameFinding, Settings, instructions, reduce};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The first finding of each fault and seed, reduced.
#[derive(Clone, Debug)]
pub struct Reductions {
    /// The faults.
    pub faults: Vec<Fault>,
    /// Number of seeds, counted from 0.
    pub seeds: u64,
    /// Cases for each fault and seed, at most.
    pub cases: u64,
    /// Threads. Only the times depend on it.
    pub jobs: usize,
}

/// The size of a case.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// Instructions in functions.
    pub instructions: usize,
    /// Functions with a body.
    pub functions: usize,
    /// Types of structures and arrays, and of functions.
    pub types: usize,
    /// Steps of the plan; calls of exports if there is none.
    pub steps: usize,
    /// Bytes of the module.
    pub bytes: usize,
}

/// A reduced finding.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The fault.
    pub fault: &'static str,
    /// The seed.
    pub seed: u64,
    /// The fingerprint.
    pub fingerprint: String,
    /// The case that was generated.
    pub before: Size,
    /// The reduced case.
    pub after: Size,
    /// Candidates that were judged.
    pub tried: u64,
    /// Processor time of the reduction in milliseconds; where the system does not report it, the
    /// time that passed.
    pub milliseconds: u64,
}

/// Time that a verdict may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Time that a reduction may take.
const LONGEST: Duration = Duration::from_secs(300);

/// Ends a reduction when it is set.
struct Stop(Arc<AtomicBool>);

impl Progress for Stop {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Size {
    fn of(case: &Case) -> Size {
        let module = Module::new(&case.wasm, &mut Arc::default()).ok();
        let functions = module.as_ref().map_or(0, |module| {
            module.funcs.len() - module.imported_funcs as usize
        });
        Size {
            instructions: instructions(&case.wasm),
            functions,
            types: module.as_ref().map_or(0, |module| module.type_ids.len()),
            steps: match (&case.plan, &module) {
                (Plan::Steps(steps), _) => steps.len(),
                (Plan::EveryExport, Some(module)) => {
                    let items = module.exports.iter().map(|export| export.item);
                    let funcs =
                        items.filter(|item| matches!(item, crate::module::ExportItem::Func(_)));
                    funcs.count()
                }
                (Plan::EveryExport, None) => 0,
            },
            bytes: case.wasm.len(),
        }
    }
}

impl Reductions {
    /// Finds and reduces, fault by fault, until `stop` is set. A fault that a seed does not show,
    /// or that makes a verdict endless, has no row for this seed.
    pub fn run(&self, stop: &Arc<AtomicBool>, ended: &AtomicUsize) -> Vec<Row> {
        let next = AtomicUsize::new(0);
        let rows = Mutex::new(Vec::new());
        let items = self.faults.len() * self.seeds as usize;
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let item = next.fetch_add(1, Ordering::Relaxed);
                        if item >= items || stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let fault = self.faults[item / self.seeds as usize];
                        let seed = item as u64 % self.seeds;
                        let row = self.row(fault, seed, stop);
                        ended.fetch_add(1, Ordering::Relaxed);
                        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                        rows.extend(row.map(|row| (item, row)));
                    }
                });
            }
        });
        let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        rows.sort_by_key(|(item, _)| *item);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn row(&self, fault: Fault, seed: u64, stop: &Arc<AtomicBool>) -> Option<Row> {
        let all = fault.switch_on(Options::fuzzing(), &Probe::default());
        let (case, options) = (0..self.cases).find_map(|index| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let made = Generator::Default
                .case(&generate::input(seed, index))
                .ok()?;
            finding(Arc::new(made), all.clone())
        })?;
        let same = SameFinding::new(&case, options, Keep::Fingerprint, TIMEOUT).ok()?;
        let fingerprint = same.key().to_string();
        let before = Size::of(&case);
        // All verdicts in one thread, whose clock has the whole time.
        let same = same.without_timeout();
        let stop = Stop(stop.clone());
        let reduced = within(Some(LONGEST), move |_| {
            let clock = CpuClock::of_this_thread();
            let (start, began) = (clock.now(), Instant::now());
            let reduced = reduce(case, &same, &Settings::default(), &stop);
            let took = clock.now().zip(start);
            let took = took.map_or(began.elapsed(), |(end, start)| end.saturating_sub(start));
            reduced.map(|reduced| (reduced, took))
        });
        let (reduced, took) = reduced.ok()?.ok()?;
        if !reduced.finished {
            return None;
        }
        Some(Row {
            fault: fault.id,
            seed,
            fingerprint,
            before,
            after: Size::of(&reduced.case),
            tried: reduced.tried,
            milliseconds: took.as_millis() as u64,
        })
    }

    /// The table, in Markdown.
    pub fn table(&self, rows: &[Row]) -> String {
        let mut out = format!(
            "# Reduction\n\nWritten by `gcdiff zoo --seeds {} --cases {} --reduce FILE`.\n\n\
             The first finding of each fault and seed, reduced by `gcdiff reduce` with the same \
             fingerprint: sizes before and after, the candidates that were judged, and the time \
             of one core.\n\n",
            self.seeds, self.cases
        );
        let figures = |of: &dyn Fn(&Row) -> Option<u64>| {
            let all: Vec<Option<u64>> = rows.iter().filter_map(of).map(Some).collect();
            [50, 90, 100].map(|percent| quantile(&all, percent).unwrap_or(0))
        };
        out += "| | median | 90 % | most |\n|---|---:|---:|---:|\n";
        let mut line = |name: &str, of: &dyn Fn(&Row) -> Option<u64>| {
            let [median, most, all] = figures(of);
            let _ = writeln!(out, "| {name} | {median} | {most} | {all} |");
        };
        line("instructions before", &|row| {
            Some(row.before.instructions as u64)
        });
        line("instructions after", &|row| {
            Some(row.after.instructions as u64)
        });
        line("functions after", &|row| Some(row.after.functions as u64));
        line("bytes before", &|row| Some(row.before.bytes as u64));
        line("bytes after", &|row| Some(row.after.bytes as u64));
        line("candidates", &|row| Some(row.tried));
        line("milliseconds", &|row| Some(row.milliseconds));
        out += "\n| fault | seed | fingerprint | instructions | functions | types | steps | bytes | candidates | ms |\n";
        out += "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|\n";
        for row in rows {
            let (a, b) = (row.before, row.after);
            let _ = writeln!(
                out,
                "| {} | {} | `{}` | {} → {} | {} → {} | {} → {} | {} → {} | {} → {} | {} | {} |",
                row.fault,
                row.seed,
                row.fingerprint,
                a.instructions,
                b.instructions,
                a.functions,
                b.functions,
                a.types,
                b.types,
                a.steps,
                b.steps,
                a.bytes,
                b.bytes,
                row.tried,
                row.milliseconds,
            );
        }
        out
    }
}

/// The case of a generated case with a finding, and the options that show it.
fn finding(made: Arc<generate::GeneratedCase>, all: Options) -> Option<(Case, Options)> {
    let (drawn, given) = (made.clone(), all.clone());
    let judged = within(Some(TIMEOUT), move |desk| {
        let watched = desk.watching(&given);
        let judged = judge_generated(&watched, &drawn).ok()?;
        let is_finding = judged.judged.verdict.is_finding();
        is_finding.then(|| judged.settle().1)
    });
    let header = judged.ok()??.header();
    let options = all.for_header(&header).ok()?;
    Some((made.case.clone(), options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    #[test]
    fn findings_become_rows_of_the_table() {
        let reductions = Reductions {
            faults: vec![zoo::fault("canary").unwrap(), zoo::fault("W1").unwrap()],
            seeds: 2,
            cases: 20,
            jobs: 2,
        };
        let ended = AtomicUsize::new(0);
        let rows = reductions.run(&Arc::default(), &ended);
        let trials: Vec<(&str, u64)> = rows.iter().map(|row| (row.fault, row.seed)).collect();
        assert_eq!(trials, [("canary", 0), ("canary", 1), ("W1", 0), ("W1", 1)]);
        assert_eq!(ended.into_inner(), 4);
        for row in &rows {
            assert!(
                row.after.instructions <= 8 && row.after.functions == 1,
                "{row:?}"
            );
            assert!(row.after.bytes < 100 && row.before.bytes > 1_000, "{row:?}");
        }
        let table = reductions.table(&rows);
        let lines = table.lines().filter(|line| line.starts_with("| W1 |"));
        assert_eq!(lines.count(), 2, "{table}");
        // Nothing is begun after the signal.
        let stop = Arc::new(AtomicBool::new(true));
        assert_eq!(reductions.run(&stop, &AtomicUsize::new(0)), []);
    }
}
