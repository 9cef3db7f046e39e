//! `gcdiff replay`: many files, one verdict each.

mod ending;
mod report;
mod saved;

use super::file::Below;
use super::format::DocumentFormat;
use super::global::Quiet;
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::complain;
use super::program;
use super::progress::watched;
use super::report::{Rejudging, Report};
use super::signals::Signals;
use super::{CommandOutcome, file};
use crate::campaign::replay::{CaseResult, NotRun, Replayed, Settings, replay};
use crate::campaign::targets::FuzzTarget;
use crate::campaign::{Finding, Origin, Progress, Reducer, Reductions, Shelf};
use crate::case::LimitsText;
use crate::escape;
use crate::jobs::Desk;
use crate::oracle::{Options, Verdict, judge_module};
use crate::page::run::State;
use clap::Args;
use report::ReplayReporter;
use saved::{Saved, Watching, lock};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;

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
    /// Files and folders, or - for standard input.
    #[arg(required = true, value_name = "PATH", value_parser = file::input())]
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

    /// Folder for a report, index.html, with a page for each finding; tried before the
    /// first file. The report is written again every few seconds, and at the end.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,

    /// End with the first finding. Files that other jobs have begun are still judged.
    #[arg(long)]
    stop_at_first: bool,

    /// Threads (default: one per core). The output does not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    #[command(flatten)]
    pub(super) judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    #[command(flatten)]
    format: DocumentFormat,

    #[command(flatten)]
    quiet: Quiet,

    /// Fingerprints that files record, and that are not what they show.
    #[arg(skip)]
    recorded: Mutex<BTreeMap<PathBuf, String>>,
}

const PANIC: &str = "a file was ended by a panic";

