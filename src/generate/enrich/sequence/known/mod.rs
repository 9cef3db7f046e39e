//! Code whose outcome the language fixes, and that compares it: see
//! [`claims`](crate::case::claims).
//!
//! Its objects are in locals of its own, so that no sequence in between changes them.

mod bounds;
mod bulk;
mod casts;
mod control;
mod exceptions;
mod made;
mod numbers;
mod place;
mod tables;
mod traps;

pub(super) use bounds::edges;
pub(super) use bulk::{copy, segment};
pub(super) use casts::casts;
pub(super) use control::{clauses, control};
pub(super) use exceptions::exceptions;
pub(super) use numbers::numbers;
pub(super) use place::{identity, old, place};
pub(super) use tables::tables;
pub(in crate::generate::enrich) use traps::must_trap;

use super::super::emit::Emitter;

/// Compares one outcome, in code of a few instructions that runs no other sequence.
pub(in crate::generate::enrich) fn compare(e: &mut Emitter<'_>) {
    match e.choice.below(18) {
        0..=5 => casts(e),
        6..=8 => control(e),
        9..=11 => numbers(e),
        12 | 13 => edges(e),
        14 | 15 if e.layout.has_exceptions() => clauses(e),
        _ => tables(e),
    }
}
