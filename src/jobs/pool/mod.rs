//! A pool of jobs that work through items, each within an optional time limit.
//!
//! An endless loop cannot be stopped from outside. So its thread is abandoned and replaced. After a
//! few of them the pool ends, since each keeps a core busy until the process ends.

#[cfg(test)]
mod tests;

use crate::jobs::desk::{Desk, Note};
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
