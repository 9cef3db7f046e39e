//! Code that notes a contradicted claim.

use crate::case::claims::Claim;
use wasm_encoder::InstructionSink;

/// Pops an i32 that is zero if `claim` is contradicted, and notes that in the global with this index.
pub(super) fn note(mut code: InstructionSink<'_>, claim: Claim, global: u32) {
    let bit = claim.bit() as i32;
    code.i32_eqz().i32_const(bit).i32_shl();
    code.global_get(global).i32_or().global_set(global);
}
