//! The state of a job, for the thread that waits for it.

use super::cpu_clock::{CpuClock, CpuTime};
use crate::generate::GeneratedCase;
use crate::heap::Reclaims;
use crate::oracle::{Options, Pins, Reason, SharedSubject, Verdict, Violation, noted};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// State of an item in progress.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// The heap that is running, if one is.
    pub heap: Option<String>,
    /// The case, once it is made.
    pub case: Option<Arc<GeneratedCase>>,
    /// The verdict, if the item is a finding already and only its details are being worked out.
    pub(crate) found: Option<Box<(Verdict, Pins)>>,
    /// The heaps that have run, with their times.
    runs: Vec<Runs>,
    /// The time outside all heaps.
    outside: Spent,
    /// Whether other cases than this one are being prepared.
    is_ahead: bool,
}

/// Time that a part of an item took.
#[derive(Copy, Clone, Default, Debug)]
struct Spent {
    /// On a processor; elapsed time where that is not known.
    cpu: Duration,
    /// Elapsed, without the time in which other threads had the processor.
    elapsed: Duration,
}

impl Spent {
    fn add(&mut self, more: Spent) {
        self.cpu += more.cpu;
        self.elapsed += more.elapsed;
    }
}

/// The runs of one heap.
#[derive(Clone, Debug)]
struct Runs {
    heap: String,
    /// Whether the heap ever frees anything.
    frees: bool,
    /// Time as far as the waiting thread has seen.
    time: Spent,
}

/// A heap is blamed if its runs take longer than those of every other heap by this factor.
const SLOWER: u32 = 4;

impl Note {
    /// The verdict on an item that is not done after `timeout`, and was no finding so far.
    ///
    /// A run may be long because of the program itself. So a heap is blamed only if its runs take
    /// much longer than those of all other heaps. The first heap to run cannot be compared: it is
    /// blamed if it frees, since a heap that never does cannot loop in a collection. gcdiff is
    /// blamed for time outside all heaps. Time in which it prepares other cases does not count.
    ///
    /// Processor time decides. An item that was given up without as much of it has slept or waited
    /// for something, and elapsed time decides.
    pub(crate) fn overtime(&self, timeout: Duration) -> Verdict {
        let gcdiff = Runs {
            heap: "gcdiff".into(),
            frees: true,
            time: self.outside,
        };
        let all = || self.runs.iter().chain([&gcdiff]);
        let cpu: Duration = all().map(|runs| runs.time.cpu).sum();
        // The clocks are read at different times.
        let has_slept = cpu < timeout / 2;
        let time = |runs: &Runs| match has_slept {
            true => runs.time.elapsed,
            false => runs.time.cpu,
        };
        let slowest = all().max_by_key(|runs| time(runs)).unwrap_or(&gcdiff);
        let others = self.runs.iter().filter(|runs| runs.heap != slowest.heap);
        let is_to_blame = match others.map(time).max() {
            Some(longest) => time(slowest) > SLOWER * longest,
            None => slowest.frees,
        };
        let seconds = timeout.as_secs_f64();
        if self.is_ahead {
            let why = format!("not done within {seconds} s, in which other cases were prepared");
            return Verdict::Discard(Reason::TooLong, why);
        }
        match is_to_blame {
            true => Verdict::Violation(Box::new(Violation::overtime(&slowest.heap, seconds))),
            false => Verdict::Discard(
                Reason::TooLong,
                format!("not done within {seconds} s, and no heap is much slower than another"),
            ),
        }
    }

    /// A run of a heap begins.
    fn begin(&mut self, heap: &str, frees: bool) {
        self.heap = Some(heap.into());
        if self.runs.iter().all(|runs| runs.heap != heap) {
            self.runs.push(Runs {
                heap: heap.into(),
                frees,
                time: Spent::default(),
            });
        }
    }

    /// Adds time since the last call to the running heap, or to the time outside.
    fn took(&mut self, time: Spent) {
        if self.is_ahead {
            return;
        }
        let heap = self.heap.as_deref();
        match self.runs.iter_mut().find(|runs| Some(&*runs.heap) == heap) {
            Some(runs) => runs.time.add(time),
            None => self.outside.add(time),
        }
    }
}

/// An item may take this many times its processor time in wall-clock time.
const WAITING: u32 = 6;

