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
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An engine in processes of its own, one for each thread that asks.
///
/// It runs cases in their exported form, see [`ExportedForm`](super::ExportedForm).
#[derive(Debug)]
pub struct EngineSubject {
    name: String,
    command: Vec<String>,
    /// The folder in which the command runs; `None` for that of this process.
    folder: Option<PathBuf>,
    option: Option<String>,
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
            folder: None,
            option: None,
            timeout,
            idle: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// The same, whose command runs in a folder.
    pub fn in_folder(self, folder: &Path) -> EngineSubject {
        EngineSubject {
            folder: Some(folder.into()),
            ..self
        }
    }

    /// The same, given with this option of the command line; see [`Subject::option`].
    pub fn given_as(self, option: String) -> EngineSubject {
        EngineSubject {
            option: Some(option),
            ..self
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
            None => self.start(),
        }
    }

    fn start(&self) -> Result<Process, PlanError> {
        Process::start(&self.command, self.folder.as_deref()).map_err(|error| {
            let command = self.command.join(" ");
            PlanError(format!("engine {}: {command}: {error}", self.name))
        })
    }

    /// Starts the runner, and has it begin a case, so that a command that cannot work is known before
    /// any case is judged.
    ///
    /// # Errors
    ///
    /// If there is no such program, or it ends before it begins the case.
    pub fn check(&self) -> Result<(), PlanError> {
        let request = self.request(b"\0asm\x01\0\0\0", Vec::new(), Vec::new());
        let mut process = self.process()?;
        match process.ask(&request, self.timeout) {
            Ok(_) => self.put_back(process),
            Err(NoAnswer::NotBegun(ended, said)) => return Err(self.not_begun(&ended, &said)),
            // What it does with cases is for verdicts.
            Err(_) => {}
        }
        Ok(())
    }

    fn request(&self, wasm: &[u8], imports: Vec<(String, String)>, calls: Vec<String>) -> Request {
        Request {
            version: VERSION,
            case: self.next.fetch_add(1, Ordering::Relaxed),
            module: hex(wasm),
            imports,
            calls,
        }
    }

    fn put_back(&self, process: Process) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(process);
    }

    fn not_begun(&self, ended: &str, said: &str) -> PlanError {
        let command = self.command.join(" ");
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        let said = said.unwrap_or(ended);
        let name = &self.name;
        PlanError(format!(
            "engine {name}: {command}: it has ended before it began a case: {said}"
        ))
    }

    fn nonsense(&self, why: &str) -> Failure {
        let message = format!("it does not answer in the runner's protocol: {why}");
        self.finding(Law::Panic, &message, "answer".into())
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
        let Some(instantiation) = answer.instantiation else {
            return Err(self.nonsense("the end of the instantiation is missing"));
        };
        let expected = match instantiation {
            Ended::Returns(_) => calls.len(),
            // Without an instance there is nothing to call.
            Ended::Traps(_) | Ended::Throws(_) => 0,
        };
        if answer.calls.len() != expected {
            let count = answer.calls.len();
            return Err(self.nonsense(&format!("{count} calls instead of {expected}")));
        }
        let ends = std::iter::once(instantiation).chain(answer.calls);
        let names = std::iter::once(None).chain(calls.into_iter().map(Some));
        let steps = ends.zip(names).map(|(ended, export)| {
            let outcome = outcome(&ended)?;
            Some(ObservedStep { export, outcome })
        });
        let Some(steps) = steps.collect() else {
            return Err(self.nonsense("a result is no number, or \"throws\" is not true"));
        };
        Ok(Observation {
            steps,
            ..Observation::default()
        })
    }
}

/// How a call ended. `None` if a result is no number, or there is no exception.
fn outcome(ended: &Ended) -> Option<StepOutcome> {
    Some(match ended {
        Ended::Returns(numbers) => {
            let numbers = numbers.iter().map(|n| n.bits().map(ObservedValue::Bits));
            StepOutcome::Returned(numbers.collect::<Option<_>>()?)
        }
        // Engines have words of their own for traps, and differ in which condition of several they
        // look at first: kinds are not compared.
        Ended::Traps(_) => StepOutcome::Trapped(Trap::Unreachable),
        Ended::Throws(true) => StepOutcome::Threw(ObservedValue::Reference),
        Ended::Throws(false) => return None,
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

    fn option(&self) -> Option<&str> {
        self.option.as_deref()
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
        let imports = imports.map(|import| (import.module.clone(), import.name.clone()));
        let request = self.request(&case.wasm, imports.collect(), calls.clone());
        let mut process = self.process()?;
        let mut answer = process.ask(&request, self.timeout);
        if let Err(NoAnswer::Done) = answer {
            process = self.start()?;
            answer = process.ask(&request, self.timeout);
        }
        let result = match answer {
            Ok(answer) => {
                self.put_back(process);
                self.observe(answer, calls)
            }
            Err(NoAnswer::Died(ended, said)) => Err(self.crash(&telling_line(&ended, &said))),
            Err(NoAnswer::NotBegun(ended, said)) => return Err(self.not_begun(&ended, &said)),
            // Only a process that has answered before does that.
            Err(NoAnswer::Done) => Err(self.nonsense("it ends instead")),
            Err(NoAnswer::TimedOut) => {
                let seconds = self.timeout.as_secs();
                let message = format!("no answer within {seconds} s");
                Err(self.finding(Law::Limits, &message, OVERTIME.into()))
            }
            Err(NoAnswer::Nonsense(why)) => Err(self.nonsense(&why)),
        };
        Ok(SubjectRun::new(result))
    }
}
