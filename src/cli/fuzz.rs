//! `gcdiff fuzz`: a campaign on generated cases.

use super::Ended;
use super::options::Judging;
use super::output::{say, write};
use super::progress::watched;
use crate::campaign::{self, Campaign, Progress};
use crate::generate::Generator;
use crate::oracle::Options;
use clap::Args;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Generate modules, run them under several collectors, audit and compare
///
/// Each finding is saved as a .wat file that `gcdiff run` replays, one file per
/// fingerprint. The same seed gives the same cases, whatever the number of
/// jobs. Without -C every case runs under null and drc, and a share of them,
/// which their own bytes choose, under copying or model too.
#[derive(Args)]
pub(super) struct Fuzz {
    /// Stop after so many seconds (30 if neither this nor --cases is given).
    #[arg(long)]
    seconds: Option<u64>,

    /// Stop after so many cases.
    #[arg(long)]
    cases: Option<u64>,

    /// Seed of the cases.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Threads (default: one per core).
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// What makes the cases: ops, typed programs of operations on the heap;
    /// default, these and enriched modules of wasm-smith; smith, plain modules of
    /// wasm-smith; or smith-never, the same without a schedule of collections.
    #[arg(long, value_name = "NAME", default_value_t)]
    generator: Generator,

    /// Folder for findings.
    #[arg(long, default_value = "findings")]
    out: PathBuf,

    #[command(flatten)]
    judging: Judging,
}

impl Fuzz {
    pub(super) fn main(self) -> Result<Ended, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let campaign = Campaign {
            seed: self.seed,
            cases: self.cases,
            jobs: self.jobs.map_or(cores, usize::from),
            generator: self.generator,
            options: self.judging.options(Options::fuzzing()),
            fault: self.judging.fault.map(|f| f.id.to_string()),
            stop_at_first: false,
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
        let outcome = watched(
            self.cases,
            template,
            || campaign::run(&campaign, &progress),
            |bar| {
                bar.set_position(progress.cases.load(Ordering::Relaxed));
                let findings = progress.findings.load(Ordering::Relaxed);
                bar.set_message(format!("{findings} findings"));
                if seconds.is_some_and(|s| start.elapsed() >= Duration::from_secs(s)) {
                    progress.stop();
                }
            },
        );
        // A panic has been reported, with the case, where it happened.
        let outcome = outcome.ok_or("the campaign was ended by a panic")?;
        let elapsed = start.elapsed().as_secs_f64();
        write(format_args!("{}", outcome.statistics));
        say!(
            "{:38} {:>9.0}",
            "cases per second",
            outcome.statistics.cases as f64 / elapsed.max(1e-9)
        );
        for finding in outcome.findings.values() {
            let path = campaign::save(&self.out, finding)
                .map_err(|e| format!("{}: {e}", self.out.display()))?;
            say!(
                "\ncase {}: {}\n  fingerprint  {}\n  replay       gcdiff run {}",
                finding.index,
                finding.shown(),
                finding.fingerprint,
                path.display()
            );
        }
        Ok(match outcome.findings.is_empty() {
            true => Ended::Agree,
            false => Ended::Finding,
        })
    }
}
