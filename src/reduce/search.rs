//! The search: passes in rounds until none of them makes the case smaller.

use super::attempts::{Attempts, BATCH};
use super::cost::schedule as schedule_cost;
use super::draft::State;
use super::passes::{LIMITS, PASSES, Pass, SCHEDULE};
use super::{Predicate, Progress, ReduceError, Reduced, Settings};
use crate::case::Case;
use crate::engine::{Limits, Schedule};
use std::cell::RefCell;

/// Maximum number of the safepoint up to which a case collects everywhere.
const MOST_COLLECTIONS: u64 = 4_096;

/// Limits with which a long run becomes a short one.
const FEW_FRAMES: usize = 64;
const LITTLE_FUEL: u64 = 10_000;

pub(super) struct Search<'p> {
    predicate: &'p dyn Predicate,
    progress: &'p dyn Progress,
    attempts: Attempts<'p>,
    best: Case,
    cost: u64,
    accepted: u64,
    /// The smallest case when its effort was last asked for, and that effort, which takes a run to find.
    judged: RefCell<Option<(Case, u64)>>,
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
            progress,
            attempts: Attempts::new(predicate, settings, progress),
            cost,
            best: case,
            accepted: 0,
            judged: RefCell::default(),
        })
    }

    /// Runs all passes, again and again, until none of them changes anything.
    ///
    /// A collection at a numbered safepoint ties the case to every safepoint before it. So if the
    /// finding shows with a collection at every safepoint, too, everything else is reduced with
    /// this schedule, and the schedule last. The default limits come last, too: an endless loop
    /// takes longest with them.
    pub fn run(mut self) -> Result<Reduced, ReduceError> {
        self.attempts.needs_fuel = self.needs_limit_of_fuel();
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
            // A run that is long in the place of a schedule is no simpler.
            if everywhere
                && self.whole_cost(&self.best, self.cost) >= self.whole_cost(&before.0, before.1)
            {
                (self.best, self.cost, self.accepted) = before;
                self.predicate.goes_back(&self.best);
                break self.rounds(&|_| true)?;
            }
        };
        Ok(Reduced {
            case: self.best,
            cost: self.cost,
            tried: self.attempts.tried,
            accepted: self.accepted,
            overdue: self.attempts.overdue,
            finished,
        })
    }

    fn whole_cost(&self, case: &Case, cost: u64) -> u64 {
        cost + self.predicate.effort(case)
    }

    /// Whether a case with fewer collections runs so much longer than the smallest one that it is no
    /// simpler: a recursion that fills the heap, say.
    fn is_longer(&self, case: &Case, cost: u64) -> bool {
        let mut judged = self.judged.borrow_mut();
        let known = judged.take().filter(|(case, _)| *case == self.best);
        let known = known.unwrap_or_else(|| (self.best.clone(), self.predicate.effort(&self.best)));
        let best = self.cost + judged.insert(known).1;
        self.whole_cost(case, cost) >= best
    }

    /// Runs some passes until none of them changes anything. Returns false if the search is to end.
    fn rounds(&mut self, is_wanted: &dyn Fn(&Pass) -> bool) -> Result<bool, ReduceError> {
        loop {
            let before = self.cost;
            let needs_code = self.predicate.needs_code();
            let passes = PASSES
                .iter()
                .filter(|pass| pass.keeps_code() || !needs_code);
            for pass in passes.filter(|pass| is_wanted(pass)) {
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
        // A long run, such as a recursion that fills the heap, has too many. The first of them may do.
        if self.predicate.effort(&self.best) > 0 {
            let limits = &self.best.limits;
            let short = Limits {
                frames: limits.frames.min(FEW_FRAMES),
                fuel: limits.fuel.min(LITTLE_FUEL),
                ..*limits
            };
            let case = Case {
                schedule: Schedule::EverySafepoint,
                limits: short,
                ..self.best.clone()
            };
            if self.tries(case)? {
                return Ok(true);
            }
        }
        if self.best.schedule != Schedule::Never && self.tries_no_longer(Schedule::Never)? {
            return Ok(false);
        }
        // The same collections by number.
        if matches!(self.best.schedule, Schedule::EveryAllocation(_))
            && let Some(points) = self.predicate.collections(&self.best)
        {
            self.tries_schedule(Schedule::At(points))?;
        }
        Ok(false)
    }

    /// Whether the finding shows no more with the default amount of fuel, which is more.
    fn needs_limit_of_fuel(&mut self) -> bool {
        let mut case = self.best.clone();
        case.limits.fuel = Limits::default().fuel;
        self.predicate.judges_runs()
            && case.limits.fuel > self.best.limits.fuel
            && !self.attempts.keeps_anew(&case)
    }

    /// Goes on with another schedule if the finding shows with it.
    fn tries_schedule(&mut self, schedule: Schedule) -> Result<bool, ReduceError> {
        self.tries(Case {
            schedule,
            ..self.best.clone()
        })
    }

    /// The same for one with fewer collections, unless the case runs so much longer that it is no simpler.
    fn tries_no_longer(&mut self, schedule: Schedule) -> Result<bool, ReduceError> {
        let case = Case {
            schedule,
            ..self.best.clone()
        };
        let cost = State::of(&case, self.predicate.features())?.cost;
        if self.is_longer(&case, cost) {
            return Ok(false);
        }
        self.tries(case)
    }

    /// Goes on with another schedule and other limits if the finding shows with them.
    fn tries(&mut self, case: Case) -> Result<bool, ReduceError> {
        let is_kept = self.attempts.keeps_anew(&case);
        if is_kept {
            self.replace(case)?;
        }
        Ok(is_kept)
    }

    /// Collects never, or as at first, in the place of everywhere, if the finding shows then.
    fn reschedules(&mut self, first: &Schedule) -> Result<(), ReduceError> {
        for schedule in [Schedule::Never, first.clone()] {
            // The schedule may be smaller by now.
            if schedule_cost(&schedule) < schedule_cost(&self.best.schedule)
                && self.tries_no_longer(schedule)?
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
                if self.attempts.is_over() {
                    return Ok(false);
                }
                let end = edits.len().min(next + BATCH);
                let found = self.attempts.first(&state, &edits[next..end]);
                let Some((offset, smaller, cost)) = found else {
                    if self.attempts.is_over() {
                        return Ok(false);
                    }
                    next = end;
                    continue;
                };
                next += offset;
                if pass.name == SCHEDULE.name && self.is_longer(&smaller, cost) {
                    next += 1;
                    continue;
                }
                drop(edits);
                drop(state);
                self.accepted += 1;
                self.cost = cost;
                self.best = smaller.clone();
                self.predicate.accepted(&self.best);
                self.progress
                    .accepted(pass.name, &self.best, self.attempts.tried);
                case = smaller;
                state = State::of(&case, self.predicate.features())?;
                edits = (pass.edits)(&state, level);
            }
        }
        Ok(true)
    }
}
