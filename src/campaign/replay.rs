//! Judging many files: on several threads, reported in the order of the files.

use super::{Finding, Origin, Progress};
use crate::jobs::{Desk, Note, Pool, Work};
use crate::oracle::{Panic, Pins, Reason, Verdict, Violation};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Result of a file or an input.
#[derive(Clone, Debug)]
pub enum CaseResult {
    /// All heaps agree.
    Agree,
    /// The case is inconclusive, with the reason if the oracle has one; or there is no case.
    Inconclusive(Option<Reason>),
    /// A failure.
    Finding(Box<Finding>),
}

/// Why a file could not be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotRun {
    /// A message that names the file.
    pub message: String,
    /// The reason, if the oracle discarded the case.
    pub reason: Option<Reason>,
}

impl From<String> for NotRun {
    fn from(message: String) -> NotRun {
        NotRun {
            message,
            reason: None,
        }
    }
}

/// Result and size of a file, or why it could not be run.
pub type Replayed = Result<(CaseResult, usize), NotRun>;

/// A file and its result, or why it could not be run.
#[derive(Clone, Debug)]
pub struct Item {
    /// Path of the file.
    pub path: PathBuf,
    /// Size of its input or of its module.
    pub size: usize,
    /// The result.
    pub result: Result<CaseResult, NotRun>,
}

impl Item {
    /// The finding, if there is one.
    pub fn finding(&self) -> Option<&Finding> {
        match &self.result {
            Ok(CaseResult::Finding(finding)) => Some(finding),
            _ => None,
        }
    }
}

/// Settings of a replay.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads.
    pub jobs: usize,
    /// Time limit per file. A file that takes longer is a finding of law *limits*; see
    /// [`Campaign::timeout`](super::Campaign::timeout).
    pub timeout: Option<Duration>,
    /// Whether the files are inputs of a fuzz target, some of which give no case or are
    /// inconclusive.
    pub are_inputs: bool,
    /// Number of files done, and the request to stop.
    pub progress: Progress,
}

/// Receives items as they are done.
pub trait Watch: Send + 'static {
    /// The file of this number is done. The job that did it waits.
    fn done(&mut self, number: u64, item: &Item);

    /// A file is done, and so are all files before it.
    fn next(&mut self, item: &Item);
}

/// Judges files with `judge`, which also returns the size of each. A panic is a finding, with its
/// place in the source as the fingerprint.
///
/// The items are in the order of the files. Files that were not begun when the replay was stopped
/// are missing.
///
/// # Panics
///
/// If `watch` panics.
pub fn replay(
    files: &[PathBuf],
    settings: &Settings,
    judge: impl Fn(&Path, &Arc<Desk>) -> Replayed + Send + Sync + 'static,
    watch: impl Watch,
) -> Vec<Item> {
    let pool = Pool {
        jobs: settings.jobs.clamp(1, files.len().max(1)),
        first: 0,
        items: Some(files.len() as u64),
        at_a_time: 1,
        timeout: settings.timeout,
        stop: settings.progress.stop.clone(),
        interrupt: Arc::default(),
    };
    let seen = Arc::new(Mutex::new(ReplayProgress {
        items: BTreeMap::new(),
        shown: 0,
        watch: Box::new(watch),
    }));
    pool.run(Files {
        files: files.to_vec(),
        settings: settings.clone(),
        judge: Box::new(judge),
        seen: seen.clone(),
    });
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let ReplayProgress {
        items,
        shown,
        watch,
    } = &mut *seen;
    // Items after a file that was not judged.
    items.range(*shown..).for_each(|(_, item)| watch.next(item));
    std::mem::take(items).into_values().collect()
}

type Judge = dyn Fn(&Path, &Arc<Desk>) -> Replayed + Send + Sync;

/// The files of a replay.
struct Files {
    files: Vec<PathBuf>,
    settings: Settings,
    judge: Box<Judge>,
    seen: Arc<Mutex<ReplayProgress>>,
}

/// Items so far.
struct ReplayProgress {
    items: BTreeMap<u64, Item>,
    /// Number of items shown in order.
    shown: u64,
    watch: Box<dyn Watch>,
}

impl Files {
    fn add(&self, index: u64, replayed: Replayed) {
        let Some(path) = self.files.get(index as usize) else {
            return;
        };
        let (mut result, size) = match replayed {
            Ok((result, size)) => (Ok(result), size),
            Err(error) => (Err(error), 0),
        };
        if let Ok(CaseResult::Finding(finding)) = &mut result {
            finding.number = index;
        }
        let item = Item {
            path: path.clone(),
            size,
            result,
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let ReplayProgress {
            items,
            shown,
            watch,
        } = &mut *seen;
        watch.done(index, &item);
        items.insert(index, item);
        while let Some(item) = items.get(shown) {
            watch.next(item);
            *shown += 1;
        }
        self.settings.progress.cases.fetch_add(1, Ordering::Relaxed);
    }

    /// Records a file without a verdict of the oracle.
    fn broke_off(&self, index: u64, violation: Violation) {
        let verdict = Verdict::Violation(Box::new(violation));
        let finding = Finding::new(Origin::File, verdict, None, Pins::default());
        let result = CaseResult::Finding(Box::new(finding));
        self.add(index, Ok((result, self.size(index))));
    }

    fn size(&self, index: u64) -> usize {
        let path = self.files.get(index as usize);
        let size = path.and_then(|path| std::fs::metadata(path).ok());
        size.map_or(0, |data| usize::try_from(data.len()).unwrap_or(usize::MAX))
    }
}

impl Work for Files {
    type Output = Replayed;

