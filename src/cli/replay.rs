//! `gcdiff replay`: many files, one verdict each.

use super::file::Below;
use super::findings::{self, ReducedRow, TableRow};
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::{complain, say};
use super::progress::watched;
use super::signals::Signals;
use super::{CommandOutcome, file};
use crate::campaign::replay::{CaseResult, Item, Row, Settings, Watch, replay, table};
use crate::campaign::targets::FuzzTarget;
use crate::campaign::{Finding, Origin, Progress, Reducer, Reductions, Shelf, quote};
use crate::case::LimitsText;
use crate::escape::{self, Line};
use crate::jobs::Desk;
use crate::oracle::{Verdict, judge_module};
use clap::Args;
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// Run all cases below files and folders, audit and compare
///
/// Each .wat and .wasm file is judged as `gcdiff run` judges it; what its header
/// says counts. With --target each file, whatever its name, is an input of that
/// fuzz target, as libFuzzer keeps it. Prints a line per finding, and a table of
/// fingerprints with the smallest file of each; with --save, by clusters whose
/// reduced cases show the same bug. INT, TERM and HUP end it early,
/// with its table. Exit code: 1 if there was a finding; else 2 if a file could not
/// be run, a folder not be read, or a file was not reached; else 0.
#[derive(Args)]
pub(super) struct Replay {
    /// Files and folders.
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// Judge raw inputs as this fuzz target does: differential, gc_ops,
    /// module or enrich.
    #[arg(long, value_name = "NAME")]
    target: Option<FuzzTarget>,

    /// With --target, write the smallest case of each fingerprint into this
    /// folder, as .wat, and beside it the same case reduced, as .reduced.wat.
    #[arg(long, value_name = "DIR", requires = "target")]
    save: Option<PathBuf>,

    /// With --save, do not reduce.
    #[arg(long, requires = "save")]
    no_reduce: bool,

    /// Threads (default: one per core). The output does not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    /// Fingerprints that files record, and that are not what they show.
    #[arg(skip)]
    recorded: Mutex<BTreeMap<PathBuf, String>>,
}

/// Reports how many of `all` files were not judged because of a signal.
fn cut_short(items: &[Item], all: usize) -> String {
    let left = all - items.len();
    format!("ended by a signal; {left} of {all} were not judged")
}

