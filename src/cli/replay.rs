//! `gcdiff replay`: many files, one verdict each.

use super::options::{Judging, Limiting};
use super::output::say;
use super::{Ended, file};
use crate::campaign::replay::{Item, Replayed, replay, table};
use crate::campaign::targets::{Look, Target};
use crate::oracle::Verdict;
use clap::Args;
use std::path::{Path, PathBuf};

/// Run all cases below files and folders, audit and compare
///
/// Each .wat and .wasm file is judged as `gcdiff run` judges it; what its header
/// says counts. With --target each file, whatever its name, is an input of that
/// fuzz target, as libFuzzer keeps it. Prints a line per finding, and a table of
/// fingerprints with the smallest file of each. Exit code: 1 if there was a
/// finding; else 2 if a file could not be run; else 0.
#[derive(Args)]
pub(super) struct Replay {
    /// Files and folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// Judge raw inputs as this fuzz target does: differential, gc_ops,
    /// module or enrich.
    #[arg(long, value_name = "NAME")]
    target: Option<Target>,

    /// Write the smallest case of each fingerprint into this folder, as .wat.
    #[arg(long, value_name = "DIR", requires = "target")]
    save: Option<PathBuf>,

    /// Threads (default: one per core). The output does not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,
}

impl Replay {
    pub(super) fn main(self) -> Result<Ended, String> {
        let mut files = file::all_below(&self.paths)?;
        if self.target.is_none() {
            // A file that was named is run whatever it is called.
            files.retain(|path| self.paths.contains(path) || is_module(path));
        }
        files.dedup();
        if files.is_empty() {
            return Err("there is no file to replay below the given paths".into());
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.map_or(cores, usize::from);
        let options = self
            .target
            .map(|target| self.judging.options(target.options()));
        let items = replay(&files, jobs, |path| match (self.target, &options) {
            (Some(target), Some(options)) => {
                let fault = self.judging.fault.map(|fault| fault.id);
                let bytes = file::read(path)?;
                Ok((target.look(&bytes, options, fault).into(), bytes.len()))
            }
            _ => self.case(path),
        });
        self.print(&items)
    }

    /// Judges a case as `gcdiff run` does.
    fn case(&self, path: &Path) -> Result<(Replayed, usize), String> {
        let (case, options) = super::load::load(path, &self.judging, &self.limiting)?;
        let in_file = |message: String| format!("{}: {message}", path.display());
        let judged = crate::oracle::judge(&case, &options).map_err(|e| in_file(e.to_string()))?;
        let replayed = match judged.verdict {
            Verdict::Agree => Replayed::Good,
            Verdict::Discard(..) => return Err(in_file(judged.verdict.to_string())),
            finding => Replayed::Finding(finding.fingerprint().unwrap_or_default(), None),
        };
        Ok((replayed, case.wasm.len()))
    }

    fn print(&self, items: &[Item]) -> Result<Ended, String> {
        let mut counts = [0; 4];
        for item in items {
            let at = match &item.replayed {
                Ok(Replayed::Good) => 0,
                Ok(Replayed::Nothing) => 1,
                Ok(Replayed::Finding(fingerprint, _)) => {
                    say!("finding  {fingerprint}  {}", item.path.display());
                    2
                }
                Err(message) => {
                    eprintln!("gcdiff: {message}");
                    3
                }
            };
            counts[at] += 1;
        }
        let [good, nothing, findings, failed] = counts;
        let rows = table(items);
        if !rows.is_empty() {
            say!("\nfingerprint | count | smallest file | replay");
        }
        for row in rows {
            let path = row.smallest.path.display();
            let mut command = match self.target {
                None => format!("gcdiff run {path}"),
                Some(target) => format!("gcdiff replay --target {target} {path}"),
            };
            if let Some(fault) = self.judging.fault {
                command.push_str(&format!(" --fault {}", fault.id));
            }
            if let (Some(folder), Some(bad)) = (&self.save, row.bad()) {
                let saved = folder.join(bad.file_name());
                file::folder(folder)?;
                file::write(&saved, &bad.text().map_err(|e| e.to_string())?)?;
                if bad.runs() {
                    command = format!("gcdiff run {}", saved.display());
                }
            }
            say!("{} | {} | {path} | {command}", row.fingerprint, row.count);
        }
        let what = match self.target {
            None => "files",
            Some(_) => "inputs",
        };
        say!(
            "{} {what}: {good} agree, {findings} findings, {nothing} say nothing, {failed} could not be run",
            items.len()
        );
        match (findings, failed) {
            (0, 0) => Ok(Ended::Agree),
            (0, n) => Err(format!("{n} of {} {what} could not be run", items.len())),
            _ => Ok(Ended::Finding),
        }
    }
}

fn is_module(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    matches!(extension, Some("wat" | "wasm"))
}

impl From<Look> for Replayed {
    fn from(look: Look) -> Replayed {
        match look {
            Look::Nothing => Replayed::Nothing,
            Look::Good => Replayed::Good,
            Look::Bad(bad) => Replayed::Finding(bad.fingerprint.clone(), Some(bad)),
        }
    }
}
