//! The matrix of cases, and of the events and faults that each one reaches.

use super::column::{Column, Seen};
use crate::events;
use crate::generate::{GeneratedCase, SAME_SMITH};
use crate::jobs::{Desk, Note, Pool, Work as PoolWork};
use crate::oracle::{Options, Panic, Verdict, Violation, judge_module};
use crate::zoo::{Fault, Probe};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Makes the case of a number. `None` if there is none.
///
/// # Errors
///
/// Why there should be one and is none.
pub type Source = Arc<dyn Fn(u64) -> Result<Option<GeneratedCase>, String> + Send + Sync>;

/// The columns of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The number of the case.
    pub case: u64,
    /// Bytes of its module.
    pub size: usize,
    /// The numbers of its columns, in order.
    pub columns: Vec<u32>,
}

/// Rows of cases.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The faults that were tried.
    pub faults: Vec<Fault>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The cases on which all heaps agree, in the order of their numbers.
    pub rows: Vec<Row>,
    /// Cases that are findings of the sound heaps, with the reason. They are in no row.
    pub findings: Vec<(u64, String)>,
    /// Cases that should be there and are not, with the reason.
    pub refused: BTreeMap<u64, String>,
}

/// How to make a matrix.
#[derive(Clone)]
pub struct Work {
    /// The cases.
    pub source: Source,
    /// Their number.
    pub cases: u64,
    /// The faults to try on each.
    pub faults: Vec<Fault>,
    /// Threads. The matrix does not depend on it, unless so many cases do not end that it is given up.
    pub jobs: usize,
    /// Time limit for each verdict, in processor time where the system reports it.
    pub timeout: Option<Duration>,
}

impl Work {
    /// Makes the matrix. `done` counts verdicts: one for each case, and one for each case and fault.
    /// `None` if `stop` is set before the end, or too many verdicts do not end.
    ///
    /// # Panics
    ///
    /// If gcdiff panics outside all heaps.
    pub fn run(&self, done: &Arc<AtomicU64>, stop: &Arc<AtomicBool>) -> Option<Matrix> {
        let results: Arc<[Mutex<Partial>]> = (0..self.cases).map(|_| Mutex::default()).collect();
        let pool = Pool {
            jobs: self.jobs,
            first: 0,
            items: Some(self.cases),
            at_a_time: SAME_SMITH,
            timeout: self.timeout,
            stop: stop.clone(),
            interrupt: Arc::default(),
        };
        let columns = Column::all(&self.faults);
        let gave_up = pool.run(Cases {
            work: self.clone(),
            columns: columns.clone(),
            done: done.clone(),
            stop: stop.clone(),
            results: results.clone(),
        });
        if gave_up || stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut matrix = Matrix {
            faults: self.faults.clone(),
            columns,
            rows: Vec::new(),
            findings: Vec::new(),
            refused: BTreeMap::new(),
        };
        for (result, case) in results.iter().zip(0..) {
            let result = std::mem::take(&mut *lock(result));
            matrix.rows.extend(result.row);
            let finding = result.finding.map(|finding| (case, finding));
            matrix.findings.extend(finding);
            matrix.refused.extend(result.refused.map(|why| (case, why)));
        }
        Some(matrix)
    }
}

impl Matrix {
    /// The worth of the first witness of each column.
    pub fn weights(&self) -> Vec<u64> {
        self.columns.iter().map(|column| column.weight()).collect()
    }

    /// The number of witnesses of a column among some rows.
    pub fn witnesses(&self, column: Column, rows: &[usize]) -> usize {
        let number = self.columns.iter().position(|known| *known == column);
        let Some(number) = number else { return 0 };
        let has = |row: &&usize| {
            self.rows[**row]
                .columns
                .binary_search(&(number as u32))
                .is_ok()
        };
        rows.iter().filter(has).count()
    }
}

/// The result of a case.
#[derive(Default)]
struct Partial {
    row: Option<Row>,
    finding: Option<String>,
    refused: Option<String>,
    /// A case that is not done: the events, and the faults tried so far.
    known: Option<Known>,
}

