//! Findings, common to campaigns, fuzz targets and replays, and how they are kept on disk.

use super::folder::{Folder, Saved};
use super::quote;
use super::targets::FuzzTarget;
use crate::case::{self, Case, CaseError, Header};
use crate::generate::{self, Profile};
use crate::module::Module;
use crate::oracle::{Pins, Verdict};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A case, or an input, with a bad verdict.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Origin of the case.
    pub origin: Origin,
    /// Number of the case in the campaign, from 0, or of the file in the replay.
    pub number: u64,
    /// Identifies the bug: findings of the same bug have the same fingerprint.
    pub fingerprint: String,
    /// Description of the failure.
    pub evidence: Evidence,
    /// The case. `None` if the generator panicked or did not end, or if the case is in a file
    /// already.
    pub case: Option<Case>,
    /// Fault that was switched on.
    pub fault: Option<String>,
    /// Options the case was judged with.
    pub pins: Pins,
}

/// Origin of the case of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Origin {
    /// A campaign.
    Campaign {
        /// Its seed.
        seed: u64,
        /// Generator of its cases, and the features of their modules.
        profile: Profile,
    },
    /// An input of a fuzz target.
    Input {
        /// The target.
        target: FuzzTarget,
        /// The input, if the case alone does not reproduce the finding.
        bytes: Option<Vec<u8>>,
    },
    /// A file with a case.
    File,
}

/// Description of a failure.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Evidence {
    /// Verdict of the oracle on the case.
    Verdict(Verdict),
    /// Failure of the enrichment on the module of an input.
    Enrichment(String),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Verdict(verdict) => verdict.fmt(f),
            Evidence::Enrichment(message) => f.write_str(message),
        }
    }
}

impl Finding {
    /// A bad verdict on a case from `origin`.
    pub fn new(origin: Origin, verdict: Verdict, case: Option<Case>, pins: Pins) -> Finding {
        Finding {
            origin,
            number: 0,
            fingerprint: verdict.fingerprint().unwrap_or_default(),
            evidence: Evidence::Verdict(verdict),
            case,
            fault: None,
            pins,
        }
    }

    /// The verdict of the oracle, if there is one.
    pub fn verdict(&self) -> Option<&Verdict> {
        match &self.evidence {
            Evidence::Verdict(verdict) => Some(verdict),
            Evidence::Enrichment(_) => None,
        }
    }

    /// Whether `gcdiff run` reproduces the finding from the case alone. Failures of the enrichment
    /// need the input.
    pub fn runs(&self) -> bool {
        self.verdict().is_some()
    }

    /// Whether the case did not end within the time limit.
    pub fn is_endless(&self) -> bool {
        matches!(self.verdict(), Some(Verdict::Violation(v)) if v.is_overtime())
    }

    /// Description of the origin, for the header.
    pub(crate) fn about(&self) -> Option<String> {
        match &self.origin {
            Origin::Campaign { seed, profile } => {
                Some(generate::origin(*profile, *seed, self.number))
            }
            Origin::Input { target, .. } => Some(format!("an input of the fuzz target {target}")),
            Origin::File => None,
        }
    }

    /// The header of its text form.
    pub(super) fn header(&self) -> Header {
        Header {
            about: self.about(),
            fault: self.fault.clone(),
            fingerprint: Some(self.fingerprint.clone()),
            ..self.pins.header()
        }
    }

    /// Text form: a module with a header that `gcdiff run` replays.
    ///
    /// # Errors
    ///
    /// If there is no case, or its module cannot be printed.
    pub fn text(&self) -> Result<String, CaseError> {
        let case = self.case.as_ref().ok_or_else(|| CaseError {
            message: "there is no case".into(),
        })?;
        let header = self.header();
        // As a person would write it, with arguments that fit their parameters.
        match Module::new(&case.wasm, &mut Arc::default()) {
            Ok(module) => case::write(&case::plain(case.clone(), &module), &header),
            Err(_) => case::write(case, &header),
        }
    }

