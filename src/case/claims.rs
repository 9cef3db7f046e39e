//! Claims: answers that the language fixes, and that a case checks itself.
//!
//! All heaps of an engine share its interpreter, so a bug of the interpreter changes what all of
//! them show. The generators know the outcome of some of their code: what was stored is what is
//! read, two reads of one element of a segment give one object. Such code compares the outcome with
//! the known one, and notes a contradiction in a global exported as [`EXPORT`]. No engine that
//! follows the language ever does.

use crate::module::{ExportItem, Module};
use crate::observe::{Observation, ObservedValue};
use wasm_encoder::InstructionSink;

/// The name of the exported global, an i32 with one bit for each [`Claim`].
pub const EXPORT: &str = "gc.contradictions";

/// What a check claims.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// An operand is what was pushed, whatever ran in the meantime.
    Operand,
    /// What is read from a place is what was last stored in it.
    Stored,
    /// Each result of a call, and each parameter of a block, arrives in its place.
    Result,
    /// The handler gets the payload that was thrown.
    Caught,
    /// An element of a segment is evaluated once: all copies are one object.
    Segment,
    /// A test or cast succeeds exactly if the object's type is a subtype, and types that are declared
    /// twice are equal.
    Type,
    /// A bulk operation moves each element to its place, as if through a buffer.
    Bulk,
    /// Two paths to one object are equal, and two objects are not.
    Identity,
    /// A number keeps its bits.
    Number,
}

impl Claim {
    /// All claims, in the order of their bits.
    pub const ALL: [Claim; 9] = [
        Claim::Operand,
        Claim::Stored,
        Claim::Result,
        Claim::Caught,
        Claim::Segment,
        Claim::Type,
        Claim::Bulk,
        Claim::Identity,
        Claim::Number,
    ];

    /// Its bit in the global, counted from 0.
    pub fn bit(self) -> u32 {
        self as u32
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Claim::Operand => "operand",
            Claim::Stored => "stored",
            Claim::Result => "result",
            Claim::Caught => "caught",
            Claim::Segment => "segment",
            Claim::Type => "type",
            Claim::Bulk => "bulk",
            Claim::Identity => "identity",
            Claim::Number => "number",
        }
    }

    /// What is claimed, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Claim::Operand => "an operand is what was pushed",
            Claim::Stored => "what is read is what was last stored",
            Claim::Result => "each result of a call and each parameter of a block is in its place",
            Claim::Caught => "a handler gets the payload that was thrown",
            Claim::Segment => "all copies of an element of a segment are one object",
            Claim::Type => "a test succeeds exactly if the type of the object is a subtype",
            Claim::Bulk => "a bulk operation moves each element to its place",
            Claim::Identity => "two paths to one object are equal, and two objects are not",
            Claim::Number => "a number keeps its bits",
        }
    }
}

/// The claims that a run has contradicted, according to what it shows.
pub fn contradicted(module: &Module, seen: &Observation) -> Vec<Claim> {
    let export = module.exports.iter().find(|export| export.name == EXPORT);
    let value = match export.map(|export| &export.item) {
        Some(ExportItem::Global(index)) => seen.globals.get(*index as usize),
        _ => None,
    };
    let Some(ObservedValue::Bits(bits)) = value else {
        return Vec::new();
    };
    let is_set = |claim: &Claim| bits >> claim.bit() & 1 == 1;
    Claim::ALL.into_iter().filter(is_set).collect()
}

/// Pops an i32 that is zero if `claim` is contradicted, and notes that in the global with this index.
pub(crate) fn note(mut code: InstructionSink<'_>, claim: Claim, global: u32) {
    let bit = claim.bit() as i32;
    code.i32_eqz().i32_const(bit).i32_shl();
    code.global_get(global).i32_or().global_set(global);
}
