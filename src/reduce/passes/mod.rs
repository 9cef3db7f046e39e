//! The passes: lists of edits, each of which may make a case simpler.
//!
//! A pass need not know whether an edit is valid or keeps the finding: the search
//! tries. What it has to know is which edits are worth trying, and in which order.

mod arrays;
mod blocks;
mod bodies;
mod callees;
mod code;
mod constants;
mod contents;
mod defaults;
mod fields;
mod inline;
mod instructions;
mod items;
mod lengths;
mod locals;
mod merge;
mod nested;
mod numbers;
mod plan;
mod segments;
mod signatures;
mod stores;
mod types;
mod unused;

pub(super) use code::{funcs, neutral};
pub(super) use plan::{CLIENT, LIMITS, SCHEDULE};

use super::draft::{Edit, State};

/// A pass.
pub(super) struct Pass {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Number of levels of granularity, for a state. The coarsest has the highest number.
    pub levels: fn(&State<'_>) -> u32,
    /// The edits of a level, the most promising first.
    pub edits: fn(&State<'_>, u32) -> Vec<Edit>,
}

/// All passes, in the order in which they run: those that remove much come first.
pub(super) const PASSES: &[Pass] = &[
    items::CUSTOMS,
    plan::STEPS,
    items::EXPORTS,
    bodies::BODIES,
    segments::WHOLE_SEGMENTS,
    unused::UNUSED,
    code::STATEMENTS,
    blocks::UNREACHABLE,
    code::VALUES,
    code::TRAPS,
    code::OPERANDS,
    code::INSTRUCTIONS,
    nested::NESTED,
    blocks::BLOCKS,
    blocks::BRANCHES,
    items::USES,
    segments::SEGMENTS,
    unused::UNUSED,
    locals::LOCALS,
    stores::STORES,
    contents::CONTENTS,
    inline::INLINE,
    signatures::SIGNATURES,
    fields::FIELDS,
    arrays::ARRAYS,
    types::TYPES,
    merge::MERGE,
    items::IMPORTS,
    items::GLOBALS,
    constants::CONSTANTS,
    items::SIZES,
    instructions::SIMPLER,
    numbers::NUMBERS,
    lengths::LENGTHS,
    unused::UNUSED,
    plan::ARGUMENTS,
    plan::HOST,
    SCHEDULE,
    LIMITS,
    CLIENT,
];

impl Pass {
    /// Whether the pass leaves all code as it is that can run. What a case knows of its own outcome
    /// stays true then.
    pub fn keeps_code(&self) -> bool {
        let keep = [
            &items::CUSTOMS,
            &items::EXPORTS,
            &unused::UNUSED,
            &plan::STEPS,
            &plan::ARGUMENTS,
            &plan::HOST,
            &SCHEDULE,
            &LIMITS,
        ];
        keep.iter().any(|pass| pass.name == self.name)
    }
}

/// One level.
fn one(_: &State<'_>) -> u32 {
    1
}

/// Levels for lists of at most `longest` elements, with chunks of `1 << level`.
fn levels(longest: usize) -> u32 {
    usize::BITS - longest.leading_zeros()
}

/// The chunks of `0..len` at a level: `start..end`.
fn chunks(len: usize, level: u32) -> impl Iterator<Item = (usize, usize)> {
    let size = 1usize.checked_shl(level).unwrap_or(usize::MAX);
    (0..len)
        .step_by(size)
        .map(move |start| (start, len.min(start.saturating_add(size))))
}
