//! How small findings of each fault become, and how many clusters they form.

mod size;
mod table;

pub use size::Size;

use super::Fault;
use super::findings::{TIMEOUT, findings};
use crate::case::Case;
use crate::jobs::{CpuClock, within};
use crate::oracle::Options;
use crate::reduce::{
    Keep, Likeness, Progress, SameFinding, Settings, audited_often, clusters, reduce,
    reduce_finding,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Reductions of findings of each fault.
#[derive(Clone, Debug)]
pub struct ReductionTrials {
    /// The faults.
    pub faults: Vec<Fault>,
    /// Number of seeds, counted from 0. The first finding of each is reduced.
    pub seeds: u64,
    /// Cases for each fault and seed, at most. All findings that the first seed makes in so many
    /// cases are reduced, too, one of each fingerprint, to cluster them.
    pub cases: u64,
    /// Threads. Only the times depend on it.
    pub jobs: usize,
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
    /// Whether the reduction ended by itself.
    pub finished: bool,
    /// Processor time of the reduction in milliseconds; where the system does not report it, the
    /// time that passed.
    pub milliseconds: u64,
}

/// The findings of a fault.
#[derive(Clone, PartialEq, Debug)]
pub struct ClusterRow {
    /// The fault.
    pub fault: &'static str,
    /// The fingerprints in each cluster.
    pub clusters: Vec<Vec<String>>,
    /// Findings that could not be reduced. Each is a cluster of its own.
    pub unreduced: usize,
}

/// What the reductions give.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReductionTally {
    /// One row for each fault and seed that shows it.
    pub rows: Vec<Row>,
    /// One row for each fault that the first seed shows.
    pub clusters: Vec<ClusterRow>,
}

/// Time that a reduction may take.
const LONGEST: Duration = Duration::from_secs(300);

/// Ends a reduction when it is set, or after a time.
struct Stop {
    stop: Arc<AtomicBool>,
    until: Instant,
}

impl Progress for Stop {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= self.until
    }
}

impl Stop {
    fn new(stop: &Arc<AtomicBool>) -> Stop {
        Stop {
            stop: stop.clone(),
            until: Instant::now() + LONGEST,
        }
    }
}

/// A piece of work.
#[derive(Copy, Clone)]
enum Item {
    First(Fault, u64),
    Clusters(Fault),
}

impl ReductionTrials {
    fn items(&self) -> Vec<Item> {
        let of_fault = |fault: &Fault| {
            let fault = *fault;
            let firsts = (0..self.seeds).map(move |seed| Item::First(fault, seed));
            firsts.chain([Item::Clusters(fault)])
        };
        self.faults.iter().flat_map(of_fault).collect()
    }

