//! A runner as a subject.

use super::crash::{cause, telling_line};
use super::process::{NoAnswer, Process};
use super::protocol::{Answer, Ended, Request, VERSION};
use crate::case::{Case, Plan, Step};
use crate::engine::Trap;
use crate::export::hex;
use crate::heap::Reclaims;
use crate::module::Module;
use crate::observe::{Observation, ObservedStep, ObservedValue, Part, Parts, StepOutcome};
use crate::oracle::{
    CRASH, Failure, Law, OVERTIME, PlanError, Reason, RunOptions, Subject, SubjectRun, Violation,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An engine in processes of its own, one for each thread that asks.
///
/// It runs cases in their exported form, see [`ExportedForm`](super::ExportedForm).
pub struct EngineSubject {
    name: String,
    command: Vec<String>,
    timeout: Duration,
    idle: Mutex<Vec<Process>>,
    next: AtomicU64,
}

impl EngineSubject {
    /// An engine with a name for fingerprints, and the command of its runner.
    pub fn new(name: &str, command: Vec<String>, timeout: Duration) -> EngineSubject {
        EngineSubject {
            name: name.into(),
            command,
            timeout,
            idle: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    fn process(&self) -> Result<Process, PlanError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match idle {
            Some(process) => Ok(process),
            None => Process::start(&self.command).map_err(|error| {
                let command = self.command.join(" ");
                PlanError(format!("engine {}: {command}: {error}", self.name))
            }),
        }
    }

    fn crash(&self, line: &str) -> Failure {
        let message = format!("the process has died: {line}");
        self.finding(Law::Panic, &message, format!("{CRASH}{}", cause(line)))
    }

    fn finding(&self, law: Law, message: &str, cause: String) -> Failure {
        let mut violation = Violation::new(law, &self.name, message.into());
        violation.cause = Some(cause);
        Failure::Violation(Box::new(violation))
    }

    fn observe(&self, answer: Answer, calls: Vec<String>) -> Result<Observation, Failure> {
        if let Some(why) = answer.refused {
            let message = format!("{} does not take the module: {why}", self.name);
            return Err(Failure::Discard(Reason::Unsupported, message));
        }
        let ends = answer.instantiation.into_iter().chain(answer.calls);
        let names = std::iter::once(None).chain(calls.into_iter().map(Some));
        let steps = ends.zip(names).map(|(ended, export)| {
            let outcome = outcome(&ended)?;
            Some(ObservedStep { export, outcome })
        });
        let Some(steps) = steps.collect() else {
            let message = "it answered a result that is no number";
            return Err(self.finding(Law::Panic, message, "answer".into()));
        };
        Ok(Observation {
            steps,
            ..Observation::default()
        })
    }
}

/// How a call ended. `None` if a result is no number.
fn outcome(ended: &Ended) -> Option<StepOutcome> {
    Some(match ended {
        Ended::Returns(numbers) => {
            let numbers = numbers.iter().map(|n| n.bits().map(ObservedValue::Bits));
            StepOutcome::Returned(numbers.collect::<Option<_>>()?)
        }
        // Engines have words of their own for traps, and differ in which condition of several they
        // look at first: kinds are not compared.
        Ended::Traps(_) => StepOutcome::Trapped(Trap::Unreachable),
        Ended::Throws(_) => StepOutcome::Threw(ObservedValue::Reference),
    })
}

/// The functions that an exported case calls. `None` if it is another case.
fn calls(case: &Case) -> Option<Vec<String>> {
    let Plan::Steps(steps) = &case.plan else {
        return None;
    };
    let calls = steps.iter().map(|step| match step {
        Step::Call(call) if call.args.is_empty() => Some(call.export.clone()),
        _ => None,
    });
    calls.collect()
}

impl Subject for EngineSubject {
    fn name(&self) -> &str {
        &self.name
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Something
    }

    fn parts(&self) -> Parts {
        let outcomes = Parts::OUTCOMES.without(Part::TrapKinds);
        outcomes.with(Part::Results)
    }

    fn follows_schedules(&self) -> bool {
        false
    }

    fn run(
        &self,
        case: &Case,
        module: &Arc<Module>,
        _: &RunOptions,
    ) -> Result<SubjectRun, PlanError> {
        let Some(calls) = calls(case) else {
            let message = format!("{} runs exported cases", self.name);
            return Ok(SubjectRun::new(Err(Failure::Discard(
                Reason::Unsupported,
                message,
            ))));
        };
        let imports = module.imports.iter();
        let request = Request {
            version: VERSION,
            case: self.next.fetch_add(1, Ordering::Relaxed),
            module: hex(&case.wasm),
            imports: imports
                .map(|import| (import.module.clone(), import.name.clone()))
                .collect(),
            calls: calls.clone(),
        };
        let mut process = self.process()?;
        let result = match process.ask(&request, self.timeout) {
            Ok(answer) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.push(process);
                self.observe(answer, calls)
            }
            Err(NoAnswer::Died(ended, said)) => Err(self.crash(&telling_line(&ended, &said))),
            Err(NoAnswer::TimedOut) => {
                let seconds = self.timeout.as_secs();
                let message = format!("no answer within {seconds} s");
                Err(self.finding(Law::Limits, &message, OVERTIME.into()))
            }
            Err(NoAnswer::Nonsense(why)) => {
                let message = format!("it does not answer in the runner's protocol: {why}");
                Err(self.finding(Law::Panic, &message, "answer".into()))
            }
        };
        Ok(SubjectRun::new(result))
    }
}
