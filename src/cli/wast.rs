//! `gcdiff wast`: scripts of the official test suite's format.

use super::collectors::{Collectors, OF_ANOTHER};
use super::format::{self, Annotation, JudgedCase, VerdictFormat};
use super::global::Quiet;
use super::options::{Judging, Limiting};
use super::output::{self, Mood, complain, say};
use super::waiting::Waiting;
use super::{CommandOutcome, file};
use crate::case::parse_schedule;
use crate::engine::Schedule;
use crate::escape::{self, Line};
use crate::heap::Reclaims;
use crate::jobs::within;
use crate::oracle::json::word;
use crate::oracle::{self, Collector, Subject, Verdict};
use crate::script::{self, Auditing, Options, Report, ScriptError};
use crate::zoo::Probe;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Run WebAssembly scripts under several collectors, and audit
///
/// FILE is a script in the format of the official test suite, run in a store of
/// its own under each collector. It can import `spectest`, and from `wasmtime`
/// the function `gc`, which collects. Lines at the top that begin with `;;!`
/// may say `collectors`, `schedule`, `fault`, `audit`, `oracle` and `limits`;
/// options override them. Exit code: 0 if everything passed, 1 if anything
/// failed, 2 if a file is no script, or was not run to its end: it needs more
/// memory or time than it may, or a heap notices that it is corrupt and the
/// oracle does not ask for that.
#[derive(Args)]
pub(super) struct Wast {
    /// The scripts.
    #[arg(required = true, value_name = "FILE", value_parser = file::input())]
    files: Vec<PathBuf>,

    /// End after the first collector under which a script fails.
    #[arg(long)]
    stop_at_first: bool,

    #[command(flatten)]
    pub(super) judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    /// When to collect: never, safepoints, allocations, allocations/N, or
    /// at:N,N,... (safepoints counted from 1).
    #[arg(long, value_parser = parse_schedule)]
    schedule: Option<Schedule>,

    #[command(flatten)]
    format: VerdictFormat,

    #[command(flatten)]
    quiet: Quiet,
}

impl Wast {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        if self.judging.reschedule.is_some() {
            return Err("--reschedule is for cases: a script is run once".into());
        }
        if self.judging.has_engines() {
            return Err("--engine is for cases: other engines run scripts themselves".into());
        }
        self.quiet.apply();
        self.format.format.apply();
        let mut failed = false;
        let mut unreadable = Vec::new();
        for path in &self.files {
            let name = escape::path(path).to_string();
            match self.script(path, &name) {
                Ok(passed) => failed |= !passed,
                Err(message) => unreadable.push(message),
            }
            if failed && self.stop_at_first {
                break;
            }
        }
        // A failure decides the exit code even after an error.
        let last = match failed {
            true => None,
            false => unreadable.pop(),
        };
        for message in &unreadable {
            complain(message);
            format::error(message);
        }
        if let Some(last) = last {
            return Err(last);
        }
        match failed {
            true => Ok(CommandOutcome::Finding),
            false => Ok(CommandOutcome::Agree),
        }
    }

    /// Runs one script under each collector. Returns whether it passed.
    fn script(&self, path: &std::path::Path, name: &str) -> Result<bool, String> {
        let in_file = |message: String| format!("{name}: {message}");
        let text = String::from_utf8(file::read(path)?)
            .map_err(|e| in_file(format!("not UTF-8 text: {}", e.utf8_error())))?;
        let directives = script::directives(&text).map_err(|e| in_file(e.to_string()))?;
        let in_header = |message: String| in_file(format!("header: {message}"));
        let collectors = match (&self.judging.collectors, &directives.collectors) {
            (Some(Collectors(given)), _) => given.clone(),
            (None, Some(names)) => {
                let list = self.judging.known.list(names.iter().map(String::as_str));
                list.map_err(|message| in_header(format!("{message}; {OF_ANOTHER}")))?
            }
            (None, None) => self.judging.known.with_heaps(),
        };
        let judged = oracle::Options::default().pinned(&directives.judging());
        let judged = self
            .judging
            .timing_and_layers(judged.map_err(|e| in_header(e.to_string()))?);
        let mut auditing = Auditing {
            timing: judged.timing,
            layers: judged.layers,
            variants: Vec::new(),
        };
        let fault = self.judging.fault_of(directives.fault.as_deref());
        if let Some(fault) = fault.map_err(in_header)? {
            auditing.variants = fault.variants(&Probe::default());
        }
        let mut options = Options::default();
        options.limits = directives
            .limits(&self.limiting.limits, options.limits)
            .map_err(|e| in_file(e.to_string()))?;
        if let Some(schedule) = self.schedule.as_ref().or(directives.schedule.as_ref()) {
            options.schedule = schedule.clone();
        }
        let mut passed = true;
        // Whether a run was ended for exceeding a limit, or by a heap that found itself corrupt.
        let mut cut_short = false;
        // The heaps so far, with an upper bound of their times: on a busy machine elapsed time
        // exceeds processor time, so a later heap is blamed less easily.
        let mut ran = Vec::new();
        for subject in &collectors {
            let collector = subject.name();
            let (text, auditing, options) = (text.clone(), auditing.clone(), options.clone());
            let waiting = Waiting::for_(format!("running {name} under {collector}"));
            let (times, began) = (ran.clone(), Instant::now());
            let runs = subject.clone();
            let report = within(self.judging.timeout(60), move |desk| {
                let times: Vec<(&str, Duration)> = times
                    .iter()
                    .map(|(heap, time): &(String, Duration)| (&heap[..], *time))
                    .collect();
                let frees = runs.reclaims() != Reclaims::Nothing;
                desk.note_heap(runs.name(), frees, &times);
                script_on(&*runs, &text, auditing, &options)
            });
            ran.push((collector.to_string(), began.elapsed()));
            drop(waiting);
            match report {
                Ok(None) => {
                    return Err(in_file(format!(
                        "collector {collector} runs no scripts: it has no heap on the engine of gcdiff"
                    )));
                }
                Ok(Some(report)) => {
                    let report = report.map_err(|e| in_file(e.to_string()))?;
                    print(name, collector, &report);
                    format::record("script", &ScriptRecord::new(name, collector, &report));
                    passed &= report.failures.is_empty();
                    cut_short |= report.reasons().keys().any(|reason| reason.cuts_short());
                }
                Err(verdict) => {
                    let mood = match verdict.is_finding() {
                        true => Mood::Finding,
                        false => Mood::Discard,
                    };
                    if verdict.is_finding() {
                        output::found();
                    }
                    let before = format!("{name}: {collector}: ");
                    output::verdict(&before, mood, format_args!("{verdict}"));
                    JudgedCase::new(Some(path), &verdict).annotate();
                    let record = ScriptRecord::without_report(name, collector, &verdict);
                    format::record("script", &record);
                    passed &= !verdict.is_finding();
                    cut_short |= !verdict.is_finding();
                }
            }
            if !passed && self.stop_at_first {
                break;
            }
        }
        match passed && cut_short {
            true => Err(in_file("not all of it was run, see above".into())),
            false => Ok(passed),
        }
    }
}

