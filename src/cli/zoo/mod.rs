//! `gcdiff zoo`: how fast each known bug is noticed.

mod print;

use super::format::{self, RecordFormat};
use super::options::fault;
use super::output::say;
use super::progress::watched;
use super::signals::Signals;
use super::{CommandOutcome, file};
use crate::campaign::Folder;
use crate::escape;
use crate::generate::Generator;
use crate::oracle::{Layers, Options};
use crate::zoo::{
    BlameTrials, FAULTS, Fault, ReductionTrials, Report, Setup, Summary, Tally, Trial, Trials,
    setups,
};
use clap::Args;
use print::{Document, FaultRecord, ZooRecord, print, record_table};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Switch on known bugs, one at a time, and count the cases until they show
///
/// For every fault and seed, cases are generated and judged as `gcdiff fuzz`
/// does until one is a finding. The table has the median and the 90th percentile
/// over the seeds of the first case in which the faulty code ran (reached), in
/// which it did something wrong (triggered), and which was a finding (detected);
/// `-` is beyond --cases.
#[derive(Args)]
pub(super) struct Zoo {
    /// Only these faults.
    #[arg(long, value_name = "ID", value_parser = fault, value_delimiter = ',', num_args = 1..)]
    fault: Vec<Fault>,

    /// Trials per fault, each with a seed of its own.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,

    /// Cases per trial, at most.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    cases: u64,

    /// What makes the cases: default, smith, smith-never or gc_ops.
    #[arg(long, value_name = "NAME", default_value_t)]
    generator: Generator,

    /// How much of the oracle is on: all, or results and names joined by +, of
    /// heap, graph, zero, exact, roots, leak, blocks, type, poison, language, schedule,
    /// votes. Without heap, a case in which a heap notices that it is corrupt is
    /// discarded.
    #[arg(long, value_name = "LAYERS", default_value_t = Layers::ALL)]
    oracle: Layers,

    /// Threads (default: one per core). The figures do not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// How long a case may take; one that takes longer is detected, by law
    /// limits, if one heap is to blame. 0 is for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,

    /// Measure processor time, too: for each fault the mean time until it is detected, for which
    /// a trial that detects nothing counts with the time it took, and the geometric mean over all
    /// faults. These figures differ from run to run.
    #[arg(long, conflicts_with_all = ["list", "report", "reduce", "blame"])]
    time: bool,

    /// Print one JSON document with every trial instead of a table.
    #[arg(long, conflicts_with_all = ["list", "report", "format"])]
    json: bool,

    #[command(flatten)]
    format: RecordFormat,

    /// Print the faults, where they come from and what they do, and try nothing.
    #[arg(long, conflicts_with = "report")]
    list: bool,

    /// Try all generators, and the oracle layer by layer, and write tables and
    /// curves to this folder.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["generator", "oracle"])]
    report: Option<PathBuf>,

    /// Reduce the first finding of each fault and seed, as `gcdiff reduce` does,
    /// cluster all findings of seed 0, and write tables to this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generator", "oracle", "report", "json", "list"])]
    reduce: Option<PathBuf>,

    /// Explain the first finding of each fault and seed, as it was generated and
    /// reduced, and write to this file whether the culprit is where the fault acted.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generator", "oracle", "report", "json", "list", "reduce"])]
    blame: Option<PathBuf>,
}

impl Zoo {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.format.format.apply();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let trials = Trials {
            faults: match self.fault.is_empty() {
                true => FAULTS.to_vec(),
                false => self.fault,
            },
            seeds: self.seeds.into(),
            cases: self.cases,
            jobs: self.jobs.map_or(cores, usize::from),
            timeout: (self.timeout > 0).then(|| Duration::from_secs(self.timeout)),
            timed: self.time,
        };
        if self.list {
            for fault in &trials.faults {
                say!("{:10} {}", fault.id, fault.mechanism);
                say!("{:10} {}", "", fault.source);
                let record = FaultRecord {
                    id: fault.id,
                    mechanism: fault.mechanism,
                    source: fault.source,
                };
                format::record("fault", &record);
            }
            return Ok(CommandOutcome::Agree);
        }
        if let Some(folder) = &self.report {
            let setups: Vec<Setup> = setups().into_iter().map(|(_, setup)| setup).collect();
            let in_folder = |e: std::io::Error| format!("--report {}: {e}", escape::path(folder));
            let tried = Folder::open(folder).map_err(in_folder)?;
            let (results, ending) = run(&trials, &setups).inspect_err(|_| tried.leave())?;
            let whole = |faults: Vec<_>| faults.into_iter().collect::<Option<Vec<_>>>();
            let results: Option<Vec<_>> = results.into_iter().map(whole).collect();
            let Some(results) = results else {
                tried.leave();
                return Err(format!("{ending}; no report is written"));
            };
            let report = Report::new(&trials, &results);
            for (name, text) in report.files() {
                file::write(&folder.join(name), &text)?;
            }
            return Ok(CommandOutcome::Agree);
        }
        if let Some(path) = &self.reduce {
            return reduced(trials, path);
        }
        if let Some(path) = &self.blame {
            return blamed(trials, path);
        }
        let setup = Setup {
            generator: self.generator,
            options: Options {
                layers: self.oracle,
                ..Options::fuzzing()
            },
        };
        let (results, ending) = run(&trials, &[setup])?;
        let faults = trials.faults.iter().zip(&results[0]);
        let faults = faults.filter_map(|(fault, trials)| Some((fault, trials.as_ref()?)));
        let summaries: Vec<Summary> = faults.map(|(f, t)| Summary::new(f, t)).collect();
        summaries
            .iter()
            .for_each(|summary| format::record("trials", summary));
        let record = ZooRecord {
            generator: self.generator.to_string(),
            oracle: self.oracle.to_string(),
            seeds: trials.seeds,
            cases: trials.cases,
            faults: summaries.len(),
        };
        format::record("zoo", &record);
        if self.json {
            let document = Document {
                generator: self.generator.to_string(),
                oracle: self.oracle.to_string(),
                seeds: trials.seeds,
                cases: trials.cases,
                faults: &summaries,
            };
            let text = serde_json::to_string_pretty(&document);
            say!("{}", text.map_err(|e| e.to_string())?);
        } else {
            print(&summaries);
        }
        match (summaries.len(), trials.faults.len()) {
            (tried, all) if tried < all => Err(format!(
                "{ending}; {} of {all} faults were not tried with every seed",
                all - tried
            )),
            _ => Ok(CommandOutcome::Agree),
        }
    }
}

