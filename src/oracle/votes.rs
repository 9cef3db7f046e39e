//! Votes: decides which runs are right if observations differ.

use super::compare::compare;
use super::judge::JudgeRun;
use super::subject::Subject;
use super::verdict::{Difference, Judge};
use crate::case::claims::{Claim, contradicted};
use crate::case::print_schedule;
use crate::engine::Schedule;
use crate::module::Module;
use crate::module::names::Names;
use crate::observe::{Observation, Parts};

/// The observations of all runs. An observation may be as large as a heap, so
/// only the first of several equal ones is kept.
///
/// If they differ, the model is right, if it has run: it shares no code with
/// the other heaps, and several of them may be wrong in the same way. The model
/// never frees, which is no objection: an embedder cannot see what is freed or
/// when, so every correct heap under every schedule shows what the model shows.
/// Without the model, more than half of the heaps outvote the others, if there
/// are at least three.
///
/// Only the unchanged model of this crate counts as the model. Another heap may
/// have the same name, with a fault in front of it.
///
/// A subject that shows only some parts of an observation agrees with every
/// camp that is equal in these parts, and has a vote in each. It cannot decide
/// between two camps that differ elsewhere, so the right camp is one of those
/// that show most parts.
#[derive(Default)]
pub(super) struct Votes {
    /// In the order of the runs.
    runs: Vec<VotingRun>,
    /// In the order of their first members.
    camps: Vec<Camp>,
    /// Bytes of memory that the observations take.
    footprint: u64,
}

/// A run, as needed for voting.
struct VotingRun {
    heap: String,
    is_model: bool,
    /// The schedule, if it is not the case's own.
    schedule: Option<Schedule>,
    camp: usize,
}

/// Runs with equal observations.
struct Camp {
    /// The parts that the runs show.
    parts: Parts,
    seen: Observation,
}

impl VotingRun {
    /// The heap, and the schedule if it is not the case's own.
    fn name(&self) -> String {
        match &self.schedule {
            None => self.heap.clone(),
            Some(other) => format!("{} collecting {}", self.heap, print_schedule(other)),
        }
    }
}

impl Votes {
    /// Bytes of memory that the observations take.
    pub fn footprint(&self) -> u64 {
        self.footprint
    }

    /// The observations, each once.
    pub fn observations(&self) -> impl Iterator<Item = &Observation> {
        self.camps.iter().map(|camp| &camp.seen)
    }

    /// The observation of the first run.
    pub fn first(&self) -> Option<&Observation> {
        self.camps.first().map(|camp| &camp.seen)
    }

    /// All runs, and the observations.
    pub fn into_runs(self) -> (Vec<JudgeRun>, Vec<Observation>) {
        let runs = self.runs.into_iter().map(|run| JudgeRun {
            subject: run.heap,
            schedule: run.schedule,
            observation: run.camp,
        });
        let camps = self.camps.into_iter().map(|camp| camp.seen);
        (runs.collect(), camps.collect())
    }

    /// The first run that contradicts claims of its case, and these claims.
    pub fn contradicted(&self, module: &Module) -> Option<(String, Vec<Claim>)> {
        let mut runs = self.runs.iter();
        runs.find_map(|run| {
            let Camp { parts, seen } = &self.camps[run.camp];
            let claims = contradicted(module, seen, *parts);
            (!claims.is_empty()).then(|| (run.heap.clone(), claims))
        })
    }

    /// Adds the observation of a run; `schedule` distinguishes it from other
    /// runs of the same heap.
    pub fn add(&mut self, subject: &dyn Subject, schedule: Option<Schedule>, seen: Observation) {
        let parts = subject.parts();
        let seen = seen.only(parts);
        let same = |camp: &Camp| camp.parts == parts && camp.seen == seen;
        let found = self.camps.iter().position(same);
        let camp = found.unwrap_or_else(|| {
            self.footprint += seen.footprint();
            self.camps.push(Camp { parts, seen });
            self.camps.len() - 1
        });
        self.runs.push(VotingRun {
            heap: subject.name().into(),
            is_model: subject.is_model(),
            schedule,
            camp,
        });
    }

    /// The first run of each heap: a heap that is run twice has one vote.
    fn heaps(&self) -> impl Iterator<Item = &VotingRun> {
        let earlier = |i: usize, heap: &str| self.runs[..i].iter().any(|run| run.heap == heap);
        let runs = self.runs.iter().enumerate();
        runs.filter(move |(i, run)| !earlier(*i, &run.heap))
            .map(|(_, run)| run)
    }

    /// The difference between what two camps show, in the parts that both have, if
    /// an embedder can tell them apart.
    fn compare(
        &self,
        (label_a, a): (&str, usize),
        (label_b, b): (&str, usize),
        names: &Names<'_>,
    ) -> Option<Difference> {
        let (a, b) = (&self.camps[a], &self.camps[b]);
        if a.parts == b.parts {
            return compare((label_a, &a.seen), (label_b, &b.seen), names);
        }
        let common = a.parts.and(b.parts);
        let of_both = |camp: &Camp| match camp.parts == common {
            true => None,
            false => Some(camp.seen.clone().only(common)),
        };
        let (less_a, less_b) = (of_both(a), of_both(b));
        let (seen_a, seen_b) = (less_a.as_ref(), less_b.as_ref());
        compare(
            (label_a, seen_a.unwrap_or(&a.seen)),
            (label_b, seen_b.unwrap_or(&b.seen)),
            names,
        )
    }

