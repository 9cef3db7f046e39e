//! What an exported case must do: the values on which the heaps agree.

use super::{ExportError, Exported};
use crate::engine::Trap;
use crate::module_ir::{Module, Ops};
use crate::observe::{Observation, ObservedValue, StepOutcome};
use crate::oracle::{JudgeError, Options, Verdict, judge};
use wasmparser::Operator;

/// How a call must end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// It returns these numbers.
    Returns(Vec<Number>),
    /// It traps. Without a kind, any trap will do: engines differ in which condition they look at
    /// first, and the specification leaves it to them.
    Traps(Option<Trap>),
    /// It throws.
    Throws,
}

/// A number that a call returns.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Number {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
}

/// An exported case with what it must do.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// The exported case.
    pub exported: Exported,
    /// The calls, each with its end. There are none if instantiation traps.
    pub calls: Vec<(String, Expected)>,
    /// The trap of instantiation, if it does not succeed.
    pub not_instantiated: Option<Trap>,
}

impl Exported {
    /// Runs it on the heaps of the options, and notes what they agree on.
    ///
    /// # Errors
    ///
    /// If they do not agree, or the run needs more than its budget.
    pub fn expectations(self, options: &Options) -> Result<Expectations, ExportError> {
        let report = judge(&self.case(), options).map_err(of_judge)?;
        if report.verdict != Verdict::Agree {
            let verdict = &report.verdict;
            return Err(ExportError(format!("the exported case: {verdict}")));
        }
        let seen = report.observation().cloned().unwrap_or_default();
        let loose = has_bulk_access(&self.wasm);
        Ok(self.with(&seen, loose))
    }

    fn with(self, seen: &Observation, loose: bool) -> Expectations {
        let instantiation = seen.steps.first().map(|step| &step.outcome);
        let not_instantiated = match instantiation {
            Some(StepOutcome::Trapped(trap)) => Some(*trap),
            _ => None,
        };
        let steps = seen.steps.iter().skip(1);
        let calls = self.calls.iter().zip(steps);
        let calls = calls.map(|(name, step)| {
            let is_last = Some(name) == self.calls.last();
            let expected = match &step.outcome {
                StepOutcome::Returned(values) => Expected::Returns(numbers(values, is_last)),
                StepOutcome::Trapped(trap) => {
                    let is_ambiguous = loose && matches!(trap, Trap::NullReference);
                    Expected::Traps((!is_ambiguous).then_some(*trap))
                }
                StepOutcome::Threw(_) => Expected::Throws,
                StepOutcome::NoArgument => Expected::Traps(None),
            };
            (name.clone(), expected)
        });
        Expectations {
            calls: calls.collect(),
            not_instantiated,
            exported: self,
        }
    }
}

fn of_judge(error: JudgeError) -> ExportError {
    ExportError(format!("the exported case: {error}"))
}

/// Every function returns an i64; the last one an i32, too.
fn numbers(values: &[ObservedValue], is_last: bool) -> Vec<Number> {
    let numbers = values.iter().enumerate().map(|(index, value)| {
        let ObservedValue::Bits(bits) = *value else {
            unreachable!("an exported function returns numbers")
        };
        match is_last && index == 1 {
            true => Number::I32(bits as u32),
            false => Number::I64(bits),
        }
    });
    numbers.collect()
}

/// Whether the module has an instruction that may find its array null and its range out of bounds at
/// once.
fn has_bulk_access(wasm: &[u8]) -> bool {
    let Ok(module) = Module::decode(wasm) else {
        // It has too many locals to be looked at.
        return true;
    };
    let code = module.funcs.iter().filter_map(|func| func.code());
    let is_bulk = |ops: &Ops<'_>| {
        ops.iter().any(|op| {
            matches!(
                op,
                Operator::ArrayCopy { .. }
                    | Operator::ArrayFill { .. }
                    | Operator::ArrayInitData { .. }
                    | Operator::ArrayInitElem { .. }
            )
        })
    };
    code.into_iter().any(|code| is_bulk(&code.ops))
}
