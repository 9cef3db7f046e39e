//! A pool of jobs that work through items, each within an optional time limit.
//!
//! An endless loop cannot be stopped from outside. So its thread is abandoned and replaced. After a
//! few of them the pool ends, since each keeps a core busy until the process ends.

use super::desk::{Desk, Note};
use crate::oracle::{Panic, Report, Verdict, catch};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Interval at which the clocks are read: short enough to enforce the limit, and otherwise long,
/// since each reading takes time from the jobs. A job that waits for items which nobody works on any more
/// waits as long.
fn tick(timeout: Option<Duration>) -> Duration {
    let longest = Duration::from_millis(200);
    match timeout {
        Some(timeout) => (timeout / 50).clamp(Duration::from_millis(10), longest),
        None => longest,
    }
}

/// A longer tick counts as this: the process was stopped, or the machine asleep, and no job ran in
/// this time.
const LONGEST_TICK: Duration = Duration::from_secs(1);

/// Number of abandoned threads, beyond the number of jobs, with which a pool ends.
const MAX_ABANDONED: usize = 3;

/// Settings of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    /// Threads.
    pub jobs: usize,
    /// The number of the first item.
    pub first: u64,
    /// The number after that of the last item, if there is one.
    pub items: Option<u64>,
    /// The number of consecutive items that a thread takes at a time.
    pub at_a_time: u64,
    /// Time limit per item.
    pub timeout: Option<Duration>,
    /// Set when no further items are to be taken. A thread works on those that it has taken.
    pub stop: Arc<AtomicBool>,
    /// Set, with `stop`, when those that were taken and not begun are to be skipped, too.
    pub interrupt: Arc<AtomicBool>,
}

/// The work on each item.
pub(crate) trait Work: Send + Sync + 'static {
    /// Result of an item.
    type Output;

    /// Works on an item.
    fn work(&self, item: u64, desk: &Arc<Desk>) -> Self::Output;

    /// Takes the result of an item, or the panic that ended it, on the thread of the job and before
    /// its next item.
    fn deliver(&self, item: u64, done: Result<Self::Output, Panic>, note: Note);

    /// Takes an item that exceeded its time limit, on the thread of [`Pool::run`].
    fn overdue(&self, item: u64, note: Note);

    /// Takes an item that no job will work on, since the pool is to stop. Work that waits for all lower
    /// items needs to know.
    fn skipped(&self, item: u64) {
        let _ = item;
    }
}

impl Pool {
    /// The items from `first` on that a thread takes together with it. Batches begin at multiples of
    /// their size, also if the first item is in the middle of one.
    fn batch(&self, first: u64) -> Range<u64> {
        let end = (first / self.at_a_time + 1) * self.at_a_time;
        let first = first.max(self.first);
        first..end.min(self.items.unwrap_or(u64::MAX)).max(first)
    }
}

/// State shared by the jobs and the pool.
struct Shared<W> {
    pool: Pool,
    work: W,
    next: AtomicU64,
    /// Items that a thread had taken when it was abandoned or panicked; no range is empty.
    left: Mutex<Vec<Range<u64>>>,
    /// How long the pool has run, in ticks of at most [`LONGEST_TICK`].
    now: Mutex<Duration>,
}

impl<W: Work> Shared<W> {
    /// Skips what threads had taken when they were abandoned or panicked.
    fn skip_left(&self) {
        let left = std::mem::take(&mut *lock(&self.left));
        let items = left.into_iter().flatten();
        items.for_each(|item| self.work.skipped(item));
    }
}

