//! Code that is kept without the code around it.

use super::blocks::moved_out;
use super::code::{Unit, funcs, is_whole, runs};
use super::{Pass, defaults, one};
use crate::module_ir::{is_opener, labels};
use crate::reduce::draft::{Edit, edit};
use crate::reduce::view::FuncView;
use std::ops::Range;
use wasmparser::{Operator, ValType};

pub(super) const NESTED: Pass = Pass {
    name: "nested",
    about: "replaces code by statements inside it, and blocks by the values of branches to them",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            let inner: Vec<Unit> = runs(view).iter().filter_map(|run| whole(run)).collect();
            let mut by_start = inner.clone();
            by_start.sort_by_key(|run| (run.start, std::cmp::Reverse(run.end)));
            for (at, op) in view.ops.iter().enumerate() {
                let value = match &op.results[..] {
                    [] if !matches!(ops[at], Operator::End) => Vec::new(),
                    [Some(ty)] => match defaults::options(*ty, module).into_iter().next() {
                        Some(code) => code,
                        None => continue,
                    },
                    _ => continue,
                };
                if !is_whole(op) || op.is_divider || op.end - op.start < 2 {
                    continue;
                }
                let first = by_start.partition_point(|run| run.start < op.start);
                let inside = by_start[first..]
                    .iter()
                    .take_while(|run| run.start < op.end)
                    .filter(|run| run.end <= op.end && run.end - run.start < op.end - op.start);
                for run in inside.take(MAX_INSIDE) {
                    if let Some(levels) = levels_between(view, run.start, op.parent) {
                        let value = value.clone();
                        let (whole, part) = (op.start..op.end, run.start..run.end);
                        edits.push(keep(func, whole, part, levels, value));
                    }
                }
            }
            // A block whose value a branch brings.
            for (at, op) in ops.iter().enumerate() {
                let seen = &view.ops[at];
                if let ([Some(ty)], true) = (&seen.results[..], is_opener(op) && seen.pops == 0) {
                    edits.extend(brought(func, at, *ty, ops, view));
                }
            }
        }
        edits
    },
};

/// Runs of statements that are tried in the place of the code around them.
const MAX_INSIDE: usize = 8;

fn whole(run: &[Unit]) -> Option<Unit> {
    Some(Unit {
        start: run.first()?.start,
        end: run.last()?.end,
    })
}

/// Number of blocks between an instruction and those whose innermost block is `outer`.
fn levels_between(view: &FuncView, at: usize, outer: Option<usize>) -> Option<u32> {
    let mut levels = 0;
    let mut parent = view.ops.get(at)?.parent;
    while parent != outer {
        parent = view.ops.get(parent?)?.parent;
        levels += 1;
    }
    Some(levels)
}

/// Replaces a block by the operand of a branch to it.
fn brought(
    func: usize,
    block: usize,
    ty: ValType,
    ops: &[Operator<'_>],
    view: &FuncView,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let end = view.ops[block].end;
    let mut depth = 0u32;
    let inside = ops.iter().zip(&view.ops).take(end - 1).skip(block + 1);
    for (op, seen) in inside {
        if is_opener(op) {
            depth += 1;
        } else if matches!(op, Operator::End | Operator::Delegate { .. }) {
            depth = depth.saturating_sub(1);
        } else if labels(op).contains(&depth) && is_whole(seen) {
            // The condition or the index comes last.
            let behind = usize::from(matches!(
                op,
                Operator::BrIf { .. } | Operator::BrTable { .. }
            ));
            let operand = seen.operands.len().checked_sub(1 + behind);
            if let Some((start, stop)) = operand.map(|index| seen.operands[index]) {
                let mut casts = vec![Vec::new()];
                if ty.is_reference_type() {
                    casts.push(vec![Operator::RefAsNonNull]);
                }
                for cast in casts {
                    edits.push(keep(func, block..end, start..stop, depth + 1, cast));
                }
            }
        }
    }
    edits
}

/// Replaces code by a part of it, which is so many blocks deeper, and more code behind that.
fn keep(
    func: usize,
    whole: Range<usize>,
    part: Range<usize>,
    levels: u32,
    behind: defaults::Code,
) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        ops.get(whole.clone())?;
        let mut kept = moved_out(ops.get(part.clone())?, levels)?;
        kept.extend(behind.iter().cloned());
        ops.splice(whole.clone(), kept);
        Some(())
    })
}
