//! Whether explanations blame the operation at which a fault acted.
//!
//! A [`Probe`] counts how often the effect of a fault is wrong. It is read between all operations of
//! the blamed run, so that the operations at which the fault has acted are known without the oracle.

mod table;
mod watch;

use super::findings::{TIMEOUT, findings};
use super::{Fault, Probe};
use crate::case::Case;
use crate::explain::{Explanation, RootCause, explain};
use crate::jobs::within;
use crate::module::Module;
use crate::oracle::{Options, Verdict};
use crate::reduce::{Keep, Progress, SameFinding, Settings, reduce};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use watch::{Act, acts};

/// Explanations of findings of each fault.
#[derive(Clone, Debug)]
pub struct BlameTrials {
    /// The faults.
    pub faults: Vec<Fault>,
    /// Number of seeds, counted from 0. The first finding of each is explained, as it was generated
    /// and reduced.
    pub seeds: u64,
    /// Cases for each fault and seed, at most. The fingerprints of the first seed are counted in all
    /// of them.
    pub cases: u64,
    /// Threads.
    pub jobs: usize,
}

/// What an explanation blames.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Blame {
    /// The operation at which the fault first acted on the object concerned, or first acted if the
    /// finding concerns no object.
    First,
    /// Another operation at which the fault acted.
    Later,
    /// An operation at which it did not act.
    Elsewhere,
    /// No operation.
    Nothing,
}

/// An explained finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlameRow {
    /// The fault.
    pub fault: &'static str,
    /// The seed.
    pub seed: u64,
    /// Whether the finding was reduced.
    pub reduced: bool,
    /// The fingerprint.
    pub fingerprint: String,
    /// What the explanation blames.
    pub blame: Blame,
    /// The culprit in words.
    pub culprit: String,
    /// The culprit's operation, and the first at which the fault acted.
    pub operations: (Option<u64>, Option<u64>),
    /// Operations and collections of the run at which the fault acted, and all of them.
    pub acts: (u64, u64),
}

/// What the explanations give.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlameTally {
    /// Rows in the order of faults and seeds, reduced findings after those that are not.
    pub rows: Vec<BlameRow>,
    /// The number of fingerprints of each fault that the first seed shows.
    pub fingerprints: Vec<(&'static str, usize)>,
}

/// Time that a reduction may take.
const LONGEST: Duration = Duration::from_secs(120);

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

/// A piece of work.
#[derive(Copy, Clone)]
enum Item {
    Explain(Fault, u64),
    Count(Fault),
}

impl BlameTrials {
    fn items(&self) -> Vec<Item> {
        let of_fault = |fault: &Fault| {
            let fault = *fault;
            let seeds = (0..self.seeds).map(move |seed| Item::Explain(fault, seed));
            seeds.chain([Item::Count(fault)])
        };
        self.faults.iter().flat_map(of_fault).collect()
    }

