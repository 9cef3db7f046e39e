//! The search: passes in rounds until none of them makes the case smaller.

use super::cost::{cost, schedule as schedule_cost};
use super::draft::{Draft, Edit, State};
use super::passes::{LIMITS, PASSES, Pass, SCHEDULE};
use super::timing;
use super::{Predicate, Progress, ReduceError, Reduced, Settings};
use crate::case::Case;
use crate::engine::Schedule;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Maximum number of candidates that are remembered, so that none is tried twice.
const REMEMBERED: usize = 1 << 21;

pub(super) struct Search<'p> {
    predicate: &'p dyn Predicate,
    settings: &'p Settings,
    progress: &'p dyn Progress,
    best: Case,
    cost: u64,
    /// Hashes of the candidates that do not show the finding.
    failed: HashSet<u64>,
    tried: u64,
    accepted: u64,
    /// Whether every case that is kept is confirmed at once.
    is_strict: bool,
}

/// An edit that was applied.
enum Candidate {
    /// It does not apply, makes nothing smaller, or was tried before.
    Skipped,
    /// The hashes of what was judged.
    Failed(Vec<u64>),
    Keeps(Box<Case>, u64),
}

impl<'p> Search<'p> {
    pub fn new(
        case: Case,
        predicate: &'p dyn Predicate,
        settings: &'p Settings,
        progress: &'p dyn Progress,
    ) -> Result<Search<'p>, ReduceError> {
        let state = State::of(&case, predicate.features())?;
        let cost = state.cost;
        Ok(Search {
            predicate,
            settings,
            progress,
            cost,
            best: case,
            failed: HashSet::new(),
            tried: 0,
            accepted: 0,
            is_strict: false,
        })
    }

    /// Runs all passes, again and again, until none of them changes anything.
    ///
    /// A collection at a numbered safepoint ties the case to every safepoint before it. So if the
    /// finding shows with a collection at every safepoint, too, everything else is reduced with
    /// this schedule, and the schedule last. The default limits come last, too: an endless loop
    /// takes longest with them.
    pub fn run(mut self) -> Result<Reduced, ReduceError> {
        let finished = loop {
            let before = (self.best.clone(), self.cost, self.accepted);
            let everywhere = self.collects_everywhere()?;
            let is_late =
                |pass: &Pass| pass.name == LIMITS.name || everywhere && pass.name == SCHEDULE.name;
            if !(self.rounds(&|pass| !is_late(pass))? && self.rounds(&|_| true)?) {
                // Never worse than before: the schedule aside, which would have come last.
                self.reschedules(&before.0.schedule)?;
                let rest = |case: &Case, cost: u64| cost - schedule_cost(&case.schedule);
                if rest(&self.best, self.cost) >= rest(&before.0, before.1) {
                    (self.best, self.cost, self.accepted) = before;
                    self.predicate.goes_back(&self.best);
                }
                break false;
            }
            if !everywhere {
                break true;
            }
            if self.cost >= before.1 {
                (self.best, self.cost, self.accepted) = before;
                self.predicate.goes_back(&self.best);
                break self.rounds(&|_| true)?;
            }
        };
        Ok(Reduced {
            case: self.best,
            cost: self.cost,
            tried: self.tried,
            accepted: self.accepted,
            finished,
        })
    }

    /// Runs some passes until none of them changes anything. Returns false if the search is to end.
    fn rounds(&mut self, is_wanted: &dyn Fn(&Pass) -> bool) -> Result<bool, ReduceError> {
        loop {
            let before = (self.best.clone(), self.cost);
            let mut passes = PASSES.iter().filter(|pass| is_wanted(pass));
            let is_whole = passes.try_fold(true, |so_far, pass| {
                Ok::<_, ReduceError>(so_far && self.pass(pass)?)
            })?;
            let is_smaller = self.cost < before.1;
            if is_smaller && !self.is_strict && !self.predicate.confirms(&self.best) {
                (self.best, self.cost) = before;
                self.predicate.goes_back(&self.best);
                self.is_strict = true;
            } else if !is_whole || !is_smaller {
                return Ok(is_whole);
            }
        }
    }

    /// Makes the case collect at every safepoint, if it shows the finding then, or else never.
    /// Returns whether it collects at every safepoint.
    fn collects_everywhere(&mut self) -> Result<bool, ReduceError> {
        for schedule in [Schedule::EverySafepoint, Schedule::Never] {
            let case = Case {
                schedule,
                ..self.best.clone()
            };
            if case.schedule == self.best.schedule {
                break;
            }
            self.tried += 1;
            if self.predicate.keeps_anew(&case) && self.predicate.confirms(&case) {
                self.replace(case)?;
                break;
            }
        }
        Ok(self.best.schedule == Schedule::EverySafepoint)
    }

    /// Collects never, or as at first, in the place of everywhere, if the finding shows then.
    fn reschedules(&mut self, first: &Schedule) -> Result<(), ReduceError> {
        if self.best.schedule != Schedule::EverySafepoint {
            return Ok(());
        }
        for schedule in [Schedule::Never, first.clone()] {
            let case = Case {
                schedule,
                ..self.best.clone()
            };
            if self.predicate.keeps(&case) && self.predicate.confirms(&case) {
                self.replace(case)?;
                break;
            }
        }
        Ok(())
    }

    /// Goes on from another case, whatever it costs.
    fn replace(&mut self, case: Case) -> Result<(), ReduceError> {
        self.cost = State::of(&case, self.predicate.features())?.cost;
        self.best = case;
        self.predicate.goes_back(&self.best);
        Ok(())
    }

    /// Runs a pass. Returns false if the search is to end.
    fn pass(&mut self, pass: &Pass) -> Result<bool, ReduceError> {
        let mut case = self.best.clone();
        let mut state = State::of(&case, self.predicate.features())?;
        let mut level = (pass.levels)(&state);
        while level > 0 {
            level -= 1;
            let mut edits = (pass.edits)(&state, level);
            let mut next = 0;
            while next < edits.len() {
                if self.progress.is_stopped() {
                    return Ok(false);
                }
                let end = edits.len().min(next + BATCH);
                let found = self.first(&state, &edits[next..end]);
                let Some((offset, smaller, cost)) = found else {
                    if self.progress.is_stopped() {
                        return Ok(false);
                    }
                    next = end;
                    continue;
                };
                next += offset;
                drop(edits);
                drop(state);
                self.accepted += 1;
                self.cost = cost;
                self.best = smaller.clone();
                self.predicate.accepted(&self.best);
                self.progress.accepted(pass.name, &self.best, self.tried);
                case = smaller;
                state = State::of(&case, self.predicate.features())?;
                edits = (pass.edits)(&state, level);
            }
        }
        Ok(true)
    }

    /// The first edit that keeps the finding, with the case that it makes. Depends on nothing but
    /// the state and the edits, for any number of jobs.
    fn first(&mut self, state: &State<'_>, edits: &[Edit]) -> Option<(usize, Case, u64)> {
        let jobs = self.settings.jobs.clamp(1, edits.len().max(1));
        if jobs == 1 {
            for (index, edit) in edits.iter().enumerate() {
                if self.progress.is_stopped() {
                    return None;
                }
                let candidate = self.candidate(state, edit);
                if let Some(found) = self.note(index, candidate) {
                    return Some(found);
                }
            }
            return None;
        }
        let next = AtomicUsize::new(0);
        let found = AtomicUsize::new(usize::MAX);
        let results = Mutex::new(Vec::new());
        let this = &*self;
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        // Only edits before the first that was found can still be it.
                        if index >= edits.len()
                            || index > found.load(Ordering::Relaxed)
                            || this.progress.is_stopped()
                        {
                            return;
                        }
                        let candidate = this.candidate(state, &edits[index]);
                        if let Candidate::Keeps(..) = candidate {
                            found.fetch_min(index, Ordering::Relaxed);
                        }
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.push((index, candidate));
                    }
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        for (index, candidate) in results {
            if let Some(found) = self.note(index, candidate) {
                return Some(found);
            }
        }
        None
    }

    fn note(&mut self, index: usize, candidate: Candidate) -> Option<(usize, Case, u64)> {
        match candidate {
            Candidate::Skipped => None,
            Candidate::Failed(hashes) => {
                self.tried += hashes.len() as u64;
                if self.failed.len() < REMEMBERED {
                    self.failed.extend(hashes);
                }
                None
            }
            Candidate::Keeps(case, cost) => {
                self.tried += 1;
                Some((index, *case, cost))
            }
        }
    }

    fn candidate(&self, state: &State<'_>, edit: &Edit) -> Candidate {
        let mut draft = state.draft.clone();
        if edit(&mut draft).is_none() {
            return Candidate::Skipped;
        }
        let mut hashes = match self.judge(state, &draft) {
            Candidate::Failed(hashes) => hashes,
            other => return other,
        };
        // A collection comes at another place if the code before it has fewer safepoints.
        for schedule in timing::shifted(&state.draft, &draft) {
            draft.schedule = schedule;
            match self.judge(state, &draft) {
                Candidate::Failed(more) => hashes.extend(more),
                Candidate::Skipped => {}
                keeps => return keeps,
            }
        }
        Candidate::Failed(hashes)
    }

    fn judge(&self, state: &State<'_>, draft: &Draft<'_>) -> Candidate {
        let cost = cost(draft);
        if cost >= state.cost {
            return Candidate::Skipped;
        }
        let Ok(case) = draft.case() else {
            return Candidate::Skipped;
        };
        let hash = hash_of(&case);
        if self.failed.contains(&hash) {
            return Candidate::Skipped;
        }
        let keeps = self.predicate.keeps(&case);
        match keeps && (!self.is_strict || self.predicate.confirms(&case)) {
            true => Candidate::Keeps(Box::new(case), cost),
            false => Candidate::Failed(vec![hash]),
        }
    }
}

/// Edits of one batch. A batch has one set of threads.
const BATCH: usize = 64;

/// The same in every run: the hasher has fixed keys.
fn hash_of(case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    case.wasm.hash(&mut hasher);
    format!(
        "{:?} {:?} {:?} {:?}",
        case.plan, case.host, case.schedule, case.limits
    )
    .hash(&mut hasher);
    hasher.finish()
}
