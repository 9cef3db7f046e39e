//! `gcdiff fuzz`: a campaign on generated cases.

use super::CommandOutcome;
use super::findings::{self, ReducedRow, TableRow};
use super::options::Judging;
use super::output::{self, complain, say, write};
use super::progress::watched;
use super::signals::Signals;
use crate::campaign::{
    self, Campaign, CampaignReport, Finding, Listener, Progress, Reduction, Shelf, quote,
};
use crate::escape;
use crate::generate::Generator;
use crate::oracle::Options;
use clap::Args;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Generate modules, run them under several collectors, audit and compare
///
/// Each finding is saved, before the next case, as a .wat file that `gcdiff run`
/// replays: of each fingerprint the lowest case. It is then reduced, and the result
/// is saved beside it as .reduced.wat. The table at the end has a cluster for each
/// set of fingerprints whose reduced cases show the same bug. No file is
/// overwritten. The same seed gives the same cases, whatever the number of jobs.
/// Without -C every case runs under null and drc, and a share of them, which their
/// own bytes choose, under copying or model too.
///
/// INT, TERM and HUP end a campaign early, with its table; a second one ends it at
/// once. Exit code: 1 if there was a finding, however the campaign ended; 2 if
/// --out is no folder to write into, or the output cannot be written; else 0.
#[derive(Args)]
pub(super) struct Fuzz {
    /// Stop after so many seconds (30 if neither this nor --cases is given).
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,

    /// Stop after so many cases.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    cases: Option<u64>,

    /// Seed of the cases.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Threads (default: one per core).
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// Do not reduce findings. With --seconds N, reductions end after twice N seconds
    /// anyway.
    #[arg(long)]
    no_reduce: bool,

    /// What makes the cases: gc_ops, typed programs of operations on the heap;
    /// default, these and enriched modules of wasm-smith; smith, plain modules of
    /// wasm-smith; or smith-never, the same without a schedule of collections.
    #[arg(long, value_name = "NAME", default_value_t)]
    generator: Generator,

    /// Folder for findings, which is tried before the first case.
    #[arg(long, default_value = "findings")]
    out: PathBuf,

    #[command(flatten)]
    judging: Judging,
}

impl Fuzz {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let shelf = Shelf::open(&self.out);
        let shelf = shelf.map_err(|e| format!("--out {}: {e}", escape::path(&self.out)))?;
        let signals = Signals::noted()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let campaign = Campaign {
            seed: self.seed,
            cases: self.cases,
            jobs: self.jobs.map_or(cores, usize::from),
            generator: self.generator,
            options: self.judging.options(Options::fuzzing()),
            fault: self.judging.fault().map(|f| f.id.to_string()),
            stop_at_first: false,
            timeout: self.judging.timeout(10),
            reduce: !self.no_reduce,
        };
        let seconds = match (self.seconds, self.cases) {
            (None, None) => Some(30),
            (seconds, _) => seconds,
        };
        let start = Instant::now();
        let progress = Progress::default();
        let template = match self.cases {
            Some(_) => "{elapsed} {bar:30} {human_pos}/{human_len} cases, {per_sec}, {msg}",
            None => "{elapsed} {spinner} {human_pos} cases, {per_sec}, {msg}",
        };
        let kept = Arc::new(Mutex::new(SavedFindings::new(shelf)));
        let outcome = watched(
            self.cases,
            template,
            |bar| {
                let listening = Listening {
                    kept: kept.clone(),
                    bar: bar.clone(),
                };
                campaign::run_with(&campaign, &progress, listening)
            },
            |bar| {
                bar.set_position(progress.cases.load(Ordering::Relaxed));
                let findings = progress.findings.load(Ordering::Relaxed);
                let reduced = progress.reduced.load(Ordering::Relaxed);
                bar.set_message(match reduced {
                    0 => format!("{findings} findings"),
                    _ => format!("{findings} findings, {reduced} reduced"),
                });
                let after = |n: u32| {
                    let is_over = |s| start.elapsed() >= Duration::from_secs(s).saturating_mul(n);
                    seconds.is_some_and(is_over)
                };
                // Stop when the reader of the output has gone.
                let is_cut = signals.any() || output::has_ended();
                if after(1) || is_cut {
                    progress.stop();
                }
                if after(2) || is_cut {
                    progress.stop_reducing();
                }
            },
        );
        let mut kept = lock(&kept);
        let Some(outcome) = outcome else {
            // The panic has been reported where it happened. Earlier findings were saved and
            // printed.
            let message = "the campaign was ended by a panic, which is a bug of gcdiff";
            if kept.replays.is_empty() {
                return Err(message.into());
            }
            complain(message);
            return Ok(CommandOutcome::Finding);
        };
        write(format_args!("{}", outcome.statistics));
        say!(
            "{:38} {:>9.0}",
            "cases per second",
            outcome.statistics.cases as f64 / outcome.judged_in.as_secs_f64().max(1e-9)
        );
        kept.table(&outcome);
        kept.shelf.leave();
        if outcome.gave_up {
            complain("the campaign was ended: too many cases have used up their time");
        }
        Ok(match outcome.findings.is_empty() {
            true => CommandOutcome::Agree,
            false => CommandOutcome::Finding,
        })
    }
}

