//! `gcdiff run`: one case, one verdict.

use super::CommandOutcome;
use super::file;
use super::format::{self, JudgedCase, VerdictFormat};
use super::global::Quiet;
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::{self, Mood, complain, say};
use super::waiting::Waiting;
use crate::case::{self, Call, Plan, Step, parse_schedule};
use crate::engine::Schedule;
use crate::escape::{self, Line};
use crate::jobs::within;
use crate::observe::StepOutcome;
use crate::oracle::{
    self, EXCEPTION, JsonReport, JudgeReport, Names, Verdict, show_as, type_of_result,
};
use crate::page::units;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Run modules under several collectors, audit and compare
///
/// FILE is a module in text or binary form, or - for standard input. Lines at the
/// top of a text file that begin with `;;!` are a header with schedule, plan, limits
/// and fault; options override it. Without a plan every exported function is called
/// once, in order, with arguments the harness makes up. Exit code: 1 if there is a
/// finding in any file; else 2 if a file could not be judged; else 0.
#[derive(Args)]
pub(super) struct RunCommand {
    /// The modules, .wat or .wasm.
    #[arg(required = true, value_name = "FILE", value_parser = file::input())]
    files: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    /// Call this function with these arguments, instead of the plan: integers,
    /// floats, null, i31:N, kept:N (a reference returned earlier), or auto for a
    /// value that the harness chooses. One for each parameter, and of its type.
    #[arg(long, num_args = 1.., value_names = ["NAME", "ARGS"], allow_negative_numbers = true)]
    invoke: Vec<String>,

    /// When to collect: never, safepoints, allocations, allocations/N, or
    /// at:N,N,... (safepoints counted from 1).
    #[arg(long, value_parser = parse_schedule)]
    schedule: Option<Schedule>,

    /// Print verdict, violation and observations as a JSON document for each file: the
    /// fields of --format json, without file and type, with line breaks.
    #[arg(long, conflicts_with = "format")]
    json: bool,

    #[command(flatten)]
    format: VerdictFormat,

    #[command(flatten)]
    quiet: Quiet,
}

/// The record of a verdict.
#[derive(Serialize)]
struct VerdictRecord {
    file: String,
    recorded: Option<String>,
    #[serde(flatten)]
    report: JsonReport,
}

impl RunCommand {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.quiet.apply();
        self.format.format.apply();
        if let [file] = &self.files[..] {
            return self.run(file, "");
        }
        let (mut is_found, mut failed) = (false, 0);
        for file in &self.files {
            match self.run(file, &format!("{}: ", escape::path(file))) {
                Ok(CommandOutcome::Agree) => {}
                Ok(CommandOutcome::Finding) => is_found = true,
                Err(message) => {
                    complain(&message);
                    format::error(&message);
                    failed += 1;
                }
            }
        }
        match (is_found, failed) {
            (true, _) => Ok(CommandOutcome::Finding),
            (false, 0) => Ok(CommandOutcome::Agree),
            (false, n) => Err(format!(
                "{n} of {} could not be judged",
                units::count(self.files.len() as u64, "files")
            )),
        }
    }

    /// Judges a file. `before` is printed before its verdict.
    fn run(&self, file: &Path, before: &str) -> Result<CommandOutcome, String> {
        let name = escape::path(file);
        let in_file = |message: String| format!("{name}: {message}");
        let Loaded {
            mut case,
            text,
            module,
            options,
            recorded,
            ..
        } = load(file, &self.judging, &self.limiting)?;
        if let Some(schedule) = &self.schedule {
            case.schedule = schedule.clone();
        }
        if let Some((export, args)) = self.invoke.split_first() {
            let args =
                case::arguments(&module, export, args).map_err(|e| in_file(e.to_string()))?;
            case.plan = Plan::Steps(vec![Step::Call(Call {
                export: export.clone(),
                args,
            })]);
        }
        let (compiled, given) = (module.clone(), options.clone());
        let waiting = Waiting::for_(format!("judging {name}"));
        let judged = within(self.judging.timeout(60), move |desk| {
            oracle::judge_module(&case, &compiled, &desk.watching(&given))
        });
        drop(waiting);
        let judged = match judged {
            Ok(judged) => judged.map_err(|e| in_file(e.to_string()))?,
            // After a timeout only the verdict is known.
            Err(verdict) => JudgeReport::new(*verdict),
        };
        let verdict = judged.verdict.clone().with_lines(&text, &module.wasm);
        // What is observed has the indices of the module that ran.
        let module = judged.converted.clone().unwrap_or(module);
        if verdict.is_finding() {
            output::found();
            JudgedCase::new(Some(file), &verdict).annotate();
        }
        if self.json || format::is_json() {
            let report = JsonReport::new(&verdict).with_runs(&judged, &module);
            match self.json {
                true => say!("{}", report.text()),
                false => format::record(
                    "verdict",
                    &VerdictRecord {
                        file: name.clone(),
                        recorded: recorded.clone(),
                        report,
                    },
                ),
            }
        }
        match &verdict {
            Verdict::Discard(..) => Err(in_file(verdict.to_string())),
            Verdict::Agree if self.json => Ok(CommandOutcome::Agree),
            _ if self.json => Ok(CommandOutcome::Finding),
            Verdict::Agree => {
                let names: Vec<&str> = options.collectors.iter().map(|s| s.name()).collect();
                let agree = format_args!("agree: {}", names.join(", "));
                output::verdict(before, Mood::Agree, agree);
                let Some(seen) = judged.observation() else {
                    return Ok(CommandOutcome::Agree);
                };
                let names = Names::new(&module);
                if let Some(recorded) = recorded {
                    say!("  recorded     {}, not seen now", Line(&recorded));
                }
                for step in &seen.steps {
                    let what = match &step.export {
                        None => "instantiation".to_string(),
                        Some(export) => format!("{export:?}"),
                    };
                    let ended = match &step.outcome {
                        StepOutcome::Returned(values) => {
                            let values = values.iter().enumerate().map(|(i, value)| {
                                let export = step.export.as_deref();
                                let ty = export.and_then(|e| type_of_result(&module, e, i));
                                format!(" {}", show_as(*value, ty, &seen.graph, &names))
                            });
                            format!("returned{}", values.collect::<String>())
                        }
                        StepOutcome::Trapped(trap) => format!("trapped: {trap}"),
                        StepOutcome::Threw(value) => {
                            let thrown = show_as(*value, Some(EXCEPTION), &seen.graph, &names);
                            format!("threw {thrown}")
                        }
                        StepOutcome::NoArgument => "not called: no argument fits".into(),
                    };
                    say!("  {what}: {ended}");
                }
                Ok(CommandOutcome::Agree)
            }
            verdict => Ok(finding(before, verdict, recorded)),
        }
    }
}

/// Prints a bad verdict, and whether it differs from the recorded one.
fn finding(before: &str, verdict: &Verdict, recorded: Option<String>) -> CommandOutcome {
    output::verdict(before, Mood::Finding, format_args!("{verdict}"));
    if let Some(fingerprint) = verdict.fingerprint() {
        say!("  fingerprint  {fingerprint}");
        if let Some(recorded) = recorded.filter(|recorded| *recorded != fingerprint) {
            say!("  recorded     {}, which is another", Line(&recorded));
        }
    }
    CommandOutcome::Finding
}
