//! Mutations of programs, and the function that libFuzzer calls for them.

use super::edits::EDITS;
use super::program::Program;
use crate::generate::enrich::choice::Choice;
use arbitrary::Unstructured;
use mutatis::{Candidates, Context, Mutate, Result, Session};

/// One mutation in this many makes a new program. Most bugs are far from the few programs that a
/// fuzzer begins with, and new programs reach them sooner than many small steps do.
const FRESH: u32 = 4;

/// The mutator of programs.
struct Mutator;

impl Mutate<Program> for Mutator {
    fn mutate(&mut self, candidates: &mut Candidates<'_>, program: &mut Program) -> Result<()> {
        for (share, grows, edit) in EDITS {
            // Edits that only add are skipped if a smaller program is asked for.
            if grows && candidates.shrink() {
                continue;
            }
            candidates.mutation_group(share, |context: &mut Context, _| {
                edit(program, &mut Choice::new(context.rng().gen_u64(), 0));
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Program {
    /// Changes the program at random, with one to four edits of operations, types, groups, plan or
    /// schedule, followed by a repair. The same seed makes the same edits.
    pub fn mutate(&mut self, seed: u64) {
        let mut session = Session::new().seed(seed);
        for _ in 0..=Choice::new(seed, 1).below(4) {
            // Does not fail: there is always something to change.
            let _ = session.mutate_with(&mut Mutator, self);
        }
        self.repair();
    }

    /// Removes operations, then other parts, until the byte form has at most `max` bytes, if that
    /// is possible.
    fn encode_within(&mut self, max: usize) -> Option<Vec<u8>> {
        loop {
            let bytes = self.encode();
            if bytes.len() <= max {
                return Some(bytes);
            }
            // Only functions are long: the longest one loses a third of its operations each time;
            // once all are empty, other parts are removed.
            let longest = self.funcs.iter_mut().max_by_key(|func| func.ops.len())?;
            if !longest.ops.is_empty() {
                longest.ops.truncate(longest.ops.len() * 2 / 3);
            } else if self.plan.pop().is_none() && self.acts.pop().is_none() {
                if self.funcs.len() > 1 {
                    self.funcs.pop();
                } else if !drop_slot(self) && self.groups.len() > 1 {
                    self.groups.pop();
                } else if self.globals.pop().is_none() && self.segments.pop().is_none() {
                    return None;
                }
            }
            self.repair();
        }
    }
}

/// Removes a slot of the only remaining function, if it has one.
fn drop_slot(program: &mut Program) -> bool {
    let first = program.funcs.first_mut();
    first.is_some_and(|func| func.slots.pop().is_some())
}

/// Mutates the byte form of a program in place, as libFuzzer's custom mutator does.
///
/// The first `size` bytes of `data` are the input. They are replaced by a mutated program of at
/// most `max_size` bytes, whose length is returned. Bytes that are no program are replaced by one
/// that is generated from the seed, and so is one program in four. If not even a small program
/// fits, the input stays as it is.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let max = max_size.min(data.len());
    let size = size.min(max);
    let mut choice = Choice::new(u64::from(seed), 2);
    let fresh = size == 0 || choice.chance(1, FRESH);
    let old = (!fresh).then(|| Program::decode(&data[..size])).flatten();
    let mut program = match old {
        Some(mut program) => {
            program.mutate(u64::from(seed));
            program
        }
        None => {
            let mut bytes = [0; 256];
            for chunk in bytes.chunks_mut(8) {
                chunk.copy_from_slice(&choice.bits().to_le_bytes());
            }
            Program::generate(&mut Unstructured::new(&bytes))
        }
    };
    let Some(bytes) = program.encode_within(max) else {
        return size;
    };
    data[..bytes.len()].copy_from_slice(&bytes);
    bytes.len()
}