/// The place of a job, which works on one item at a time.
#[derive(Debug, Default)]
pub struct Desk(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    item: Option<u64>,
    /// Start of the item, on the clock of the waiting thread.
    since: Duration,
    /// The processor clock of the job's thread, and its time when the pool first saw the item.
    clock: CpuClock,
    seen_at: Option<CpuTime>,
    note: Note,
    /// When the waiting thread last looked: on its own clock, and on that of the job's thread.
    looked_at: Duration,
    cpu_at: Option<CpuTime>,
    /// The item took too long, and nothing waits for it any more.
    is_abandoned: bool,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job works on the calling thread.
    pub(super) fn enter(&self) {
        self.state().clock = CpuClock::of_this_thread();
    }

    pub(super) fn begin(&self, item: u64, now: Duration) {
        let mut state = self.state();
        *state = State {
            item: Some(item),
            since: now,
            looked_at: now,
            cpu_at: state.cpu_at,
            clock: std::mem::take(&mut state.clock),
            ..State::default()
        };
    }

    /// Restarts the time limit for the next part of an item of many parts. Returns whether a thread
    /// still waits.
    pub(crate) fn restart(&self) -> bool {
        let mut state = self.state();
        if state.is_abandoned {
            return false;
        }
        state.since = state.looked_at;
        state.seen_at = None;
        state.note = Note::default();
        true
    }

    /// The item is done. Returns its note, unless the item was abandoned.
    pub(super) fn end(&self) -> Option<Note> {
        let mut state = self.state();
        state.item = None;
        (!state.is_abandoned).then(|| std::mem::take(&mut state.note))
    }

    /// Abandons an item that has taken at least `timeout` of processor time, and returns its number
    /// and note. To be called periodically.
    ///
    /// On a busy machine a thread may get no processor time for a while, for which no heap is to
    /// blame. Elapsed time counts where processor time is not known, or is not used, as while a
    /// thread waits for another one.
    pub(super) fn abandon(&self, now: Duration, timeout: Duration) -> Option<(u64, Note)> {
        let mut state = self.state();
        let cpu = state.clock.now();
        let elapsed = now.saturating_sub(state.looked_at);
        let tick = match (cpu, state.cpu_at) {
            (Some(cpu), Some(before)) => Spent {
                cpu: cpu.ran.saturating_sub(before.ran),
                elapsed: elapsed.saturating_sub(cpu.queued.saturating_sub(before.queued)),
            },
            (Some(_), None) => Spent::default(),
            (None, _) => Spent {
                cpu: elapsed,
                elapsed,
            },
        };
        state.note.took(tick);
        (state.looked_at, state.cpu_at) = (now, cpu);
        let item = state.item.filter(|_| !state.is_abandoned)?;
        let since = now.saturating_sub(state.since);
        let is_overdue = match (cpu, state.seen_at) {
            (Some(cpu), Some(seen_at)) => {
                cpu.ran.saturating_sub(seen_at.ran) >= timeout || since >= WAITING * timeout
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

    /// Notes the case in progress.
    pub(crate) fn note_case(&self, case: &Arc<GeneratedCase>) {
        self.state().note.case = Some(case.clone());
    }

    /// Prepares other cases than the one in progress, of which a delay says nothing. Its own time limit
    /// begins anew after that.
    pub(crate) fn ahead<T>(&self, prepare: impl FnOnce() -> T) -> T {
        self.state().note.is_ahead = true;
        let prepared = prepare();
        let mut state = self.state();
        state.note.is_ahead = false;
        state.since = state.looked_at;
        state.seen_at = None;
        drop(state);
        prepared
    }

    /// The same options, with subjects that report to the desk which heap runs.
    pub fn watching(self: &Arc<Desk>, options: &Options) -> Options {
        let watched = |subjects: &[SharedSubject]| {
            let each = subjects.iter().map(|subject| {
                let desk = self.clone();
                let frees = subject.reclaims() != Reclaims::Nothing;
                noted(subject.clone(), move |heap| match heap {
                    Some(heap) => desk.state().note.begin(heap, frees),
                    None => desk.state().note.heap = None,
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

    /// Notes that a heap runs. `others` have run the same before, with their times.
    pub(crate) fn note_heap(&self, heap: &str, frees: bool, others: &[(&str, Duration)]) {
        let mut state = self.state();
        for (heap, time) in others {
            state.note.begin(heap, false);
            state.note.took(Spent {
                cpu: *time,
                elapsed: *time,
            });
        }
        state.note.begin(heap, frees);
    }

    /// Notes that the item is a finding, regardless of the rest of the work.
    pub(crate) fn note_found(&self, verdict: &Verdict, pins: &Pins) {
        self.state().note.found = Some(Box::new((verdict.clone(), pins.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;
    use crate::oracle::{Collector, Variant, judge};

    fn busy(milliseconds: u64) -> Spent {
        spent(milliseconds, milliseconds)
    }

    fn spent(cpu: u64, elapsed: u64) -> Spent {
        Spent {
            cpu: Duration::from_millis(cpu),
            elapsed: Duration::from_millis(elapsed),
        }
    }

    #[test]
    fn a_heap_that_sleeps_is_blamed_however_little_processor_time_it_takes() {
        let verdict = |null: Spent, drc: Spent| {
            let mut note = Note::default();
            for (heap, frees, time) in [("null", false, null), ("drc", true, drc)] {
                note.begin(heap, frees);
                note.took(time);
            }
            note.overtime(Duration::from_secs(2)).fingerprint()
        };
        let drc = Some("limits:time:drc".to_string());
        assert_eq!(verdict(spent(9, 10), spent(5, 12_000)), drc);
        // Neither is slower than the other.
        assert_eq!(verdict(spent(9, 6_000), spent(5, 6_000)), None);
        // A heap that has worked is not excused by another that has slept.
        assert_eq!(verdict(spent(10, 12_000), spent(2_000, 2_000)), drc);
    }

    /// The other cases will be late in their turn.
    #[test]
    fn nobody_is_blamed_for_time_that_other_cases_take() {
        let desk = Desk::default();
        let limit = Duration::from_secs(10);
        let late = || desk.state().note.overtime(limit);
        let takes = |heap: Option<&str>, milliseconds| {
            let mut state = desk.state();
            match heap {
                Some(heap) => state.note.begin(heap, true),
                None => state.note.heap = None,
            }
            state.note.took(busy(milliseconds));
        };
        takes(None, 100);
        // Late while the others are prepared.
        let verdict = desk.ahead(|| {
            takes(None, 9_900);
            late()
        });
        let Verdict::Discard(Reason::TooLong, why) = verdict else {
            panic!("{verdict:?}");
        };
        assert!(why.ends_with("in which other cases were prepared"), "{why}");
        // Late after that.
        takes(Some("drc"), 9_000);
        assert_eq!(late().fingerprint().as_deref(), Some("limits:time:drc"));
        takes(None, 40_000);
        assert_eq!(late().fingerprint().as_deref(), Some("limits:time:gcdiff"));
    }

    #[test]
    fn a_time_limit_begins_anew_after_other_cases() {
        let (desk, limit) = (Desk::default(), Duration::from_secs(2));
        let at = Duration::from_secs;
        desk.begin(7, at(0));
        assert!(desk.abandon(at(1), limit).is_none());
        desk.ahead(|| assert!(desk.abandon(at(1), limit).is_none()));
        assert!(desk.abandon(at(2), limit).is_none());
        let late = desk.ahead(|| desk.abandon(at(3), limit));
        assert_eq!(late.map(|(item, _)| item), Some(7));
    }

    #[test]
    fn a_heap_is_blamed_for_time_only_if_all_others_take_less() {
        let verdict = |runs: &[(&'static str, bool, u64)], outside| {
            let mut note = Note::default();
            for (heap, frees, milliseconds) in runs {
                note.begin(heap, *frees);
                note.took(busy(*milliseconds));
            }
            note.heap = None;
            note.took(busy(outside));
            note.overtime(Duration::from_secs(10)).fingerprint()
        };
        let time = |heap: &str| Some(format!("limits:time:{heap}"));
        let (null, drc, copying) = ("null", "drc", "copying");
        assert_eq!(verdict(&[], 10_000), time("gcdiff"));
        // The first to run.
        assert_eq!(verdict(&[(null, false, 10_000)], 0), None);
        assert_eq!(verdict(&[(drc, true, 10_000)], 0), time(drc));
        // Not longer than another by the factor.
        assert_eq!(
            verdict(&[(null, false, 4_000), (drc, true, 6_000)], 0),
            None
        );
        assert_eq!(
            verdict(&[(null, false, 1), (drc, true, 9_999)], 0),
            time(drc)
        );
        // In two runs, and regardless of which heap runs when the time is over.
        let twice = [(null, false, 1), (drc, true, 3_000), (drc, true, 7_000)];
        assert_eq!(verdict(&twice, 0), time(drc));
        let earlier = [(null, false, 1), (drc, true, 9_900), (copying, true, 99)];
        assert_eq!(verdict(&earlier, 0), time(drc));
        // Time between the runs, first too little to blame gcdiff.
        let between = [(null, false, 3_000), (drc, true, 3_000)];
        assert_eq!(verdict(&between, 4_000), None);
        assert_eq!(verdict(&between, 14_000), time("gcdiff"));
    }

    #[test]
    fn the_next_part_of_an_item_that_is_given_up_does_not_begin() {
        let desk = Desk::default();
        desk.begin(0, Duration::ZERO);
        assert!(desk.restart());
        let (hour, second) = (Duration::from_secs(3600), Duration::from_secs(1));
        assert!(desk.abandon(hour, second).is_some());
        assert!(!desk.restart());
    }

    #[test]
    fn a_heap_that_has_panicked_runs_no_more() {
        let at_work = Arc::new(Desk::default());
        let desk = at_work.clone();
        let panics = Variant::new(Collector::Drc, || Collector::Drc.heap());
        let panics = panics.with_edit(move |_| {
            assert_eq!(desk.state().note.heap.as_deref(), Some("drc"));
            panic!("on purpose")
        });
        let options = Options {
            collectors: vec![panics.subject()],
            ..Options::default()
        };
        let (case, _) = case::read(b"(module)").unwrap();
        let judged = judge(&case, &at_work.watching(&options)).unwrap();
        // The verdict still names the heap to blame.
        let verdict = judged.verdict.to_string();
        assert!(verdict.contains("on purpose"), "{verdict}");
        assert!(verdict.contains("drc"), "{verdict}");
        assert_eq!(at_work.state().note.heap, None);
    }
}
