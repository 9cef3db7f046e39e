//! `gcdiff run`: one case, one verdict.

use super::CommandOutcome;
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::say;
use super::waiting::Waiting;
use crate::case::{self, Call, Plan, Step, parse_schedule};
use crate::engine::Schedule;
use crate::escape::{self, Line};
use crate::jobs::within;
use crate::observe::StepOutcome;
use crate::oracle::{
    self, EXCEPTION, JsonReport, JudgeReport, Names, Verdict, show_as, type_of_result,
};
use clap::Args;
use std::path::PathBuf;

/// Run a module under several collectors, audit and compare
///
/// FILE is a module in text or binary form. Lines at the top of a text file
/// that begin with `;;!` are a header with schedule, plan, limits and fault;
/// options override it. Without a plan every exported function is called once,
/// in order, with arguments the harness makes up.
#[derive(Args)]
pub(super) struct RunCommand {
    /// The module, .wat or .wasm.
    file: PathBuf,

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

    /// Print verdict, violation and observations as JSON.
    #[arg(long)]
    json: bool,
}

impl RunCommand {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let name = escape::path(&self.file);
        let in_file = |message: String| format!("{name}: {message}");
        let Loaded {
            mut case,
            text,
            module,
            options,
            recorded,
            ..
        } = load(&self.file, &self.judging, &self.limiting)?;
        if let Some(schedule) = self.schedule {
            case.schedule = schedule;
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
        if self.json {
            let report = JsonReport::new(&verdict).with_runs(&judged, &module);
            say!("{}", report.text());
        }
        match &verdict {
            Verdict::Discard(..) => Err(in_file(verdict.to_string())),
            Verdict::Agree if self.json => Ok(CommandOutcome::Agree),
            _ if self.json => Ok(CommandOutcome::Finding),
            Verdict::Agree => {
                let names: Vec<&str> = options.collectors.iter().map(|s| s.name()).collect();
                say!("agree: {}", names.join(", "));
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
            verdict => Ok(finding(verdict, recorded)),
        }
    }
}

/// Prints a bad verdict, and whether it differs from the recorded one.
fn finding(verdict: &Verdict, recorded: Option<String>) -> CommandOutcome {
    say!("{verdict}");
    if let Some(fingerprint) = verdict.fingerprint() {
        say!("  fingerprint  {fingerprint}");
        if let Some(recorded) = recorded.filter(|recorded| *recorded != fingerprint) {
            say!("  recorded     {}, which is another", Line(&recorded));
        }
    }
    CommandOutcome::Finding
}
