//! Judging many files: on several threads, in the order of the files, and by
//! fingerprint afterwards.

use super::targets::Bad;
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// What a file shows.
#[derive(Clone, Debug)]
pub enum Replayed {
    /// All heaps agree.
    Good,
    /// No case can be made of it, or the case says nothing.
    Nothing,
    /// A finding, by fingerprint; and the case, if a fuzz target made one.
    Finding(String, Option<Box<Bad>>),
}

/// A file and what it shows, or why it could not be run.
#[derive(Clone, Debug)]
pub struct Item {
    /// The file.
    pub path: PathBuf,
    /// How large its input or its module is.
    pub size: usize,
    /// What it shows.
    pub replayed: Result<Replayed, String>,
}

/// A row of the table of findings.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What its findings have in common.
    pub fingerprint: &'a str,
    /// How many there are.
    pub count: usize,
    /// The smallest of them, the first by name if there are several.
    pub smallest: &'a Item,
}

impl Row<'_> {
    /// The case of the smallest.
    pub fn bad(&self) -> Option<&Bad> {
        match &self.smallest.replayed {
            Ok(Replayed::Finding(_, bad)) => bad.as_deref(),
            _ => None,
        }
    }
}

/// Judges files with `judge`, which also says how large each is. A panic is a
/// finding: its fingerprint is the place in the source.
pub fn replay(
    files: &[PathBuf],
    jobs: usize,
    judge: impl Fn(&Path) -> Result<(Replayed, usize), String> + Sync,
) -> Vec<Item> {
    note_panics();
    let next = AtomicUsize::new(0);
    let items = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                while let Some((i, path)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    files.get(i).map(|path| (i, path))
                } {
                    let item = one(path, &judge);
                    let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
                    items.insert(i, item);
                }
            });
        }
    });
    let items = items.into_inner().unwrap_or_else(PoisonError::into_inner);
    items.into_values().collect()
}

fn one(path: &Path, judge: &impl Fn(&Path) -> Result<(Replayed, usize), String>) -> Item {
    let judged = catch_unwind(AssertUnwindSafe(|| judge(path)));
    let judged = judged.unwrap_or_else(|_: Box<dyn Any + Send>| {
        let place = PLACE.with(RefCell::take);
        let size = std::fs::metadata(path).map_or(0, |data| data.len());
        let finding = Replayed::Finding(format!("panic:{place}"), None);
        Ok((finding, usize::try_from(size).unwrap_or(usize::MAX)))
    });
    let (replayed, size) = match judged {
        Ok((replayed, size)) => (Ok(replayed), size),
        Err(message) => (Err(message), 0),
    };
    Item {
        path: path.to_path_buf(),
        size,
        replayed,
    }
}

thread_local! {
    /// Where this thread last panicked.
    static PLACE: RefCell<String> = RefCell::default();
}

/// From now on panics note where they happened, besides what they did before.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info
                .location()
                .map(|l| format!("{}:{}", l.file(), l.line()));
            // While a thread ends its variables may be gone.
            let _ = PLACE.try_with(|p| p.replace(place.unwrap_or_default()));
            before(info);
        }));
    });
}

/// The findings by fingerprint.
pub fn table(items: &[Item]) -> Vec<Row<'_>> {
    let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    for item in items {
        let Ok(Replayed::Finding(fingerprint, _)) = &item.replayed else {
            continue;
        };
        let row = rows.entry(fingerprint).or_insert(Row {
            fingerprint,
            count: 0,
            smallest: item,
        });
        row.count += 1;
        if item.size < row.smallest.size {
            row.smallest = item;
        }
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_sorted_grouped_and_a_panic_is_one() {
        let files: Vec<PathBuf> = ["aaa", "b", "cc", "panic", "good"]
            .map(PathBuf::from)
            .to_vec();
        for jobs in [1, 3] {
            let items = replay(&files, jobs, |path| {
                let name = path.to_str().unwrap();
                match name {
                    "panic" => panic!("on purpose"),
                    "good" => Ok((Replayed::Good, 1)),
                    _ => Ok((Replayed::Finding("same".into(), None), name.len())),
                }
            });
            let order: Vec<&PathBuf> = items.iter().map(|item| &item.path).collect();
            assert_eq!(order, files.iter().collect::<Vec<_>>());
            let rows = table(&items);
            assert_eq!(rows.len(), 2);
            assert!(
                rows[0]
                    .fingerprint
                    .starts_with("panic:src/campaign/replay.rs:")
            );
            assert_eq!((rows[1].fingerprint, rows[1].count), ("same", 3));
            assert_eq!(rows[1].smallest.path, Path::new("b"));
        }
    }
}
