//! The directives of a script, one by one.

use super::Options;
use super::directives::{LeftOut, lexer, readable};
use super::error::ScriptError;
use super::hosts::Hosts;
use super::link::{Names, Refusal};
use super::proposal::Proposal;
use super::reason::Reason;
use super::report::{DirectiveOutcome, Report};
use super::traps::is_trap;
use crate::engine::{Inspector, Store, Trap};
use crate::heap::Heap;
use crate::module::Module;
use crate::oracle::{self, Violation, catch};
use crate::types::Types;
use std::sync::Arc;
use wast::parser::{self, ParseBuffer};
use wast::{Wast, WastDirective, WastExecute};

/// A script in progress.
pub(super) struct Runner<'a, H> {
    pub store: Store<H>,
    /// The registry that all modules share.
    pub types: Arc<Types>,
    pub hosts: Hosts,
    pub names: Names,
    pub inspector: &'a mut dyn Inspector<H>,
    /// The script.
    pub text: &'a str,
    /// The edit of compiled modules before they are linked.
    pub compiled: &'a Compiled<'a>,
}

/// An edit of compiled modules, in the place of another compiler.
pub(super) type Compiled<'a> = dyn Fn(&Arc<Module>) -> Arc<Module> + 'a;

/// Runs the script `text` on `heap`. Fails if the text is no script; every other failure is in the
/// report.
///
/// The inspector is called at the grain that it asks for: [`Call`](crate::engine::Point::Call) is
/// after each directive, [`End`](crate::engine::Point::End) after the last, once a collection has
/// run. A complaint of the inspector is a failure, and ends the script. Lines that begin with `;;!`
/// are comments here; see [`directives`](super::directives).
pub fn run<H: Heap>(
    text: &str,
    heap: H,
    options: &Options,
    inspector: &mut dyn Inspector<H>,
) -> Result<Report, ScriptError> {
    run_compiled(text, heap, &Arc::clone, options, inspector)
}

/// Runs a script as [`run`] does, with compiled modules edited by `compiled`.
pub(super) fn run_compiled<H: Heap>(
    text: &str,
    heap: H,
    compiled: &Compiled<'_>,
    options: &Options,
    inspector: &mut dyn Inspector<H>,
) -> Result<Report, ScriptError> {
    let error = |e: wast::Error| ScriptError::new(&e, text);
    let (readable, left_out) = readable(text).map_err(error)?;
    let buffer = ParseBuffer::new_with_lexer(lexer(&readable)).map_err(error)?;
    let script = match readable.is_empty() && !left_out.is_empty() {
        true => Wast {
            directives: Vec::new(),
        },
        false => parser::parse(&buffer).map_err(error)?,
    };
    let lines = Lines::new(text);
    let mut report = Report::default();
    let mut store = Store::new(heap, options.limits, options.schedule.clone());
    let mut types = Arc::default();
    let defined = Hosts::define(&mut store, &mut types);
    let mut runner = Runner {
        store,
        types,
        hosts: Hosts::default(),
        names: Names::default(),
        inspector,
        text,
        compiled,
    };
    // Why no further directive is run.
    let mut ended = None;
    match runner.done(defined) {
        Ok(hosts) => runner.hosts = hosts,
        Err(refusal) => {
            report.add(1, false, refusal.outcome());
            ended = Some(Reason::BrokenHeap);
        }
    }
    let mut line = 1;
    let mut left_out = left_out.into_iter().peekable();
    let mut directives = script.directives.into_iter().peekable();
    loop {
        let next = directives.peek().map(|d| d.span().offset());
        let before = |left: &LeftOut| next.is_none_or(|offset| left.offset < offset);
        if let Some(left) = left_out.next_if(before) {
            line = lines.of(left.offset);
            report.add(line, left.is_assertion, runner.leave_out(left));
            continue;
        }
        let Some(directive) = directives.next() else {
            break;
        };
        line = lines.of(directive.span().offset());
        let is_assertion = is_assertion(&directive);
        let outcome = match ended {
            Some(reason) => DirectiveOutcome::Skipped(reason),
            None => runner.guarded(|runner| runner.directive(directive)),
        };
        ended = ended.or(match &outcome {
            DirectiveOutcome::Broken(_) | DirectiveOutcome::Skipped(Reason::Noticed) => {
                Some(Reason::BrokenHeap)
            }
            DirectiveOutcome::Skipped(reason @ Reason::OverBudget(_)) => Some(*reason),
            _ => None,
        });
        report.add(line, is_assertion, outcome);
    }
    if ended.is_none() {
        let finished = runner.guarded(|runner| match runner.finish() {
            Ok(()) => DirectiveOutcome::Passed,
            Err(refusal) => refusal.outcome(),
        });
        if finished != DirectiveOutcome::Passed {
            report.add(line, false, finished);
        }
    }
    Ok(report)
}