/// A job, as seen by the pool.
struct Job {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

impl Pool {
    /// Works through all items. Returns when every job has ended or is abandoned: `true` if the
    /// pool ended because too many were abandoned.
    ///
    /// # Panics
    ///
    /// If [`Work::deliver`] panicked, once all jobs have ended; they take no further items then.
    pub fn run<W: Work>(self, work: W) -> bool {
        let (timeout, jobs) = (self.timeout, self.jobs.max(1));
        let first_batch = self.first - self.first % self.at_a_time;
        let shared = Arc::new(Shared {
            pool: self,
            work,
            next: AtomicU64::new(first_batch),
            left: Mutex::default(),
            now: Mutex::default(),
        });
        let (ended, endings) = channel();
        let mut running: Vec<Option<Job>> = Vec::new();
        for _ in 0..jobs {
            running.push(Some(spawn(&shared, running.len(), &ended)));
        }
        let (mut left, mut abandoned) = (jobs, 0);
        let mut panicked = None;
        let mut last = Instant::now();
        while left > 0 {
            match endings.recv_timeout(tick(timeout)) {
                Ok(job) => {
                    if let Some(mut job) = running[job].take() {
                        left -= 1;
                        // The thread has nothing left to do, so joining it does not block.
                        let joined = job.thread.take().map(JoinHandle::join);
                        if let Some(Err(panic)) = joined {
                            shared.pool.stop.store(true, Ordering::Relaxed);
                            panicked.get_or_insert(panic);
                        }
                    }
                }
                // Never disconnected: the pool holds a sender itself.
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            let passed = last.elapsed().min(LONGEST_TICK);
            last = Instant::now();
            let now = {
                let mut now = lock(&shared.now);
                *now += passed;
                *now
            };
            if shared.pool.stop.load(Ordering::Relaxed) {
                shared.skip_left();
            }
            let Some(timeout) = timeout else { continue };
            for i in 0..running.len() {
                let job = running[i].as_ref();
                let Some((item, note)) = job.and_then(|job| job.desk.abandon(now, timeout)) else {
                    continue;
                };
                let Range { end, .. } = shared.pool.batch(item);
                if item + 1 < end {
                    lock(&shared.left).push(item + 1..end);
                }
                shared.work.overdue(item, note);
                running[i] = None;
                left -= 1;
                abandoned += 1;
                if abandoned >= jobs + MAX_ABANDONED {
                    shared.pool.stop.store(true, Ordering::Relaxed);
                } else if !shared.pool.stop.load(Ordering::Relaxed) {
                    running.push(Some(spawn(&shared, running.len(), &ended)));
                    left += 1;
                }
            }
        }
        shared.skip_left();
        if let Some(panic) = panicked {
            std::panic::resume_unwind(panic);
        }
        abandoned >= jobs + MAX_ABANDONED
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Reports that a job has ended, by a panic too.
struct End(usize, Sender<usize>);

impl Drop for End {
    fn drop(&mut self) {
        // The receiver is gone if the job was abandoned.
        let _ = self.1.send(self.0);
    }
}

/// What a thread has taken and not begun. It is left to others if the thread panics.
struct Taken<'a> {
    items: Range<u64>,
    left: &'a Mutex<Vec<Range<u64>>>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.items.is_empty() {
            lock(self.left).push(self.items.clone());
        }
    }
}

/// Starts a job.
fn spawn<W: Work>(shared: &Arc<Shared<W>>, number: usize, ended: &Sender<usize>) -> Job {
    let desk = Arc::new(Desk::default());
    let end = End(number, ended.clone());
    let (shared, own) = (shared.clone(), desk.clone());
    let thread = std::thread::spawn(move || {
        let _end = end;
        own.enter();
        let pool = &shared.pool;
        let is_ended =
            || pool.stop.load(Ordering::Relaxed) || pool.interrupt.load(Ordering::Relaxed);
        while !is_ended() {
            let left = lock(&shared.left).pop();
            let mut taken = Taken {
                items: left.unwrap_or_else(|| {
                    pool.batch(shared.next.fetch_add(pool.at_a_time, Ordering::Relaxed))
                }),
                left: &shared.left,
            };
            if taken.items.is_empty() {
                break;
            }
            while !pool.interrupt.load(Ordering::Relaxed)
                && let Some(item) = taken.items.next()
            {
                own.begin(item, *lock(&shared.now));
                let done = catch(Report::Loud, || shared.work.work(item, &own));
                let Some(note) = own.end() else {
                    // The pool has passed on the rest.
                    taken.items = 0..0;
                    return;
                };
                shared.work.deliver(item, done, note);
            }
        }
    });
    Job {
        desk,
        thread: Some(thread),
    }
}

/// Runs `work` within a time limit, if one is set. Work that takes longer goes on in a separate
/// thread until the process ends.
///
/// # Errors
///
/// The verdict on work that exceeds the limit.
///
/// # Panics
///
/// If `work` panics, or no thread can be started.
pub fn within<T: Send + 'static>(
    timeout: Option<Duration>,
    work: impl FnOnce(&Arc<Desk>) -> T + Send + 'static,
) -> Result<T, Box<Verdict>> {
    let desk = Arc::new(Desk::default());
    let own = desk.clone();
    let (done, result) = channel();
    desk.begin(0, Duration::ZERO);
    // The stack size of the main thread, on which the work would run without a limit.
    let thread = std::thread::Builder::new().stack_size(8 << 20);
    let thread = thread.spawn(move || {
        own.enter();
        let value = work(&own);
        // The receiver is gone if the limit was exceeded.
        let _ = done.send(value);
    });
    let thread = thread.expect("a thread can be started");
    let (mut now, mut last) = (Duration::ZERO, Instant::now());
    loop {
        match result.recv_timeout(tick(timeout)) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("a thread that ends has sent its result"),
            },
            Err(RecvTimeoutError::Timeout) => {}
        }
        now += last.elapsed().min(LONGEST_TICK);
        last = Instant::now();
        if let Some(timeout) = timeout
            && let Some((_, note)) = desk.abandon(now, timeout)
        {
            return Err(Box::new(note.overtime(timeout)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_done_within_its_time_or_given_up() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(within(None, |_| 7), Ok(7));
        assert_eq!(within(second, |_| 7), Ok(7));
        let endless = within(second, |desk| {
            desk.note_heap("slow", true, &[]);
            loop {
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let verdict = Result::<(), _>::unwrap_err(endless);
        assert_eq!(verdict.fingerprint().as_deref(), Some("limits:time:slow"));
        let panicked = std::panic::catch_unwind(move || {
            within(second, move |_| {
                if second.is_some() {
                    panic!("on purpose");
                }
            })
        });
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"on purpose"));
    }

    /// Items that end or do not, and how each was delivered.
    struct Items(Mutex<Vec<(u64, &'static str)>>);

    impl Work for Arc<Items> {
        type Output = ();

        fn work(&self, item: u64, _: &Arc<Desk>) {
            if item % 4 == 2 {
                loop {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }

        fn deliver(&self, item: u64, done: Result<(), Panic>, _: Note) {
            assert_eq!(done, Ok(()));
            lock(&self.0).push((item, "done"));
        }

        fn overdue(&self, item: u64, _: Note) {
            lock(&self.0).push((item, "overdue"));
        }
    }

    #[test]
    fn every_item_is_taken_once_until_too_many_do_not_end() {
        for (items, gave_up, at_a_time) in [(12, false, 1), (12, false, 5), (1000, true, 1)] {
            let taken = Arc::new(Items(Mutex::default()));
            let pool = Pool {
                first: 0,
                jobs: 2,
                items: Some(items),
                at_a_time,
                // Items that only sleep have six times as long.
                timeout: Some(Duration::from_millis(250)),
                stop: Arc::default(),
                interrupt: Arc::default(),
            };
            assert_eq!(pool.run(taken.clone()), gave_up);
            let mut taken = lock(&taken.0).clone();
            taken.sort();
            let how = |item| ["done", "done", "overdue", "done"][item as usize % 4];
            // The last items taken need not be consecutive.
            let whole = if gave_up { 10 } else { 12 };
            let first = taken.iter().take(whole).copied();
            assert!(
                first.eq((0..whole as u64).map(|item| (item, how(item)))),
                "{taken:?}"
            );
            assert!(taken.iter().all(|(item, taken)| how(*item) == *taken));
            let overdue = taken.iter().filter(|(_, how)| *how == "overdue").count();
            // Two items may exceed their limits at once.
            let wanted = if gave_up { 5..=6 } else { 3..=3 };
            assert!(wanted.contains(&overdue), "{taken:?}");
        }
    }

    /// Work whose first delivery panics.
    struct Panics(Mutex<Vec<(u64, &'static str)>>);

    impl Work for Arc<Panics> {
        type Output = ();

        fn work(&self, _: u64, _: &Arc<Desk>) {}

        fn deliver(&self, item: u64, _: Result<(), Panic>, _: Note) {
            assert_ne!(item, 0, "on purpose");
            lock(&self.0).push((item, "done"));
        }

        fn overdue(&self, _: u64, _: Note) {}

        fn skipped(&self, item: u64) {
            lock(&self.0).push((item, "skipped"));
        }
    }

    #[test]
    fn what_a_panicking_thread_has_taken_is_not_lost() {
        let taken = Arc::new(Panics(Mutex::default()));
        let pool = Pool {
            first: 0,
            jobs: 1,
            items: Some(4),
            at_a_time: 5,
            timeout: None,
            stop: Arc::default(),
            interrupt: Arc::default(),
        };
        let own = taken.clone();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.run(own)));
        assert!(ended.is_err());
        assert_eq!(
            *lock(&taken.0),
            [(1, "skipped"), (2, "skipped"), (3, "skipped")]
        );
    }

    /// Work that ends at once.
    struct Quick(Mutex<Vec<u64>>);

    impl Work for Arc<Quick> {
        type Output = ();

        fn work(&self, _: u64, _: &Arc<Desk>) {}

        fn deliver(&self, item: u64, _: Result<(), Panic>, _: Note) {
            lock(&self.0).push(item);
        }

        fn overdue(&self, _: u64, _: Note) {}
    }

    /// Work whose second item interrupts the pool.
    struct Interrupting(
        Arc<AtomicBool>,
        Arc<AtomicBool>,
        Mutex<Vec<(u64, &'static str)>>,
    );

    impl Work for Arc<Interrupting> {
        type Output = ();

        fn work(&self, item: u64, _: &Arc<Desk>) {
            if item == 1 {
                self.0.store(true, Ordering::Relaxed);
                self.1.store(true, Ordering::Relaxed);
            }
        }

        fn deliver(&self, item: u64, _: Result<(), Panic>, _: Note) {
            lock(&self.2).push((item, "done"));
        }

        fn overdue(&self, _: u64, _: Note) {}

        fn skipped(&self, item: u64) {
            lock(&self.2).push((item, "skipped"));
        }
    }

    #[test]
    fn what_was_taken_and_not_begun_is_skipped_after_an_interrupt() {
        let (interrupt, stop) = (Arc::default(), Arc::default());
        let work = Interrupting(Arc::clone(&interrupt), Arc::clone(&stop), Mutex::default());
        let work = Arc::new(work);
        let pool = Pool {
            first: 0,
            jobs: 1,
            items: Some(12),
            at_a_time: 4,
            timeout: None,
            stop,
            interrupt,
        };
        assert!(!pool.run(work.clone()));
        assert_eq!(
            *lock(&work.2),
            [(0, "done"), (1, "done"), (2, "skipped"), (3, "skipped")]
        );
    }

    #[test]
    fn items_begin_with_the_first_wherever_it_is_in_a_batch() {
        for (first, items) in [(0, 4), (3, 4), (3, 11), (5, 6), (9, 9)] {
            let taken = Arc::new(Quick(Mutex::default()));
            let pool = Pool {
                first,
                jobs: 2,
                items: Some(items),
                at_a_time: 5,
                timeout: None,
                stop: Arc::default(),
                interrupt: Arc::default(),
            };
            assert!(!pool.run(taken.clone()));
            let mut taken = lock(&taken.0).clone();
            taken.sort_unstable();
            assert!(taken.iter().copied().eq(first..items), "{first}: {taken:?}");
        }
    }
}
