//! `gcdiff distill`: few cases that find what many find.

mod candidates;

use super::file;
use super::format::{self, RecordFormat};
use super::global::Quiet;
use super::output::{self, complain, say};
use super::profile::ProfileOptions;
use super::progress::watched;
use super::signals::Signals;
use super::{CommandOutcome, options};
use crate::campaign::Folder;
use crate::campaign::targets::FuzzTarget;
use crate::distill::{Aim, Column, HeldOut, Matrix, Work, pick};
use crate::escape;
use crate::zoo::{FAULTS, Fault};
use candidates::Candidates;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Pick a few cases that do what many cases do
///
/// For engines that run tens of cases a second, and for corpora. Judges each case
/// once without and once with each fault of the zoo, and picks cases until every
/// event, every pair of an event and a collection, and every fault has witnesses
/// among them. Cases that are inconclusive are left out.
#[derive(Args)]
pub(super) struct Distill {
    /// Cases to pick from.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    cases: u64,

    /// Seed of the cases.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    profile: ProfileOptions,

    /// Pick from these files instead, and from those below these folders: cases,
    /// or with --target fuzz inputs.
    #[arg(
        long, value_name = "PATH", num_args = 1..,
        conflicts_with_all = ["cases", "seed", "generator", "without"]
    )]
    from: Vec<PathBuf>,

    /// With --from, the fuzz target that the files are inputs of: differential or gc_ops.
    #[arg(long, value_name = "NAME", requires = "from")]
    target: Option<FuzzTarget>,

    /// With --from, those of the files that are in the set already: only what they
    /// lack is picked.
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "from")]
    kept: Vec<PathBuf>,

    /// Pick K cases, with as many witnesses as they give.
    #[arg(
        long, value_name = "K", conflicts_with = "witnesses",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    size: Option<u64>,

    /// Pick as few cases as it takes for N witnesses of everything that N cases do.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    witnesses: u32,

    /// Folder to write them into.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Leave out each fault in turn, and write to this file whether sets of --size
    /// cases detect it all the same, against random sets.
    #[arg(long, value_name = "FILE", requires = "size", conflicts_with = "from")]
    report: Option<PathBuf>,

    /// Try only these faults.
    #[arg(long, value_name = "ID", value_parser = options::fault, value_delimiter = ',', num_args = 1..)]
    fault: Vec<Fault>,

    /// Threads (default: one per core). The set does not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// How long each verdict may take. 0 is for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,

    #[command(flatten)]
    format: RecordFormat,

    #[command(flatten)]
    quiet: Quiet,
}

/// The record of a picked case.
#[derive(Serialize)]
struct PickedRecord {
    case: String,
    file: Option<String>,
}

/// The record of the set.
#[derive(Serialize)]
struct SetRecord {
    cases: usize,
    picked: usize,
    findings: usize,
    refused: usize,
}

