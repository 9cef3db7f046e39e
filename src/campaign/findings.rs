//! Findings, and how they are kept on disk.

use crate::case::{self, Case, CaseError, Header};
use crate::oracle::Verdict;
use std::io;
use std::path::{Path, PathBuf};

/// A case with a bad verdict.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The campaign's seed.
    pub seed: u64,
    /// Which of its cases.
    pub index: u64,
    /// What findings of the same bug have in common.
    pub fingerprint: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The case.
    pub case: Case,
    /// The fault it was found under.
    pub fault: Option<String>,
    /// The collectors that were compared.
    pub collectors: Vec<&'static str>,
}

impl Finding {
    /// The text form: a module with a header that `gcdiff run` replays.
    pub fn text(&self) -> Result<String, CaseError> {
        let header = Header {
            about: Some(format!("case {} of seed {}", self.index, self.seed)),
            fault: self.fault.clone(),
            fingerprint: Some(self.fingerprint.clone()),
            collectors: Some(
                self.collectors
                    .iter()
                    .map(|name| name.to_string())
                    .collect(),
            ),
            ..Header::default()
        };
        case::write(&self.case, &header)
    }

    /// The verdict with lines of the text form.
    pub fn shown(&self) -> Verdict {
        let text = self.text().unwrap_or_default();
        self.verdict.clone().with_lines(&text, &self.case.wasm)
    }

    /// A file name made of the fingerprint.
    pub fn file_name(&self) -> String {
        file_name(&self.fingerprint)
    }
}

/// A file name made of a fingerprint.
pub(super) fn file_name(fingerprint: &str) -> String {
    let safe = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => c,
        _ => '-',
    };
    let name: String = fingerprint.chars().map(safe).collect();
    format!("{name}.wat")
}

/// Writes a finding into a folder, which is made if need be.
pub fn save(folder: &Path, finding: &Finding) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(finding.file_name());
    let text = finding.text().map_err(io::Error::other)?;
    std::fs::write(&path, text)?;
    Ok(path)
}
