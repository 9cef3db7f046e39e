//! `gcdiff events`: what generated cases do to a collector.

use super::format::{self, RecordFormat};
use super::output::{complain, say};
use super::progress::watched;
use super::signals::Signals;
use super::{CommandOutcome, file};
use crate::campaign::targets::FuzzTarget;
use crate::events::{self, Event, EventTable, Survey, Surveyed};
use crate::generate::{Feature, Features, Generator, Profile};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Count what generated cases do to a collector
///
/// Runs cases under the counting heap and prints which share of them reaches
/// each event: allocations, stores over objects, overlapping copies, casts that
/// fail, collections with live roots and so on.
#[derive(Args)]
pub(super) struct Events {
    /// Cases of each generator.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    cases: u64,

    /// Seed of the cases.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// What makes the cases (default: all generators, side by side).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    generator: Vec<Generator>,

    /// Features of the language that no module uses, for engines without them:
    /// exceptions, tail-calls, simd, relaxed-simd, memory64, multi-memory. The cases
    /// of a seed are then others.
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    without: Vec<Feature>,

    /// Count fuzz inputs instead, each on its own: files, or folders of files.
    #[arg(
        long, value_name = "PATH", num_args = 1..,
        conflicts_with_all = ["cases", "seed", "generator", "without"]
    )]
    inputs: Vec<PathBuf>,

    /// With --inputs, the fuzz target that they are of: differential or gc_ops.
    #[arg(long, value_name = "NAME", requires = "inputs", default_value_t = FuzzTarget::Differential)]
    target: FuzzTarget,

    /// Threads (default: one per core). The figures do not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// How long a case may take. 0 is for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,

    /// Print one JSON document instead of a table.
    #[arg(long, conflicts_with = "format")]
    json: bool,

    #[command(flatten)]
    format: RecordFormat,

    /// Write the table to this file, as Markdown.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "inputs"])]
    report: Option<PathBuf>,
}

/// JSON document for generators.
#[derive(Serialize)]
struct Generated {
    seed: u64,
    cases: u64,
    /// For each generator the number of cases that reached each event.
    generators: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

/// JSON document for inputs.
#[derive(Serialize)]
struct OfInputs {
    inputs: u64,
    /// Events that at least one input reached.
    reached: Vec<&'static str>,
    /// Number of inputs that reached each of them.
    counts: BTreeMap<&'static str, u64>,
}

/// The record of a generator.
#[derive(Serialize)]
struct GeneratorRecord<'a> {
    generator: &'static str,
    seed: u64,
    cases: u64,
    counts: &'a BTreeMap<&'static str, u64>,
}