    /// Contents of the files on disk, by extension: the text form as `wat`, and the input as
    /// `input` if it is needed. If there is no text form, a description of the failure as `txt`.
    /// The first is the one to read.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let first = match self.text() {
            Ok(text) => ("wat", text.into_bytes()),
            Err(error) => {
                let note = format!(
                    "{}\nfingerprint  {}\n{error}\n{}\n{}\n",
                    self.evidence,
                    self.fingerprint,
                    self.about().unwrap_or_default(),
                    self.command(&[])
                );
                ("txt", note.into_bytes())
            }
        };
        let mut files = vec![first];
        if let Origin::Input {
            bytes: Some(bytes), ..
        } = &self.origin
        {
            files.push(("input", bytes.clone()));
        }
        files
    }

    /// The command that reproduces the finding from the files at `saved`, which are those of
    /// [`Finding::files`], or without a file.
    pub fn command(&self, saved: &[PathBuf]) -> String {
        format!("gcdiff {}", self.arguments(saved))
    }

    /// The arguments of that command, also for a program that calls `gcdiff::cli::main_with`.
    pub fn arguments(&self, saved: &[PathBuf]) -> String {
        let fault = self.fault.as_ref();
        let fault = fault.map_or_else(String::new, |id| format!(" --fault {id}"));
        let wanted = if self.runs() { "wat" } else { "input" };
        let is_wanted = |path: &&PathBuf| path.extension().is_some_and(|e| e == wanted);
        match (&self.origin, saved.iter().find(is_wanted)) {
            (Origin::Input { target, .. }, Some(input)) if !self.runs() => {
                let input = quote(input);
                format!("replay --target {target} {input}{fault}")
            }
            (_, Some(path)) => self.run_arguments(path),
            (Origin::Campaign { seed, profile }, None) => {
                let (case, profile) = (self.number, profile.options());
                format!("generate --seed {seed} --case {case}{profile}")
            }
            (Origin::Input { target, .. }, None) => {
                format!("replay --target {target} INPUT{fault}")
            }
            (Origin::File, None) => "run FILE".into(),
        }
    }

    /// The command that runs a file with its case, also after reduction.
    pub fn run_command(&self, path: &Path) -> String {
        format!("gcdiff {}", self.run_arguments(path))
    }

    /// The arguments of that command.
    pub fn run_arguments(&self, path: &Path) -> String {
        format!("run {}{}", quote(path), self.pins.words())
    }

    /// The evidence, with line numbers of the text form.
    pub fn shown(&self) -> Evidence {
        match (&self.evidence, &self.case, self.text()) {
            (Evidence::Verdict(verdict), Some(case), Ok(text)) => {
                Evidence::Verdict(verdict.clone().with_lines(&text, &case.wasm))
            }
            _ => self.evidence.clone(),
        }
    }

    /// File name without extension: the fingerprint, and what distinguishes the case from others
    /// with the same fingerprint.
    fn stem(&self, contents: &[u8]) -> String {
        let fingerprint = safe(&self.fingerprint);
        match &self.origin {
            Origin::Campaign { seed, .. } => {
                format!("{fingerprint}.seed{seed}-case{}", self.number)
            }
            Origin::Input { .. } | Origin::File => {
                let sum = generate::checksum(contents.iter().copied());
                format!("{fingerprint}.{sum:016x}")
            }
        }
    }

    /// Writes its files into a folder, in the order of [`Finding::files`]. No file is overwritten;
    /// see [`Folder::save`].
    ///
    /// # Errors
    ///
    /// If one cannot be written. Those before it are removed.
    pub(super) fn save_in(&self, folder: &Folder) -> io::Result<Vec<(Saved, Vec<u8>)>> {
        let files = self.files();
        let stem = self.stem(files.first().map_or(&[], |(_, contents)| contents));
        let mut done: Vec<(Saved, Vec<u8>)> = Vec::new();
        for (extension, contents) in files {
            match folder.save(&stem, extension, &contents) {
                Ok(saved) => done.push((saved, contents)),
                Err(error) => {
                    done.iter()
                        .for_each(|(saved, old)| folder.take_back(saved, old));
                    return Err(error);
                }
            }
        }
        Ok(done)
    }

    /// Writes the finding into a folder, which is created if needed. No file is overwritten.
    /// Returns the paths of its files.
    ///
    /// # Errors
    ///
    /// If one cannot be written. Those before it are removed.
    pub fn save(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let saved = self.save_in(&Folder::open(folder)?)?;
        Ok(saved.into_iter().map(|(saved, _)| saved.path).collect())
    }
}

/// A fingerprint, made safe for a file name.
fn safe(fingerprint: &str) -> String {
    /// File systems allow 255 bytes for a name.
    const MAX: usize = 150;
    let safe = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => c,
        _ => '-',
    };
    fingerprint.chars().map(safe).take(MAX).collect()
}
