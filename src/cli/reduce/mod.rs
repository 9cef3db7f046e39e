//! `gcdiff reduce`: the smallest case that still shows a finding.

mod output;

use self::output::{Quiet, Watch, Writer};
use super::CommandOutcome;
use super::file;
use super::format::{self, RecordFormat};
use super::global;
use super::load::{self, Loaded};
use super::options::{Judging, Limiting};
use super::output::{complain, say};
use super::signals::Signals;
use super::waiting::Waiting;
use crate::campaign::replay::CaseResult;
use crate::campaign::targets::{FuzzTarget, with_fault};
use crate::case::{Case, Header};
use crate::escape;
use crate::oracle::Options;
use crate::reduce::{
    Form, Keep, Predicate, Program, Progress, ReduceError, Reduced, SameFinding, Settings,
    audited_often, confirmed, instructions, reduce,
};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Make a case as small as possible, while it still shows its finding
///
/// FILE is a case as for `gcdiff run`, or with --target an input of that fuzz target. Each pass
/// makes small edits and keeps those after which the finding is still there, until no edit of any
/// pass makes the case simpler. With --command, any program decides instead of the oracle, and FILE
/// is any valid module, also one of another tool. INT, TERM and HUP end the reduction early; the
/// smallest case so far is kept. Exit code: 0 if a case was written, 2 if FILE shows nothing.
#[derive(Args)]
#[command(after_long_help = passes())]
pub(super) struct Reduce {
    /// The case: .wat or .wasm, or an input of --target; or - for standard input.
    #[arg(value_parser = file::input())]
    file: PathBuf,

    /// The result [default: FILE with the extension reduced.wat, or reduced.wasm with --wasm].
    #[arg(long, short, value_name = "FILE", value_parser = file::output())]
    out: Option<PathBuf>,

    /// What counts as the same finding: the same fingerprint; the same law, or a difference of any
    /// kind, and the same heap (law); or any finding (any).
    #[arg(long, value_name = "WHAT", default_value_t, conflicts_with = "command")]
    keep: Keep,

    /// Read FILE as an input of this fuzz target: differential, gc_ops or module.
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    target: Option<FuzzTarget>,

    /// Keep what this shell command keeps: it is called with the path of a candidate in the place
    /// of {}, or at its end, and keeps the candidate with exit code 0.
    #[arg(long, value_name = "COMMAND")]
    command: Option<String>,

    /// With --command, give the program binary modules [default: as FILE].
    #[arg(long, requires = "command", conflicts_with = "wat")]
    wasm: bool,

    /// With --command, give the program text modules.
    #[arg(long, requires = "command")]
    wat: bool,

    /// Stop after this many seconds, with the smallest case so far.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,

    /// Candidates that are tried at a time (default: one per core). The result does not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    #[command(flatten)]
    pub(super) judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    #[command(flatten)]
    format: RecordFormat,

    #[command(flatten)]
    quiet: global::Quiet,
}

/// The record of a reduced case.
#[derive(Serialize)]
struct ReducedRecord {
    file: String,
    out: String,
    instructions: usize,
    instructions_before: usize,
    bytes: usize,
    bytes_before: usize,
    candidates: u64,
    finished: bool,
}

/// The passes, for the help.
fn passes() -> String {
    let lines = crate::reduce::passes().map(|(name, about)| format!("  {name:13} {about}\n"));
    let lines: String = lines.collect();
    format!("Passes, in the order in which they run, again and again:\n{lines}")
}

/// Whether the result is judged once more, with names.
enum Confirming<'a> {
    Yes(&'a dyn Predicate),
    /// The command is to end, and an engine may take long.
    No,
}

/// How often to look whether the search is to end.
const LOOK: Duration = Duration::from_millis(50);

/// What is to be reduced.
struct Input {
    case: Case,
    header: Header,
    options: Option<Options>,
}

