//! `gcdiff fuzz`: a campaign on generated cases.

mod clock;
mod record;
mod report;
mod saved;

use super::format::DocumentFormat;
use super::global::Quiet;
use super::options::{Judging, Limiting};
use super::output::{self, complain, say, write};
use super::profile::ProfileOptions;
use super::progress::watched;
use super::report::{Rejudging, Report};
use super::signals::Signals;
use super::{CommandOutcome, findings};
use crate::campaign::{self, Campaign, CampaignReport, Progress, Shelf};
use crate::escape;
use crate::oracle::{Options, Timing};
use crate::page::{run::State, units};
use clap::Args;
use clock::Clock;
use report::CampaignReporter;
use saved::{Listening, SavedFindings, lock};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Generate modules, run them under several collectors, audit and compare
///
/// Each finding is saved, before the next case, as a .wat file that `gcdiff run`
/// replays: of each fingerprint the lowest case. It is then reduced, and the result
/// is saved beside it as .reduced.wat. The table at the end has a cluster for each
/// set of fingerprints whose reduced cases show the same bug. No file is
/// overwritten. The same seed gives the same cases, whatever the number of jobs.
/// Without -C every case runs under null and drc, and a share of them, which their
/// own bytes choose, under copying or model too. With --engine it runs under the
/// engines and the model, once.
///
/// INT, TERM and HUP end a campaign early, with its table; a second one ends it at
/// once. Exit code: 1 if there was a finding, however the campaign ended; 2 if
/// --out or --report is no folder to write into, or the output or the report cannot
/// be written; else 0.
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

    /// Number of the first case of the seed. Campaigns with --start 0 --cases 1000 and
    /// --start 1000 --cases 1000 judge the same cases as one with --cases 2000, and their
    /// tables add up to its table.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=u64::MAX >> 1))]
    start: u64,

    /// End with the first finding, which is saved and reduced. Cases that were begun with it,
    /// of the same module or by other jobs, are still judged.
    #[arg(long)]
    stop_at_first: bool,

    /// Threads (default: one per core).
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// Do not reduce findings. With --seconds N, reductions end after twice N seconds
    /// anyway.
    #[arg(long)]
    no_reduce: bool,

    #[command(flatten)]
    profile: ProfileOptions,

    /// Folder for findings, which is tried before the first case.
    #[arg(long, default_value = "findings")]
    out: PathBuf,

    /// Folder for a report, index.html, with a page for each finding; tried before the
    /// first case. The report is written again every few seconds while the campaign
    /// runs, and at its end, and a browser that shows it loads it again.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,

    #[command(flatten)]
    pub(super) judging: Judging,

    #[command(flatten)]
    format: DocumentFormat,

    #[command(flatten)]
    quiet: Quiet,
}

