//! What a replay has found so far, on disk and counted.

use super::Replay;
use crate::campaign::replay::{CaseResult, Item, Watch};
use crate::campaign::{Finding, Progress, Reductions, Row, Shelf, Tally};
use crate::cli::file;
use crate::cli::findings::{ReducedCase, ReducedRow, TableRow};
use crate::cli::format::{JudgedCase, record};
use crate::cli::output::{self, Mood, complain};
use crate::cli::program;
use crate::escape::{self, Line};
use crate::oracle::Verdict;
use indicatif::ProgressBar;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Findings saved so far.
#[derive(Default)]
pub(super) struct Saved {
    /// Where they are saved.
    pub shelf: Option<Shelf>,
    /// Path of the smallest case of each fingerprint.
    pub paths: BTreeMap<String, Vec<PathBuf>>,
    /// Path of the reduced case of each fingerprint.
    pub reduced: BTreeMap<String, PathBuf>,
    /// The results in the order of the files, for a document.
    pub judged: Vec<JudgedCase>,
    /// Counts of all files.
    pub tally: Tally,
    /// Messages about the first files that could not be run.
    pub not_run: Vec<String>,
    /// Why a finding could not be saved.
    pub error: Option<String>,
}

/// Number of messages that are kept.
const MAX_MESSAGES: usize = 20;

impl Saved {
    pub fn put_reduced(&mut self, fingerprint: &str, text: &str) {
        let Some(shelf) = &mut self.shelf else { return };
        match shelf.put_reduced(fingerprint, text) {
            Ok(path) => {
                self.reduced.insert(fingerprint.to_string(), path);
            }
            Err(error) => {
                let error = format!("the reduced case of {fingerprint} is not saved: {error}");
                self.error.get_or_insert(error);
            }
        }
    }

    /// Saves the finding of a file, if its case is not in this file already.
    fn put(&mut self, number: u64, item: &Item) {
        let (Some(shelf), Some(finding)) = (&mut self.shelf, item.finding()) else {
            return;
        };
        if finding.case.is_none() {
            return;
        }
        let fingerprint = &finding.fingerprint;
        // As in the table: of two equally large cases the first.
        match shelf.put(finding, (item.size, number)) {
            Ok(paths) => {
                self.paths.insert(fingerprint.clone(), paths);
            }
            Err(error) => {
                self.paths.remove(fingerprint);
                let path = escape::path(&item.path);
                let error = format!("the case of {path} is not saved: {error}");
                self.error.get_or_insert(error);
            }
        }
    }

    /// The findings that are saved.
    pub fn kept(&self) -> impl Iterator<Item = &Finding> {
        let rows = self.tally.rows.iter();
        rows.filter(|(key, _)| self.paths.contains_key(*key))
            .filter_map(|(_, row)| row.finding())
    }

    /// The table of findings.
    pub fn rows<'a>(&'a self, replay: &Replay, reductions: &'a Reductions) -> Vec<TableRow<'a>> {
        let row = |(fingerprint, row): (&'a String, &'a Row)| {
            let finding = row.finding()?;
            let path = file::word(&row.smallest.path);
            let saved = self.paths.get(fingerprint);
            let command = match saved {
                // Its header has everything it was judged with.
                Some(paths) if finding.runs() => program::command(&finding.arguments(paths)),
                _ => replay.command(&path),
            };
            let reduced = match reductions.get(fingerprint) {
                None => ReducedRow::No,
                Some(Err(why)) => ReducedRow::Failed(why),
                Some(Ok(reduction)) => {
                    let file = self.reduced.get(fingerprint);
                    ReducedRow::Done(ReducedCase {
                        reduction,
                        command: match file {
                            Some(path) => program::command(&finding.run_arguments(path)),
                            None => command.clone(),
                        },
                        file: file.cloned(),
                    })
                }
            };
            Some(TableRow {
                finding,
                count: row.count,
                origin: path,
                command,
                files: match saved {
                    Some(paths) => paths.clone(),
                    None => vec![row.smallest.path.clone()],
                },
                reduced,
            })
        };
        self.tally.rows.iter().filter_map(row).collect()
    }
}

/// Saves, counts and prints the results of files as they are done.
pub(super) struct Watching {
    pub replay: Arc<Replay>,
    pub saved: Arc<Mutex<Saved>>,
    pub bar: ProgressBar,
    pub progress: Progress,
}

impl Watch for Watching {
    fn done(&mut self, number: u64, item: &Item) {
        let mut saved = lock(&self.saved);
        saved.tally.add(number, item);
        if let Err(error) = &item.result
            && saved.not_run.len() < MAX_MESSAGES
        {
            saved.not_run.push(error.message.clone());
        }
        saved.put(number, item);
        if self.replay.stop_at_first && item.finding().is_some() {
            self.progress.stop();
        }
    }

    fn next(&mut self, item: &Item) {
        let path = escape::path(&item.path);
        let recorded = lock(&self.replay.recorded).remove(&item.path);
        if item.finding().is_some() {
            output::found();
        }
        let judged = self.judged(item);
        self.bar.suspend(|| {
            let was = match &recorded {
                Some(recorded) => format!("  (recorded: {})", Line(recorded)),
                None => String::new(),
            };
            match &item.result {
                Ok(CaseResult::Finding(finding)) => {
                    let found = format_args!("finding  {}  {path}{was}", finding.fingerprint);
                    output::verdict("", Mood::Finding, found);
                }
                Ok(_) if recorded.is_some() => {
                    output::verdict("", Mood::Agree, format_args!("agrees   {path}{was}"));
                }
                Ok(_) => {}
                Err(error) => complain(&error.message),
            }
            let result = ResultRecord {
                judged: &judged,
                recorded: recorded.as_deref(),
            };
            record("result", &result);
            judged.annotate();
        });
        if self.replay.format.is_document() {
            lock(&self.saved).judged.push(judged);
        }
    }
}

/// The record of a file.
#[derive(Serialize)]
struct ResultRecord<'a> {
    #[serde(flatten)]
    judged: &'a JudgedCase,
    recorded: Option<&'a str>,
}

impl Watching {
    /// The result of a file as all formats show it.
    fn judged(&self, item: &Item) -> JudgedCase {
        let path = Some(item.path.as_path());
        match &item.result {
            Ok(CaseResult::Agree) => JudgedCase::new(path, &Verdict::Agree),
            Ok(CaseResult::Inconclusive(Some(reason))) => {
                JudgedCase::without(path, "discard", reason.name())
            }
            Ok(CaseResult::Inconclusive(None)) => {
                JudgedCase::without(path, "nothing", "the input gives no case to compare")
            }
            Ok(CaseResult::Finding(finding)) => {
                let key = &finding.fingerprint;
                JudgedCase {
                    command: Some(self.replay.command(&file::word(&item.path))),
                    ..JudgedCase::of_evidence(path, &finding.evidence, key)
                }
            }
            Err(error) if error.reason.is_some() => {
                JudgedCase::without(path, "discard", &error.message)
            }
            Err(error) => JudgedCase::without(path, "error", &error.message),
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