    /// Number of steps that [`ReductionTrials::run`] counts.
    pub fn len(&self) -> usize {
        self.items().len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds and reduces, fault by fault, until `stop` is set. A fault that a seed does not show,
    /// or that makes a verdict endless, has no row for this seed. `ended` counts steps.
    pub fn run(&self, stop: &Arc<AtomicBool>, ended: &AtomicUsize) -> ReductionTally {
        let (next, items) = (AtomicUsize::new(0), self.items());
        let (rows, groups) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(index) else { return };
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        match item {
                            Item::First(fault, seed) => {
                                let row = self.row(*fault, *seed, stop);
                                let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                                rows.extend(row.map(|row| (index, row)));
                            }
                            Item::Clusters(fault) => {
                                let row = self.clusters(*fault, stop);
                                let mut rows =
                                    groups.lock().unwrap_or_else(PoisonError::into_inner);
                                rows.extend(row.map(|row| (index, row)));
                            }
                        }
                        ended.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        ReductionTally {
            rows: sorted(rows),
            clusters: sorted(groups),
        }
    }

    fn row(&self, fault: Fault, seed: u64, stop: &Arc<AtomicBool>) -> Option<Row> {
        let (case, options, _) = findings(fault, seed, self.cases, stop).next()?;
        let options = audited_often(&case, &options, Some(TIMEOUT));
        let same = SameFinding::new(&case, options, Keep::Fingerprint, TIMEOUT).ok()?;
        let fingerprint = same.key().to_string();
        let before = Size::of(&case);
        // All verdicts in one thread, whose clock has the whole time.
        let same = same.without_timeout();
        let stop = Stop::new(stop);
        let reduced = within(Some(LONGEST + TIMEOUT), move |_| {
            let clock = CpuClock::of_this_thread();
            let (start, began) = (clock.now(), Instant::now());
            let reduced = reduce(case, &same, &Settings::default(), &stop);
            let took = clock.now().zip(start);
            let took = took.map_or(began.elapsed(), |(end, start)| {
                end.ran.saturating_sub(start.ran)
            });
            reduced.map(|reduced| (reduced, took))
        });
        let (reduced, took) = reduced.ok()?.ok()?;
        Some(Row {
            fault: fault.id,
            seed,
            fingerprint,
            before,
            after: Size::of(&reduced.case),
            tried: reduced.tried,
            finished: reduced.finished,
            milliseconds: took.as_millis() as u64,
        })
    }

    fn clusters(&self, fault: Fault, stop: &Arc<AtomicBool>) -> Option<ClusterRow> {
        let mut firsts: BTreeMap<String, (Case, Options)> = BTreeMap::new();
        for (case, options, fingerprint) in findings(fault, 0, self.cases, stop) {
            firsts.entry(fingerprint).or_insert((case, options));
        }
        let mut likenesses = Vec::new();
        let mut unreduced = 0;
        for (fingerprint, (case, options)) in &firsts {
            let until = Stop::new(stop);
            let settings = Settings::default();
            let options = audited_often(case, options, Some(TIMEOUT));
            let reduced = reduce_finding(case.clone(), &options, Some(TIMEOUT), &settings, &until);
            likenesses.push(match reduced {
                Ok(reduced) if reduced.finished => reduced.likeness,
                _ => {
                    unreduced += 1;
                    Likeness::of(fingerprint)
                }
            });
        }
        let fingerprints: Vec<&String> = firsts.keys().collect();
        let clusters = clusters(&likenesses).into_iter().map(|members| {
            let members = members.into_iter();
            members.map(|i| fingerprints[i].clone()).collect()
        });
        let clusters: Vec<Vec<String>> = clusters.collect();
        (!clusters.is_empty()).then_some(ClusterRow {
            fault: fault.id,
            clusters,
            unreduced,
        })
    }
}

/// Rows in the order of their items.
fn sorted<T>(rows: Mutex<Vec<(usize, T)>>) -> Vec<T> {
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    #[test]
    fn findings_become_rows_of_the_table() {
        let reductions = ReductionTrials {
            faults: vec![zoo::fault("canary").unwrap(), zoo::fault("W1").unwrap()],
            seeds: 2,
            cases: 60,
            jobs: 2,
        };
        let ended = AtomicUsize::new(0);
        let reduction = reductions.run(&Arc::default(), &ended);
        let rows = &reduction.rows;
        let trials: Vec<(&str, u64)> = rows.iter().map(|row| (row.fault, row.seed)).collect();
        assert_eq!(trials, [("canary", 0), ("canary", 1), ("W1", 0), ("W1", 1)]);
        assert_eq!(ended.into_inner(), reductions.len());
        for row in rows {
            assert!(
                row.finished && row.after.instructions <= 8 && row.after.functions == 1,
                "{row:?}"
            );
            assert!(row.after.bytes < 100 && row.before.bytes > 1_000, "{row:?}");
        }
        let [canary, w1] = &reduction.clusters[..] else {
            panic!("{:?}", reduction.clusters);
        };
        // `array.new_fixed` writes single elements if it collects inside, and is not like a store.
        let [stores, fixed] = &canary.clusters[..] else {
            panic!("{canary:?}");
        };
        assert_eq!(stores.len(), 5, "{canary:?}");
        assert_eq!(fixed, &["exact:struct:array.new_fixed:drc"]);
        // The copy of an array or of a structure, and an object that was freed too early.
        let [all] = &w1.clusters[..] else {
            panic!("{w1:?}");
        };
        assert_eq!(all.len(), 3, "{w1:?}");
        let table = reductions.table(&reduction);
        let lines = table.lines().filter(|line| line.starts_with("| W1 |"));
        assert_eq!(lines.count(), 3, "{table}");
        // Nothing is begun after the signal.
        let stop = Arc::new(AtomicBool::new(true));
        let none = reductions.run(&stop, &AtomicUsize::new(0));
        assert_eq!(none, ReductionTally::default());
    }
}
