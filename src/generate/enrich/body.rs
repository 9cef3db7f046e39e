//! Splicing of sequences into a body of the module.
//!
//! The original instructions are copied byte for byte, except for those that a guard replaces, and
//! those that never run: two in three of a plain module, which cost their decoding and validation, and
//! compilation. They are left out in most bodies. The list of locals grows.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Function, ValType};
use wasmparser::{FunctionBody, Operator};

use super::choice::Choice;
use super::emit::Emitter;
use super::error::EnrichError;
use super::layout::Layout;
use super::no_traps::{Fate, Guards};

/// Maximum number of sequences in a body.
const MAX_PER_BODY: u32 = 24;

/// Writes the body with sequences at points chosen by `choice`, and deducts them from `budget`.
pub(super) fn splice(
    body: &FunctionBody<'_>,
    params: u32,
    layout: &Layout,
    guards: &Guards<'_>,
    choice: Choice,
    budget: &mut u32,
) -> Result<Function, EnrichError> {
    let mut locals: Vec<(u32, ValType)> = Vec::new();
    let mut count = params;
    for pair in body.get_locals_reader()? {
        let (n, ty) = pair?;
        count = count.checked_add(n).ok_or(EnrichError::Malformed)?;
        locals.push((n, RoundtripReencoder.val_type(ty)?));
    }

    let mut emitter = Emitter::new(layout, count, choice);
    let mut left = MAX_PER_BODY.min(*budget);
    let mut used = 0;
    let mut copied = 0;
    // A body that traps mostly traps early, so half of the bodies start with a sequence.
    let mut wait = emitter.choice.below(4).saturating_sub(1);
    let gap = emitter.choice.range(4, 9);
    let mut dead = Dead::default();
    // Dead code tests the compiler. Without guards all instructions stay, since they cost fuel.
    let keeps_dead = emitter.choice.chance(1, 8) || !guards.are_on();

    let bytes = body.as_bytes();
    let start = body.range().start;
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let from = reader.original_position();
        if wait == 0 && left > 0 {
            // Dead code gets a sequence now and then, to test validation, but mostly the budget is
            // saved for live code.
            if !dead.now() || emitter.choice.chance(1, 12) {
                emitter.sequence();
                left -= 1;
                used += 1;
            }
            wait = emitter.choice.range(gap - 2, gap + 3);
        }
        wait = wait.saturating_sub(1);
        let op = reader.read()?;
        let was_dead = dead.now();
        dead.step(&op);
        if was_dead && dead.now() && !keeps_dead {
            continue;
        }
        let to = reader.original_position();
        let original = slice(bytes, start, from, to).ok_or(EnrichError::Malformed)?;
        if guards.before(&mut emitter, &op, was_dead) == Fate::Stays {
            emitter.out.extend_from_slice(original);
            copied += original.len();
            guards.after(&mut emitter, &op, was_dead);
        }
    }
    *budget -= used;

    // The written code may use any of the scratch locals.
    if emitter.out.len() > copied {
        locals.extend(emitter.locals());
    }
    let mut function = Function::new(locals);
    function.raw(emitter.out);
    Ok(function)
}

/// The bytes between the module offsets `from` and `to`, where `bytes` starts at offset `start`.
fn slice(bytes: &[u8], start: u64, from: u64, to: u64) -> Option<&[u8]> {
    let from = usize::try_from(from.checked_sub(start)?).ok()?;
    let to = usize::try_from(to.checked_sub(start)?).ok()?;
    bytes.get(from..to)
}

/// Approximate reachability: code is dead from an unconditional branch to the end of its block.
#[derive(Default)]
struct Dead {
    depth: u32,
    since: Option<u32>,
}

impl Dead {
    fn now(&self) -> bool {
        self.since.is_some()
    }

    fn step(&mut self, op: &Operator<'_>) {
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                self.depth += 1;
            }
            Operator::Else if self.since == Some(self.depth) => self.since = None,
            Operator::End => {
                if self.since == Some(self.depth) {
                    self.since = None;
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Operator::Unreachable
            | Operator::Br { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef => {
                self.since.get_or_insert(self.depth);
            }
            _ => {}
        }
    }
}
