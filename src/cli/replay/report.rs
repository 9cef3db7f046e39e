//! The report on a replay.

use super::Replay;
use super::saved::Saved;
use crate::campaign::{Evidence, Finding, Progress, Reductions, Tally};
use crate::cli::load::load;
use crate::cli::report::{self, Report};
use crate::oracle::Reason;
use crate::page::run::{CountRow, RunPage, State};
use crate::page::units;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Writes the report on a replay while it runs, and at its end.
pub(super) struct ReplayReporter<'a> {
    pub report: Report,
    pub replay: &'a Replay,
    pub progress: &'a Progress,
    pub saved: &'a Mutex<Saved>,
    pub start: Instant,
    /// Number of files that are to be judged.
    pub files: usize,
}

impl ReplayReporter<'_> {
    /// Writes a new version if it is time for one.
    pub fn look(&mut self) {
        if !self.report.is_due() {
            return;
        }
        // A job that saves a finding need not be waited for: there will be another version.
        let Ok(saved) = self.saved.try_lock() else {
            return;
        };
        let (files, items) = (self.files as u64, self.replay.items());
        let done = self.progress.cases.load(Ordering::Relaxed);
        let doing = match done < files {
            true => format!("Judging {} {items}.", units::number(files)),
            false => format!(
                "All {items} are judged. Findings are reduced: {} of {}.",
                self.progress.reduced.load(Ordering::Relaxed),
                saved.kept().count()
            ),
        };
        let refresh = Report::refresh();
        let state = State::Running { doing, refresh };
        self.write(&saved, &Reductions::new(), state);
    }

    /// Explains the findings unless `is_cut`, and writes the last version.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn end(
        mut self,
        saved: &Saved,
        reductions: &Reductions,
        state: State,
        is_cut: impl Fn() -> bool,
    ) -> Result<(), String> {
        let source = |finding: &Finding| self.replay.source(finding, saved);
        let rows = saved.rows(self.replay, reductions);
        self.report.explain(&rows, &source, is_cut);
        drop(rows);
        self.write(saved, reductions, state);
        self.report.finish()
    }

    fn write(&mut self, saved: &Saved, reductions: &Reductions, state: State) {
        let rows = saved.rows(self.replay, reductions);
        let judged = saved.tally.files();
        let mut problems = saved.not_run.clone();
        let more = saved.tally.not_run() - problems.len() as u64;
        if more > 0 {
            problems.push(format!("{more} more files could not be run."));
        }
        problems.extend(saved.error.clone());
        let source = |finding: &Finding| self.replay.source(finding, saved);
        let page = RunPage {
            title: "Replay",
            command: report::command(),
            state,
            elapsed: self.start.elapsed(),
            items: self.replay.items(),
            judged,
            // Files differ too much in size for their rate to mean something.
            rate: None,
            timeline: None,
            found: saved.tally.findings(),
            origin: "smallest file",
            clusters: self.report.clusters(&rows, &source),
            is_reduced: self.replay.is_reducing(),
            counts: counts(self.replay.items(), &saved.tally),
            events: None,
            settings: self.replay.settings(),
            problems,
        };
        self.report.write(&page);
    }
}

impl Replay {
    /// The text of a finding, and its verdict with lines of this text.
    fn source(&self, finding: &Finding, saved: &Saved) -> (Option<String>, Evidence) {
        if finding.case.is_some() {
            return (finding.text().ok(), finding.shown());
        }
        let row = saved.tally.rows.get(&finding.fingerprint);
        let of_file = row.and_then(|row| self.of_file(&row.smallest.path, finding));
        of_file.unwrap_or((None, finding.evidence.clone()))
    }

    /// The same of a finding whose case is in a file.
    fn of_file(&self, path: &Path, finding: &Finding) -> Option<(Option<String>, Evidence)> {
        let loaded = load(path, &self.judging, &self.limiting).ok()?;
        let Evidence::Verdict(verdict) = &finding.evidence else {
            return None;
        };
        if loaded.text.is_empty() {
            // A binary module, which is printed.
            let finding = Finding {
                case: Some(loaded.case),
                ..finding.clone()
            };
            return Some((finding.text().ok(), finding.shown()));
        }
        let verdict = verdict
            .clone()
            .with_lines(&loaded.text, &loaded.module.wasm);
        Some((Some(loaded.text), Evidence::Verdict(verdict)))
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = Vec::new();
        if let Some(target) = self.target {
            settings.push(("fuzz target", target.to_string()));
        }
        let words = format!("{}{}", self.judging.words(), self.limiting.words());
        let words = match words.trim() {
            "" if self.target.is_some() => "those of the target",
            "" => "those of each file's header",
            words => words,
        };
        settings.push(("options", words.to_string()));
        settings
    }
}

fn counts(items: &'static str, tally: &Tally) -> Vec<CountRow> {
    let row = |name, count, meaning| CountRow {
        name,
        count,
        meaning,
        is_part: false,
    };
    let parts = |by_reason: &BTreeMap<Option<Reason>, u64>, name, meaning| {
        let part = |(reason, count): (&Option<Reason>, &u64)| CountRow {
            name: reason.as_ref().map_or(name, Reason::name),
            meaning: reason.as_ref().map_or(meaning, Reason::meaning),
            count: *count,
            is_part: true,
        };
        by_reason.iter().map(part).collect::<Vec<_>>()
    };
    let mut rows = vec![
        row(items, tally.files(), "Files that were judged."),
        row(
            "agreed",
            tally.agree,
            "All heaps are sound and show the same.",
        ),
        row(
            "findings",
            tally.findings(),
            "A law is broken or the heaps differ; duplicates included.",
        ),
        row(
            "inconclusive",
            tally.inconclusive(),
            "Inputs of a fuzz target without a verdict, for one of these reasons.",
        ),
    ];
    rows.extend(parts(
        &tally.inconclusive,
        "no case",
        "The input gives no case, or one that the target cannot compare.",
    ));
    rows.push(row(
        "could not be run",
        tally.not_run(),
        "Files without a verdict, for one of these reasons.",
    ));
    rows.extend(parts(
        &tally.not_run,
        "not read",
        "The file cannot be read, is no case, or needs more than a case may.",
    ));
    rows
}