/// Reduces the first finding of each trial, and writes the table.
fn reduced(trials: Trials, path: &Path) -> Result<CommandOutcome, String> {
    let all = ReductionTrials {
        faults: trials.faults,
        seeds: trials.seeds,
        cases: trials.cases,
        jobs: trials.jobs,
    };
    let reduction = tabulated(path, all.len(), |stop, ended| all.run(stop, ended))?;
    file::write(path, &all.table(&reduction))?;
    say!(
        "{}: {} reduced findings of {} faults",
        escape::path(path),
        reduction.rows.len(),
        reduction.clusters.len()
    );
    record_table(path, reduction.rows.len());
    Ok(CommandOutcome::Agree)
}

/// Explains the first finding of each trial, and writes the table.
fn blamed(trials: Trials, path: &Path) -> Result<CommandOutcome, String> {
    let all = BlameTrials {
        faults: trials.faults,
        seeds: trials.seeds,
        cases: trials.cases,
        jobs: trials.jobs,
    };
    let tally = tabulated(path, all.len(), |stop, ended| all.run(stop, ended))?;
    file::write(path, &all.table(&tally))?;
    let rows = tally.rows.len();
    say!("{}: {rows} explained findings", escape::path(path));
    record_table(path, rows);
    Ok(CommandOutcome::Agree)
}

/// Runs `work`, of so many steps, behind a bar, for a table in a file that is tried first.
fn tabulated<T: Send>(
    path: &Path,
    steps: usize,
    work: impl FnOnce(&Arc<AtomicBool>, &AtomicUsize) -> T + Send,
) -> Result<T, String> {
    file::try_write(path)?;
    let signals = Signals::noted()?;
    let (stop, ended) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
    let done = watched(
        Some(steps as u64),
        "{elapsed} {bar:30} {human_pos}/{human_len}",
        {
            let (stop, ended) = (&stop, &ended);
            move |_| work(stop, ended)
        },
        |bar| {
            bar.set_position(ended.load(Ordering::Relaxed) as u64);
            stop.fetch_or(signals.any(), Ordering::Relaxed);
        },
    );
    let done = done.ok_or("a step was ended by a panic")?;
    match signals.any() {
        true => Err("ended by a signal; no table is written".into()),
        false => Ok(done),
    }
}

/// The trials of a fault, if all were completed.
type OfFault = Option<Vec<Trial>>;

/// Why trials are missing, if any are.
type Ending = &'static str;

/// Runs the trials behind a bar, for each setup and each fault, until a signal is received.
fn run(trials: &Trials, setups: &[Setup]) -> Result<(Vec<Vec<OfFault>>, Ending), String> {
    let signals = Signals::noted()?;
    let tally = Tally::default();
    let tried = watched(
        Some(trials.len() * setups.len() as u64),
        "{elapsed} {bar:30} {human_pos}/{human_len} trials, {msg}",
        |_| trials.run(setups, &tally),
        |bar| {
            bar.set_position(tally.ended.load(Ordering::Relaxed));
            bar.set_message(format!("{} cases", tally.cases.load(Ordering::Relaxed)));
            tally.stop.fetch_or(signals.any(), Ordering::Relaxed);
        },
    );
    let tried = tried.ok_or("a trial was ended by a panic")?;
    let of_fault = |trials: Vec<Option<Trial>>| trials.into_iter().collect();
    let of_setup = |faults: Vec<Vec<_>>| faults.into_iter().map(of_fault).collect();
    let ending = match (tried.gave_up, signals.any()) {
        (true, _) => "ended, since too many cases did not",
        (false, true) => "ended by a signal",
        (false, false) => "a case took longer than --timeout, and no heap is to blame",
    };
    Ok((tried.trials.into_iter().map(of_setup).collect(), ending))
}
