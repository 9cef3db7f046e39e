//! Blocks, branches and handlers.

use super::code::{funcs, is_whole, splice};
use super::{Pass, one};
use crate::module_ir::{Ops, is_opener, labels, set_labels, short_table};
use crate::reduce::draft::{Edit, edit};
use std::ops::Range;
use wasmparser::Operator;

pub(super) const UNREACHABLE: Pass = Pass {
    name: "unreachable",
    about: "removes code that cannot be reached",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            let mut at = 0;
            while at < ops.len() {
                if view.ops[at].reachable || view.ops[at].is_divider || at + 1 == ops.len() {
                    at += 1;
                    continue;
                }
                // Up to the end of the block, or of its arm.
                let parent = view.ops[at].parent;
                let rest = (at..ops.len()).find(|i| {
                    let closes = view.ops[*i].parent == parent
                        && (view.ops[*i].is_divider || matches!(ops[*i], Operator::End));
                    closes || i + 1 == ops.len()
                });
                let end = rest.unwrap_or(at + 1);
                if end > at {
                    edits.push(splice(func, at..end, Vec::new()));
                }
                at = end.max(at + 1);
            }
        }
        edits
    },
};

pub(super) const BLOCKS: Pass = Pass {
    name: "blocks",
    about: "unwraps blocks, loops, ifs and handlers",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                if !is_opener(op) {
                    continue;
                }
                let end = view.ops[at].end - 1;
                let divider = (at + 1..end)
                    .find(|i| view.ops[*i].is_divider && view.ops[*i].parent == Some(at));
                let first = at + 1..divider.unwrap_or(end);
                let second = divider.map(|divider| divider + 1..end);
                // The condition of an `if` is dropped, or its code removed with it.
                if let Operator::If { .. } = op {
                    let condition = view.ops[at].operands.last().copied();
                    for arm in [Some(first), second].into_iter().flatten() {
                        if let Some((start, stop)) = condition.filter(|c| c.1 == at) {
                            edits.push(unwrap(func, start..stop, None, at..end + 1, arm.clone()));
                        }
                        let drop = Some(Operator::Drop);
                        edits.push(unwrap(func, at..at, drop, at..end + 1, arm));
                    }
                } else {
                    edits.push(unwrap(func, at..at, None, at..end + 1, first));
                }
            }
        }
        edits
    },
};

pub(super) const BRANCHES: Pass = Pass {
    name: "branches",
    about: "removes branches, targets of tables and clauses of handlers",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                match op {
                    Operator::BrIf { .. } | Operator::BrOnNonNull { .. } => {
                        edits.push(splice(func, at..at + 1, vec![Operator::Drop]));
                        edits.push(splice(func, at..at + 1, Vec::new()));
                    }
                    Operator::BrOnNull { .. } => {
                        edits.push(splice(func, at..at + 1, vec![Operator::RefAsNonNull]));
                        edits.push(splice(func, at..at + 1, vec![Operator::Drop]));
                        edits.push(splice(func, at..at + 1, Vec::new()));
                    }
                    Operator::BrOnCast { .. } | Operator::BrOnCastFail { .. } => {
                        edits.push(splice(func, at..at + 1, Vec::new()));
                    }
                    Operator::BrTable { targets } => {
                        let all = targets.targets().filter_map(Result::ok);
                        let mut all: Vec<u32> = all.chain([targets.default()]).collect();
                        all.sort_unstable();
                        all.dedup();
                        for relative_depth in all {
                            let br = Operator::Br { relative_depth };
                            edits.push(splice(func, at..at + 1, vec![Operator::Drop, br]));
                            if !targets.is_empty()
                                && let Some(table) = short_table(relative_depth)
                            {
                                edits.push(splice(func, at..at + 1, vec![table]));
                            }
                        }
                    }
                    Operator::Br { .. } | Operator::Return | Operator::Throw { .. }
                        if is_whole(&view.ops[at]) =>
                    {
                        edits.push(splice(func, at..at + 1, vec![Operator::Unreachable]));
                        edits.push(splice(func, at..at + 1, Vec::new()));
                    }
                    Operator::TryTable { try_table } => {
                        for clause in 0..try_table.catches.len() {
                            edits.push(remove_clause(func, at, clause));
                        }
                    }
                    _ => {}
                }
            }
        }
        edits
    },
};

fn remove_clause(func: usize, at: usize, clause: usize) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        match ops.get_mut(at)? {
            Operator::TryTable { try_table } if clause < try_table.catches.len() => {
                try_table.catches.remove(clause);
                Some(())
            }
            _ => None,
        }
    })
}

/// Replaces `before` by `instead`, and the block `whole` by its part `inside`.
fn unwrap(
    func: usize,
    before: Range<usize>,
    instead: Option<Operator<'static>>,
    whole: Range<usize>,
    inside: Range<usize>,
) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        let inner = outward(ops.get(inside.clone())?)?;
        ops.splice(whole.clone(), inner);
        ops.splice(before.clone(), instead.clone());
        Some(())
    })
}

/// Code that is so many blocks deep, without these blocks.
pub(super) fn moved_out<'a>(ops: &[Operator<'a>], levels: u32) -> Option<Ops<'a>> {
    let mut moved = ops.to_vec();
    for _ in 0..levels {
        moved = outward(&moved)?;
    }
    Some(moved)
}

/// Code of a block, without the block around it. Branches to the block go to the one around it.
fn outward<'a>(ops: &[Operator<'a>]) -> Option<Ops<'a>> {
    let mut depth = 0u32;
    let mut moved = Vec::with_capacity(ops.len());
    for op in ops {
        let mut op = op.clone();
        if matches!(op, Operator::End | Operator::Delegate { .. }) {
            depth = depth.checked_sub(1)?;
        }
        if labels(&op).iter().any(|label| *label >= depth) {
            set_labels(&mut op, &|label| match label > depth {
                true => Some(label - 1),
                false => Some(label),
            })?;
        }
        if is_opener(&op) {
            depth += 1;
        }
        moved.push(op);
    }
    Some(moved)
}