/// Runs a script on a subject. `None` if the subject has no heaps.
fn script_on(
    subject: &dyn Subject,
    text: &str,
    auditing: Auditing,
    options: &Options,
) -> Option<Result<Report, ScriptError>> {
    match subject.name().parse::<Collector>() {
        // Possibly with a fault.
        Ok(collector) => Some(script::run_under(text, collector, auditing, options)),
        Err(_) => script::run_on(text, subject, auditing, options),
    }
}

/// The record of a script under a collector.
#[derive(Serialize)]
struct ScriptRecord<'a> {
    file: &'a str,
    collector: &'a str,
    verdict: &'static str,
    message: String,
    passed: usize,
    failures: Vec<FailureRecord<'a>>,
    skipped: Vec<SkipRecord>,
}

#[derive(Serialize)]
struct FailureRecord<'a> {
    line: usize,
    message: &'a str,
}

#[derive(Serialize)]
struct SkipRecord {
    line: usize,
    reason: &'static str,
}

impl<'a> ScriptRecord<'a> {
    fn new(name: &'a str, collector: &'a str, report: &'a Report) -> ScriptRecord<'a> {
        let failures = report.failures.iter().map(|failure| FailureRecord {
            line: failure.line,
            message: &failure.message,
        });
        let skipped = report.skipped.iter().map(|skip| SkipRecord {
            line: skip.line,
            reason: skip.reason.text(),
        });
        ScriptRecord {
            file: name,
            collector,
            verdict: match report.failures.is_empty() {
                true => "passed",
                false => "failed",
            },
            message: report.to_string(),
            passed: report.passed,
            failures: failures.collect(),
            skipped: skipped.collect(),
        }
    }

    /// A script that did not end.
    fn without_report(name: &'a str, collector: &'a str, verdict: &Verdict) -> ScriptRecord<'a> {
        ScriptRecord {
            file: name,
            collector,
            verdict: word(verdict),
            message: verdict.to_string(),
            passed: 0,
            failures: Vec::new(),
            skipped: Vec::new(),
        }
    }
}

fn print(name: &str, collector: &str, report: &Report) {
    let mood = match (report.failures.is_empty(), report.passed) {
        (false, _) => Mood::Finding,
        (true, 0) => Mood::Discard,
        (true, _) => Mood::Agree,
    };
    if mood == Mood::Finding {
        output::found();
    }
    let before = format!("{name}: {collector}: ");
    output::verdict_line(&before, mood, format_args!("{report}"));
    for (reason, count) in report.reasons() {
        say!("  {count} skipped: {}", reason.text());
    }
    for failure in &report.failures {
        let mut lines = failure.message.lines();
        let first = lines.next().unwrap_or_default();
        say!("  {name}:{}: {}", failure.line, Line(first));
        lines.for_each(|line| say!("    {}", Line(line)));
        format::annotate(&Annotation {
            file: Some(name),
            line: u64::try_from(failure.line).ok(),
            title: &format!("gcdiff: {collector}"),
            ..Annotation::error(&failure.message)
        });
    }
}
