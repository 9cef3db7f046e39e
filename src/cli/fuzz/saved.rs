//! The findings of a campaign on disk, and what is printed of them.

use super::clock::Clock;
use super::record;
use crate::campaign::{CampaignReport, Finding, Listener, Reduction, Shelf};
use crate::cli::findings::{ReducedCase, ReducedRow, TableRow};
use crate::cli::output::{self, Mood};
use crate::cli::program;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The findings on disk, and those that could not be saved.
pub(super) struct SavedFindings {
    pub shelf: Shelf,
    /// The files of each fingerprint's case, or why the case was not saved.
    saved: BTreeMap<String, Result<Vec<PathBuf>, String>>,
    /// The file of each reduced finding, or why it was not saved.
    reduced: BTreeMap<String, Result<PathBuf, String>>,
}

impl SavedFindings {
    pub fn new(shelf: Shelf) -> SavedFindings {
        SavedFindings {
            shelf,
            saved: BTreeMap::new(),
            reduced: BTreeMap::new(),
        }
    }

    /// Whether there was a finding.
    pub fn any(&self) -> bool {
        !self.saved.is_empty()
    }

    /// Saves a finding. Its reduced form, if there was one, is no longer beside it.
    fn save(&mut self, finding: &Finding) {
        let saved = self.shelf.put(finding, (0, finding.number));
        let key = &finding.fingerprint;
        self.reduced.remove(key);
        self.saved
            .insert(key.clone(), saved.map_err(|error| error.to_string()));
    }

    /// Saves a reduced finding.
    fn save_reduced(&mut self, fingerprint: &str, reduction: &Reduction) {
        let saved = self.shelf.put_reduced(fingerprint, &reduction.text);
        self.reduced.insert(
            fingerprint.to_string(),
            saved.map_err(|error| error.to_string()),
        );
    }

    /// Saves again what is not on disk. Returns messages about what still is not.
    pub fn save_rest(&mut self, report: &CampaignReport) -> Vec<String> {
        let mut errors = Vec::new();
        for (fingerprint, finding) in &report.findings {
            let number = finding.number;
            if !matches!(self.saved.get(fingerprint), Some(Ok(_))) || !self.shelf.has(fingerprint) {
                self.save(finding);
            }
            if let Some(Err(error)) = self.saved.get(fingerprint) {
                errors.push(format!("case {number} is not saved: {error}"));
            }
            let Some(Ok(reduction)) = report.reduced.get(fingerprint) else {
                continue;
            };
            if !matches!(self.reduced.get(fingerprint), Some(Ok(_))) || !self.shelf.has(fingerprint)
            {
                self.save_reduced(fingerprint, reduction);
            }
            if let Some(Err(error)) = self.reduced.get(fingerprint) {
                errors.push(format!("case {number}, reduced, is not saved: {error}"));
            }
        }
        errors
    }

    /// The table of findings.
    pub fn rows<'a>(&self, report: &'a CampaignReport) -> Vec<TableRow<'a>> {
        let row = |(fingerprint, finding): (&'a String, &'a Finding)| {
            let files = match self.saved.get(fingerprint) {
                Some(Ok(files)) => files.clone(),
                Some(Err(_)) | None => Vec::new(),
            };
            let command = program::command(&finding.arguments(&files));
            let reduced = match report.reduced.get(fingerprint) {
                None => ReducedRow::No,
                Some(Err(why)) => ReducedRow::Failed(why),
                Some(Ok(reduction)) => {
                    let saved = self.reduced.get(fingerprint);
                    let file = saved.and_then(|saved| saved.as_ref().ok());
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
            TableRow {
                finding,
                count: report.counts.get(fingerprint).copied().unwrap_or(1),
                origin: finding.number.to_string(),
                command,
                files,
                reduced,
            }
        };
        report.findings.iter().map(row).collect()
    }
}

/// Saves findings as they are made, and prints them in the order of their cases.
pub(super) struct Listening {
    pub kept: Arc<Mutex<SavedFindings>>,
    pub clock: Arc<Clock>,
    pub bar: ProgressBar,
}

impl Listener for Listening {
    fn found(&mut self, finding: &Finding) {
        let mut kept = lock(&self.kept);
        if !kept.saved.contains_key(&finding.fingerprint) {
            self.clock.found(&finding.fingerprint);
        }
        // An error in saving is printed with the finding.
        kept.save(finding);
    }

    fn reduced(&mut self, finding: &Finding, reduction: &Reduction) {
        lock(&self.kept).save_reduced(&finding.fingerprint, reduction);
    }

    fn settled(&mut self, finding: &Finding) {
        let Finding {
            number,
            fingerprint,
            ..
        } = finding;
        output::found();
        let shown = finding.shown();
        let mut lines = format!("{shown}\n  fingerprint  {fingerprint}\n");
        let saved = lock(&self.kept).saved.get(fingerprint).cloned();
        let files = match saved {
            Some(Ok(files)) => files,
            Some(Err(error)) => {
                lines.push_str(&format!("  not saved    {error}\n"));
                Vec::new()
            }
            None => Vec::new(),
        };
        let command = program::command(&finding.arguments(&files));
        lines.push_str(&format!("  replay       {command}\n"));
        let judged = record::judged(finding, &files);
        self.bar.suspend(|| {
            let before = format!("case {number}: ");
            output::verdict(&before, Mood::Finding, format_args!("{lines}"));
            record::finding(finding, &judged, &files);
            judged.annotate();
        });
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
