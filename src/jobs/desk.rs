//! What a job is at, for whoever waits for it.

use super::cpu_clock::CpuClock;
use crate::generate::Drawn;
use crate::heap::Reclaims;
use crate::oracle::{Options, Reason, Subject, Verdict, Violation};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is known of an item that is being worked on.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// The heap that is running, if one is.
    pub heap: Option<&'static str>,
    /// The case, once it is made.
    pub case: Option<Arc<Drawn>>,
    /// When the run began.
    began: Option<Instant>,
    /// Whether the heap that is running ever frees anything.
    frees: bool,
    /// The longest run of the case that has ended.
    longest: Option<Duration>,
}

/// A heap is to blame for a run that takes so many times as long as the longest
/// one before it.
const SLOWER: u32 = 4;

impl Note {
    /// The verdict on an item that is still worked on after `timeout`.
    ///
    /// A run may be long because of what it does. So a heap is blamed only if its
    /// run takes much longer than that of another heap; where there was none
    /// before it, if it frees: a heap that never does has no loop to be caught in.
    /// Outside all heaps gcdiff is to blame.
    pub(crate) fn overtime(&self, timeout: Duration) -> Verdict {
        let blamed = match (self.heap, self.began) {
            (Some(heap), Some(began)) => {
                let is_slower = match self.longest {
                    Some(longest) => began.elapsed() > SLOWER * longest,
                    None => self.frees,
                };
                is_slower.then_some(heap)
            }
            (Some(heap), None) => Some(heap),
            (None, _) => Some("gcdiff"),
        };
        let seconds = timeout.as_secs_f64();
        match blamed {
            Some(heap) => Verdict::Violation(Box::new(Violation::overtime(heap, seconds))),
            None => Verdict::Discard(
                Reason::TooLong,
                format!("not done within {seconds} s, and no heap is much slower than another"),
            ),
        }
    }

    /// A run begins, or ends.
    fn run(&mut self, heap: Option<(&'static str, bool)>) {
        if let Some(began) = self.began.take() {
            self.longest = self.longest.max(Some(began.elapsed()));
        }
        self.heap = heap.map(|(name, _)| name);
        self.frees = heap.is_some_and(|(_, frees)| frees);
        self.began = heap.map(|_| Instant::now());
    }
}

/// So many times the processor time that an item may take, it may take of any
/// time.
const WAITING: u32 = 6;

/// Where a job works: at one item at a time.
#[derive(Debug, Default)]
pub struct Desk(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    item: Option<u64>,
    /// On the clock of whoever waits.
    since: Duration,
    /// The processor time of the job's thread, and what it was when the pool
    /// first saw the item.
    clock: CpuClock,
    seen_at: Option<Duration>,
    note: Note,
    /// When whoever waits last looked, on the same clock.
    looked_at: Duration,
    /// The item took too long, and nobody waits for it any more.
    is_abandoned: bool,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job works on the thread that says so.
    pub(super) fn enter(&self) {
        self.state().clock = CpuClock::of_this_thread();
    }

    pub(super) fn begin(&self, item: u64, now: Duration) {
        let mut state = self.state();
        *state = State {
            item: Some(item),
            since: now,
            clock: std::mem::take(&mut state.clock),
            ..State::default()
        };
    }

    /// The time of the item begins anew: it has many parts, of which each may take
    /// as long.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        state.since = state.looked_at;
        state.seen_at = None;
        state.note = Note::default();
    }

    /// The item is done. What was known of it, unless nobody waits any more.
    pub(super) fn end(&self) -> Option<Note> {
        let mut state = self.state();
        state.item = None;
        (!state.is_abandoned).then(|| std::mem::take(&mut state.note))
    }

