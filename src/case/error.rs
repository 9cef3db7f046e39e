//! Why a run has no observation.

use crate::engine::Stop;

/// Why a run has no observation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunError {
    /// An import that the host cannot satisfy.
    Import(String),
    /// The plan calls something that is not an exported function.
    Export(String),
    /// The plan passes more arguments than the function takes.
    Arguments(String),
    /// The run did not come to its end: the heap ran out, is corrupt, or the
    /// inspector stopped it.
    Stopped(Stop),
}

impl From<Stop> for RunError {
    fn from(stop: Stop) -> RunError {
        RunError::Stopped(stop)
    }
}