impl Fuzz {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.quiet.apply();
        self.format.apply()?;
        let signals = Signals::noted()?;
        let campaign = self.campaign()?;
        let shelf = Shelf::open(&self.out);
        let shelf = shelf.map_err(|e| format!("--out {}: {e}", escape::path(&self.out)))?;
        let how = || Rejudging {
            judging: self.judging.clone(),
            limiting: Limiting::default(),
        };
        let report = self.report.as_deref();
        let report = match report.map(|dir| Report::open(dir, how())).transpose() {
            Ok(report) => report,
            Err(message) => {
                shelf.leave();
                return Err(message);
            }
        };
        let seconds = match (self.seconds, self.cases) {
            (None, None) => Some(30),
            (seconds, _) => seconds,
        };
        let clock = Arc::new(Clock::start());
        let progress = Progress::default();
        let template = match self.cases {
            Some(_) => "{elapsed} {bar:30} {human_pos}/{human_len} cases, {per_sec}, {msg}",
            None => "{elapsed} {spinner} {human_pos} cases, {per_sec}, {msg}",
        };
        let kept = Arc::new(Mutex::new(SavedFindings::new(shelf)));
        let mut reporter = report
            .map(|report| CampaignReporter::start(report, &campaign, &progress, &clock, &kept));
        // Stop when the reader of the output has gone.
        let is_cut = || signals.any() || output::has_ended();
        let outcome = watched(
            self.cases,
            template,
            |bar| {
                let listening = Listening {
                    kept: kept.clone(),
                    clock: clock.clone(),
                    bar: bar.clone(),
                };
                campaign::run_with(&campaign, &progress, listening)
            },
            |bar| {
                let cases = progress.cases.load(Ordering::Relaxed);
                bar.set_position(cases);
                clock.note(cases);
                let findings = progress.findings.load(Ordering::Relaxed);
                let findings = units::count(findings, "findings");
                let reduced = progress.reduced.load(Ordering::Relaxed);
                bar.set_message(match reduced {
                    0 => findings,
                    _ => format!("{findings}, {reduced} reduced"),
                });
                let after = |n: u32| {
                    let is_over = |s| clock.elapsed() >= Duration::from_secs(s).saturating_mul(n);
                    seconds.is_some_and(is_over)
                };
                if after(1) {
                    progress.stop();
                }
                if is_cut() {
                    progress.interrupt();
                    self.judging.interrupt_engines();
                }
                if after(2) || is_cut() {
                    progress.stop_reducing();
                }
                if let Some(reporter) = &mut reporter {
                    reporter.look();
                }
            },
        );
        let state = match &outcome {
            None => State::EndedEarly(PANIC.into()),
            Some(outcome) if outcome.gave_up => State::EndedEarly(GAVE_UP.into()),
            Some(_) if signals.any() => State::EndedEarly(SIGNAL.into()),
            Some(_) if is_cut() => State::EndedEarly("Standard output was closed.".into()),
            Some(_) => State::Ended,
        };
        let (ended, problems) = match &outcome {
            Some(outcome) => print(
                outcome,
                self.judging.has_engines(),
                &mut lock(&kept),
                &state,
            ),
            // The panic has been reported where it happened. Earlier findings were saved and
            // printed.
            None if lock(&kept).any() => {
                complain(PANIC);
                (Ok(CommandOutcome::Finding), Vec::new())
            }
            None => (Err(PANIC.into()), Vec::new()),
        };
        let ended = self.document(
            &campaign,
            (&outcome, &state),
            ended,
            &problems,
            &lock(&kept),
        );
        let Some(reporter) = reporter else {
            return ended;
        };
        let outcome = outcome.unwrap_or_else(|| progress.report());
        let rows = lock(&kept).rows(&outcome);
        let written = reporter.end(&outcome, &rows, state, problems, is_cut);
        super::report::outcome(ended, written)
    }

    /// Prints or writes the document of the campaign, if one is asked for.
    fn document(
        &self,
        campaign: &Campaign,
        (outcome, state): (&Option<CampaignReport>, &State),
        ended: Result<CommandOutcome, String>,
        problems: &[String],
        kept: &SavedFindings,
    ) -> Result<CommandOutcome, String> {
        let problem = match (outcome, &ended) {
            (_, Err(message)) => Some(message.as_str()),
            (None, Ok(_)) => Some(PANIC),
            (Some(outcome), _) if outcome.gave_up => Some(GAVE_UP),
            // A campaign that was ended early has not passed.
            (Some(_), Ok(_)) => match (problems, state) {
                ([problem, ..], _) => Some(problem.as_str()),
                ([], State::EndedEarly(why)) => Some(why.as_str()),
                ([], _) => None,
            },
        };
        let mut cases = vec![record::judged_campaign(campaign, problem)];
        if let Some(outcome) = outcome {
            cases.extend(record::judged_rows(&kept.rows(outcome)));
        }
        super::report::outcome(ended, self.format.finish("fuzz", &cases))
    }

    fn campaign(&self) -> Result<Campaign, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let default = match self.judging.has_engines() && self.judging.fault().is_none() {
            true => Options::beside_engines(),
            false => Options::fuzzing(),
        };
        let mut options = self.judging.options(self.judging.known.beside(default));
        // The model is there to be compared with.
        if self.judging.has_engines()
            && self.judging.audit.is_none()
            && options.collectors.iter().all(|subject| subject.is_model())
        {
            options.timing = Timing::Never;
        }
        Ok(Campaign {
            seed: self.seed,
            start: self.start,
            cases: self.cases,
            jobs: self.jobs.map_or(cores, usize::from),
            profile: self.profile.profile(),
            options: self.judging.with_engines(options)?,
            fault: self.judging.fault().map(|f| f.id.to_string()),
            stop_at_first: self.stop_at_first,
            timeout: self.judging.timeout(10),
            reduce: !self.no_reduce,
        })
    }
}

const SIGNAL: &str = "Ended by a signal.";
const PANIC: &str = "the campaign was ended by a panic, which is a bug of gcdiff";
const GAVE_UP: &str = "the campaign was ended: too many cases have used up their time";

/// Saves what is not saved yet, and prints the table. Returns messages about what is not saved,
/// which are printed, too.
fn print(
    outcome: &CampaignReport,
    has_engines: bool,
    kept: &mut SavedFindings,
    ended: &State,
) -> (Result<CommandOutcome, String>, Vec<String>) {
    write(format_args!("{}", outcome.statistics));
    say!(
        "{:38} {:>9.0}",
        "cases per second",
        outcome.statistics.cases as f64 / outcome.judged_in.as_secs_f64().max(1e-9)
    );
    let unsaved = kept.save_rest(outcome);
    unsaved.iter().for_each(|message| complain(message));
    let rows = kept.rows(outcome);
    findings::table("lowest case", &rows);
    record::statistics(outcome);
    findings::record(&rows, ended);
    kept.shelf.leave();
    match ended {
        _ if outcome.gave_up => complain(GAVE_UP),
        State::EndedEarly(why) if why == SIGNAL => {
            complain("ended by a signal: the table is of the cases until then");
        }
        _ => {}
    }
    let counts = &outcome.statistics;
    let ended = match (&outcome.cannot_judge, &outcome.first_discard) {
        (Some(why), _) => Err(why.clone()),
        _ if !outcome.findings.is_empty() => Ok(CommandOutcome::Finding),
        (None, Some((case, why))) if has_engines && counts.agreed == 0 => {
            Err(format!("no case was compared; case {case}: discard: {why}"))
        }
        _ => Ok(CommandOutcome::Agree),
    };
    (ended, unsaved)
}
