//! Code whose outcome the language fixes, and that compares it: see
//! [`claims`](crate::case::claims).
//!
//! Its objects are in locals of its own, so that no sequence in between changes them.

mod arrays;
mod bounds;
mod bulk;
mod casts;
mod control;
mod exceptions;
mod fields;
mod made;
mod numbers;
mod place;
mod tables;
mod traps;
mod values;

pub(super) use arrays::arrays;
pub(super) use bounds::edges;
pub(super) use bulk::{copy, segment};
pub(super) use casts::casts;
pub(super) use control::{clauses, control};
pub(super) use exceptions::exceptions;
pub(super) use fields::{constants, fields, mixed};
pub(super) use numbers::numbers;
pub(super) use place::{identity, old, place};
pub(super) use tables::tables;
pub(in crate::generate::enrich) use traps::must_trap;

use super::super::emit::Emitter;

/// Compares one outcome, in code of a few instructions that runs no other sequence and cannot trap.
pub(in crate::generate::enrich) fn compare(e: &mut Emitter<'_>) {
    match e.choice.below(34) {
        0..=7 => casts(e),
        8..=12 => control(e),
        13..=18 => arrays(e),
        19 | 20 => fields(e),
        21 | 22 => mixed(e),
        23 | 24 => numbers(e),
        25 => constants(e),
        26 | 27 => edges(e),
        28..=30 if e.layout.has_exceptions() => clauses(e),
        _ => tables(e),
    }
}
