//! Who is right, where runs show different things.

use super::compare::compare;
use super::judge::JudgeRun;
use super::subject::Subject;
use super::verdict::{Difference, Judge};
use crate::case::print_schedule;
use crate::engine::Schedule;
use crate::module::Module;
use crate::module::names::Names;
use crate::observe::{Observation, Parts};

/// What all runs showed. An observation may be as large as a heap, so of those
/// that are equal only the first is kept.
///
/// Where they differ, the model is right, if it has run: it shares no code with
/// the other heaps, and several of them may be wrong alike. That it never frees is
/// no reason to doubt it: an embedder cannot see what is freed or when, so what
/// any heap shows under any schedule is what the model shows. Without the model,
/// more than half of the heaps outvote the others, if there are three at least.
///
/// The model of this crate counts as the model, and no other heap, even if it goes
/// by the same name: a fault may have been put in front of that one.
///
/// A subject that shows only some parts of an observation agrees with every camp
/// that is the same in these, and has a vote in each. It cannot choose between
/// two camps that differ elsewhere, so the camp that is right is one of those that
/// show most.
#[derive(Default)]
pub(super) struct Votes {
    /// In the order of the runs.
    runs: Vec<Run>,
    /// In the order of their first members.
    camps: Vec<Camp>,
    /// Bytes of memory that these take.
    footprint: u64,
}

/// A run, as a voter sees it.
struct Run {
    heap: String,
    is_model: bool,
    /// If it is not the case's own.
    schedule: Option<Schedule>,
    camp: usize,
}

/// What some runs showed.
struct Camp {
    /// What there is of it.
    parts: Parts,
    seen: Observation,
}

impl Run {
    /// The heap, and the schedule if it is not the case's own.
    fn name(&self) -> String {
        match &self.schedule {
            None => self.heap.clone(),
            Some(other) => format!("{} collecting {}", self.heap, print_schedule(other)),
        }
    }
}

impl Votes {
    /// Bytes of memory that what runs showed takes.
    pub fn footprint(&self) -> u64 {
        self.footprint
    }

    /// What the first run showed.
    pub fn first(&self) -> Option<&Observation> {
        self.camps.first().map(|camp| &camp.seen)
    }

    /// All runs, and what they showed.
    pub fn into_runs(self) -> (Vec<JudgeRun>, Vec<Observation>) {
        let runs = self.runs.into_iter().map(|run| JudgeRun {
            subject: run.heap,
            schedule: run.schedule,
            observation: run.camp,
        });
        let camps = self.camps.into_iter().map(|camp| camp.seen);
        (runs.collect(), camps.collect())
    }

    /// Adds what a run showed; `schedule` tells it from other runs of the same
    /// heap.
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
        self.runs.push(Run {
            heap: subject.name().into(),
            is_model: subject.is_model(),
            schedule,
            camp,
        });
    }

    /// The first run of each heap: one that is run twice has one vote.
    fn heaps(&self) -> impl Iterator<Item = &Run> {
        let earlier = |i: usize, heap: &str| self.runs[..i].iter().any(|run| run.heap == heap);
        let runs = self.runs.iter().enumerate();
        runs.filter(move |(i, run)| !earlier(*i, &run.heap))
            .map(|(_, run)| run)
    }

    /// The difference between two camps in the parts that both have, if an
    /// embedder can tell them apart.
    fn difference_of(&self, a: &Run, b: &Run, names: &Names<'_>) -> Option<Difference> {
        let (x, y) = (&self.camps[a.camp], &self.camps[b.camp]);
        let labels = (a.name(), b.name());
        if x.parts == y.parts {
            return compare((&labels.0, &x.seen), (&labels.1, &y.seen), names);
        }
        let parts = x.parts.and(y.parts);
        let [x, y] = [x, y].map(|camp| camp.seen.clone().only(parts));
        compare((&labels.0, &x), (&labels.1, &y), names)
    }

    /// Whether a run shows what a camp shows, as far as it shows it.
    fn agrees(&self, run: &Run, camp: usize) -> bool {
        let (x, y) = (&self.camps[run.camp], &self.camps[camp]);
        run.camp == camp
            || (x.parts != y.parts && {
                let parts = x.parts.and(y.parts);
                let [x, y] = [x, y].map(|camp| camp.seen.clone().only(parts));
                compare(("", &x), ("", &y), &Names::none()).is_none()
            })
    }

    /// The camp that most heaps are in, by the first run of each. One heap alone
    /// is no majority, and neither are two camps that some heaps cannot choose
    /// between.
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

    /// The camps that show most.
    fn fullest(&self) -> impl Iterator<Item = usize> {
        let most = self.camps.iter().map(|camp| camp.parts.len()).max();
        let camps = self.camps.iter().enumerate();
        camps
            .filter(move |(_, camp)| Some(camp.parts.len()) == most)
            .map(|(i, _)| i)
    }

    /// The difference between a run that is right, or just the first, and the first
    /// that shows something else; and who is wrong, if there is a judge.
    pub fn difference(&self, module: &Module) -> Option<Difference> {
        if self.camps.len() < 2 {
            return None;
        }
        let model = self.runs.iter().find(|run| run.is_model);
        let (judge, camp) = match (model, self.majority()) {
            (Some(model), _) => (Judge::Model, model.camp),
            (None, Some(camp)) => (Judge::Majority, camp),
            (None, None) => (Judge::Nobody, self.fullest().next()?),
        };
        // Two observations may differ in what an embedder cannot see.
        let names = Names::new(module);
        let right = self.runs.iter().find(|run| run.camp == camp)?;
        let mut outside = self.runs.iter().filter(|run| !self.agrees(run, camp));
        let differs = |run: &Run| Some((run.camp, self.difference_of(right, run, &names)?));
        let Some((wrong_camp, found)) = outside.find_map(differs) else {
            // Two that show different parts each may still contradict each other.
            let pairs = self.runs.iter().enumerate();
            let pairs = pairs.flat_map(|(i, a)| self.runs[..i].iter().map(move |b| (b, a)));
            return pairs
                .filter(|(a, b)| !self.agrees(a, b.camp))
                .find_map(|(a, b)| self.difference_of(a, b, &names));
        };
        if judge == Judge::Nobody {
            return Some(found);
        }
        // One run of each heap that is wrong alike.
        let mut wrong: Vec<&Run> = Vec::new();
        for run in self.runs.iter().filter(|run| run.camp == wrong_camp) {
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
        Some(Difference {
            collectors,
            odd,
            wrong,
            judge,
            ..found
        })
    }
}
