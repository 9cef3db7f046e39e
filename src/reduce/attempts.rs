//! Attempts: edits are applied and judged, a batch at a time, on several threads.

use super::cost::cost;
use super::draft::{Draft, Edit, State};
use super::timing;
use super::{Answer, Predicate, Progress, Settings};
use crate::case::Case;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Maximum number of candidates that are remembered, so that none is tried twice.
const REMEMBERED: usize = 1 << 21;

/// Edits of one batch. A batch has one set of threads.
pub(super) const BATCH: usize = 64;

/// All attempts of a search so far.
pub(super) struct Attempts<'p> {
    predicate: &'p dyn Predicate,
    settings: &'p Settings,
    progress: &'p dyn Progress,
    /// Hashes of the candidates that do not show the finding.
    failed: HashSet<u64>,
    /// Number of candidates that were judged.
    pub tried: u64,
    /// Number of candidates that did not end in time.
    pub overdue: u64,
    /// Whether the finding needs a limit of fuel.
    pub needs_fuel: bool,
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

impl<'p> Attempts<'p> {
    pub fn new(
        predicate: &'p dyn Predicate,
        settings: &'p Settings,
        progress: &'p dyn Progress,
    ) -> Attempts<'p> {
        Attempts {
            predicate,
            settings,
            progress,
            failed: HashSet::new(),
            tried: 0,
            overdue: 0,
            needs_fuel: false,
        }
    }

    /// Whether the search is to end early.
    pub fn is_over(&self) -> bool {
        self.has_waited_enough() || self.progress.is_stopped()
    }

    fn has_waited_enough(&self) -> bool {
        self.overdue >= self.predicate.most_overdue()
    }

    /// Asks the predicate for the smallest case with another schedule or limit.
    pub fn keeps_anew(&mut self, case: &Case) -> bool {
        let answer = self.predicate.keeps_anew(case);
        self.tried += 1;
        self.overdue += u64::from(answer == Answer::TimedOut);
        answer == Answer::Keep
    }

    /// The first edit that keeps the finding, with the case that it makes. Depends on nothing but
    /// the state and the edits, for any number of jobs.
    pub fn first(&mut self, state: &State<'_>, edits: &[Edit]) -> Option<(usize, Case, u64)> {
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
