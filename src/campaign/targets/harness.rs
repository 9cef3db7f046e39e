//! What stands between libFuzzer and a target: settings from the environment,
//! and a report when something is wrong.

use super::{CaseResult, Target, with_fault};
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
    target: Target,
    options: Options,
    fault: Option<String>,
    out: PathBuf,
}

impl Harness {
    /// A target with the fault of this id, if one is given, that saves what it
    /// finds in the folder `out`.
    ///
    /// # Errors
    ///
    /// If there is no such fault.
    pub fn new(target: Target, fault: Option<&str>, out: PathBuf) -> Result<Harness, UnknownName> {
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

    /// A target with the settings of this process's environment: `GCDIFF_FAULT`
    /// is the fault to switch on, `GCDIFF_OUT` the folder for what is found, by
    /// default `findings` below the current folder. Ends the process with code 2
    /// if they make no sense, or nothing can be written into `GCDIFF_OUT`.
    pub fn from_environment(target: Target) -> Harness {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let fault = variable("GCDIFF_FAULT").map(|id| id.to_string_lossy().into_owned());
        let out = variable("GCDIFF_OUT").map(PathBuf::from);
        let tried = match &out {
            Some(out) => try_folder(out).map_err(|e| format!("GCDIFF_OUT: {e}")),
            // Where nothing is said, a report without a file will do.
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

    /// Looks at one input.
    ///
    /// # Panics
    ///
    /// If something is wrong, with a report: the verdict, the case as text, where
    /// it was saved, and the command that replays it.
    pub fn check(&self, bytes: &[u8]) {
        let fault = self.fault.as_deref();
        let result = self.target.look(bytes, &self.options, fault);
        if let CaseResult::Finding(finding) = result {
            panic!("{}", self.report(&finding));
        }
    }

    /// Saves what was found, and says so.
    fn report(&self, finding: &Finding) -> String {
        let text = finding
            .text()
            .unwrap_or_else(|error| format!(";; the module cannot be printed: {error}\n"));
        let replay = match finding.save(&self.out) {
            Ok(path) => format!("replay       {}", finding.command(Some(&path))),
            Err(error) => format!("not saved    {}: {error}", escape::path(&self.out)),
        };
        let (target, fingerprint) = (self.target, &finding.fingerprint);
        let what = &finding.evidence;
        format!("{target}: {what}\n\n{text}\nfingerprint  {fingerprint}\n{replay}")
    }
}

/// Tries to write into a folder, and leaves it as it was.
fn try_folder(folder: &Path) -> io::Result<()> {
    Folder::open(folder).map(|folder| folder.leave())
}
