//! The engines, behind the two questions that are put to them.

pub mod gcdiff;
pub mod tinywasm;
pub mod wasmi;
pub mod wasmtime;

use ::gcdiff::engine::Limits;

/// What a run of a generated module may use: the limits of a campaign. Every engine has its own way to count fuel; all are about
/// instructions.
pub const LIMITS: Limits = Limits::fuzzing();

/// Executes a whole generated module: decodes it, instantiates it, and calls every exported function once with default values.
/// An error means that the engine cannot, and the module is left out.
pub type Execute = Box<dyn Fn(&[u8]) -> Result<(), String>>;

/// Runs a program, and returns how many milliseconds `run` took, and its result.
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
