//! Numbers in code.

use super::code::{funcs, splice};
use super::{Pass, one};
use crate::reduce::draft::{Edit, edit};
use std::collections::BTreeSet;
use wasmparser::{Ieee32, Ieee64, Operator, V128};

pub(super) const NUMBERS: Pass = Pass {
    name: "numbers",
    about: "moves numbers towards zero and one",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        // All places of a number at once: an index that is written and read.
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
                let mut try_instead = |op: Operator<'static>| {
                    edits.push(splice(func, at..at + 1, vec![op]));
                };
                match op {
                    Operator::I32Const { value } => {
                        for value in smaller(i64::from(*value)) {
                            let value = value as i32;
                            try_instead(Operator::I32Const { value });
                        }
                    }
                    Operator::I64Const { value } => {
                        for value in smaller(*value) {
                            try_instead(Operator::I64Const { value });
                        }
                    }
                    Operator::F32Const { value } if value.bits() != 0 => {
                        for value in [0.0, 1.0] {
                            let value = Ieee32::from(value);
                            try_instead(Operator::F32Const { value });
                        }
                    }
                    Operator::F64Const { value } if value.bits() != 0 => {
                        for value in [0.0, 1.0] {
                            let value = Ieee64::from(value);
                            try_instead(Operator::F64Const { value });
                        }
                    }
                    Operator::V128Const { value } if value.i128() != 0 => {
                        let value = V128::from(0i128);
                        try_instead(Operator::V128Const { value });
                    }
                    _ => {}
                }
            }
        }
        edits
    },
};

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
    numbers.push(n.checked_neg().filter(|_| n < 0).unwrap_or(0));
    numbers.retain(|m| m.unsigned_abs() < n.unsigned_abs() || (n < 0 && *m == -n));
    numbers.dedup();
    numbers
}
