//! Who is right, where runs show different things.

use super::compare::compare;
use super::subject::Subject;
use super::verdict::{Difference, Judge};
use crate::module::Module;
use crate::module::names::Names;
use crate::observe::Observation;

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
#[derive(Default)]
pub(super) struct Votes {
    /// In the order of the runs.
    runs: Vec<Run>,
    /// In the order of their first members.
    camps: Vec<Observation>,
    /// Bytes of memory that these take.
    footprint: u64,
}

/// A run, as a voter sees it.
struct Run {
    heap: &'static str,
    is_model: bool,
    /// The heap, and the schedule if it is not the case's own.
    name: String,
    camp: usize,
}

impl Votes {
    /// Bytes of memory that what runs showed takes.
    pub fn footprint(&self) -> u64 {
        self.footprint
    }

    /// What the first run showed.
    pub fn into_first(self) -> Option<Observation> {
        self.camps.into_iter().next()
    }

    /// Adds what a run showed; `name` tells it from other runs of the same heap.
    pub fn add(&mut self, subject: &Subject, name: String, observation: Observation) {
        let found = self.camps.iter().position(|camp| *camp == observation);
        let camp = found.unwrap_or_else(|| {
            self.footprint += observation.footprint();
            self.camps.push(observation);
            self.camps.len() - 1
        });
        self.runs.push(Run {
            heap: subject.name(),
            is_model: subject.is_model(),
            name,
            camp,
        });
    }

    /// The first run of each heap: one that is run twice has one vote.
    fn heaps(&self) -> impl Iterator<Item = &Run> {
        let earlier = |i: usize, heap| self.runs[..i].iter().any(|run| run.heap == heap);
        let runs = self.runs.iter().enumerate();
        runs.filter(move |(i, run)| !earlier(*i, run.heap))
            .map(|(_, run)| run)
    }

    /// The camp that most heaps are in, by the first run of each. One heap alone
    /// is no majority.
    fn majority(&self) -> Option<usize> {
        let mut votes = vec![0; self.camps.len()];
        for run in self.heaps() {
            votes[run.camp] += 1;
        }
        let heaps = votes.iter().sum::<usize>();
        votes.iter().position(|votes| 2 * votes > heaps.max(2))
    }

    /// The difference between a run that is right, or just the first, and the first
    /// that shows something else; and who is wrong, if there is a judge.
    pub fn difference(&self, module: &Module) -> Option<Difference> {
        let model = self.runs.iter().find(|run| run.is_model);
        let (judge, camp) = match (model, self.majority()) {
            (Some(model), _) => (Judge::Model, model.camp),
            (None, Some(camp)) => (Judge::Majority, camp),
            (None, None) => (Judge::Nobody, self.runs.first()?.camp),
        };
        let in_camp = |camp: usize| self.runs.iter().filter(move |run| run.camp == camp);
        // Two observations may differ in what an embedder cannot see.
        let names = Names::new(module);
        let differs = |run: &&Run| {
            let right = (&*in_camp(camp).next()?.name, &self.camps[camp]);
            let wrong = (&*run.name, &self.camps[run.camp]);
            Some((run.camp, compare(right, wrong, &names)?))
        };
        let mut outside = self.runs.iter().filter(|run| run.camp != camp);
        let (wrong_camp, found) = outside.find_map(|run| differs(&run))?;
        if judge == Judge::Nobody {
            return Some(found);
        }
        // One run of each heap that is wrong alike.
        let mut wrong: Vec<&Run> = Vec::new();
        for run in in_camp(wrong_camp) {
            if wrong.iter().all(|known| known.heap != run.heap) {
                wrong.push(run);
            }
        }
        let others_agree = self
            .runs
            .iter()
            .all(|run| run.camp == camp || wrong.iter().any(|w| w.heap == run.heap));
        let odd = match wrong[..] {
            [one] if others_agree && self.heaps().count() > 2 => Some(one.name.clone()),
            _ => None,
        };
        let wrong = wrong.iter().map(|run| run.name.clone()).collect();
        let mut collectors = found.collectors;
        if let (None, Some(model)) = (&odd, model) {
            collectors.0.clone_from(&model.name);
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
