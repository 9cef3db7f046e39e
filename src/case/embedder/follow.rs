//! A whole run: imports, instantiation, the steps of the plan.

use super::EmbedderStore;
use super::host::Host;
use super::imports::import_all;
use super::kept::KeptValue;
use super::steps::{end_of, perform};
use crate::case::error::RunError;
use crate::case::plan::Step;
use crate::engine::{Act, Deed, Stop, Trap};
use crate::observe::{Observation, ObservedHostCall, ObservedStep, ObservedValue, StepOutcome};
use std::sync::Arc;

/// The outcome of a step before the objects are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepEnd {
    /// It returned.
    Returned(Vec<KeptValue>),
    /// It trapped.
    Trapped(Trap),
    /// It threw an exception.
    Threw(KeptValue),
    /// It was not made: no argument fits a parameter.
    NoArgument,
}

/// How instantiation and the steps of a plan have ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ends(Vec<(Option<String>, StepEnd)>);

/// Bytes of memory that a recorded step takes besides its name and its values.
const STEP_FOOTPRINT: u64 = 160;

/// Makes the imports, instantiates the module, and performs the steps of the plan.
///
/// # Errors
///
/// If an import or a step cannot be made, or the store stops with something else than a trap or an
/// exception.
pub fn follow<S: EmbedderStore>(store: &mut S, steps: &[Step]) -> Result<Ends, RunError> {
    let instantiation = Deed {
        act: Act::Instantiation,
        ..Deed::default()
    };
    store.begin(instantiation)?;
    let mut ends: Vec<(Option<String>, StepEnd)> = Vec::new();
    match import_all(store) {
        Ok(()) => {}
        Err(RunError::Stopped(Stop::Trap(trap))) => {
            let trapped = StepEnd::Trapped(trap);
            store.ended(None, &trapped)?;
            return Ok(Ends(vec![(None, trapped)]));
        }
        Err(error) => return Err(error),
    }
    // The start function is a call of the module, too.
    store.host().active += 1;
    let started = store.instantiate();
    store.host().active -= 1;
    let started = match started {
        Ok(()) => Ok(Vec::new()),
        Err(RunError::Stopped(stop)) => Err(stop),
        Err(error) => return Err(error),
    };
    let has_started = started.is_ok();
    let started = end_of(store, started, &[])?;
    store.ended(None, &started)?;
    ends.push((None, started));
    let steps = if has_started { steps } else { &[] };
    for (step, number) in steps.iter().zip(0..) {
        let deed = Deed {
            act: step.act(),
            step: u32::try_from(number + 1).ok(),
            host_call: None,
        };
        store.begin(deed)?;
        let end = perform(store, step, number)?;
        let name = step.name();
        store.note_bytes(STEP_FOOTPRINT + 2 * name.len() as u64)?;
        store.ended(Some(step), &end)?;
        ends.push((Some(name), end));
    }
    Ok(Ends(ends))
}

impl Ends {
    /// Bytes of memory that [`Ends::observation`] takes for the steps.
    pub(in crate::case) fn footprint(&self) -> u64 {
        self.0.len() as u64 * STEP_FOOTPRINT
    }

    /// The observation of a run. `state` is what the store holds at the end: globals, tables, memories,
    /// the references in all handles, null ones included, and the objects behind them.
    pub fn observation(self, host: &Host, state: Observation) -> Observation {
        let kept = &state.kept;
        let seen = |value: &KeptValue| match value {
            KeptValue::Plain(seen) => *seen,
            KeptValue::Handle(handle) => match kept.get(*handle as usize) {
                // The value was an object, which can no longer be observed.
                None | Some(ObservedValue::Null) => ObservedValue::Dropped,
                Some(seen) => *seen,
            },
        };
        let outcome = |end: &StepEnd| match end {
            StepEnd::Returned(values) => StepOutcome::Returned(values.iter().map(seen).collect()),
            StepEnd::Trapped(trap) => StepOutcome::Trapped(*trap),
            StepEnd::Threw(exception) => StepOutcome::Threw(seen(exception)),
            StepEnd::NoArgument => StepOutcome::NoArgument,
        };
        let steps = self.0.into_iter().map(|(export, end)| ObservedStep {
            export,
            outcome: outcome(&end),
        });
        let steps = steps.collect();
        let names = host.acts.iter().map(|act| act.name().into());
        let acts: Vec<Arc<str>> = match host.calls.is_empty() {
            true => Vec::new(),
            false => names.collect(),
        };
        let calls = host.calls.iter().zip(0..);
        let host_calls = calls.map(|(called, call)| ObservedHostCall {
            import: called.import,
            args: called.args.iter().map(seen).collect(),
            act: called.did.as_ref().map(|_| acts[host.due(call)].clone()),
            did: called.did.as_ref().map(outcome),
        });
        let host_calls = host_calls.collect();
        Observation {
            steps,
            host_calls,
            host_call_count: host.count,
            ..state
        }
    }
}
