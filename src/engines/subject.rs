//! A runner as a subject.

use super::crash::{cause, last_line, telling_line};
use super::form::Form;
use super::interrupt::Interrupt;
use super::process::{CLOSED, NoAnswer, Process, cut};
use super::protocol::{Answer, CallEnd, HostPlan, Request, VERSION};
use crate::case::{Case, Plan, Step};
use crate::engine::Trap;
use crate::heap::Reclaims;
use crate::module::Module;
use crate::observe::{Observation, ObservedStep, ObservedValue, Part, Parts, StepOutcome};
use crate::oracle::{
    CRASH, CaseForm, Failure, Law, OVERTIME, PlanError, Reason, RunOptions, Subject, SubjectRun,
    Violation,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An engine in processes of its own, one for each thread that asks.
///
/// It runs cases in one [`Form`].
#[derive(Debug)]
pub struct EngineSubject {
    name: String,
    command: Vec<String>,
    /// The folder in which the command runs; `None` for that of this process.
    folder: Option<PathBuf>,
    option: Option<String>,
    form: Form,
    timeout: Duration,
    /// Set when nobody waits for answers any longer.
    interrupt: Arc<Interrupt>,
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
            form: Form::default(),
            timeout,
            interrupt: Arc::default(),
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

    /// The same, which is waited for until this is set, and two seconds more: a case without an answer is
    /// discarded then.
    pub fn interrupted_by(self, interrupt: Arc<Interrupt>) -> EngineSubject {
        EngineSubject { interrupt, ..self }
    }

    /// The same, given with this option of the command line; see [`Subject::option`].
    pub fn given_as(self, option: String) -> EngineSubject {
        EngineSubject {
            option: Some(option),
            ..self
        }
    }

    /// The same, whose runner takes cases in this form.
    pub fn in_form(self, form: Form) -> EngineSubject {
        EngineSubject { form, ..self }
    }

    /// The form of its cases.
    pub fn form(&self) -> Form {
        self.form
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
        let plan = HostPlan {
            steps: Vec::new(),
            host: Vec::new(),
            reentry: 1,
        };
        let request = Request {
            plan: (self.form == Form::Embedder).then_some(plan),
            ..self.request(Vec::new(), Vec::new())
        };
        let mut process = self.process()?;
        match process.ask(&request, b"\0asm\x01\0\0\0", self.timeout, &self.interrupt) {
            Ok(_) => self.put_back(process),
            Err(NoAnswer::NotBegun(ended, said)) => return Err(self.not_begun(&ended, &said)),
            Err(NoAnswer::TimedOut(why)) => {
                return Err(self.unusable(&format!("no answer to an empty module: {why}")));
            }
            Err(NoAnswer::Nonsense(why)) => {
                return Err(
                    self.unusable(&format!("it does not speak the runner's protocol: {why}"))
                );
            }
            // How it ends is for verdicts.
            Err(_) => {}
        }
        Ok(())
    }

    /// A request without its module.
    fn request(&self, imports: Vec<(String, String)>, calls: Vec<String>) -> Request {
        Request {
            version: VERSION,
            case: self.next.fetch_add(1, Ordering::Relaxed),
            module: String::new(),
            imports,
            calls,
            plan: None,
        }
    }

    fn put_back(&self, process: Process) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(process);
    }

    fn not_begun(&self, ended: &str, said: &str) -> PlanError {
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        let said = cut(said.unwrap_or(ended));
        self.unusable(&match ended {
            CLOSED => "it has closed its output before it began a case".into(),
            _ => format!("it has ended before it began a case: {said}"),
        })
    }

    fn unusable(&self, why: &str) -> PlanError {
        let (name, command) = (&self.name, self.command.join(" "));
        PlanError(format!("engine {name}: {command}: {why}"))
    }

    fn nonsense(&self, why: &str) -> Failure {
        let message = format!("it does not answer in the runner's protocol: {why}");
        self.finding(Law::Panic, &message, "answer".into())
    }

    fn crash(&self, when: &str, ended: &str, said: &str) -> Failure {
        let line = telling_line(ended, said);
        let mut message = match &line[..] {
            CLOSED => format!("{CLOSED}{when}"),
            _ => format!("the process has died{when}: {}", cut(&line)),
        };
        // Words that tell nothing are no part of the fingerprint, but may help a reader.
        if line == ended
            && let Some(last) = last_line(said)
        {
            message += &format!("; its last words: {}", cut(last));
        }
        self.finding(Law::Panic, &message, format!("{CRASH}{}", cause(&line)))
    }

    fn finding(&self, law: Law, message: &str, cause: String) -> Failure {
        let mut violation = Violation::new(law, &self.name, message.into());
        violation.cause = Some(cause);
        Failure::Violation(Box::new(violation))
    }

    /// What a runner that is the host has observed of a case.
    fn observed(&self, answer: Answer, module: &Module) -> Result<Observation, Failure> {
        match answer.observation {
            None => Err(self.nonsense("there is no observation")),
            Some(json) => json
                .observation(module)
                .map_err(|error| self.nonsense(&format!("the observation: {error}"))),
        }
    }

    /// What the calls of an exported case have shown.
    fn observe(&self, answer: Answer, calls: Vec<String>) -> Result<Observation, Failure> {
        let Some(instantiation) = answer.instantiation else {
            return Err(self.nonsense("the end of the instantiation is missing"));
        };
        let expected = match instantiation {
            CallEnd::Returns(_) => calls.len(),
            // Without an instance there is nothing to call.
            CallEnd::Traps(_) | CallEnd::Throws(_) => 0,
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
fn outcome(ended: &CallEnd) -> Option<StepOutcome> {
    Some(match ended {
        CallEnd::Returns(numbers) => {
            let numbers = numbers.iter().map(|n| n.bits().map(ObservedValue::Bits));
            StepOutcome::Returned(numbers.collect::<Option<_>>()?)
        }
        // Engines have words of their own for traps, and differ in which condition of several they
        // look at first: kinds are not compared.
        CallEnd::Traps(_) => StepOutcome::Trapped(Trap::Unreachable),
        CallEnd::Throws(true) => StepOutcome::Threw(ObservedValue::Reference),
        CallEnd::Throws(false) => return None,
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
        let parts = match self.form {
            Form::Exported => Parts::OUTCOMES.with(Part::Results),
            Form::Embedder => Parts::ALL,
        };
        parts.without(Part::TrapKinds)
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
        let (plan, calls) = match self.form {
            Form::Exported => (None, calls(case)),
            Form::Embedder => (HostPlan::of(case), Some(Vec::new())),
        };
        let (Some(calls), true) = (calls, plan.is_some() == (self.form == Form::Embedder)) else {
            let message = format!("{} runs cases in the {} form", self.name, self.form.name());
            return Ok(SubjectRun::new(Err(Failure::Discard(
                Reason::Unsupported,
                message,
            ))));
        };
        let imports = module.imports.iter();
        let imports = imports.map(|import| (import.module.clone(), import.name.clone()));
        let request = Request {
            plan,
            ..self.request(imports.collect(), calls.clone())
        };
        let mut process = self.process()?;
        let mut answer = process.ask(&request, &case.wasm, self.timeout, &self.interrupt);
        if let Err(NoAnswer::Done) = answer {
            process = self.start()?;
            answer = process.ask(&request, &case.wasm, self.timeout, &self.interrupt);
        }
        let may_go_on = !self.interrupt.is_set();
        if let (Err(NoAnswer::TimedOut(_)), true) = (&answer, may_go_on) {
            // Other programs may have taken the time of the machine: it counts the second time.
            process = self.start()?;
            answer = process.ask(&request, &case.wasm, self.timeout, &self.interrupt);
        }
        let result = match answer {
            Ok(answer) => {
                self.put_back(process);
                match (answer.refused.as_ref(), self.form) {
                    (Some(why), _) => {
                        let message =
                            format!("{} does not take the module: {}", self.name, cut(why));
                        Err(Failure::Discard(Reason::Unsupported, message))
                    }
                    (None, Form::Exported) => self.observe(answer, calls),
                    (None, Form::Embedder) => self.observed(answer, module),
                }
            }
            Err(NoAnswer::Died(ended, said)) => Err(self.crash("", &ended, &said)),
            Err(NoAnswer::DiedBefore(ended, said)) => {
                let when = " after its answer to an earlier case, before it began this one";
                Err(self.crash(when, &ended, &said))
            }
            Err(NoAnswer::NotBegun(ended, said)) => return Err(self.not_begun(&ended, &said)),
            // Only a process that has answered before does that.
            Err(NoAnswer::Done) => Err(self.nonsense("it ends instead")),
            Err(NoAnswer::TimedOut(why)) if may_go_on => {
                let seconds = self.timeout.as_secs();
                let message = format!("no answer within {seconds} s, twice: {why}");
                Err(self.finding(Law::Limits, &message, OVERTIME.into()))
            }
            // Without a second try it may have been the machine.
            Err(NoAnswer::Interrupted | NoAnswer::TimedOut(_)) => {
                let message = format!("gcdiff was to end, and {} had not answered", self.name);
                Err(Failure::Discard(Reason::Interrupted, message))
            }
            Err(NoAnswer::TooLong) => {
                let message = format!("the answer of {} is longer than 16 MiB", self.name);
                Err(Failure::Discard(Reason::Unsupported, message))
            }
            Err(NoAnswer::Nonsense(why)) => Err(self.nonsense(&why)),
        };
        Ok(SubjectRun::new(result))
    }
}
