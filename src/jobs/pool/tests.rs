//! Items that end, panic, take too long, or are skipped.

use super::*;

/// A pool of items from 0, without a time limit.
fn pool(jobs: usize, at_a_time: u64, items: u64) -> Pool {
    Pool {
        jobs,
        first: 0,
        items: Some(items),
        at_a_time,
        timeout: None,
        stop: Arc::default(),
        interrupt: Arc::default(),
    }
}

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
            // Items that only sleep have six times as long.
            timeout: Some(Duration::from_millis(250)),
            ..pool(2, at_a_time, items)
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
    let pool = pool(1, 5, 4);
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
        stop,
        interrupt,
        ..pool(1, 4, 12)
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
            ..pool(2, 5, items)
        };
        assert!(!pool.run(taken.clone()));
        let mut taken = lock(&taken.0).clone();
        taken.sort_unstable();
        assert!(taken.iter().copied().eq(first..items), "{first}: {taken:?}");
    }
}