    /// Gives an item up that has taken at least `timeout` of processor time.
    /// Which, and what is known of it. Called now and then.
    ///
    /// On a busy machine a thread may get no processor for a while, and nobody is
    /// to blame for that. Where processor time is not known, or is not used, as
    /// while a thread waits for another one, the time since the item began counts.
    pub(super) fn abandon(&self, now: Duration, timeout: Duration) -> Option<(u64, Note)> {
        let mut state = self.state();
        state.looked_at = now;
        let item = state.item.filter(|_| !state.is_abandoned)?;
        let since = now.saturating_sub(state.since);
        let cpu = state.clock.now();
        let is_overdue = match (cpu, state.seen_at) {
            (Some(cpu), Some(seen_at)) => {
                cpu.saturating_sub(seen_at) >= timeout || since >= WAITING * timeout
            }
            (Some(_), None) => false,
            (None, _) => since >= timeout,
        };
        state.seen_at = state.seen_at.or(cpu);
        if !is_overdue {
            return None;
        }
        state.is_abandoned = true;
        Some((item, state.note.clone()))
    }

    /// Notes the case that is worked on.
    pub(crate) fn note_case(&self, case: &Arc<Drawn>) {
        self.state().note.case = Some(case.clone());
    }

    /// The same options, under which the desk knows which heap runs.
    pub fn watching(self: &Arc<Desk>, options: &Options) -> Options {
        let watched = |subjects: &[Subject]| {
            let each = subjects.iter().map(|subject| {
                let desk = self.clone();
                let frees = subject.reclaims() != Reclaims::Nothing;
                subject.noted(move |heap| {
                    desk.state().note.run(heap.map(|name| (name, frees)));
                })
            });
            each.collect()
        };
        Options {
            collectors: watched(&options.collectors),
            sometimes: watched(&options.sometimes),
            ..options.clone()
        }
    }

    /// Notes the heap that runs. `longest` is how long another one took for the
    /// same.
    pub(crate) fn note_heap(&self, heap: &'static str, frees: bool, longest: Option<Duration>) {
        let mut state = self.state();
        state.note.longest = longest;
        state.note.run(Some((heap, frees)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;
    use crate::oracle::{Collector, judge};

    #[test]
    fn a_heap_is_blamed_for_time_only_if_another_took_less() {
        let second = Duration::from_secs(1);
        let pause = || std::thread::sleep(Duration::from_millis(20));
        let shown = |note: &Note| note.overtime(second).fingerprint();
        let gcdiff = Some("limits:time:gcdiff".to_string());
        let drc = Some("limits:time:drc".to_string());
        let mut note = Note::default();
        assert_eq!(shown(&note), gcdiff);
        // No heap to compare it with.
        note.run(Some(("null", false)));
        assert_eq!(shown(&note), None);
        note.run(Some(("drc", true)));
        note.longest = None;
        assert_eq!(shown(&note), drc);
        // As long as another one.
        note.run(None);
        note.longest = Some(second);
        note.run(Some(("drc", true)));
        pause();
        assert_eq!(shown(&note), None);
        // Much longer.
        note.longest = Some(Duration::from_millis(1));
        assert_eq!(shown(&note), drc);
        let verdict = Note::default().overtime(second);
        assert!(verdict.is_finding());
    }

    #[test]
    fn a_heap_that_has_panicked_runs_no_more() {
        let at_work = Arc::new(Desk::default());
        let desk = at_work.clone();
        let panics = Subject::edited(
            Collector::Drc,
            move |_| {
                assert_eq!(desk.state().note.heap, Some("drc"));
                panic!("on purpose")
            },
            |_| Collector::Drc.heap(),
        );
        let options = Options {
            collectors: vec![panics],
            ..Options::default()
        };
        let (case, _) = case::read(b"(module)").unwrap();
        let judged = judge(&case, &at_work.watching(&options)).unwrap();
        // Who is to blame is known all the same, by the verdict.
        let verdict = judged.verdict.to_string();
        assert!(verdict.contains("on purpose"), "{verdict}");
        assert!(verdict.contains("drc"), "{verdict}");
        assert_eq!(at_work.state().note.heap, None);
    }
}
