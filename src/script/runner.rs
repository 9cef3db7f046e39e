//! The directives of a script, one by one.

use super::Options;
use super::error::ScriptError;
use super::hosts::Hosts;
use super::link::{Names, Refusal};
use super::reason::Reason;
use super::report::{Outcome, Report};
use super::traps::is_trap;
use crate::engine::{Inspector, Store, Trap};
use crate::heap::Heap;
use crate::types::Types;
use std::sync::Arc;
use wast::lexer::Lexer;
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
}

/// Runs the script `text` on `heap`. Fails if it is no script; whatever happens
/// while it runs is in the report.
///
/// The inspector is called as often as it wants: [`Call`](crate::engine::Point::Call) is after each
/// directive, [`End`](crate::engine::Point::End) after the last, when a collection has run. What it
/// complains of is a failure, and the end of the script. Lines that begin with
/// `;;!` are comments here; see [`directives`](super::directives).
pub fn run<H: Heap>(
    text: &str,
    heap: H,
    options: &Options,
    inspector: &mut dyn Inspector<H>,
) -> Result<Report, ScriptError> {
    let error = |e: wast::Error| ScriptError::new(&e, text);
    let mut lexer = Lexer::new(text);
    // The suite's scripts have names that look like others, on purpose.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(error)?;
    let script: Wast<'_> = parser::parse(&buffer).map_err(error)?;
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
    };
    let mut broken = false;
    match runner.done(defined) {
        Ok(hosts) => runner.hosts = hosts,
        Err(refusal) => {
            report.add(1, false, refusal.outcome());
            broken = true;
        }
    }
    let mut line = 1;
    for directive in script.directives {
        line = lines.of(directive.span().offset());
        let is_assertion = is_assertion(&directive);
        let outcome = match broken {
            true => Outcome::Skipped(Reason::BrokenHeap),
            false => runner.directive(directive),
        };
        broken |= matches!(
            outcome,
            Outcome::Broken(_) | Outcome::Skipped(Reason::Noticed)
        );
        report.add(line, is_assertion, outcome);
    }
    if !broken && let Err(refusal) = runner.finish() {
        report.add(line, false, refusal.outcome());
    }
    Ok(report)
}

/// Where lines begin.
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
    fn directive(&mut self, directive: WastDirective<'_>) -> Outcome {
        let outcome = self.execute(directive);
        if matches!(outcome, Outcome::Broken(_)) {
            return outcome;
        }
        let looked = self.store.inspect_call(&mut *self.inspector);
        match self.done(looked) {
            Ok(()) => outcome,
            Err(refusal) => refusal.outcome(),
        }
    }

    fn execute(&mut self, directive: WastDirective<'_>) -> Outcome {
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
                Ok(_) => Outcome::Passed,
                Err(refusal) => refusal.outcome(),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.returns(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.fails(
                exec,
                message,
                |refusal| matches!(refusal, Refusal::Trap(trap) if is_trap(*trap, message)),
            ),
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.fails(WastExecute::Invoke(call), message, |refusal| {
                    matches!(refusal, Refusal::Trap(Trap::StackOverflow))
                })
            }
            WastDirective::AssertException { exec, .. } => {
                self.fails(exec, "an exception", |refusal| {
                    matches!(refusal, Refusal::Exception)
                })
            }
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => self.fails(WastExecute::Wat(module), message, |refusal| {
                matches!(refusal, Refusal::Link(_))
            }),
            WastDirective::AssertInvalid {
                module, message, ..
            } => self.refuses(module, message, Reason::of_accepted(message)),
            WastDirective::AssertMalformed {
                module, message, ..
            } => match self.refuses(module, message, Reason::of_accepted(message)) {
                // What a later, or an abandoned, proposal adds is malformed.
                Outcome::Skipped(Reason::OutOfScope) => Outcome::Passed,
                outcome => outcome,
            },
            WastDirective::AssertMalformedCustom {
                module, message, ..
            }
            | WastDirective::AssertInvalidCustom {
                module, message, ..
            } => self.refuses(module, message, Some(Reason::CustomSection)),
            WastDirective::AssertSuspension { .. }
            | WastDirective::Thread(_)
            | WastDirective::Wait { .. } => Outcome::Skipped(Reason::OutOfScope),
        }
    }

    /// Collects, and lets the inspector look for the last time.
    fn finish(&mut self) -> Result<(), Refusal> {
        let finished = self.store.finish(&mut *self.inspector);
        self.done(finished)
    }
}
