//! What an embedder sees of a run: plain data, which another engine in another
//! process could produce as well.

use super::graph::{Graph, Seen};
use crate::engine::Trap;

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It returned these values.
    Returned(Vec<Seen>),
    /// It trapped.
    Trapped(Trap),
    /// It threw an exception.
    Threw(Seen),
    /// It was not made: no argument fits a parameter.
    NoArgument,
}

/// One step of the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepSeen {
    /// The step, as [`Step::name`](super::Step::name) has it; `None` stands for
    /// instantiation.
    pub export: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// One call of an imported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostSeen {
    /// Which import.
    pub import: u32,
    /// Its arguments.
    pub args: Vec<Seen>,
    /// How what the host did in it ended.
    pub did: Option<Outcome>,
}

/// Everything an embedder can see.
///
/// References in results, exceptions and host calls are kept by the host: their
/// objects appear in the graph as they are at the end of the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observation {
    /// Instantiation, then every step of the plan.
    pub steps: Vec<StepSeen>,
    /// Calls to the host, in order.
    pub host_calls: Vec<HostSeen>,
    /// How many calls to the host there were; only the first few thousand are
    /// written down.
    pub host_call_count: u64,
    /// Globals, imported ones included.
    pub globals: Vec<Seen>,
    /// Elements of all tables.
    pub tables: Vec<Vec<Seen>>,
    /// Contents of all memories.
    pub memories: Vec<Vec<u8>>,
    /// References that the host has kept.
    pub kept: Vec<Seen>,
    /// The objects behind all of these.
    pub graph: Graph,
}
