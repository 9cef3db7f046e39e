//! The findings of a report: their pages, and the clusters that link to them.

use super::explaining::{Explainer, Key, Rejudging};
use crate::campaign::{Evidence, Finding, Folder, Origin, replace};
use crate::cli::findings::{Cluster, ReducedCase, ReducedRow, TableRow};
use crate::escape;
use crate::page::finding::{self, CaseText, FindingPage};
use crate::page::{self, name};
use crate::reduce::instructions;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// In the place of an explanation, while there is none.
const PENDING: &str = "Not explained yet: the run is not done, or was ended early. \
                       The command `explain` explains the case.";

/// At its end, a run waits this long for explanations.
const WAITING: Duration = Duration::from_secs(60);

/// The text of a finding that was not reduced, and its verdict with lines of this text.
pub type CaseSource<'a> = dyn Fn(&Finding) -> (Option<String>, Evidence) + 'a;

/// The folder of the pages of findings.
pub(super) struct Pages {
    /// The folder of the report.
    top: PathBuf,
    path: PathBuf,
    folder: Folder,
    /// What each page was made from, by fingerprint.
    written: BTreeMap<String, Written>,
    explainer: Explainer,
}

/// A page that is written.
struct Written {
    /// Which of the findings with this fingerprint it shows, and from which files.
    of: Key,
    /// The verdict in a sentence.
    message: String,
}

impl Pages {
    /// Opens the folder for pages in the folder `top`.
    pub fn open(top: &Path, how: Rejudging) -> io::Result<Pages> {
        let path = top.join("findings");
        Ok(Pages {
            explainer: Explainer::start(how),
            top: top.to_path_buf(),
            folder: Folder::open(&path)?,
            path,
            written: BTreeMap::new(),
        })
    }

    /// Removes the folder if it was created for these pages and there is none.
    pub fn leave(&self) {
        self.folder.leave();
    }