    /// Number of steps that [`BlameTrials::run`] counts.
    pub fn len(&self) -> usize {
        self.items().len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds, reduces and explains until `stop` is set. `ended` counts steps.
    pub fn run(&self, stop: &Arc<AtomicBool>, ended: &AtomicUsize) -> BlameTally {
        let (next, items) = (AtomicUsize::new(0), self.items());
        let all = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(index) else { return };
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let mut tally = BlameTally::default();
                        match *item {
                            Item::Explain(fault, seed) => {
                                tally.rows = self.rows(fault, seed, stop);
                            }
                            Item::Count(fault) => {
                                let found = findings(fault, 0, self.cases, stop);
                                let keys: BTreeSet<String> = found.map(|f| f.2).collect();
                                if !keys.is_empty() {
                                    tally.fingerprints.push((fault.id, keys.len()));
                                }
                            }
                        }
                        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                        all.push((index, tally));
                        ended.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_by_key(|(index, _)| *index);
        let mut sum = BlameTally::default();
        for (_, tally) in all {
            sum.rows.extend(tally.rows);
            sum.fingerprints.extend(tally.fingerprints);
        }
        sum
    }

    fn rows(&self, fault: Fault, seed: u64, stop: &Arc<AtomicBool>) -> Vec<BlameRow> {
        let Some((case, options, _)) = findings(fault, seed, self.cases, stop).next() else {
            return Vec::new();
        };
        let row = |case: &Case, reduced| {
            let (case, options) = (case.clone(), options.clone());
            let explained = within(Some(TIMEOUT), move |_| blame_on(fault, &case, &options));
            let row = explained.ok().flatten()?;
            Some(BlameRow {
                seed,
                reduced,
                ..row
            })
        };
        let reduced = SameFinding::new(&case, options.clone(), Keep::Fingerprint, TIMEOUT);
        let reduced = reduced.ok().and_then(|same| {
            let stop = Stop {
                stop: stop.clone(),
                until: Instant::now() + LONGEST,
            };
            reduce(case.clone(), &same, &Settings::default(), &stop).ok()
        });
        let reduced = reduced.and_then(|reduced| row(&reduced.case, true));
        row(&case, false).into_iter().chain(reduced).collect()
    }
}

/// Explains a finding of a fault, and runs the blamed run once more to see where the fault acts.
/// `None` if the case shows no finding.
pub fn blame_on(fault: Fault, case: &Case, options: &Options) -> Option<BlameRow> {
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).ok()?);
    let explanation = explain(case, &module, options).ok()?;
    let verdict = &explanation.report.verdict;
    let (heap, schedule) = match verdict {
        Verdict::Violation(violation) => (violation.collector.clone(), violation.schedule()),
        Verdict::Differ(difference) => match &difference.first {
            Some(first) => (first.runs.1.subject.clone(), first.runs.1.schedule.as_ref()),
            None => (verdict.blamed_heaps().first()?.to_string(), None),
        },
        _ => return None,
    };
    let schedule = schedule.cloned();
    let blamed = Case {
        schedule: schedule.unwrap_or_else(|| case.schedule.clone()),
        ..case.clone()
    };
    let probe = Probe::default();
    let variants = fault.variants(&probe);
    let variant = variants.iter().find(|v| v.collector().name() == heap)?;
    let acts = acts(&blamed, &module, variant, &probe);
    Some(BlameRow {
        fault: fault.id,
        seed: 0,
        reduced: false,
        fingerprint: verdict.fingerprint()?,
        blame: blame(&explanation, &acts.all),
        culprit: explanation
            .cause
            .as_ref()
            .map_or("-".into(), |cause| cause.place.to_string()),
        operations: (
            explanation.cause.as_ref().and_then(|cause| cause.operation),
            acts.all.first().map(|act| act.operation),
        ),
        acts: (acts.all.len() as u64, acts.length),
    })
}

/// Compares the culprit with the acts of the fault.
fn blame(explanation: &Explanation, acts: &[Act]) -> Blame {
    let act_of = |cause: &RootCause| {
        Some(Act {
            operation: cause.operation?,
            collection: cause.place.collection,
        })
    };
    let Some(culprit) = explanation.cause.as_ref().and_then(act_of) else {
        return Blame::Nothing;
    };
    let mut ledgers = explanation
        .histories
        .iter()
        .filter_map(|h| h.ledger.as_ref());
    let on_object: Vec<Act> = match ledgers.next() {
        None => acts.to_vec(),
        Some(ledger) => {
            let entries = ledger.entries.iter().filter_map(|entry| {
                Some(Act {
                    operation: entry.operation,
                    collection: entry.place.as_ref()?.collection,
                })
            });
            let entries: BTreeSet<Act> = entries.collect();
            let on = acts.iter().filter(|act| entries.contains(act));
            on.copied().collect()
        }
    };
    match on_object.first().or(acts.first()) {
        Some(first) if *first == culprit => Blame::First,
        _ if acts.contains(&culprit) => Blame::Later,
        _ => Blame::Elsewhere,
    }
}
