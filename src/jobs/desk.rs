//! What a job is at, for whoever waits for it.

use super::cpu_clock::CpuClock;
use crate::generate::Drawn;
use crate::oracle::{Options, Subject};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is known of an item that is being worked on.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// The heap that is running, if one is.
    pub heap: Option<&'static str>,
    /// The case, once it is made.
    pub case: Option<Arc<Drawn>>,
}

impl Note {
    /// Who is to blame if this never ends: the heap that runs, or gcdiff.
    pub fn blamed(&self) -> &'static str {
        self.heap.unwrap_or("gcdiff")
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
                subject.noted(move |heap| desk.state().note.heap = heap)
            });
            each.collect()
        };
        Options {
            collectors: watched(&options.collectors),
            sometimes: watched(&options.sometimes),
            ..options.clone()
        }
    }

    /// Notes the heap that runs, or that none does.
    pub fn note_heap(&self, heap: Option<&'static str>) {
        self.state().note.heap = heap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;
    use crate::oracle::{Collector, judge};

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
