//! Numbers in code.

use super::code::{funcs, splice};
use super::{Pass, one};
use crate::module_ir::{Immediate, immediates, immediates_mut};
use crate::reduce::draft::{Edit, edit};
use std::collections::BTreeSet;
use wasmparser::{Ieee32, Ieee64, MemArg, Operator, V128};

pub(super) const NUMBERS: Pass = Pass {
    name: "numbers",
    about: "moves numbers towards zero and one: constants, offsets, lanes; makes alignments natural",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        // All places of a number in functions at once: an index that is written and read.
        let mut used = BTreeSet::new();
        for (_, ops, _) in funcs(state) {
            used.extend(ops.iter().filter_map(|op| match op {
                Operator::I32Const { value } => Some(*value),
                _ => None,
            }));
        }
        for old in used.into_iter().filter(|old| *old != 0).take(MAX_NUMBERS) {
            for new in smaller(i64::from(old)) {
                edits.push(everywhere(old, new as i32));
            }
        }
        for (func, ops, _) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                let simpler = simpler_constants(op).into_iter();
                edits.extend(simpler.map(|op| splice(func, at..at + 1, vec![op])));
                for (place, immediate) in immediates(op).into_iter().enumerate() {
                    let simpler = simpler_immediates(immediate).into_iter();
                    edits.extend(simpler.map(|new| set_immediate(func, at, place, new)));
                }
            }
        }
        edits
    },
};

/// Constants that are simpler than one, the simplest first.
pub(super) fn simpler_constants(op: &Operator<'_>) -> Vec<Operator<'static>> {
    match op {
        Operator::I32Const { value } => {
            let values = smaller(i64::from(*value)).into_iter();
            let values = values.map(|value| Operator::I32Const {
                value: value as i32,
            });
            values.collect()
        }
        Operator::I64Const { value } => {
            let values = smaller(*value).into_iter();
            values.map(|value| Operator::I64Const { value }).collect()
        }
        Operator::F32Const { value } if value.bits() != 0 => {
            let values = [0.0, 1.0].map(|value| Operator::F32Const {
                value: Ieee32::from(value),
            });
            values.to_vec()
        }
        Operator::F64Const { value } if value.bits() != 0 => {
            let values = [0.0, 1.0].map(|value| Operator::F64Const {
                value: Ieee64::from(value),
            });
            values.to_vec()
        }
        Operator::V128Const { value } if value.i128() != 0 => {
            vec![Operator::V128Const {
                value: V128::from(0i128),
            }]
        }
        _ => Vec::new(),
    }
}

type Numbers = Immediate<MemArg, u8>;

/// Simpler offsets, alignments and lanes, the simplest first.
fn simpler_immediates(immediate: Numbers) -> Vec<Numbers> {
    match immediate {
        Immediate::Memory(memory) => {
            let aligned = MemArg {
                align: memory.max_align,
                ..memory
            };
            let offsets = smaller(memory.offset.try_into().unwrap_or(i64::MAX)).into_iter();
            let moved = offsets.map(|offset| MemArg {
                offset: offset as u64,
                ..memory
            });
            let aligned = (memory.align != memory.max_align).then_some(aligned);
            moved.chain(aligned).map(Immediate::Memory).collect()
        }
        Immediate::Lane(lane) => {
            let lanes = smaller(lane.into()).into_iter();
            lanes.map(|lane| Immediate::Lane(lane as u8)).collect()
        }
    }
}

fn set_immediate(func: usize, at: usize, place: usize, new: Numbers) -> Edit {
    edit(move |draft| {
        let op = draft.module.funcs.get_mut(func)?.edit()?.ops.get_mut(at)?;
        match (immediates_mut(op).into_iter().nth(place)?, new) {
            (Immediate::Memory(old), Immediate::Memory(new)) => *old = new,
            (Immediate::Lane(old), Immediate::Lane(new)) => *old = new,
            _ => return None,
        }
        Some(())
    })
}

/// Numbers that are replaced in all places at once.
const MAX_NUMBERS: usize = 16;

fn everywhere(old: i32, new: i32) -> Edit {
    edit(move |draft| {
        for func in &mut draft.module.funcs {
            let is_old =
                |op: &Operator<'_>| matches!(op, Operator::I32Const { value } if *value == old);
            let touched = func.code().is_some_and(|code| code.ops.iter().any(is_old));
            if touched {
                for op in &mut func.edit()?.ops {
                    if is_old(op) {
                        *op = Operator::I32Const { value: new };
                    }
                }
            }
        }
        Some(())
    })
}

/// Numbers that are simpler, the simplest first.
pub(super) fn smaller(n: i64) -> Vec<i64> {
    let mut numbers = vec![
        0,
        1,
        2,
        3,
        4,
        8,
        n / 16,
        n / 2,
        n.saturating_sub(n.signum()),
    ];
    if n < 0 {
        numbers.extend([n.saturating_neg(), -1]);
    }
    numbers.retain(|m| m.unsigned_abs() < n.unsigned_abs() || (n < 0 && *m == -n));
    numbers.dedup();
    numbers
}