impl Replay {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        // A file named on the command line is run regardless of its extension.
        let named: BTreeSet<&Path> = self.paths.iter().map(PathBuf::as_path).collect();
        let is_wanted =
            |path: &Path| self.target.is_some() || named.contains(path) || file::is_module(path);
        let Below {
            paths: files,
            errors,
        } = file::all_below(&self.paths, is_wanted)?;
        if files.is_empty() {
            return Err("there is no file to replay below the given paths".into());
        }
        let shelf = match &self.save {
            Some(folder) => Some(
                Shelf::open(folder).map_err(|e| format!("--save {}: {e}", escape::path(folder)))?,
            ),
            None => None,
        };
        if self.target.is_some() && self.limiting.limits != LimitsText::default() {
            return Err(
                "--limits is for cases: inputs of a fuzz target have limits of their own".into(),
            );
        }
        let signals = Signals::noted()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let settings = Settings {
            are_inputs: self.target.is_some(),
            jobs: self.jobs.map_or(cores, usize::from),
            timeout: self.judging.timeout(60),
            progress: Progress::default(),
        };
        let saved = Arc::new(Mutex::new(Saved {
            shelf,
            ..Saved::default()
        }));
        let (this, all) = (Arc::new(self), files.len());
        let items = watched(
            Some(all as u64),
            "{elapsed} {bar:30} {human_pos}/{human_len} files",
            |bar| {
                let watch = Watching {
                    replay: this.clone(),
                    saved: saved.clone(),
                    bar: bar.clone(),
                };
                let judging = this.clone();
                let judge = move |path: &Path, desk: &Arc<Desk>| match errors.get(path) {
                    Some(error) => Err(error.clone()),
                    None => judging.judge(path, desk),
                };
                replay(&files, &settings, judge, watch)
            },
            |bar| {
                bar.set_position(settings.progress.cases.load(Ordering::Relaxed));
                if signals.any() {
                    settings.progress.stop();
                }
            },
        );
        let items = items.ok_or("a file was ended by a panic")?;
        let mut saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
        let reductions = this.reduce(&items, &settings, &signals, &mut saved);
        let ended = this.print(&items, &saved, &reductions);
        if let Some(shelf) = &saved.shelf {
            shelf.leave();
        }
        match (&saved.error, ended) {
            // A finding decides the exit code even after an error.
            (Some(error), Ok(CommandOutcome::Finding)) => {
                complain(error);
                Ok(CommandOutcome::Finding)
            }
            (_, Ok(CommandOutcome::Agree)) if items.len() < all => Err(cut_short(&items, all)),
            (_, ended) => {
                if items.len() < all {
                    complain(&cut_short(&items, all));
                }
                ended
            }
        }
    }

    /// Judges a file.
    fn judge(&self, path: &Path, desk: &Arc<Desk>) -> Result<(CaseResult, usize), String> {
        let Some(target) = self.target else {
            return self.case(path, desk);
        };
        let options = desk.watching(&self.judging.options(target.options()));
        let fault = self.judging.fault().map(|fault| fault.id);
        let bytes = file::read(path)?;
        Ok((target.look(&bytes, &options, fault), bytes.len()))
    }

    /// Judges a case as `gcdiff run` does.
    fn case(&self, path: &Path, desk: &Arc<Desk>) -> Result<(CaseResult, usize), String> {
        let Loaded {
            case,
            module,
            options,
            recorded,
            ..
        } = load(path, &self.judging, &self.limiting)?;
        let in_file = |message: String| format!("{}: {message}", escape::path(path));
        let options = desk.watching(&options);
        let judged = judge_module(&case, &module, &options);
        let judged = judged.map_err(|e| in_file(e.to_string()))?;
        let now = judged.verdict.fingerprint();
        if let Some(recorded) = recorded.filter(|r| now.as_ref() != Some(r)) {
            let mut all = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(path.to_path_buf(), recorded);
        }
        let result = match judged.verdict {
            Verdict::Agree => CaseResult::Agree,
            Verdict::Discard(..) => return Err(in_file(judged.verdict.to_string())),
            verdict => {
                let finding = Finding::new(Origin::File, verdict, None, options.pins());
                CaseResult::Finding(Box::new(finding))
            }
        };
        Ok((result, case.wasm.len()))
    }

    /// Reduces the saved findings, and saves the results.
    fn reduce(
        &self,
        items: &[Item],
        settings: &Settings,
        signals: &Signals,
        saved: &mut Saved,
    ) -> Reductions {
        let Some(target) = self
            .target
            .filter(|_| saved.shelf.is_some() && !self.no_reduce)
        else {
            return Reductions::new();
        };
        let options = self.judging.options(target.options());
        let progress = settings.progress.clone();
        let reducer = Reducer::new(options, self.judging.timeout(10), progress.clone());
        let rows = table(items);
        let findings = rows.iter().filter_map(Row::finding);
        let mut all = 0;
        for finding in findings.filter(|f| saved.paths.contains_key(&f.fingerprint)) {
            reducer.add(finding.clone());
            all += 1;
        }
        let saved = Mutex::new(saved);
        let ended = watched(
            Some(all),
            "{elapsed} {bar:30} {human_pos}/{human_len} findings reduced",
            |_| {
                reducer.finish(settings.jobs, &|finding, reduction| {
                    let mut saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
                    saved.put_reduced(&finding.fingerprint, &reduction.text);
                });
            },
            |bar| {
                bar.set_position(progress.reduced.load(Ordering::Relaxed));
                if signals.any() {
                    progress.stop_reducing();
                }
            },
        );
        if ended.is_none() {
            complain("the reduction was ended by a panic, which is a bug of gcdiff");
        }
        reducer.take()
    }

    fn print(
        &self,
        items: &[Item],
        saved: &Saved,
        reductions: &Reductions,
    ) -> Result<CommandOutcome, String> {
        let mut counts = [0; 4];
        for item in items {
            let at = match &item.result {
                Ok(CaseResult::Agree) => 0,
                Ok(CaseResult::Inconclusive) => 1,
                Ok(CaseResult::Finding(_)) => 2,
                Err(_) => 3,
            };
            counts[at] += 1;
        }
        let [good, nothing, findings, failed] = counts;
        let mut lines = Vec::new();
        for row in table(items) {
            let path = quote(&row.smallest.path);
            let mut command = match self.target {
                None => format!("gcdiff run {path}"),
                Some(target) => format!("gcdiff replay --target {target} {path}"),
            };
            command.push_str(&self.judging.words());
            command.push_str(&self.limiting.words());
            if let (Some(paths), Some(finding)) = (saved.paths.get(row.fingerprint), row.finding())
                && finding.runs()
            {
                // Its header has everything it was judged with.
                command = finding.command(paths);
            }
            let reduced = match reductions.get(row.fingerprint) {
                None => ReducedRow::No,
                Some(Err(why)) => ReducedRow::Failed(why),
                Some(Ok(reduction)) => match saved.reduced.get(row.fingerprint) {
                    Some(path) => {
                        ReducedRow::Done(reduction, format!("gcdiff run {}", quote(path)))
                    }
                    None => ReducedRow::Done(reduction, command.clone()),
                },
            };
            lines.push(TableRow {
                fingerprint: row.fingerprint,
                count: row.count as u64,
                origin: path.to_string(),
                command,
                reduced,
            });
        }
        findings::table("smallest file", &lines);
        let what = match self.target {
            None => "files",
            Some(_) => "inputs",
        };
        say!(
            "{} {what}: {good} agree, {findings} findings, {nothing} say nothing, {failed} could not be run",
            items.len()
        );
        match (findings, failed) {
            (0, 0) => Ok(CommandOutcome::Agree),
            (0, n) => Err(format!("{n} of {} {what} could not be run", items.len())),
            _ => Ok(CommandOutcome::Finding),
        }
    }
}

