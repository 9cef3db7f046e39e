//! Options that several commands share.

use super::collectors::{Collectors, KnownCollectors};
use super::engine::{EngineOption, Engines, engine};
use crate::case::LimitsText;
use crate::engine::Grain;
use crate::engines::EngineSubject;
use crate::oracle::{CaseForm as _, Layers, Options, Subject as _, Timing};
use crate::zoo::{self, Fault, Probe};
use clap::{Args, ValueEnum};
use std::sync::Arc;
use std::time::Duration;

/// How often to audit, as an option.
#[derive(Copy, Clone, ValueEnum)]
pub(super) enum Audit {
    /// Not at all: only what runs show counts.
    Never,
    /// After collections, at increasing intervals, and at the end. A case that
    /// fails is run again at the finest grain.
    Auto,
    /// Once, when the plan is done.
    End,
    /// After every collection.
    Collection,
    /// After every collection and every call.
    Call,
    /// Before every collection, too.
    Collecting,
    /// After every instruction that touches the heap.
    Every,
}

impl From<Audit> for Timing {
    fn from(audit: Audit) -> Timing {
        match audit {
            Audit::Never => Timing::Never,
            Audit::Auto => Timing::Sampled,
            Audit::End => Timing::At(Grain::End),
            Audit::Collection => Timing::At(Grain::Collection),
            Audit::Call => Timing::At(Grain::Call),
            Audit::Collecting => Timing::At(Grain::Collecting),
            Audit::Every => Timing::At(Grain::Every),
        }
    }
}

/// What to judge with.
#[derive(Clone, Args)]
pub(super) struct Judging {
    /// Collectors to run under and compare: null, drc, copying, model.
    // The parser is replaced if the program has collectors of its own.
    #[arg(short = 'C', value_name = "collector=NAME,...",
          value_parser = |text: &str| KnownCollectors::default().option(text))]
    pub collectors: Option<Collectors>,

    /// The collectors that names stand for.
    #[arg(skip)]
    pub known: KnownCollectors,

    /// How often to audit the heaps [default: auto].
    #[arg(long, value_enum)]
    pub audit: Option<Audit>,

    /// How much of the oracle is on: all, or results and names joined by +, of
    /// heap, graph, zero, exact, roots, leak, blocks, type, poison, language, schedule,
    /// votes. Without heap, a case in which a heap notices that it is corrupt is
    /// discarded.
    #[arg(long, value_name = "LAYERS")]
    pub oracle: Option<Layers>,

    /// Whether heaps that free are run a second time, with other collections
    /// [default: true; in campaigns a share of the cases].
    #[arg(long, value_name = "BOOL")]
    pub reschedule: Option<bool>,

    /// A fault to switch on (`gcdiff zoo --list` has them all); none, not even
    /// the one that a header names.
    #[arg(long, value_name = "ID", value_parser = fault_or_none)]
    fault: Option<Choice>,

    /// Another engine to compare, in a process of its own: one of gcdiff.toml, or a
    /// name for reports and the command of its runner, split at spaces
    /// (docs/engines.md). May be given several times. Cases are then judged in
    /// their exported form.
    #[arg(long, value_name = "NAME[=COMMAND]", value_parser = engine)]
    engine: Vec<EngineOption>,

    #[arg(skip)]
    engines: Engines,

    /// How long a case may take; one that takes longer is a finding of law
    /// limits. 0 is for ever. Default: 10 for fuzz and for an engine, 60 for a file.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

/// What a run may use, for commands that read cases.
#[derive(Clone, Default, Args)]
pub(super) struct Limiting {
    /// What a run may use, in the place of the default and of what a header
    /// asks for: any of fuel, frames, registers, heap_bytes, table_elements,
    /// memory_bytes, reentry, footprint (bytes of memory that a verdict takes)
    /// and work (estimated nanoseconds of a run: fuel, collections, audits). N
    /// may end in k, m or g. What needs more footprint or work is discarded.
    #[arg(long, value_name = "NAME=N,...", default_value = "", hide_default_value = true, value_parser = limits)]
    pub limits: LimitsText,
}

impl Limiting {
    /// The same option as words of a command, with a space before each; empty if it is not given.
    pub(super) fn words(&self) -> String {
        match self.limits.to_string() {
            limits if limits.is_empty() => limits,
            limits => format!(" --limits {limits}"),
        }
    }
}

/// Reads the value of `--limits`; an empty value sets no limit.
fn limits(text: &str) -> Result<LimitsText, String> {
    match text {
        "" => Ok(LimitsText::default()),
        text => Ok(text.parse()?),
    }
}

/// Finds a fault.
pub(super) fn fault(id: &str) -> Result<Fault, String> {
    zoo::fault(id).ok_or_else(|| {
        let ids: Vec<&str> = zoo::FAULTS.iter().map(|f| f.id).collect();
        format!("no fault {id:?}; there are {}", ids.join(", "))
    })
}

