//! `gcdiff reduce`: the smallest case that still shows a finding.

use super::CommandOutcome;
use super::file;
use super::load::{self, Loaded};
use super::options::{Judging, Limiting};
use super::output::{complain, say};
use super::signals::Signals;
use super::waiting::Waiting;
use crate::campaign::replay::CaseResult;
use crate::campaign::targets::{FuzzTarget, with_fault};
use crate::case::{Case, Header, Style, write_with};
use crate::escape;
use crate::oracle::Options;
use crate::reduce::{
    self, Form, Keep, Predicate, Program, Progress, Reduced, SameFinding, Settings, confirmed,
    instructions, reduce, text,
};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
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
    /// The case: .wat or .wasm, or an input of --target.
    file: PathBuf,

    /// The result [default: FILE with the extension reduced.wat, or reduced.wasm with --wasm].
    #[arg(long, short, value_name = "FILE")]
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
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,
}

/// The passes, for the help.
fn passes() -> String {
    let lines = crate::reduce::passes().map(|(name, about)| format!("  {name:13} {about}\n"));
    let lines: String = lines.collect();
    format!("Passes, in the order in which they run, again and again:\n{lines}")
}

/// What is to be reduced.
struct Input {
    case: Case,
    header: Header,
    options: Option<Options>,
}

impl Reduce {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let name = escape::path(&self.file);
        let in_file = |message: String| format!("{name}: {message}");
        let Input {
            case,
            header,
            options,
        } = self.input()?;
        let form = match (self.wasm, self.wat) {
            (true, _) => Form::Wasm,
            (_, true) => Form::Wat,
            _ if self.command.is_some() && is_binary(&self.file) => Form::Wasm,
            _ => Form::Wat,
        };
        let out = self.out(form);
        if is_same_file(&out, &self.file) {
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
        let before = case.clone();
        let writer = Writer {
            out: &out,
            form,
            header: &header,
            options: options.as_ref(),
        };
        let watch = Watch {
            signals: &signals,
            until: self
                .seconds
                .and_then(|s| Instant::now().checked_add(Duration::from_secs(s))),
            writer: &writer,
            next: Mutex::new(Instant::now()),
        };
        let waiting = Waiting::for_(format!("reducing {name}"));
        let reduced = reduce(case, predicate, &settings, &watch);
        drop(waiting);
        let reduced = reduced.map_err(|e| in_file(e.to_string()))?;
        if reduced.overdue > 0 {
            complain(&format!(
                "{} candidates did not end in time (--timeout), and were not kept",
                reduced.overdue
            ));
        }
        self.finish(&before, reduced, predicate, &writer)
    }

    /// Writes the result, with names if it keeps the finding with them.
    fn finish(
        &self,
        before: &Case,
        reduced: Reduced,
        predicate: &dyn Predicate,
        writer: &Writer<'_>,
    ) -> Result<CommandOutcome, String> {
        // On disk before anything else: a program may answer differently now.
        writer.write(&reduced.case, reduced.finished)?;
        let path = escape::path(writer.out);
        let best = confirmed(&reduced, predicate, writer.form == Form::Wat);
        let best = best.map_err(|e| format!("{e} ({path} has that case)"))?;
        writer.write(&best, reduced.finished)?;
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

    /// The case of an input of a fuzz target.
    fn input_of(&self, target: FuzzTarget) -> Result<Input, String> {
        let in_file = |message: &str| format!("{}: {message}", escape::path(&self.file));
        let bytes = file::read(&self.file)?;
        let fault = self.judging.fault();
        let all = with_fault(self.judging.timing_and_layers(target.options()), fault);
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

/// Whether two paths lead to the same file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Whether a file holds a binary module.
fn is_binary(path: &Path) -> bool {
    file::read(path).is_ok_and(|bytes| bytes.starts_with(b"\0asm"))
}

/// Writes cases to the file of the result.
struct Writer<'a> {
    out: &'a Path,
    form: Form,
    header: &'a Header,
    /// How to judge, to say what the case shows.
    options: Option<&'a Options>,
}

impl Writer<'_> {
    /// Writes a case. If it is `finished`, no pass makes it smaller.
    fn write(&self, case: &Case, finished: bool) -> Result<(), String> {
        if self.form == Form::Wasm {
            let written = crate::campaign::replace(self.out, &case.wasm);
            return written.map_err(|e| format!("{}: {e}", escape::path(self.out)));
        }
        let text = match self.options {
            Some(options) => text(case, &reduce::header(self.header, finished), options),
            // As the program has got it.
            None => write_with(case, self.header, Style::Plain, ""),
        };
        file::write(self.out, &text.map_err(|e| e.to_string())?)
    }
}

impl Progress for Signals {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        self.any()
    }
}

/// Watches a reduction: keeps the smallest case on disk, and ends it at a signal.
struct Watch<'a> {
    signals: &'a Signals,
    until: Option<Instant>,
    writer: &'a Writer<'a>,
    /// The time of the next write.
    next: Mutex<Instant>,
}

/// Time between two writes of the smallest case so far, at least; and as a multiple of the time
/// that a write takes, since it judges the case.
const BETWEEN: Duration = Duration::from_millis(500);
const LONGER: u32 = 10;

impl Progress for Watch<'_> {
    fn accepted(&self, _: &str, best: &Case, _: u64) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let start = Instant::now();
        if start < *next {
            return;
        }
        // An error comes again at the end, where it decides the exit code.
        let _ = self.writer.write(best, false);
        *next = Instant::now() + BETWEEN.max(start.elapsed() * LONGER);
    }

    fn is_stopped(&self) -> bool {
        self.signals.any() || self.until.is_some_and(|until| Instant::now() >= until)
    }
}