/// Findings saved so far.
#[derive(Default)]
struct Saved {
    /// Where they are saved.
    shelf: Option<Shelf>,
    /// Path of the smallest case of each fingerprint.
    paths: BTreeMap<String, Vec<PathBuf>>,
    /// Path of the reduced case of each fingerprint.
    reduced: BTreeMap<String, PathBuf>,
    /// Why a finding could not be saved.
    error: Option<String>,
}

impl Saved {
    fn put_reduced(&mut self, fingerprint: &str, text: &str) {
        let Some(shelf) = &mut self.shelf else { return };
        match shelf.put_reduced(fingerprint, text) {
            Ok(path) => {
                self.reduced.insert(fingerprint.to_string(), path);
            }
            Err(error) => {
                let error = format!("the reduced case of {fingerprint} is not saved: {error}");
                self.error.get_or_insert(error);
            }
        }
    }
}

/// Saves and prints the results of files as they are done.
struct Watching {
    replay: Arc<Replay>,
    saved: Arc<Mutex<Saved>>,
    bar: ProgressBar,
}

impl Watch for Watching {
    fn done(&mut self, number: u64, item: &Item) {
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(shelf), Some(finding)) = (&mut saved.shelf, item.finding()) else {
            return;
        };
        if finding.case.is_none() {
            return;
        }
        let fingerprint = &finding.fingerprint;
        // As in the table: of two equally large cases the first.
        let put = shelf.put(finding, (item.size, number));
        match put {
            Ok(paths) => {
                saved.paths.insert(fingerprint.clone(), paths);
            }
            Err(error) => {
                saved.paths.remove(fingerprint);
                let error = format!(
                    "the case of {} is not saved: {error}",
                    escape::path(&item.path)
                );
                saved.error.get_or_insert(error);
            }
        }
    }

    fn next(&mut self, item: &Item) {
        let path = escape::path(&item.path);
        let recorded = self.replay.recorded.lock();
        let mut recorded = recorded.unwrap_or_else(PoisonError::into_inner);
        let recorded = recorded.remove(&item.path);
        self.bar.suspend(|| match (&item.result, recorded) {
            (Ok(CaseResult::Finding(finding)), None) => {
                say!("finding  {}  {path}", finding.fingerprint);
            }
            (Ok(CaseResult::Finding(finding)), Some(recorded)) => {
                let (recorded, fingerprint) = (Line(&recorded), &finding.fingerprint);
                say!("finding  {fingerprint}  {path}  (recorded: {recorded})");
            }
            (Ok(_), Some(recorded)) => {
                say!("agrees   {path}  (recorded: {})", Line(&recorded));
            }
            (Ok(_), None) => {}
            (Err(message), _) => complain(message),
        });
    }
}