    /// Whether an embedder can tell two camps apart, in the parts that both have.
    fn differ(&self, a: usize, b: usize) -> bool {
        self.compare(("", a), ("", b), &Names::none()).is_some()
    }

    /// The difference between what two runs showed.
    fn difference_of(&self, a: &VotingRun, b: &VotingRun, names: &Names<'_>) -> Option<Difference> {
        self.compare((&a.name(), a.camp), (&b.name(), b.camp), names)
    }

    /// Whether a run shows the same as a camp, in the parts that both have.
    fn agrees(&self, run: &VotingRun, camp: usize) -> bool {
        if self.camps[run.camp].parts == self.camps[camp].parts {
            return run.camp == camp;
        }
        !self.differ(run.camp, camp)
    }

    /// The camp of most heaps, by the first run of each. One heap alone is no
    /// majority, and neither are two camps between which some heaps cannot decide.
    fn majority(&self) -> Option<usize> {
        let heaps = self.heaps().count();
        let is_majority = |camp: &usize| {
            let votes = self.heaps().filter(|run| self.agrees(run, *camp)).count();
            2 * votes > heaps.max(2)
        };
        let mut camps = self.fullest().filter(is_majority);
        match (camps.next(), camps.next()) {
            (Some(camp), None) => Some(camp),
            _ => None,
        }
    }

    /// The camps that show most parts.
    fn fullest(&self) -> impl Iterator<Item = usize> {
        let most = self.camps.iter().map(|camp| camp.parts.len()).max();
        let camps = self.camps.iter().enumerate();
        camps
            .filter(move |(_, camp)| Some(camp.parts.len()) == most)
            .map(|(i, _)| i)
    }

    /// The first difference from a run that is right, or from the first run if
    /// no judge can decide, with the wrong runs, if there is a judge; and the numbers of the two
    /// runs.
    pub fn difference(&self, module: &Module) -> Option<(Difference, (usize, usize))> {
        // Nearly always all agree. Comparisons of observations with different parts are not cheap.
        let mut camps = 0..self.camps.len();
        if !camps.any(|a| (0..a).any(|b| self.differ(a, b))) {
            return None;
        }
        let model = self.runs.iter().find(|run| run.is_model);
        let (judge, camp) = match (model, self.majority()) {
            (Some(model), _) => (Judge::Model, model.camp),
            (None, Some(camp)) => (Judge::Majority, camp),
            (None, None) => (Judge::Nobody, self.fullest().next()?),
        };
        // Two observations may differ in details that an embedder cannot see.
        let names = Names::new(module);
        let right = self.runs.iter().find(|run| run.camp == camp)?;
        let mut outside = self.runs.iter().filter(|run| !self.agrees(run, camp));
        let number = |run: &VotingRun| {
            let mut runs = self.runs.iter();
            runs.position(|other| std::ptr::eq(other, run)).unwrap_or(0)
        };
        let differs = |run| Some((run, self.difference_of(right, run, &names)?));
        let Some((wrong_run, found)) = outside.find_map(differs) else {
            // Two runs that show different parts may still contradict each other.
            let pairs = self.runs.iter().enumerate();
            let pairs = pairs.flat_map(|(i, a)| self.runs[..i].iter().map(move |b| (b, a)));
            return pairs
                .filter(|(a, b)| !self.agrees(a, b.camp))
                .find_map(|(a, b)| {
                    Some((self.difference_of(a, b, &names)?, (number(a), number(b))))
                });
        };
        let numbers = (number(right), number(wrong_run));
        if judge == Judge::Nobody {
            return Some((found, numbers));
        }
        // One run of each heap that is wrong in the same way.
        let mut wrong: Vec<&VotingRun> = Vec::new();
        for run in self.runs.iter().filter(|run| run.camp == wrong_run.camp) {
            if wrong.iter().all(|known| known.heap != run.heap) {
                wrong.push(run);
            }
        }
        let others_agree = self
            .runs
            .iter()
            .all(|run| self.agrees(run, camp) || wrong.iter().any(|w| w.heap == run.heap));
        let odd = match wrong[..] {
            [one] if others_agree && self.heaps().count() > 2 => Some(one.name()),
            _ => None,
        };
        let wrong = wrong.iter().map(|run| run.name()).collect();
        let mut collectors = found.collectors;
        if let (None, Some(model)) = (&odd, model) {
            collectors.0 = model.name();
        }
        let difference = Difference {
            collectors,
            odd,
            wrong,
            judge,
            ..found
        };
        Some((difference, numbers))
    }
}