impl Reduce {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.quiet.apply();
        self.format.format.apply();
        if file::is_stdin(&self.file) && self.out.is_none() {
            return Err("a case from standard input needs --out FILE".into());
        }
        let name = escape::path(&self.file);
        let in_file = |message: String| format!("{name}: {message}");
        let Input {
            case,
            header,
            options,
        } = self.input()?;
        let before = options;
        let options = before.as_ref().map(|options| self.audited(&case, options));
        let form = match (self.wasm, self.wat) {
            (true, _) => Form::Wasm,
            (_, true) => Form::Wat,
            _ if self.command.is_some() && is_binary(&self.file) => Form::Wasm,
            _ => Form::Wat,
        };
        let out = self.out(form);
        if file::is_same(&out, &self.file) {
            return Err(in_file(
                "--out is the input itself, which would be lost".into(),
            ));
        }
        file::try_write(&out)?;
        // From the call of `Signals::noted` on, a signal ends the reduction and not the process.
        let (same, program, signals);
        let predicate: &dyn Predicate = match (&self.command, &options) {
            (Some(command), _) => {
                signals = Signals::noted()?;
                let timeout = self.judging.timeout(10).unwrap_or(Duration::MAX);
                let header = header.clone();
                let made = Program::new(command, form, timeout, &case, header, &signals);
                program = made.map_err(|e| e.to_string())?;
                &program
            }
            (None, Some(options)) => {
                let made =
                    SameFinding::new(&case, options.clone(), self.keep, self.judging.timeout(10));
                same = made.map_err(|e| in_file(e.to_string()))?;
                signals = Signals::noted()?;
                &same
            }
            (None, None) => return Err(in_file("there is nothing to judge it with".into())),
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let settings = Settings::default().with_jobs(self.jobs.map_or(cores, usize::from));
        let writer = Writer {
            out: &out,
            form,
            header: &header,
            options: before.as_ref().zip(options.as_ref()),
            keep: self.keep,
            timeout: self.judging.timeout(10),
        };
        let before = case.clone();
        let watch = Watch {
            signals: &signals,
            until: self
                .seconds
                .and_then(|s| Instant::now().checked_add(Duration::from_secs(s))),
            writer: &writer,
            next: Mutex::new(Instant::now()),
        };
        let waiting = Waiting::for_(format!("reducing {name}"));
        let search = || {
            let mut reduced = reduce(case, predicate, &settings, &watch)?;
            if let (Some(options), Some(narrower)) = (&options, self.keep.narrower())
                && !watch.is_stopped()
            {
                let again = self.through(narrower, self.keep, &before, options, &settings, &watch);
                // There is a result already, whatever becomes of this one.
                if let Ok(again) = again {
                    reduced = best_of(reduced, again);
                    // What bounded the work of candidates was the other result.
                    predicate.goes_back(&reduced.case);
                }
            }
            Ok::<Reduced, ReduceError>(reduced)
        };
        let reduced = self.while_engines_answer(&watch, search);
        let reduced = reduced.map_err(|e| in_file(e.to_string()))?;
        drop(waiting);
        if reduced.overdue > 0 {
            complain(&format!(
                "{} candidates did not end in time (--timeout), and were not kept",
                reduced.overdue
            ));
        }
        let has_engines = options
            .as_ref()
            .is_some_and(|options| options.form.is_some());
        let asks = match has_engines && watch.is_stopped() {
            true => Confirming::No,
            false => Confirming::Yes(predicate),
        };
        self.finish(&before, reduced, asks, &writer)
    }