impl Replay {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.quiet.apply();
        self.format.apply()?;
        // A file named on the command line is run regardless of its extension.
        let named: BTreeSet<&Path> = self.paths.iter().map(PathBuf::as_path).collect();
        let is_wanted =
            |path: &Path| self.target.is_some() || named.contains(path) || file::is_module(path);
        let Below {
            paths: files,
            errors,
        } = file::all_below(&self.paths, is_wanted)?;
        self.format.is_no_input(&files)?;
        if files.is_empty() {
            return Err("there is no file to replay below the given paths".into());
        }
        if self.target.is_some() && self.limiting.limits != LimitsText::default() {
            return Err(
                "--limits is for cases: inputs of a fuzz target have limits of their own".into(),
            );
        }
        let shelf = match &self.save {
            Some(folder) => Some(
                Shelf::open(folder).map_err(|e| format!("--save {}: {e}", escape::path(folder)))?,
            ),
            None => None,
        };
        let how = || Rejudging {
            judging: self.judging.clone(),
            limiting: self.limiting.clone(),
        };
        let report = self.report.as_deref();
        let report = report.map(|dir| Report::open(dir, how())).transpose();
        let report = report.inspect_err(|_| shelf.iter().for_each(Shelf::leave))?;
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
        let mut reporter = report.map(|report| ReplayReporter {
            report,
            replay: &this,
            progress: &settings.progress,
            saved: &saved,
            start: Instant::now(),
            files: all,
        });
        let items = watched(
            Some(all as u64),
            "{elapsed} {bar:30} {human_pos}/{human_len} files",
            |bar| {
                let watch = Watching {
                    replay: this.clone(),
                    saved: saved.clone(),
                    bar: bar.clone(),
                    progress: settings.progress.clone(),
                };
                let judging = this.clone();
                let judge = move |path: &Path, desk: &Arc<Desk>| match errors.get(path) {
                    Some(error) => Err(error.clone().into()),
                    None => judging.judge(path, desk),
                };
                replay(&files, &settings, judge, watch)
            },
            |bar| {
                bar.set_position(settings.progress.cases.load(Ordering::Relaxed));
                if signals.any() {
                    settings.progress.stop();
                    this.judging.interrupt_engines();
                }
                reporter.iter_mut().for_each(ReplayReporter::look);
            },
        );
        let reductions = match &items {
            Some(_) => this.reduce(&settings, &signals, &saved, &mut reporter),
            None => Reductions::new(),
        };
        let saved = lock(&saved);
        let (ended, state) = match &items {
            Some(items) => this.end(items.len(), all, &saved, &reductions),
            None => (Err(PANIC.to_string()), State::EndedEarly(PANIC.into())),
        };
        match reporter {
            Some(reporter) => super::report::outcome(
                ended,
                reporter.end(&saved, &reductions, state, || signals.any()),
            ),
            None => ended,
        }
    }

    /// Judges a file.
    fn judge(&self, path: &Path, desk: &Arc<Desk>) -> Replayed {
        let Some(target) = self.target else {
            return self.case(path, desk);
        };
        let options = desk.watching(&self.options_of(target)?);
        let fault = self.judging.fault().map(|fault| fault.id);
        let bytes = file::read(path)?;
        Ok((target.look(&bytes, &options, fault), bytes.len()))
    }

    /// How to judge the inputs of a target.
    fn options_of(&self, target: FuzzTarget) -> Result<Options, String> {
        let default = match target {
            // It tests the enrichment.
            FuzzTarget::Enrich => target.options(),
            _ => self.judging.known.beside(target.options()),
        };
        let options = self.judging.options(default);
        self.judging.with_engines(options)
    }

    /// Judges a case as `gcdiff run` does.
    fn case(&self, path: &Path, desk: &Arc<Desk>) -> Replayed {
        let Loaded {
            case,
            module,
            options,
            recorded,
            text,
            ..
        } = load(path, &self.judging, &self.limiting)?;
        let in_file = |message: String| format!("{}: {message}", escape::path(path));
        let options = desk.watching(&options);
        let judged = judge_module(&case, &module, &options);
        let judged = judged.map_err(|e| in_file(e.to_string()))?;
        let now = judged.verdict.fingerprint();
        if let Some(recorded) = recorded.filter(|r| now.as_ref() != Some(r)) {
            lock(&self.recorded).insert(path.to_path_buf(), recorded);
        }
        let result = match judged.verdict {
            Verdict::Agree => CaseResult::Agree,
            Verdict::Discard(ref reason, _) => {
                return Err(NotRun {
                    message: in_file(judged.verdict.to_string()),
                    reason: Some(reason.clone()),
                });
            }
            verdict => {
                let verdict = verdict.with_lines(&text, &module.wasm);
                let finding = Finding::new(Origin::File, verdict, None, options.pins());
                CaseResult::Finding(Box::new(finding))
            }
        };
        Ok((result, case.wasm.len()))
    }

    /// Whether the saved findings are reduced.
    fn is_reducing(&self) -> bool {
        self.target.is_some() && self.save.is_some() && !self.no_reduce
    }

    /// Reduces the saved findings, and saves the results.
    fn reduce(
        &self,
        settings: &Settings,
        signals: &Signals,
        saved: &Mutex<Saved>,
        reporter: &mut Option<ReplayReporter<'_>>,
    ) -> Reductions {
        let Some(target) = self.target.filter(|_| self.is_reducing()) else {
            return Reductions::new();
        };
        let Ok(options) = self.options_of(target) else {
            return Reductions::new();
        };
        let progress = settings.progress.clone();
        let reducer = Reducer::new(options, self.judging.timeout(10), progress.clone());
        let mut all = 0;
        for finding in lock(saved).kept() {
            reducer.add(finding.clone());
            all += 1;
        }
        let ended = watched(
            Some(all),
            "{elapsed} {bar:30} {human_pos}/{human_len} findings reduced",
            |_| {
                reducer.finish(settings.jobs, &|finding, reduction| {
                    lock(saved).put_reduced(&finding.fingerprint, &reduction.text);
                });
            },
            |bar| {
                bar.set_position(progress.reduced.load(Ordering::Relaxed));
                if signals.any() {
                    progress.stop_reducing();
                }
                reporter.iter_mut().for_each(ReplayReporter::look);
            },
        );
        if ended.is_none() {
            complain("the reduction was ended by a panic, which is a bug of gcdiff");
        }
        reducer.take()
    }

    /// A word for the files.
    fn items(&self) -> &'static str {
        match self.target {
            None => "files",
            Some(_) => "inputs",
        }
    }

    /// The command that judges a file again, whose path is quoted.
    fn command(&self, path: &str) -> String {
        let mut command = match self.target {
            None => program::command(&format!("run {path}")),
            Some(target) => program::command(&format!("replay --target {target} {path}")),
        };
        command.push_str(&self.judging.words());
        command.push_str(&self.limiting.words());
        command
    }
}
