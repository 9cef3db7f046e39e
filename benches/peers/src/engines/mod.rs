//! The engines, each with up to two kinds of work: a whole generated module and a long program.

pub mod gcdiff;
pub mod tinywasm;
pub mod wasmi;
pub mod wasmtime;

use ::gcdiff::engine::Limits;

/// The limits of a run of a generated module, which are those of a campaign. Each engine counts fuel in a different way, but
/// roughly per instruction.
pub const LIMITS: Limits = Limits::fuzzing();

/// Executes a whole generated module: decodes and instantiates it, and calls every exported function once with default
/// values. Returns an error if the engine does not support the module, which is then left out.
pub type Execute = Box<dyn Fn(&[u8]) -> Result<(), String>>;

/// Runs a program, and returns the milliseconds that `run` took, and its result.
pub type Run = Box<dyn Fn(&[u8], u32) -> (f64, u32)>;

/// An engine with its settings.
pub struct Engine<F> {
    pub name: &'static str,
    pub work: F,
}

impl<F> Engine<F> {
    pub fn new(name: &'static str, work: F) -> Engine<F> {
        Engine { name, work }
    }
}