/// Offsets of line ends.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(ends.map(|(offset, _)| offset).collect())
    }

    /// The line of the byte at `offset`, from 1.
    fn of(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

fn is_assertion(directive: &WastDirective<'_>) -> bool {
    use WastDirective::*;
    match directive {
        Module(_)
        | ModuleDefinition(_)
        | ModuleInstance { .. }
        | Register { .. }
        | Invoke(_)
        | Thread(_)
        | Wait { .. } => false,
        AssertMalformed { .. }
        | AssertInvalid { .. }
        | AssertInvalidCustom { .. }
        | AssertMalformedCustom { .. }
        | AssertTrap { .. }
        | AssertReturn { .. }
        | AssertExhaustion { .. }
        | AssertUnlinkable { .. }
        | AssertException { .. }
        | AssertSuspension { .. } => true,
    }
}

impl<H: Heap> Runner<'_, H> {
    /// Runs `work`. A panic is a failure of the heap, and ends the script.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> DirectiveOutcome) -> DirectiveOutcome {
        catch(oracle::Report::Quiet, || work(self)).unwrap_or_else(|panic| {
            let name = self.store.heap.name();
            DirectiveOutcome::Broken(Violation::panic(name, panic).to_string())
        })
    }

    /// Skips a directive that cannot be read.
    fn leave_out(&mut self, left: LeftOut) -> DirectiveOutcome {
        let reason = Reason::Beyond(left.proposal);
        match left.module {
            Some(id) => self.names.add_skipped(id, reason),
            None => DirectiveOutcome::Skipped(reason),
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> DirectiveOutcome {
        let outcome = self.execute(directive);
        if matches!(outcome, DirectiveOutcome::Broken(_)) {
            return outcome;
        }
        let looked = self.store.inspect_call(&mut *self.inspector);
        match self.done(looked) {
            Ok(()) => outcome,
            Err(refusal) => refusal.outcome(),
        }
    }

    fn execute(&mut self, directive: WastDirective<'_>) -> DirectiveOutcome {
        match directive {
            WastDirective::Module(mut module) => {
                let id = module.name();
                let made = self.instantiate(&mut module);
                self.names.add_instance(id, made)
            }
            WastDirective::ModuleDefinition(mut module) => {
                let id = module.name();
                let made = self.load(&mut module);
                self.names.add_definition(id, made)
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let definition = self.names.definition(module);
                let made = definition.and_then(|module| self.link(&module));
                self.names.add_instance(instance, made)
            }
            WastDirective::Register { name, module, .. } => self.names.register(name, module),
            WastDirective::Invoke(invoke) => match self.invoke(&invoke) {
                Ok(_) => DirectiveOutcome::Passed,
                Err(refusal) => refusal.outcome(),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.returns(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.fails(
                exec,
                "a trap",
                message,
                |refusal| matches!(refusal, Refusal::Trap(trap) if is_trap(*trap, message)),
            ),
            WastDirective::AssertExhaustion { call, message, .. } => self.fails(
                WastExecute::Invoke(call),
                "an exhausted call stack",
                message,
                |refusal| matches!(refusal, Refusal::Trap(Trap::StackOverflow)),
            ),
            WastDirective::AssertException { exec, .. } => {
                self.fails(exec, "an exception", "", |refusal| {
                    matches!(refusal, Refusal::Exception)
                })
            }
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => self.fails(
                WastExecute::Wat(module),
                "a link error",
                message,
                |refusal| matches!(refusal, Refusal::Link(_)),
            ),
            WastDirective::AssertInvalid {
                module, message, ..
            } => self.refuses(
                module,
                "an invalid module",
                message,
                Reason::of_accepted(message),
            ),
            WastDirective::AssertMalformed {
                module, message, ..
            } => match self.refuses(
                module,
                "a malformed module",
                message,
                Reason::of_accepted(message),
            ) {
                // Syntax of a later, or an abandoned, proposal is malformed in WebAssembly 3.0.
                DirectiveOutcome::Skipped(Reason::Beyond(_)) => DirectiveOutcome::Passed,
                outcome => outcome,
            },
            WastDirective::AssertMalformedCustom {
                module, message, ..
            }
            | WastDirective::AssertInvalidCustom {
                module, message, ..
            } => self.refuses(
                module,
                "an invalid custom section",
                message,
                Some(Reason::CustomSection),
            ),
            WastDirective::AssertSuspension { .. } => {
                DirectiveOutcome::Skipped(Reason::Beyond(Proposal::StackSwitching))
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                DirectiveOutcome::Skipped(Reason::Beyond(Proposal::Threads))
            }
        }
    }

    /// Collects, and calls the inspector for the last time.
    fn finish(&mut self) -> Result<(), Refusal> {
        let finished = self.store.finish(&mut *self.inspector);
        self.done(finished)
    }
}
