//! Glue between libFuzzer and a target: settings from the environment, and a report of each
//! finding.

use super::{CaseResult, FuzzTarget, with_fault};
use crate::campaign::{Finding, Folder};
use crate::escape::{self, Line};
use crate::oracle::Options;
use crate::unknown_name::UnknownName;
use crate::zoo;
use std::io;
use std::path::{Path, PathBuf};

/// A target with its settings.
#[derive(Clone, Debug)]
pub struct Harness {
    target: FuzzTarget,
    options: Options,
    fault: Option<String>,
    out: PathBuf,
}

impl Harness {
    /// Creates a target with the fault of this id, if one is given. Findings are saved in the
    /// folder `out`.
    ///
    /// # Errors
    ///
    /// If there is no such fault.
    pub fn new(
        target: FuzzTarget,
        fault: Option<&str>,
        out: PathBuf,
    ) -> Result<Harness, UnknownName> {
        let fault = match fault {
            None => None,
            Some(id) => Some(zoo::fault(id).ok_or_else(|| {
                UnknownName::new("fault", id, zoo::FAULTS.iter().map(|fault| fault.id))
            })?),
        };
        Ok(Harness {
            target,
            options: with_fault(target.options(), fault),
            fault: fault.map(|fault| fault.id.to_string()),
            out,
        })
    }

    /// Creates a target with settings from the environment: `GCDIFF_FAULT` is the fault to switch
    /// on, `GCDIFF_OUT` the folder for findings, by default `findings` below the current folder.
    /// Ends the process with code 2 if the settings are invalid, or `GCDIFF_OUT` cannot be written
    /// into.
    pub fn from_environment(target: FuzzTarget) -> Harness {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let fault = variable("GCDIFF_FAULT").map(|id| id.to_string_lossy().into_owned());
        let out = variable("GCDIFF_OUT").map(PathBuf::from);
        let tried = match &out {
            Some(out) => try_folder(out).map_err(|e| format!("GCDIFF_OUT: {e}")),
            // Without the variable, a report without a file is enough.
            None => Ok(()),
        };
        let out = out.unwrap_or_else(|| "findings".into());
        let made = |()| {
            let made = Harness::new(target, fault.as_deref(), out);
            made.map_err(|e| format!("GCDIFF_FAULT: {e}"))
        };
        match tried.and_then(made) {
            Ok(harness) => harness,
            Err(message) => {
                eprintln!("gcdiff: {}", Line(&message));
                std::process::exit(2);
            }
        }
    }

    /// Judges one input.
    ///
    /// # Panics
    ///
    /// On a finding, with a report: the verdict, the case as text, where it was saved, and the
    /// command that replays it.
    pub fn check(&self, bytes: &[u8]) {
        let fault = self.fault.as_deref();
        let result = self.target.look(bytes, &self.options, fault);
        if let CaseResult::Finding(finding) = result {
            panic!("{}", self.report(&finding));
        }
    }

    /// Saves a finding, and returns the report.
    fn report(&self, finding: &Finding) -> String {
        let text = finding
            .text()
            .unwrap_or_else(|error| format!(";; the module cannot be printed: {error}\n"));
        let replay = match finding.save(&self.out) {
            Ok(paths) => format!("replay       {}", finding.command(&paths)),
            Err(error) => format!("not saved    {}: {error}", escape::path(&self.out)),
        };
        let (target, fingerprint) = (self.target, &finding.fingerprint);
        let what = &finding.evidence;
        format!("{target}: {what}\n\n{text}\nfingerprint  {fingerprint}\n{replay}")
    }
}

/// Checks that a folder can be written into, and leaves it as it was.
fn try_folder(folder: &Path) -> io::Result<()> {
    Folder::open(folder).map(|folder| folder.leave())
}
