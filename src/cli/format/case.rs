//! A judged case, as all formats show it.

use crate::campaign::Evidence;
use crate::escape;
use crate::oracle::json::word;
use crate::oracle::{Verdict, Violation};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A case with its verdict, or why it has none.
#[derive(Clone, Debug, Default, Serialize)]
pub(in crate::cli) struct JudgedCase {
    /// The name of the case: its file, or else its fingerprint.
    #[serde(skip)]
    pub name: String,
    /// The path of the file.
    #[serde(skip)]
    pub path: Option<PathBuf>,
    /// How many findings have the fingerprint, if they are counted.
    #[serde(skip)]
    pub count: Option<u64>,
    /// The file that has the case, if there is one.
    pub file: Option<String>,
    /// `agree`, `differ`, `violation`, `enrichment`, `discard`, `nothing` or `error`.
    pub verdict: &'static str,
    /// What findings of one bug share.
    pub fingerprint: Option<String>,
    /// The law that is broken, or `differ`.
    pub rule: Option<&'static str>,
    /// The heaps to blame.
    pub heaps: Vec<String>,
    /// The verdict in one line.
    pub message: String,
    /// The verdict in full.
    pub text: String,
    /// The index of the function of the instruction to blame.
    pub function: Option<u32>,
    /// The offset of the instruction in the binary module.
    pub offset: Option<u32>,
    /// The name of the instruction.
    pub instruction: Option<String>,
    /// Its line in the file, from 1.
    pub line: Option<u32>,
    /// The command that shows the finding.
    pub command: Option<String>,
}

impl JudgedCase {
    /// A case with a verdict.
    pub fn new(path: Option<&Path>, verdict: &Verdict) -> JudgedCase {
        let at = verdict.blamed_place().and_then(|place| place.instruction());
        let heaps = verdict.blamed_heaps().into_iter().map(str::to_string);
        JudgedCase {
            fingerprint: verdict.fingerprint(),
            rule: match verdict {
                Verdict::Violation(violation) => Some(rule(violation)),
                Verdict::Differ(_) => Some("differ"),
                _ => None,
            },
            heaps: heaps.collect(),
            function: at.and_then(|at| at.func),
            offset: at.map(|at| at.offset),
            instruction: at.map(|at| at.name.clone()),
            line: at.and_then(|at| at.line),
            ..JudgedCase::without(path, word(verdict), &verdict.to_string())
        }
    }

    /// A finding with this evidence.
    pub fn of_evidence(path: Option<&Path>, evidence: &Evidence, fingerprint: &str) -> JudgedCase {
        match evidence {
            Evidence::Verdict(verdict) => JudgedCase::new(path, verdict),
            Evidence::Enrichment(message) => JudgedCase {
                fingerprint: Some(fingerprint.into()),
                rule: Some("enrichment"),
                ..JudgedCase::without(path, "enrichment", message)
            },
        }
    }

    /// A case without a verdict of the oracle.
    pub fn without(path: Option<&Path>, verdict: &'static str, text: &str) -> JudgedCase {
        let file = path.map(escape::path);
        JudgedCase {
            name: file.clone().unwrap_or_default(),
            path: path.map(Path::to_path_buf),
            file,
            verdict,
            message: text.lines().next().unwrap_or_default().to_string(),
            text: text.to_string(),
            ..JudgedCase::default()
        }
    }
}

/// The law of a violation's fingerprint, which may differ from the law that its object breaks.
fn rule(violation: &Violation) -> &'static str {
    violation.cause_law().name()
}
