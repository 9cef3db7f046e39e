//! The observable results of a run: plain data, which another engine in another
//! process could produce as well.

use super::graph::Graph;
use super::memory::MemoryBytes;
use super::value::ObservedValue;
use crate::engine::Trap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It returned these values.
    Returned(Vec<ObservedValue>),
    /// It trapped.
    Trapped(Trap),
    /// It threw an exception.
    Threw(ObservedValue),
    /// It was not made: no argument fits a parameter.
    NoArgument,
}

/// One step of the plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedStep {
    /// The step by its [`Step::name`](crate::case::Step::name); `None` for
    /// instantiation.
    pub export: Option<String>,
    /// How it ended.
    pub outcome: StepOutcome,
}

/// One call of an imported function.
#[derive(Clone, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedHostCall {
    /// Index of the import.
    pub import: u32,
    /// Its arguments.
    pub args: Vec<ObservedValue>,
    /// The host's act during the call, if any, by its
    /// [`Step::name`](crate::case::Step::name). Calls that repeat an act share
    /// its name.
    pub act: Option<Arc<str>>,
    /// How that act ended.
    pub did: Option<StepOutcome>,
}

/// The act follows from the number of the call, so it is not compared.
impl PartialEq for ObservedHostCall {
    fn eq(&self, other: &ObservedHostCall) -> bool {
        let ObservedHostCall {
            import,
            args,
            act: _,
            did,
        } = self;
        *import == other.import && *args == other.args && *did == other.did
    }
}

/// Everything that an embedder can see of a run.
///
/// The host keeps references in results, exceptions and host calls. Their
/// objects appear in the graph in their state at the end of the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observation {
    /// Instantiation, then every step of the plan.
    pub steps: Vec<ObservedStep>,
    /// Calls to the host, in order.
    pub host_calls: Vec<ObservedHostCall>,
    /// Number of calls to the host. Only the first few thousand are recorded.
    pub host_call_count: u64,
    /// Globals, imported ones included.
    pub globals: Vec<ObservedValue>,
    /// Elements of all tables.
    pub tables: Vec<Vec<ObservedValue>>,
    /// Contents of all memories.
    pub memories: Vec<MemoryBytes>,
    /// References that the host has kept.
    pub kept: Vec<ObservedValue>,
    /// The objects behind all of these.
    pub graph: Graph,
}

impl Observation {
    /// Estimated bytes of memory that the observation takes.
    pub fn footprint(&self) -> u64 {
        let values = |outcome: &StepOutcome| match outcome {
            StepOutcome::Returned(values) => size_of_val(&values[..]),
            _ => 0,
        };
        let steps = self.steps.iter().map(|step| {
            let name = step.export.as_ref().map_or(0, String::len);
            size_of::<ObservedStep>() + name + values(&step.outcome)
        });
        let host_calls = self.host_calls.iter().map(|call| {
            let did = call.did.as_ref().map_or(0, values);
            size_of::<ObservedHostCall>() + size_of_val(&call.args[..]) + did
        });
        let tables = self.tables.iter().map(|table| size_of_val(&table[..]));
        let bytes = steps.sum::<usize>()
            + host_calls.sum::<usize>()
            + tables.sum::<usize>()
            + self
                .memories
                .iter()
                .map(MemoryBytes::footprint)
                .sum::<usize>()
            + size_of_val(&self.globals[..])
            + size_of_val(&self.kept[..])
            + self.graph.footprint();
        bytes as u64
    }
}