/// Value of `--fault`.
#[derive(Copy, Clone)]
pub(super) enum Choice {
    None,
    Fault(Fault),
}

/// The fault that a header names, which may be "none".
pub(super) fn fault_named(id: &str) -> Result<Option<Fault>, String> {
    match fault_or_none(id)? {
        Choice::Fault(fault) => Ok(Some(fault)),
        Choice::None => Ok(None),
    }
}

/// Reads the id of a fault, or `none`.
fn fault_or_none(id: &str) -> Result<Choice, String> {
    match id {
        "none" => Ok(Choice::None),
        id => fault(id).map(Choice::Fault),
    }
}

/// The options with engines, which run cases in another form: all in the same one, since the heaps run
/// them in that form, too.
fn with_engines(mut options: Options, engines: Vec<Arc<EngineSubject>>) -> Result<Options, String> {
    for engine in engines {
        let form = engine.form();
        if let Some(other) = &options.form
            && other.name() != form.name()
        {
            return Err(format!(
                "engine {} takes cases in the {} form, and another engine in the {} form: they need runs \
                 of their own",
                engine.name(),
                form.name(),
                other.name()
            ));
        }
        options.form = Some(Arc::new(form));
        options.collectors.push(engine);
    }
    Ok(options)
}

impl Judging {
    /// Whether the command line has an engine.
    pub(super) fn has_engines(&self) -> bool {
        !self.engine.is_empty()
    }

    /// The options with the engines of the command line.
    pub(super) fn with_engines(&self, options: Options) -> Result<Options, String> {
        let timeout = self.engine_timeout();
        let engines = self.engines.given(&self.engine, &self.known, timeout)?;
        with_engines(options, engines)
    }

    /// The options with the engines that a header names, without those of the command line.
    pub(super) fn with_named_engines(
        &self,
        options: Options,
        named: &[&str],
    ) -> Result<Options, String> {
        let timeout = self.engine_timeout();
        let engines = self
            .engines
            .named(&self.engine, &self.known, named, timeout)?;
        with_engines(options, engines)
    }

    /// Has engines answer soon or not at all, since the command is to end.
    pub(super) fn interrupt_engines(&self) {
        self.engines.interrupt.set();
    }

    /// Waits for engines again as long as they may take.
    pub(super) fn resume_engines(&self) {
        self.engines.interrupt.clear();
    }

    fn engine_timeout(&self) -> Duration {
        self.timeout(10).unwrap_or(Duration::MAX)
    }

    /// The same options as words of a command, with a space before each.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        let mut add = |option: &str, value: Option<String>| {
            if let Some(value) = value {
                words.push_str(&format!(" {option} {value}"));
            }
        };
        let collectors = self.collectors.as_ref().map(|Collectors(list)| {
            let names: Vec<&str> = list.iter().map(|c| c.name()).collect();
            format!("collector={}", names.join(","))
        });
        add("-C", collectors);
        let audit = self.audit.map(|audit| Timing::from(audit).to_string());
        add("--audit", audit);
        add("--oracle", self.oracle.map(|layers| layers.to_string()));
        add("--reschedule", self.reschedule.map(|on| on.to_string()));
        let fault = self.fault.map(|choice| match choice {
            Choice::Fault(fault) => fault.id.to_string(),
            Choice::None => "none".into(),
        });
        add("--fault", fault);
        add("--timeout", self.timeout.map(|seconds| seconds.to_string()));
        for engine in &self.engine {
            words.push_str(&format!(" {}", engine.words()));
        }
        words
    }

    /// `default` with the timing and layers of the command line, if given.
    pub(super) fn timing_and_layers(&self, default: Options) -> Options {
        Options {
            timing: self.audit.map_or(default.timing, Timing::from),
            layers: self.oracle.unwrap_or(default.layers),
            ..default
        }
    }

    /// The fault that the command line switches on.
    pub(super) fn fault(&self) -> Option<Fault> {
        match self.fault {
            Some(Choice::Fault(fault)) => Some(fault),
            Some(Choice::None) | None => None,
        }
    }

    /// The fault of a case or a script whose header names `header`.
    pub(super) fn fault_of(&self, header: Option<&str>) -> Result<Option<Fault>, String> {
        match (self.fault, header) {
            (None, Some(id)) => fault_named(id),
            _ => Ok(self.fault()),
        }
    }

    /// Time limit per case; `default` seconds if none is given.
    pub(super) fn timeout(&self, default: u64) -> Option<Duration> {
        let seconds = self.timeout.unwrap_or(default);
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// `default` with the options of the command line.
    pub(super) fn options(&self, default: Options) -> Options {
        let mut options = Options {
            reschedule: self.reschedule.unwrap_or(default.reschedule),
            ..self.timing_and_layers(default)
        };
        if let Some(Collectors(list)) = &self.collectors {
            options.collectors = list.clone();
            options.sometimes = Vec::new();
        }
        match self.fault() {
            Some(fault) => fault.switch_on(options, &Probe::default()),
            None => options,
        }
    }
}