/// The results of a case that is not done.
struct Known {
    case: Arc<GeneratedCase>,
    seen: Seen,
    /// The fault that is being tried.
    trying: usize,
}

fn lock(partial: &Mutex<Partial>) -> MutexGuard<'_, Partial> {
    partial.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The work for the pool: an item is a case.
struct Cases {
    work: Work,
    columns: Vec<Column>,
    done: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    results: Arc<[Mutex<Partial>]>,
}

impl Cases {
    fn close(&self, item: u64) {
        let mut partial = lock(&self.results[item as usize]);
        if let Some(known) = partial.known.take() {
            let columns = self.columns.iter().zip(0..);
            let met = columns.filter(|(column, _)| column.is_met(&known.seen));
            partial.row = Some(Row {
                case: item,
                size: known.case.case.wasm.len(),
                columns: met.map(|(_, number)| number).collect(),
            });
        }
    }

    fn count(&self, verdicts: usize) {
        self.done.fetch_add(verdicts as u64, Ordering::Relaxed);
    }
}

impl PoolWork for Cases {
    type Output = ();

    fn work(&self, item: u64, desk: &Arc<Desk>) {
        let faults = &self.work.faults;
        let drawn = match (self.work.source)(item) {
            Ok(Some(drawn)) => Arc::new(drawn),
            Ok(None) => return self.count(faults.len() + 1),
            Err(why) => {
                lock(&self.results[item as usize]).refused = Some(why);
                return self.count(faults.len() + 1);
            }
        };
        desk.note_case(&drawn);
        // All heaps, and second runs: the bytes of a generated case choose a part of them.
        let all = Options::fuzzing().for_case(u8::MAX, true);
        let judge = |options: &Options| {
            judge_module(&drawn.case, &drawn.module, &desk.watching(options)).ok()
        };
        let judged = judge(&all);
        // Given up, and counted, in the meantime.
        if !desk.restart() {
            return;
        }
        self.count(1);
        let stats = match judged {
            Some(judged) if judged.verdict == Verdict::Agree => judged.stats,
            Some(judged) if judged.verdict.is_finding() => {
                lock(&self.results[item as usize]).finding = Some(judged.verdict.to_string());
                return self.count(faults.len());
            }
            _ => return self.count(faults.len()),
        };
        lock(&self.results[item as usize]).known = Some(Known {
            case: drawn.clone(),
            seen: Seen {
                tally: events::of_case(&drawn),
                // The heaps agree, so the calls of the first ended like those of all.
                stats: stats.first().map(|(_, stats)| *stats).unwrap_or_default(),
                detected: vec![false; faults.len()],
            },
            trying: 0,
        });
        for (number, fault) in faults.iter().enumerate() {
            if !desk.restart() || self.stop.load(Ordering::Relaxed) {
                return;
            }
            if let Some(known) = &mut lock(&self.results[item as usize]).known {
                known.trying = number;
            }
            let options = fault.switch_on(all.clone(), &Probe::default());
            let is_finding = judge(&options).is_some_and(|judged| judged.verdict.is_finding());
            if !desk.restart() {
                return;
            }
            if let Some(known) = &mut lock(&self.results[item as usize]).known {
                known.seen.detected[number] = is_finding;
            }
            self.count(1);
        }
    }

    fn deliver(&self, item: u64, done: Result<(), Panic>, _: Note) {
        match done {
            Ok(()) => self.close(item),
            Err(panic) => panic!("{}", Violation::panic("gcdiff", panic)),
        }
    }

    fn overdue(&self, item: u64, note: Note) {
        let verdict = note.overtime(self.work.timeout.unwrap_or_default());
        let faults = self.work.faults.len();
        let mut partial = lock(&self.results[item as usize]);
        // The faults after the one that does not end are not tried on this case.
        let left = match &mut partial.known {
            Some(known) => {
                known.seen.detected[known.trying] |= verdict.is_finding();
                faults - known.trying
            }
            None => {
                partial.finding = verdict.is_finding().then(|| verdict.to_string());
                faults + 1
            }
        };
        drop(partial);
        self.count(left);
        self.close(item);
    }
}
