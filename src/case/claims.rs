//! Claims: answers that the language fixes, and that a case checks itself.
//!
//! All heaps of an engine share its interpreter, so a bug of the interpreter changes what all of
//! them show. The generators know the outcome of some of their code: what was stored is what is
//! read, two reads of one element of a segment give one object. Such code compares the outcome with
//! the known one, and notes a contradiction in a global exported as [`EXPORT`]. No engine that
//! follows the language ever does.

use crate::engine::Trap;
use crate::module::{ExportItem, Module};
use crate::observe::{Observation, ObservedValue, Part, Parts, StepOutcome};
use wasm_encoder::InstructionSink;

/// The name of the exported global, an i32 with a bit for each [`Claim`] but one, and two counts.
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
    /// Code that must trap does not come to its end.
    Trap,
    /// Code that cannot trap comes to its end. It has no bit of its own: the global counts the
    /// pieces of such code that have begun and not ended.
    Completion,
}

impl Claim {
    /// All claims, in the order of their bits.
    pub const ALL: [Claim; 11] = [
        Claim::Operand,
        Claim::Stored,
        Claim::Result,
        Claim::Caught,
        Claim::Segment,
        Claim::Type,
        Claim::Bulk,
        Claim::Identity,
        Claim::Number,
        Claim::Trap,
        Claim::Completion,
    ];

    /// Its bit in the global, counted from 0. [`Claim::Completion`] sets none.
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
            Claim::Trap => "trap",
            Claim::Completion => "completion",
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
            Claim::Trap => "code that must trap does",
            Claim::Completion => "code that cannot trap comes to its end",
        }
    }
}

/// The claims that a run has contradicted, according to what it shows: these parts of an observation.
pub fn contradicted(module: &Module, seen: &Observation, parts: Parts) -> Vec<Claim> {
    let export = module.exports.iter().find(|export| export.name == EXPORT);
    let value = match export.map(|export| &export.item) {
        Some(ExportItem::Global(index)) => seen.globals.get(*index as usize),
        _ => None,
    };
    let Some(ObservedValue::Bits(bits)) = value else {
        return Vec::new();
    };
    let bits = *bits as u32;
    let is_contradicted = |claim: &Claim| match claim {
        Claim::Completion => has_unfinished(bits, seen, parts),
        claim => bits >> claim.bit() & 1 == 1,
    };
    Claim::ALL.into_iter().filter(is_contradicted).collect()
}

/// Whether code that cannot trap has not come to its end, although no limit may have ended it.
///
/// A limit may end a call in the middle of any code. So those calls are counted that a limit has ended,
/// and those that were to end so: if there are no others, none has ended in code that cannot trap. An
/// exported module has the limits inside, and such a call ends in `unreachable`.
fn has_unfinished(bits: u32, seen: &Observation, parts: Parts) -> bool {
    let is_limit = |outcome: &&StepOutcome| match outcome {
        StepOutcome::Trapped(trap) => trap.is_limit() || *trap == Trap::Unreachable,
        _ => false,
    };
    let acts = seen.host_calls.iter().filter_map(|call| call.did.as_ref());
    let steps = seen.steps.iter().map(|step| &step.outcome);
    let is_shown = parts.has(Part::TrapKinds) && parts.has(Part::HostCalls);
    let all_recorded = seen.host_calls.len() as u64 == seen.host_call_count;
    let ended = steps.chain(acts).filter(is_limit).count() as u32;
    let others = (bits >> ENDS_AT).wrapping_sub(ended) & (u32::MAX >> ENDS_AT);
    let is_known = ended < MOST_ENDS && others & (MOST_ENDS - 1) == 0;
    is_shown && all_recorded && is_known && others != 0
}

/// The lowest bit of the number of calls that were to end at a limit.
const ENDS_AT: u32 = 12;

/// The lowest bit of the number of pieces of code that cannot trap and have begun without an end.
const UNFINISHED_AT: u32 = 22;

/// The number of calls ended at a limit from which on the count of those that were to end so has no room.
const MOST_ENDS: u32 = 1 << (UNFINISHED_AT - ENDS_AT);

/// Pops an i32 that is zero if `claim` is contradicted, and notes that in the global with this index.
pub(crate) fn note(mut code: InstructionSink<'_>, claim: Claim, global: u32) {
    let bit = claim.bit() as i32;
    code.i32_eqz().i32_const(bit).i32_shl();
    code.global_get(global).i32_or().global_set(global);
}

fn add(mut code: InstructionSink<'_>, global: u32, number: i32) {
    code.global_get(global).i32_const(number);
    code.i32_add().global_set(global);
}

/// Notes that code begins which cannot trap.
pub(crate) fn begin(code: InstructionSink<'_>, global: u32) {
    add(code, global, 1 << UNFINISHED_AT);
}

/// Notes that it has come to its end.
pub(crate) fn end(code: InstructionSink<'_>, global: u32) {
    add(code, global, -(1 << UNFINISHED_AT));
}

/// Notes that a limit, or `unreachable`, will end the call.
pub(crate) fn ends(code: InstructionSink<'_>, global: u32) {
    add(code, global, 1 << ENDS_AT);
}
