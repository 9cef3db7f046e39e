//! `gcdiff run`: one case, one verdict.

use super::Ended;
use super::load::load_with_text;
use super::options::{Judging, Limiting};
use super::output::say;
use super::waiting::Waiting;
use crate::campaign::within;
use crate::case::{Arg, Call, Outcome, Plan, Seen, Step, parse_schedule};
use crate::engine::Schedule;
use crate::module::Module;
use crate::oracle::{self, Names, Subject, Verdict, show};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

/// Run a module under several collectors, audit and compare
///
/// FILE is a module in text or binary form. Lines at the top of a text file
/// that begin with `;;!` are a header with schedule, plan, limits and fault;
/// options override it. Without a plan every exported function is called once,
/// in order, with arguments the harness makes up.
#[derive(Args)]
pub(super) struct Run {
    /// The module, .wat or .wasm.
    file: PathBuf,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    /// Call this function with these arguments, instead of the plan: integers,
    /// f32:X, f64:X, null, i31:N, kept:N (a reference returned earlier), auto.
    #[arg(long, num_args = 1.., value_names = ["NAME", "ARGS"], allow_negative_numbers = true)]
    invoke: Vec<String>,

    /// When to collect: never, safepoints, allocations, allocations/N, or
    /// at:N,N,... (safepoints counted from 1).
    #[arg(long, value_parser = parse_schedule)]
    schedule: Option<Schedule>,
}

impl Run {
    pub(super) fn main(self) -> Result<Ended, String> {
        let name = self.file.display();
        let in_file = |message: String| format!("{name}: {message}");
        let (mut case, options, text) = load_with_text(&self.file, &self.judging, &self.limiting)?;
        if let Some(schedule) = self.schedule {
            case.schedule = schedule;
        }
        if let Some((export, args)) = self.invoke.split_first() {
            let args: Result<Vec<Arg>, String> = args.iter().map(|a| a.parse()).collect();
            case.plan = Plan::Steps(vec![Step::Call(Call {
                export: export.clone(),
                args: args?,
            })]);
        }
        let module = Module::new(&case.wasm, &mut Arc::default());
        let module = Arc::new(module.map_err(|e| in_file(e.to_string()))?);
        let (compiled, given) = (module.clone(), options.clone());
        let waiting = Waiting::for_(format!("judging {name}"));
        let judged = within(self.judging.timeout(60), move |desk| {
            oracle::judge_module(&case, &compiled, &desk.watching(&given))
        });
        drop(waiting);
        let judged = match judged {
            Ok(judged) => judged.map_err(|e| in_file(e.to_string()))?,
            Err(overtime) => return Ok(finding(&overtime.verdict())),
        };
        match &judged.verdict {
            Verdict::Discard(..) => Err(in_file(judged.verdict.to_string())),
            Verdict::Agree => {
                let names: Vec<&str> = options.collectors.iter().map(Subject::name).collect();
                say!("agree: {}", names.join(", "));
                let seen = judged.observation.unwrap_or_default();
                let names = Names::new(&module);
                let show = |value: &Seen| show(*value, &seen.graph, &names);
                for step in &seen.steps {
                    let what = match &step.export {
                        None => "instantiation".to_string(),
                        Some(export) => format!("{export:?}"),
                    };
                    let ended = match &step.outcome {
                        Outcome::Returned(values) => {
                            let values = values.iter().map(|v| format!(" {}", show(v)));
                            format!("returned{}", values.collect::<String>())
                        }
                        Outcome::Trapped(trap) => format!("trapped: {trap}"),
                        Outcome::Threw(value) => format!("threw {}", show(value)),
                        Outcome::NoArgument => "not called: no argument fits".into(),
                    };
                    say!("  {what}: {ended}");
                }
                Ok(Ended::Agree)
            }
            verdict => Ok(finding(&verdict.clone().with_lines(&text, &module.wasm))),
        }
    }
}

/// Prints a bad verdict.
fn finding(verdict: &Verdict) -> Ended {
    say!("{verdict}");
    if let Some(fingerprint) = verdict.fingerprint() {
        say!("  fingerprint  {fingerprint}");
    }
    Ended::Finding
}
