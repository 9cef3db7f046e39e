//! The search: passes in rounds until none of them makes the case smaller.

use super::cost::{cost, schedule as schedule_cost};
use super::draft::{Draft, Edit, State};
use super::passes::{LIMITS, PASSES, Pass, SCHEDULE};
use super::timing;
use super::{Answer, Predicate, Progress, ReduceError, Reduced, Settings};
use crate::case::Case;
use crate::engine::{Limits, Schedule};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Maximum number of candidates that are remembered, so that none is tried twice.
const REMEMBERED: usize = 1 << 21;

/// Maximum number of the safepoint up to which a case collects everywhere.
const MOST_COLLECTIONS: u64 = 4_096;

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
    overdue: u64,
    /// Whether the finding needs a limit of fuel.
    needs_fuel: bool,
}

/// An edit that was applied.
enum Candidate {
    /// It does not apply, makes nothing smaller, or was tried before.
    Skipped,
    /// The hashes of what was judged, and whether it did not end in time.
    Failed(Vec<(u64, bool)>),
    /// The same for what was judged before, and then the case that is kept, with its cost.
    Keeps(Vec<(u64, bool)>, Box<Case>, u64),
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
            overdue: 0,
            needs_fuel: false,
        })
    }

    /// Runs all passes, again and again, until none of them changes anything.
    ///
    /// A collection at a numbered safepoint ties the case to every safepoint before it. So if the
    /// finding shows with a collection at every safepoint, too, everything else is reduced with
    /// this schedule, and the schedule last. The default limits come last, too: an endless loop
    /// takes longest with them.
    pub fn run(mut self) -> Result<Reduced, ReduceError> {
        self.needs_fuel = self.needs_limit_of_fuel();
        let mut is_reduced = false;
        let finished = loop {
            let before = (self.best.clone(), self.cost, self.accepted);
            let everywhere = self.collects_everywhere()?;
            if is_reduced && !everywhere && self.cost == before.1 {
                break true;
            }
            let is_late =
                |pass: &Pass| pass.name == LIMITS.name || everywhere && pass.name == SCHEDULE.name;
            if !(self.rounds(&|pass| !is_late(pass))? && self.rounds(&|_| true)?) {
                // Never worse than before: the schedule aside, which would have come last.
                if everywhere {
                    self.reschedules(&before.0.schedule)?;
                }
                let rest = |case: &Case, cost: u64| cost - schedule_cost(&case.schedule);
                if rest(&self.best, self.cost) >= rest(&before.0, before.1) {
                    (self.best, self.cost, self.accepted) = before;
                    self.predicate.goes_back(&self.best);
                }
                break false;
            }
            // A smaller case may show with collections everywhere what the whole case did not.
            is_reduced = true;
            if everywhere && self.cost >= before.1 {
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
            overdue: self.overdue,
            finished,
        })
    }

    /// Runs some passes until none of them changes anything. Returns false if the search is to end.
    fn rounds(&mut self, is_wanted: &dyn Fn(&Pass) -> bool) -> Result<bool, ReduceError> {
        loop {
            let before = self.cost;
            for pass in PASSES.iter().filter(|pass| is_wanted(pass)) {
                if !self.pass(pass)? {
                    return Ok(false);
                }
            }
            if self.cost == before {
                return Ok(true);
            }
        }
    }

    /// Makes the case collect at every safepoint, or at each up to the last of its schedule, if it
    /// shows the finding then, or else never. Returns whether it collects everywhere.
    fn collects_everywhere(&mut self) -> Result<bool, ReduceError> {
        if !self.predicate.judges_runs() {
            return Ok(false);
        }
        let last = match &self.best.schedule {
            Schedule::At(points) => points.last().copied(),
            _ => None,
        };
        // An endless loop has too many safepoints.
        let up_to_last = last.filter(|last| (2..=MOST_COLLECTIONS).contains(last));
        let up_to_last = up_to_last.map(|last| Schedule::At((1..=last).collect()));
        let schedules = [Some(Schedule::EverySafepoint), up_to_last];
        for schedule in schedules.into_iter().flatten() {
            if schedule == self.best.schedule || self.tries_schedule(schedule)? {
                return Ok(true);
            }
        }
        if self.best.schedule != Schedule::Never {
            self.tries_schedule(Schedule::Never)?;
        }
        Ok(false)
    }

    /// Whether the finding shows no more with the default amount of fuel, which is more.
    fn needs_limit_of_fuel(&mut self) -> bool {
        let mut case = self.best.clone();
        case.limits.fuel = Limits::default().fuel;
        self.predicate.judges_runs()
            && case.limits.fuel > self.best.limits.fuel
            && !self.keeps_anew(&case)
    }

    /// Goes on with another schedule if the finding shows with it.
    fn tries_schedule(&mut self, schedule: Schedule) -> Result<bool, ReduceError> {
        let case = Case {
            schedule,
            ..self.best.clone()
        };
        let is_kept = self.keeps_anew(&case);
        if is_kept {
            self.replace(case)?;
        }
        Ok(is_kept)
    }

    /// Asks the predicate for the smallest case with another schedule or limit.
    fn keeps_anew(&mut self, case: &Case) -> bool {
        let answer = self.predicate.keeps_anew(case);
        self.tried += 1;
        self.overdue += u64::from(answer == Answer::TimedOut);
        answer == Answer::Keep
    }

    /// Collects never, or as at first, in the place of everywhere, if the finding shows then.
    fn reschedules(&mut self, first: &Schedule) -> Result<(), ReduceError> {
        for schedule in [Schedule::Never, first.clone()] {
            // The schedule may be smaller by now.
            if schedule_cost(&schedule) < schedule_cost(&self.best.schedule)
                && self.tries_schedule(schedule)?
            {
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

    /// Whether the search is to end early.
    fn is_over(&self) -> bool {
        self.has_waited_enough() || self.progress.is_stopped()
    }

    fn has_waited_enough(&self) -> bool {
        self.overdue >= self.predicate.most_overdue()
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
                if self.is_over() {
                    return Ok(false);
                }
                let end = edits.len().min(next + BATCH);
                let found = self.first(&state, &edits[next..end]);
                let Some((offset, smaller, cost)) = found else {
                    if self.is_over() {
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
                if self.is_over() {
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
            if self.has_waited_enough() {
                return None;
            }
            if let Some(found) = self.note(index, candidate) {
                return Some(found);
            }
        }
        None
    }

    fn note(&mut self, index: usize, candidate: Candidate) -> Option<(usize, Case, u64)> {
        match candidate {
            Candidate::Skipped => None,
            Candidate::Failed(judged) => {
                self.note_failed(judged);
                None
            }
            Candidate::Keeps(judged, case, cost) => {
                self.note_failed(judged);
                self.tried += 1;
                Some((index, *case, cost))
            }
        }
    }

    fn note_failed(&mut self, judged: Vec<(u64, bool)>) {
        for (hash, is_overdue) in judged {
            // Two edits of a batch may make the same case. It counts once, as with one job.
            if self.failed.contains(&hash) {
                continue;
            }
            if self.failed.len() < REMEMBERED {
                self.failed.insert(hash);
            }
            self.tried += 1;
            self.overdue += u64::from(is_overdue);
        }
    }

    fn candidate(&self, state: &State<'_>, edit: &Edit) -> Candidate {
        let mut draft = state.draft.clone();
        if edit(&mut draft).is_none() {
            return Candidate::Skipped;
        }
        let mut judged = Vec::new();
        match self.kept(state, &mut draft, &mut judged) {
            Some((case, cost)) => Candidate::Keeps(judged, Box::new(case), cost),
            None if judged.is_empty() => Candidate::Skipped,
            None => Candidate::Failed(judged),
        }
    }

    /// Judges a draft; if it is not kept, with other schedules and less fuel, too. Returns what is
    /// kept, with its cost.
    fn kept(
        &self,
        state: &State<'_>,
        draft: &mut Draft<'_>,
        judged: &mut Vec<(u64, bool)>,
    ) -> Option<(Case, u64)> {
        let kept = self.judge(state, draft, judged);
        if kept.is_some() || judged.is_empty() {
            return kept;
        }
        let schedule = draft.schedule.clone();
        // A collection comes at another place if the code before it has fewer safepoints.
        for schedule in timing::shifted(&state.draft, draft) {
            draft.schedule = schedule;
            if let Some(kept) = self.judge(state, draft, judged) {
                return Some(kept);
            }
        }
        // Less code may no longer use up the fuel.
        if self.needs_fuel {
            draft.schedule = schedule;
            for fuel in timing::less_fuel(&state.draft, draft) {
                draft.limits.fuel = fuel;
                if let Some(kept) = self.judge(state, draft, judged) {
                    return Some(kept);
                }
            }
        }
        None
    }

    /// Judges a draft that is simpler and was not judged before. Adds it to `judged` if it is not
    /// kept.
    fn judge(
        &self,
        state: &State<'_>,
        draft: &Draft<'_>,
        judged: &mut Vec<(u64, bool)>,
    ) -> Option<(Case, u64)> {
        let cost = cost(draft);
        if cost >= state.cost {
            return None;
        }
        let case = draft.case().ok()?;
        let hash = hash_of(&case);
        if self.failed.contains(&hash) {
            return None;
        }
        match self.predicate.keeps(&case) {
            Answer::Keep => Some((case, cost)),
            answer => {
                judged.push((hash, answer == Answer::TimedOut));
                None
            }
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