    /// Searches, and does not wait for engines that do not answer once the search is to end.
    fn while_engines_answer<T>(&self, watch: &Watch<'_>, search: impl FnOnce() -> T) -> T {
        let (done, ends) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = ends.recv_timeout(LOOK) {
                    if watch.is_stopped() {
                        self.judging.interrupt_engines();
                    }
                }
            });
            let found = search();
            drop(done);
            found
        })
    }

    /// Reduces with the narrower kind of finding first, and goes on from there: with more freedom at
    /// once, a reduction may end in a case from which no small edit leads further.
    fn through(
        &self,
        narrower: Keep,
        keep: Keep,
        case: &Case,
        options: &Options,
        settings: &Settings,
        watch: &Watch<'_>,
    ) -> Result<Reduced, ReduceError> {
        let timeout = self.judging.timeout(10);
        let same = |case: &Case, keep| SameFinding::new(case, options.clone(), keep, timeout);
        let mut first = reduce(
            case.clone(),
            &same(case, narrower)?,
            settings,
            &Quiet(watch),
        )?;
        if let Some(narrowest) = narrower.narrower() {
            let other = self.through(narrowest, narrower, case, options, settings, watch)?;
            first = best_of(first, other);
        }
        let wider = same(&first.case, keep)?;
        let mut second = reduce(first.case, &wider, settings, &Quiet(watch))?;
        second.tried += first.tried;
        second.overdue += first.overdue;
        Ok(second)
    }

    /// Writes the result, with names if it keeps the finding with them.
    fn finish(
        &self,
        before: &Case,
        reduced: Reduced,
        confirming: Confirming<'_>,
        writer: &Writer<'_>,
    ) -> Result<CommandOutcome, String> {
        // The text says what the case shows.
        self.judging.resume_engines();
        // On disk before anything else: a program may answer differently now.
        writer.write(&reduced.case, reduced.finished)?;
        let path = escape::path(writer.out);
        let best = match confirming {
            Confirming::No => reduced.case.clone(),
            Confirming::Yes(predicate) => {
                let best = confirmed(&reduced, predicate, writer.form == Form::Wat);
                let best = best.map_err(|e| format!("{e} ({path} has that case)"))?;
                writer.write(&best, reduced.finished)?;
                best
            }
        };
        let size = |case: &Case| case.wasm.len();
        say!(
            "{path}: {} of {} instructions and {} of {} bytes are left, after {} candidates{}",
            instructions(&best.wasm),
            instructions(&before.wasm),
            size(&reduced.case),
            size(before),
            reduced.tried,
            if reduced.finished {
                ""
            } else {
                "; not finished"
            },
        );
        let record = ReducedRecord {
            file: escape::path(&self.file),
            out: path.to_string(),
            instructions: instructions(&best.wasm),
            instructions_before: instructions(&before.wasm),
            bytes: size(&reduced.case),
            bytes_before: size(before),
            candidates: reduced.tried,
            finished: reduced.finished,
        };
        format::record("reduced", &record);
        Ok(CommandOutcome::Agree)
    }

    fn out(&self, form: Form) -> PathBuf {
        match (&self.out, form) {
            (Some(out), _) => out.clone(),
            (None, Form::Wasm) => self.file.with_extension("reduced.wasm"),
            (None, Form::Wat) => self.file.with_extension("reduced.wat"),
        }
    }

    fn input(&self) -> Result<Input, String> {
        if let Some(target) = self.target {
            return self.input_of(target);
        }
        if self.command.is_some() {
            if self.judging.has_engines() {
                return Err("with --command no engine is asked: --engine says nothing".into());
            }
            let in_file = |message: String| format!("{}: {message}", escape::path(&self.file));
            let bytes = file::read(&self.file)?;
            let (case, header) = load::read(&bytes, &self.limiting.limits).map_err(in_file)?;
            return Ok(Input {
                case,
                // What the header says of the finding is no part of the case, and could satisfy a
                // program that looks for text.
                header: Header {
                    about: None,
                    fingerprint: None,
                    ..header
                },
                options: None,
            });
        }
        let Loaded {
            case,
            options,
            header,
            ..
        } = load::load(&self.file, &self.judging, &self.limiting)?;
        let header = Header {
            about: header.about,
            fault: self
                .judging
                .fault_of(header.fault.as_deref())?
                .map(|fault| fault.id.to_string()),
            ..options.pins().header()
        };
        Ok(Input {
            case,
            header,
            options: Some(options),
        })
    }

    /// Options with more audits, unless the command line says how many.
    fn audited(&self, case: &Case, options: &Options) -> Options {
        // Beside an engine the heaps are there to decide, and each verdict takes long.
        match self.judging.audit.is_some() || options.form.is_some() {
            true => options.clone(),
            false => audited_often(case, options, self.judging.timeout(10)),
        }
    }

    /// The case of an input of a fuzz target.
    fn input_of(&self, target: FuzzTarget) -> Result<Input, String> {
        let in_file = |message: &str| format!("{}: {message}", escape::path(&self.file));
        let bytes = file::read(&self.file)?;
        let fault = self.judging.fault();
        let all = self.judging.known.beside(target.options());
        let all = with_fault(self.judging.timing_and_layers(all), fault);
        let all = self.judging.with_engines(all)?;
        let id = fault.map(|fault| fault.id);
        let CaseResult::Finding(finding) = target.look(&bytes, &all, id) else {
            return Err(in_file("the input shows no finding"));
        };
        let Some(case) = finding.case.clone().filter(|_| finding.runs()) else {
            return Err(in_file(
                "the finding needs the input: there is no case to reduce",
            ));
        };
        let header = finding.pins.header();
        let options = all.for_header(&header).map_err(|e| e.to_string())?;
        Ok(Input {
            case,
            header: Header {
                about: Some(format!("an input of the fuzz target {target}")),
                fault: id.map(str::to_string),
                ..header
            },
            options: Some(options),
        })
    }
}

/// Whether a file holds a binary module.
fn is_binary(path: &Path) -> bool {
    file::read(path).is_ok_and(|bytes| bytes.starts_with(b"\0asm"))
}

/// The smaller of two reduced cases, the first if none is.
fn best_of(a: Reduced, b: Reduced) -> Reduced {
    let (tried, overdue) = (a.tried + b.tried, a.overdue + b.overdue);
    let mut best = if b.cost < a.cost { b } else { a };
    (best.tried, best.overdue) = (tried, overdue);
    best
}
