//! `--report DIR`: a folder with the report on a run, `index.html`, and a page for each finding.

mod explaining;
mod findings;

pub(super) use explaining::Rejudging;
pub(super) use findings::CaseSource;

use super::CommandOutcome;
use super::findings::TableRow;
use super::output::complain;
use super::program;
use crate::campaign::{Folder, command_line, replace, try_replace};
use crate::escape;
use crate::page::{self, run::Cluster, run::RunPage};
use findings::Pages;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time between two versions of the report, and after which a browser loads it again.
const EVERY: Duration = Duration::from_secs(5);

/// Where the report is written.
pub(super) struct Report {
    /// The folder, as given.
    given: PathBuf,
    folder: Folder,
    index: PathBuf,
    pages: Pages,
    /// The time of the next version.
    next: Instant,
    /// Why the latest version was not written.
    error: Option<String>,
}

/// The command that started this process.
pub(super) fn command() -> String {
    let words = std::env::args_os().skip(1);
    program::command(&command_line(words))
}

/// The outcome of a command whose report was written or not. A finding decides the exit code even
/// after an error.
pub(super) fn outcome(
    ended: Result<CommandOutcome, String>,
    written: Result<(), String>,
) -> Result<CommandOutcome, String> {
    match (ended, written) {
        (ended, Ok(())) => ended,
        (Ok(CommandOutcome::Agree), Err(error)) => Err(error),
        (ended, Err(error)) => {
            complain(&error);
            ended
        }
    }
}

impl Report {
    /// Creates the folder if needed, and checks that pages can be written into it. Findings are
    /// judged again to explain them.
    pub fn open(given: &Path, how: Rejudging) -> Result<Report, String> {
        let in_folder =
            |error: std::io::Error| format!("--report {}: {error}", escape::path(given));
        let folder = Folder::open(given).map_err(in_folder)?;
        let opened = || {
            // Links between files need paths without links and dots.
            let path = std::fs::canonicalize(given)?;
            let index = path.join("index.html");
            try_replace(&index)?;
            Ok((index, Pages::open(&path, how)?))
        };
        let (index, pages) = opened().map_err(|error| {
            folder.leave();
            in_folder(error)
        })?;
        Ok(Report {
            given: given.to_path_buf(),
            folder,
            index,
            pages,
            next: Instant::now(),
            error: None,
        })
    }

    /// Seconds after which a browser loads the report of a run again.
    pub fn refresh() -> u32 {
        EVERY.as_secs() as u32
    }

    /// Whether it is time for a new version.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Writes the pages of findings that are new or have changed. Returns the clusters for the
    /// report, with links to these pages.
    pub fn clusters(&mut self, rows: &[TableRow<'_>], source: &CaseSource<'_>) -> Vec<Cluster> {
        let (clusters, error) = self.pages.clusters(rows, source);
        self.error = error.map(|error| self.in_folder(&error));
        clusters
    }

    /// Waits for explanations of the findings in the pages, unless `is_cut`. After this,
    /// [`Report::clusters`] writes them into the pages.
    pub fn explain(
        &mut self,
        rows: &[TableRow<'_>],
        source: &CaseSource<'_>,
        is_cut: impl Fn() -> bool,
    ) {
        self.pages.explain(rows, source, is_cut);
    }

    /// Writes the report.
    pub fn write(&mut self, run: &RunPage) {
        let html = page::run::page(run);
        if let Err(error) = replace(&self.index, html.as_bytes()) {
            self.error = Some(self.in_folder(&error.to_string()));
        }
        self.next = Instant::now() + EVERY;
    }

    fn in_folder(&self, error: &str) -> String {
        format!("--report {}: {error}", escape::path(&self.given))
    }

    /// Ends the report. Returns why its latest version was not written, if it was not.
    pub fn finish(self) -> Result<(), String> {
        self.pages.leave();
        self.folder.leave();
        self.error.map_or(Ok(()), Err)
    }
}