/// The findings on disk, and those that could not be saved.
struct SavedFindings {
    shelf: Shelf,
    /// The command that replays each fingerprint's case, or why the case was not saved.
    replays: BTreeMap<String, Result<String, String>>,
    /// The command that replays each reduced finding, or why it was not saved.
    reduced: BTreeMap<String, Result<String, String>>,
}

impl SavedFindings {
    fn new(shelf: Shelf) -> SavedFindings {
        SavedFindings {
            shelf,
            replays: BTreeMap::new(),
            reduced: BTreeMap::new(),
        }
    }

    /// Saves a finding. Returns the command that replays it, or the error.
    fn save(&mut self, finding: &Finding) -> Result<String, String> {
        let saved = self.shelf.put(finding, (0, finding.number));
        let replay = saved.map(|paths| finding.command(&paths));
        let replay = replay.map_err(|error| error.to_string());
        let key = finding.fingerprint.clone();
        // Its reduced form is no longer beside it.
        self.reduced.remove(&key);
        self.replays.insert(key, replay.clone());
        replay
    }

    /// Saves a reduced finding.
    fn save_reduced(&mut self, finding: &Finding, reduction: &Reduction) {
        let key = &finding.fingerprint;
        let saved = self.shelf.put_reduced(key, &reduction.text);
        let command = saved.map(|path| format!("gcdiff run {}", quote(&path)));
        let command = command.map_err(|error| error.to_string());
        self.reduced.insert(key.clone(), command);
    }

    /// Prints the findings by cluster and fingerprint. Saving is tried again for those not on disk.
    fn table(&mut self, outcome: &CampaignReport) {
        let mut rows = Vec::new();
        for (fingerprint, finding) in &outcome.findings {
            let replay = match self.replays.get(fingerprint) {
                Some(Ok(command)) if self.shelf.has(fingerprint) => Ok(command.clone()),
                _ => self.save(finding),
            };
            let command = replay.unwrap_or_else(|error| {
                complain(&format!("case {} is not saved: {error}", finding.number));
                finding.command(&[])
            });
            let reduced = match outcome.reduced.get(fingerprint) {
                None => ReducedRow::No,
                Some(Err(why)) => ReducedRow::Failed(why),
                Some(Ok(reduction)) => {
                    if !matches!(self.reduced.get(fingerprint), Some(Ok(_)))
                        || !self.shelf.has(fingerprint)
                    {
                        self.save_reduced(finding, reduction);
                    }
                    match self.reduced.get(fingerprint) {
                        Some(Ok(command)) => ReducedRow::Done(reduction, command.clone()),
                        Some(Err(error)) => {
                            let number = finding.number;
                            complain(&format!("case {number}, reduced, is not saved: {error}"));
                            ReducedRow::Done(reduction, command.clone())
                        }
                        None => ReducedRow::No,
                    }
                }
            };
            rows.push(TableRow {
                fingerprint,
                count: outcome.counts.get(fingerprint).copied().unwrap_or(1),
                origin: finding.number.to_string(),
                command,
                reduced,
            });
        }
        findings::table("lowest case", &rows);
    }
}

/// Saves findings as they are made, and prints them in the order of their cases.
struct Listening {
    kept: Arc<Mutex<SavedFindings>>,
    bar: ProgressBar,
}

impl Listener for Listening {
    fn found(&mut self, finding: &Finding) {
        // An error in saving is printed with the finding.
        let _ = lock(&self.kept).save(finding);
    }

    fn reduced(&mut self, finding: &Finding, reduction: &Reduction) {
        lock(&self.kept).save_reduced(finding, reduction);
    }

    fn settled(&mut self, finding: &Finding) {
        let Finding {
            number,
            fingerprint,
            ..
        } = finding;
        let shown = finding.shown();
        let mut lines = format!("case {number}: {shown}\n  fingerprint  {fingerprint}\n");
        let kept = lock(&self.kept);
        let command = match kept.replays.get(fingerprint) {
            Some(Ok(command)) => command.clone(),
            other => {
                if let Some(Err(error)) = other {
                    lines.push_str(&format!("  not saved    {error}\n"));
                }
                finding.command(&[])
            }
        };
        lines.push_str(&format!("  replay       {command}\n"));
        self.bar.suspend(|| say!("{lines}"));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
