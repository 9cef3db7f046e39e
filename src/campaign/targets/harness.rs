//! What stands between libFuzzer and a target: settings from the environment,
//! and a report when something is wrong.

use super::{Bad, Look, Target, with_fault};
use crate::oracle::Options;
use crate::zoo;
use std::io;
use std::path::PathBuf;

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
    pub fn new(target: Target, fault: Option<&str>, out: PathBuf) -> Result<Harness, String> {
        let fault = match fault {
            None => None,
            Some(id) => Some(zoo::fault(id).ok_or_else(|| {
                format!("GCDIFF_FAULT: no fault {id:?}; `gcdiff zoo --list` has them all")
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
    /// if they make no sense.
    pub fn from_environment(target: Target) -> Harness {
        let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let out = variable("GCDIFF_OUT").unwrap_or_else(|| "findings".into());
        match Harness::new(target, variable("GCDIFF_FAULT").as_deref(), out.into()) {
            Ok(harness) => harness,
            Err(message) => {
                eprintln!("gcdiff: {message}");
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
        if let Look::Bad(bad) = self.target.look(bytes, &self.options, fault) {
            panic!("{}", self.report(&bad, bytes));
        }
    }

    /// Saves what was found, and says so.
    fn report(&self, bad: &Bad, bytes: &[u8]) -> String {
        let text = bad
            .text()
            .unwrap_or_else(|error| format!(";; the module cannot be printed: {error}\n"));
        let replay = match self.save(bad, &text, bytes) {
            Ok(command) => format!("replay       {command}"),
            Err(error) => format!("not saved    {}: {error}", self.out.display()),
        };
        let Bad {
            target,
            fingerprint,
            what,
            ..
        } = bad;
        format!("{target}: {what}\n\n{text}\nfingerprint  {fingerprint}\n{replay}")
    }

    /// Saves the case, and the input where the case is not enough. Returns the
    /// command that replays it.
    fn save(&self, bad: &Bad, text: &str, bytes: &[u8]) -> io::Result<String> {
        std::fs::create_dir_all(&self.out)?;
        let path = self.out.join(bad.file_name());
        std::fs::write(&path, text)?;
        if bad.runs() {
            return Ok(format!("gcdiff run {}", path.display()));
        }
        let input = path.with_extension("input");
        std::fs::write(&input, bytes)?;
        let target = self.target;
        Ok(format!(
            "gcdiff replay --target {target} {}",
            input.display()
        ))
    }
}