    fn work(&self, index: u64, desk: &Arc<Desk>) -> Self::Output {
        match self.files.get(index as usize) {
            Some(path) => (self.judge)(path, desk),
            None => Err("there is no such file".to_string().into()),
        }
    }

    fn deliver(&self, index: u64, done: Result<Self::Output, Panic>, _: Note) {
        match done {
            Ok(replayed) => self.add(index, replayed),
            Err(panic) => self.broke_off(index, Violation::panic("gcdiff", panic)),
        }
    }

    fn overdue(&self, index: u64, note: Note) {
        match note.overtime(self.settings.timeout.unwrap_or_default()) {
            Verdict::Violation(violation) => self.broke_off(index, *violation),
            other => {
                let reason = match &other {
                    Verdict::Discard(reason, _) => Some(reason.clone()),
                    _ => None,
                };
                let replayed = match self.settings.are_inputs {
                    true => Ok((CaseResult::Inconclusive(reason), self.size(index))),
                    false => {
                        let path = self.files.get(index as usize);
                        let path = path.map(crate::escape::path).unwrap_or_default();
                        let message = format!("{path}: {other}");
                        Err(NotRun { message, reason })
                    }
                };
                self.add(index, replayed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Tally;
    use crate::oracle::Law;

    /// Records the calls it receives.
    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<[Vec<PathBuf>; 2]>>);

    impl Watch for Told {
        fn done(&mut self, _: u64, item: &Item) {
            self.0.lock().unwrap()[0].push(item.path.clone());
        }

        fn next(&mut self, item: &Item) {
            self.0.lock().unwrap()[1].push(item.path.clone());
        }
    }

    fn judged(path: &Path) -> Replayed {
        let name = path.to_str().unwrap();
        match name {
            "panic" => panic!("on purpose"),
            "loop" => loop {
                std::thread::sleep(Duration::from_millis(10));
            },
            "good" => Ok((CaseResult::Agree, 1)),
            _ => {
                let verdict = Verdict::Violation(Box::new(Violation::new(
                    Law::Zero,
                    "mine",
                    "made up".into(),
                )));
                let finding = Finding::new(Origin::File, verdict, None, Pins::default());
                Ok((CaseResult::Finding(Box::new(finding)), name.len()))
            }
        }
    }

    #[test]
    fn findings_are_sorted_grouped_and_a_panic_is_one() {
        let files: Vec<PathBuf> = ["aaa", "b", "cc", "panic", "loop", "good"]
            .map(PathBuf::from)
            .to_vec();
        for jobs in [1, 3] {
            let told = Told::default();
            let settings = Settings {
                are_inputs: false,
                jobs,
                // The report of a panic takes some time, too.
                timeout: Some(Duration::from_secs(1)),
                progress: Progress::default(),
            };
            let items = replay(&files, &settings, |path, _| judged(path), told.clone());
            let order: Vec<&PathBuf> = items.iter().map(|item| &item.path).collect();
            assert_eq!(order, files.iter().collect::<Vec<_>>());
            let [mut done, next] = told.0.lock().unwrap().clone();
            assert_eq!(next, files);
            done.sort();
            assert_eq!(done.len(), files.len());
            let mut tally = Tally::default();
            (0..).zip(&items).for_each(|(n, item)| tally.add(n, item));
            let rows: Vec<(&String, u64)> = tally
                .rows
                .iter()
                .map(|(key, row)| (key, row.count))
                .collect();
            assert_eq!((rows.len(), rows[0].1), (3, 1));
            assert_eq!(rows[0].0, "limits:time:gcdiff");
            assert!(rows[1].0.starts_with("panic:src/campaign/replay.rs:"));
            assert_eq!(rows[2], (&"zero:none:none:mine".to_string(), 3));
        }
    }

    #[test]
    fn what_is_stopped_shows_what_it_has() {
        let files: Vec<PathBuf> = (0..100).map(|i| format!("file {i}").into()).collect();
        let settings = Settings {
            are_inputs: false,
            jobs: 2,
            timeout: None,
            progress: Progress::default(),
        };
        let (told, progress) = (Told::default(), settings.progress.clone());
        let judge = move |path: &Path, _: &Arc<Desk>| {
            progress.stop();
            judged(path)
        };
        let items = replay(&files, &settings, judge, told.clone());
        assert!((1..=2).contains(&items.len()), "{items:?}");
        assert_eq!(told.0.lock().unwrap()[1].len(), items.len());
    }
}