impl Distill {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.quiet.apply();
        self.format.format.apply();
        if self.out.is_none() && self.report.is_none() {
            return Err("where to? --out DIR, or --report FILE".into());
        }
        if matches!(self.target, Some(FuzzTarget::Module | FuzzTarget::Enrich)) {
            return Err("only inputs of differential and gc_ops are cases".into());
        }
        if let Some(path) = &self.report {
            file::try_write(path)?;
        }
        let in_folder = |e: std::io::Error| {
            let out = self.out.as_deref().unwrap_or(Path::new(""));
            format!("--out {}: {e}", escape::path(out))
        };
        let folder = self.out.as_deref().map(Folder::open);
        let folder = folder.transpose().map_err(in_folder)?;
        let made = self.distilled(folder.as_ref());
        // Nothing was written into it.
        if let (Err(_), Some(folder)) = (&made, &folder) {
            folder.leave();
        }
        made
    }

    fn distilled(&self, folder: Option<&Folder>) -> Result<CommandOutcome, String> {
        let in_folder = |e: std::io::Error| {
            let out = self.out.as_deref().unwrap_or(Path::new(""));
            format!("--out {}: {e}", escape::path(out))
        };
        let candidates = self.candidates()?;
        let kept = self.kept_contents()?;
        let matrix = self.matrix(&candidates)?;
        for (number, finding) in &matrix.findings {
            complain(&format!("{}: {finding}", candidates.name(*number)));
        }
        matrix.refused.values().for_each(|why| complain(why));
        let kept = candidates.rows(&matrix, &kept);
        let aim = match self.size {
            Some(size) => Aim::Size(size as usize),
            None => Aim::Witnesses(self.witnesses),
        };
        let picked = pick(&matrix.rows, &matrix.weights(), &kept, aim);
        if !matrix.findings.is_empty() {
            output::found();
        }
        for row in &picked {
            let number = matrix.rows[*row].case;
            let mut file = None;
            if let Some(folder) = folder {
                let (stem, extension, bytes) = candidates.file(number)?;
                let saved = folder.save(&stem, &extension, &bytes).map_err(in_folder)?;
                file = Some(escape::path(&saved.path));
            }
            let case = candidates.name(number);
            format::record("picked", &PickedRecord { case, file });
        }
        let record = SetRecord {
            cases: matrix.rows.len(),
            picked: picked.len(),
            findings: matrix.findings.len(),
            refused: matrix.refused.len(),
        };
        format::record("set", &record);
        print(&matrix, &kept, &picked);
        if let (Some(path), Some(size)) = (&self.report, self.size) {
            let size = size as usize;
            let held_out = HeldOut::new(&matrix, size);
            file::write(
                path,
                &held_out.table(&self.command(size), matrix.rows.len()),
            )?;
        }
        match (matrix.findings.len(), matrix.refused.len()) {
            (0, 0) => Ok(CommandOutcome::Agree),
            (0, n) => Err(format!("{n} files are no cases")),
            _ => Ok(CommandOutcome::Finding),
        }
    }

    /// The command that writes the report.
    fn command(&self, size: usize) -> String {
        let profile = self.profile.profile().options();
        let (cases, seed) = (self.cases, self.seed);
        let ids: Vec<&str> = self.fault.iter().map(|fault| fault.id).collect();
        let faults = match ids.is_empty() {
            true => String::new(),
            false => format!(" --fault {}", ids.join(",")),
        };
        let timeout = match self.timeout {
            10 => String::new(),
            seconds => format!(" --timeout {seconds}"),
        };
        format!(
            "gcdiff distill --cases {cases} --seed {seed}{profile} --size {size}{faults}{timeout} --report FILE"
        )
    }

    fn candidates(&self) -> Result<Candidates, String> {
        if self.from.is_empty() {
            return Ok(Candidates::Generated(self.profile.profile(), self.seed));
        }
        let is_wanted = |path: &Path| self.target.is_some() || file::is_module(path);
        let below = file::all_below(&self.from, is_wanted)?;
        match below.paths.is_empty() {
            true => Err("there is no file below the given paths".into()),
            false => Ok(Candidates::Files(Arc::new(below), self.target)),
        }
    }

    fn matrix(&self, candidates: &Candidates) -> Result<Matrix, String> {
        let signals = Signals::noted()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let work = Work {
            source: candidates.source(),
            cases: match candidates {
                Candidates::Generated(..) => self.cases,
                Candidates::Files(below, _) => below.paths.len() as u64,
            },
            faults: match self.fault.is_empty() {
                true => FAULTS.to_vec(),
                false => self.fault.clone(),
            },
            jobs: self.jobs.map_or(cores, usize::from),
            timeout: (self.timeout > 0).then(|| Duration::from_secs(self.timeout)),
        };
        let (done, stop) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let matrix = watched(
            Some(work.cases * (work.faults.len() as u64 + 1)),
            "{elapsed} {bar:30} {human_pos}/{human_len} verdicts, {eta} left",
            |_| work.run(&done, &stop),
            |bar| {
                bar.set_position(done.load(Ordering::Relaxed));
                stop.fetch_or(signals.any(), Ordering::Relaxed);
            },
        );
        let matrix = matrix.ok_or("a case was ended by a panic")?;
        matrix.ok_or_else(|| match signals.any() {
            true => "ended by a signal; nothing is written".into(),
            false => "too many cases do not end; nothing is written".into(),
        })
    }

    /// The contents of the files that are in the set already.
    fn kept_contents(&self) -> Result<BTreeSet<Vec<u8>>, String> {
        let kept = file::all_below(&self.kept, |_| true)?;
        kept.paths.iter().map(|path| kept.read(path)).collect()
    }
}

/// Prints the share of the picked cases in everything that all cases do.
fn print(matrix: &Matrix, kept: &[usize], picked: &[usize]) {
    let set: Vec<usize> = kept.iter().chain(picked).copied().collect();
    let all: Vec<usize> = (0..matrix.rows.len()).collect();
    say!("{} of {} cases picked", picked.len(), all.len());
    let line = |name: &str, is_kind: &dyn Fn(&Column) -> bool| {
        let of_kind = || matrix.columns.iter().filter(|column| is_kind(column));
        let met = |rows: &[usize]| {
            let met = of_kind().filter(|column| matrix.witnesses(**column, rows) > 0);
            met.count()
        };
        let (by_set, by_all) = (met(&set), met(&all));
        say!("{name:25}{by_set:>6} of {by_all} that some case has");
    };
    line("events", &|column| matches!(column, Column::Times(_, 1)));
    line("events with collections", &|column| {
        matches!(column, Column::Collected(..))
    });
    line("traps", &|column| matches!(column, Column::Trapped(_)));
    line("events with limits", &|column| {
        matches!(column, Column::Limited(..))
    });
    line("faults detected", &|column| {
        matches!(column, Column::Detects(_))
    });
}