impl Events {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.format.format.apply();
        if self.inputs.is_empty() {
            self.generated()
        } else {
            self.of_inputs()
        }
    }

    fn generators(&self) -> Vec<Generator> {
        match self.generator.is_empty() {
            true => Generator::ALL.to_vec(),
            false => self.generator.clone(),
        }
    }

    fn features(&self) -> Features {
        self.without.iter().copied().collect()
    }

    fn generated(&self) -> Result<CommandOutcome, String> {
        let generators = self.generators();
        if let Some(path) = &self.report {
            file::try_write(path)?;
        }
        let (tables, ended_by) = self.run(&generators)?;
        if let (Some(ended_by), true) = (&ended_by, self.report.is_some()) {
            return Err(format!("{ended_by}; no report is written"));
        }
        let named = || generators.iter().zip(&tables);
        let counts = |table: &EventTable| -> BTreeMap<&'static str, u64> {
            let counts = Event::ALL.iter().map(|e| (e.name(), table.reached(*e)));
            counts.collect()
        };
        for (generator, table) in named() {
            let record = GeneratorRecord {
                generator: generator.name(),
                seed: self.seed,
                cases: table.cases,
                counts: &counts(table),
            };
            format::record("events", &record);
        }
        if let Some(path) = &self.report {
            let columns: Vec<(&str, &EventTable)> = named().map(|(g, t)| (g.name(), t)).collect();
            let (seed, cases) = (self.seed, self.cases);
            let without = Profile {
                generator: Generator::Default,
                features: self.features(),
            };
            let without = without.options();
            let command = format!("gcdiff events --seed {seed} --cases {cases}{without}");
            file::write(path, &events::markdown(&command, &columns))?;
        } else if self.json {
            json(&Generated {
                seed: self.seed,
                cases: self.cases,
                generators: named().map(|(g, t)| (g.name(), counts(t))).collect(),
            })?;
        } else {
            let head: String = named().map(|(g, _)| format!("{:>13}", g.name())).collect();
            say!("{:30}{head}", "share of cases");
            for event in Event::ALL {
                let shares = tables
                    .iter()
                    .map(|t| format!("{:>11.1} %", t.percent(*event)));
                say!("{:30}{}", event.name(), shares.collect::<String>());
            }
        }
        match ended_by {
            None => Ok(CommandOutcome::Agree),
            Some(ended_by) => {
                let done: u64 = tables.iter().map(|table| table.cases).sum();
                Err(format!("{ended_by}; the figures are those of {done} cases"))
            }
        }
    }

    /// The tables, and why they are incomplete, if they are.
    fn run(&self, generators: &[Generator]) -> Result<(Vec<EventTable>, Option<String>), String> {
        let signals = Signals::noted()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let done: Arc<AtomicU64> = Arc::default();
        let stop: Arc<AtomicBool> = Arc::default();
        let surveys = generators.iter().map(|generator| Survey {
            profile: Profile {
                generator: *generator,
                features: self.features(),
            },
            seed: self.seed,
            cases: self.cases,
            jobs: self.jobs.map_or(cores, usize::from),
            timeout: (self.timeout > 0).then(|| Duration::from_secs(self.timeout)),
        });
        let surveys: Vec<Survey> = surveys.collect();
        let surveyed = watched(
            Some(self.cases * generators.len() as u64),
            "{elapsed} {bar:30} {human_pos}/{human_len} cases",
            |_| {
                let surveyed = surveys.iter().map(|survey| survey.run(&done, &stop));
                surveyed.collect::<Vec<Surveyed>>()
            },
            |bar| {
                bar.set_position(done.load(Ordering::Relaxed));
                stop.fetch_or(signals.any(), Ordering::Relaxed);
            },
        );
        let surveyed = surveyed.ok_or("a case was ended by a panic")?;
        for (generator, surveyed) in generators.iter().zip(&surveyed) {
            for (index, message) in &surveyed.failed {
                complain(&format!("case {index} of {generator}: {message}"));
            }
        }
        let failed: usize = surveyed.iter().map(|surveyed| surveyed.failed.len()).sum();
        let ended_by = match (signals.any(), failed) {
            (true, _) => Some("ended by a signal".into()),
            (false, 0) => None,
            (false, failed) => Some(format!("{failed} cases did not come to their end")),
        };
        let tables = surveyed.into_iter().map(|surveyed| surveyed.table);
        Ok((tables.collect(), ended_by))
    }

    fn of_inputs(&self) -> Result<CommandOutcome, String> {
        if !matches!(self.target, FuzzTarget::Differential | FuzzTarget::GcOps) {
            let target = self.target;
            return Err(format!("inputs of {target} are no generated cases"));
        }
        let below = file::all_below(&self.inputs, |_| true)?;
        if below.paths.is_empty() {
            return Err("there is no input below the given paths".into());
        }
        let mut table = EventTable::default();
        let mut unread = 0;
        for path in &below.paths {
            match below.read(path) {
                // An input that makes no case reaches nothing.
                Ok(input) => {
                    if let Some(drawn) = self.target.drawn(&input) {
                        table.count(&events::of_case(&drawn));
                    }
                }
                Err(message) => {
                    complain(&message);
                    unread += 1;
                }
            }
        }
        let reached = Event::ALL.iter().filter(|e| table.reached(**e) > 0);
        let document = OfInputs {
            inputs: table.cases,
            reached: reached.clone().map(|e| e.name()).collect(),
            counts: reached
                .clone()
                .map(|e| (e.name(), table.reached(*e)))
                .collect(),
        };
        format::record("input-events", &document);
        if self.json {
            json(&document)?;
        } else {
            for event in reached {
                say!("{:30}{:>9}", event.name(), table.reached(*event));
            }
        }
        match unread {
            0 => Ok(CommandOutcome::Agree),
            n => Err(format!(
                "{n} of {} paths could not be read",
                below.paths.len()
            )),
        }
    }
}

fn json(document: &impl Serialize) -> Result<(), String> {
    let text = serde_json::to_string_pretty(document);
    say!("{}", text.map_err(|e| e.to_string())?);
    Ok(())
}