    /// Writes new pages. Returns the clusters, and why a page could not be written.
    pub fn clusters(
        &mut self,
        rows: &[TableRow<'_>],
        source: &CaseSource<'_>,
    ) -> (Vec<page::run::Cluster>, Option<String>) {
        let mut error = None;
        for row in rows {
            if let Err(message) = self.update(row, source) {
                error.get_or_insert(message.to_string());
            }
        }
        let clusters = Cluster::all(rows);
        (clusters.iter().map(|c| self.cluster(c)).collect(), error)
    }

    /// Writes the page of a finding unless it is up to date.
    fn update(&mut self, row: &TableRow<'_>, source: &CaseSource<'_>) -> io::Result<()> {
        let key = row.fingerprint();
        let of = key_of(row);
        let explained = self.explainer.take(&of);
        let is_written = self.written.get(key).is_some_and(|page| page.of == of);
        if is_written && explained.is_none() {
            return Ok(());
        }
        let mut shown = self.finding(row, source);
        match &explained {
            Some(Ok(explanation)) => shown.explanation = Some(explanation.clone()),
            Some(Err(why)) => shown.unexplained = Some(format!("No explanation: {why}.")),
            None if row.finding.is_endless() => {
                shown.unexplained = Some("No explanation: the case does not end.".into());
            }
            None => {
                // One that is still to be reduced is explained at the end.
                if let (Some(text), true) = (&shown.text, row.reduced().is_some()) {
                    self.explainer.ask(&of, &text.text);
                }
                shown.unexplained = Some(PENDING.into());
            }
        }
        let message = shown.verdict.lines().next().unwrap_or_default().to_string();
        let html = finding::page(&shown);
        let written = replace(&self.path.join(name::of_finding(key)), html.as_bytes());
        if let (Err(_), Some(explained)) = (&written, explained) {
            self.explainer.put_back(of.clone(), explained);
        }
        written?;
        self.written
            .insert(key.to_string(), Written { of, message });
        Ok(())
    }

    /// Explains the findings of the last pages: all that are not, unless `is_cut` or time is up.
    pub fn explain(
        &mut self,
        rows: &[TableRow<'_>],
        source: &CaseSource<'_>,
        is_cut: impl Fn() -> bool,
    ) {
        for row in rows.iter().filter(|row| !row.finding.is_endless()) {
            if self.explainer.is_asked(&key_of(row)) {
                continue;
            }
            if let Some(text) = self.finding(row, source).text {
                self.explainer.ask(&key_of(row), &text.text);
            }
        }
        self.explainer.wait(Instant::now() + WAITING, is_cut);
    }

    /// Contents of the page of a finding, without its explanation.
    fn finding(&self, row: &TableRow<'_>, source: &CaseSource<'_>) -> FindingPage {
        let mut commands = Vec::new();
        let (verdict, text) = match row.reduced() {
            Some(ReducedCase {
                reduction, command, ..
            }) => {
                commands.push(("The reduced case:", command.clone()));
                let text = CaseText {
                    heading: "Reduced case".into(),
                    text: reduction.text.clone(),
                    line: reduction.verdict.blamed_line(),
                };
                (reduction.verdict.to_string(), Some(text))
            }
            None => {
                let (text, evidence) = source(row.finding);
                let line = match &evidence {
                    Evidence::Verdict(verdict) => verdict.blamed_line(),
                    Evidence::Enrichment(_) => None,
                };
                let text = text.map(|text| CaseText {
                    heading: "Case".into(),
                    text,
                    line,
                });
                (evidence.to_string(), text)
            }
        };
        commands.push(("The case as it was found:", row.command.clone()));
        let files = all_files(row);
        let origin = match (&row.finding.origin, row.finding.about()) {
            (Origin::Campaign { .. }, Some(about)) => about,
            (_, Some(about)) => format!("{about}: {}", row.origin),
            (_, None) => row.origin.clone(),
        };
        FindingPage {
            fingerprint: row.fingerprint().to_string(),
            origin,
            verdict,
            commands,
            files: files
                .map(|(_, path)| (escape::path(path), link(&self.path, path)))
                .collect(),
            text,
            explanation: None,
            unexplained: None,
            report: Some("../index.html".into()),
        }
    }

    fn cluster(&self, cluster: &Cluster<'_>) -> page::run::Cluster {
        // Of a cluster without a reduced case, the most frequent finding.
        let (first, smallest) = match &cluster.smallest {
            Some((row, reduced)) => (Some(*row), Some(*reduced)),
            None => (
                cluster.members.iter().max_by_key(|row| row.count).copied(),
                None,
            ),
        };
        let first = first.map(TableRow::fingerprint);
        let written = first.and_then(|key| self.written.get(key));
        let message = written.map(|written| written.message.clone());
        let mut members = cluster.members.clone();
        members.sort_by_key(|row| std::cmp::Reverse(row.count));
        page::run::Cluster {
            count: cluster.count,
            smallest: smallest.map(|reduced| {
                let finding = &reduced.reduction.finding;
                page::run::Smallest {
                    instructions: instructions(&finding.case.wasm) as u64,
                    is_finished: finding.finished,
                    command: reduced.command.clone(),
                }
            }),
            // Without a page, the fingerprint has to do.
            message: message.or(first.map(str::to_string)).unwrap_or_default(),
            page: first.and_then(|key| self.page(key)),
            members: members.into_iter().map(|row| self.member(row)).collect(),
        }
    }

    /// The address of the page of a finding, if it is written.
    fn page(&self, key: &str) -> Option<String> {
        let is_written = self.written.contains_key(key);
        is_written.then(|| format!("findings/{}", name::of_finding(key)))
    }

    fn member(&self, row: &TableRow<'_>) -> page::run::Member {
        let key = row.fingerprint();
        let files = all_files(row);
        page::run::Member {
            fingerprint: key.to_string(),
            page: self.page(key),
            count: row.count,
            origin: row.origin.clone(),
            command: row.command.clone(),
            files: files
                .filter_map(|(word, path)| Some((word, link(&self.top, path)?)))
                .collect(),
            not_reduced: match row.reduced {
                ReducedRow::Failed(why) => Some(why.to_string()),
                ReducedRow::No | ReducedRow::Done(_) => None,
            },
        }
    }
}

fn key_of(row: &TableRow<'_>) -> Key {
    let files = all_files(row).map(|(_, path)| path.to_path_buf()).collect();
    (row.finding.number, files, row.reduced().is_some())
}

/// The files of a finding, each with a word for it, the reduced case first.
fn all_files<'a>(row: &'a TableRow<'_>) -> impl Iterator<Item = (&'static str, &'a Path)> {
    let reduced = row.reduced().and_then(|reduced| reduced.file.as_deref());
    let reduced = reduced.map(|path| ("reduced", path));
    let found = row.files.iter().map(|path| {
        let word = match path.extension().and_then(|e| e.to_str()) {
            Some("wat" | "wasm") => "case",
            Some("txt") => "note",
            _ => "input",
        };
        (word, path.as_path())
    });
    reduced.into_iter().chain(found)
}

/// A link from a folder to a file, if the file is there and can be reached.
fn link(folder: &Path, file: &Path) -> Option<String> {
    name::link(folder, &std::fs::canonicalize(file).ok()?)
}
