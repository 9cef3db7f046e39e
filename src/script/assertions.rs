//! Assertions: how an action must end, and which modules must be refused.

use super::expect;
use super::link::Refusal;
use super::proposal::Proposal;
use super::reason::Reason;
use super::report::DirectiveOutcome;
use super::runner::Runner;
use super::values::Value;
use crate::heap::Heap;
use crate::module::ModuleError;
use wast::{QuoteWat, WastExecute, WastRet};

impl<H: Heap> Runner<'_, H> {
    /// Runs an action that must return these results.
    pub(super) fn returns(
        &mut self,
        exec: WastExecute<'_>,
        expected: &[WastRet<'_>],
    ) -> DirectiveOutcome {
        let results = match self.action(exec) {
            Ok(results) => results,
            Err(refusal) => return refusal.outcome(),
        };
        let mut cores = Vec::with_capacity(expected.len());
        for expected in expected {
            match expected {
                WastRet::Core(core) => cores.push(core),
                _ => return DirectiveOutcome::Skipped(Reason::Beyond(Proposal::Components)),
            }
        }
        let fits = |(value, core): (&Value, &&_)| expect::matches(&self.store, core, value);
        if results.len() == cores.len() && results.iter().zip(&cores).all(fits) {
            return DirectiveOutcome::Passed;
        }
        let expected: Vec<String> = cores.into_iter().map(expect::show).collect();
        DirectiveOutcome::Failed(format!(
            "returned {}, expected {}",
            list(results.iter().map(Value::to_string).collect()),
            list(expected)
        ))
    }

    /// Runs an action that must end in a way that `is_expected` accepts. `expected` is that way in
    /// words, `message` the script's message for it.
    pub(super) fn fails(
        &mut self,
        exec: WastExecute<'_>,
        expected: &str,
        message: &str,
        is_expected: impl Fn(&Refusal) -> bool,
    ) -> DirectiveOutcome {
        let is_module = matches!(exec, WastExecute::Wat(_));
        let refusal = match self.action(exec) {
            Err(refusal) if is_expected(&refusal) => return DirectiveOutcome::Passed,
            Err(refusal) => refusal,
            Ok(results) => {
                let seen = match is_module {
                    true => "instantiated".into(),
                    false => {
                        let results = results.iter().map(Value::to_string).collect();
                        format!("returned {}", list(results))
                    }
                };
                return failed(&seen, expected, message);
            }
        };
        match refusal.outcome() {
            DirectiveOutcome::Failed(seen) => failed(&seen, expected, message),
            outcome => outcome,
        }
    }

    /// Loads a module that must be refused as `expected`: invalid or malformed. If it is accepted,
    /// `skip` is the reason, if that is known.
    pub(super) fn refuses(
        &mut self,
        mut module: QuoteWat<'_>,
        expected: &str,
        message: &str,
        skip: Option<Reason>,
    ) -> DirectiveOutcome {
        match self.load(&mut module) {
            Ok(_) => match skip {
                Some(reason) => DirectiveOutcome::Skipped(reason),
                None => failed("accepted", expected, message),
            },
            // WebAssembly 3.0 without the proposal refuses it.
            Err(Refusal::Module(ModuleError::Invalid { .. }) | Refusal::Beyond(_)) => {
                DirectiveOutcome::Passed
            }
            Err(Refusal::Text(_)) => DirectiveOutcome::PassedByParser,
            Err(refusal) => refusal.outcome(),
        }
    }
}

/// Failure of a directive whose result is not the expected one.
fn failed(seen: &str, expected: &str, message: &str) -> DirectiveOutcome {
    DirectiveOutcome::Failed(match message {
        "" => format!("{seen}, expected {expected}"),
        _ => format!("{seen}, expected {expected}: {message}"),
    })
}

fn list(values: Vec<String>) -> String {
    match values.is_empty() {
        true => "nothing".into(),
        false => values.join(", "),
    }
}
