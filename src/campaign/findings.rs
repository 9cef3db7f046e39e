//! Findings, and how they are kept on disk.

use super::folder::Folder;
use crate::case::{self, Case, CaseError, Header};
use crate::generate::{self, Generator};
use crate::module::Module;
use crate::oracle::{Pins, Verdict};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A case with a bad verdict.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The campaign's seed.
    pub seed: u64,
    /// Which of its cases.
    pub index: u64,
    /// What makes its cases.
    pub generator: Generator,
    /// What findings of the same bug have in common.
    pub fingerprint: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The case; there is none if the generator panicked, or did not end.
    pub case: Option<Case>,
    /// The fault it was found under.
    pub fault: Option<String>,
    /// What it was judged with.
    pub pins: Pins,
}

impl Finding {
    /// The text form: a module with a header that `gcdiff run` replays.
    ///
    /// # Errors
    ///
    /// If there is no case, or its module cannot be printed.
    pub fn text(&self) -> Result<String, CaseError> {
        let case = self.case.as_ref().ok_or_else(|| CaseError {
            message: "there is no case".into(),
        })?;
        let header = Header {
            about: Some(generate::origin(self.generator, self.seed, self.index)),
            fault: self.fault.clone(),
            fingerprint: Some(self.fingerprint.clone()),
            ..self.pins.header()
        };
        write(case, &header)
    }

    /// What is kept on disk: the text form, with the extension `wat`. Where there
    /// is none, a note of what happened, with the extension `txt`.
    pub fn contents(&self) -> (&'static str, Vec<u8>) {
        match self.text() {
            Ok(text) => ("wat", text.into_bytes()),
            Err(error) => {
                let note = format!(
                    "{}\nfingerprint  {}\n{error}\n{}\n{}\n",
                    self.verdict,
                    self.fingerprint,
                    generate::origin(self.generator, self.seed, self.index),
                    self.command()
                );
                ("txt", note.into_bytes())
            }
        }
    }

    /// The command that generates the case again.
    pub fn command(&self) -> String {
        let generator = match self.generator {
            Generator::Default => String::new(),
            other => format!(" --generator {other}"),
        };
        let (seed, case) = (self.seed, self.index);
        format!("gcdiff generate --seed {seed} --case {case}{generator}")
    }

    /// The verdict with lines of the text form.
    pub fn shown(&self) -> Verdict {
        match (&self.case, self.text()) {
            (Some(case), Ok(text)) => self.verdict.clone().with_lines(&text, &case.wasm),
            _ => self.verdict.clone(),
        }
    }

    /// A file name without extension: the fingerprint, and which case it is.
    pub fn stem(&self) -> String {
        let (seed, case) = (self.seed, self.index);
        format!("{}.seed{seed}-case{case}", safe(&self.fingerprint))
    }
}

/// Writes a case as a person would, with arguments that fit.
pub(super) fn write(case: &Case, header: &Header) -> Result<String, CaseError> {
    match Module::new(&case.wasm, &mut Arc::default()) {
        Ok(module) => case::write(&case::plain(case.clone(), &module), header),
        Err(_) => case::write(case, header),
    }
}

/// A fingerprint as part of a file name.
pub(super) fn safe(fingerprint: &str) -> String {
    /// File systems allow 255 bytes for a name.
    const MAX: usize = 150;
    let safe = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => c,
        _ => '-',
    };
    fingerprint.chars().map(safe).take(MAX).collect()
}

/// Writes a finding into a folder, which is made if need be. No file is
/// overwritten: see [`Folder::save`].
///
/// # Errors
///
/// If it cannot be written.
pub fn save(folder: &Path, finding: &Finding) -> io::Result<PathBuf> {
    let (extension, contents) = finding.contents();
    let saved = Folder::open(folder)?.save(&finding.stem(), extension, &contents)?;
    Ok(saved.path)
}
