//! Stretches of code: statements, values, and single instructions.

use super::defaults;
use super::{Pass, levels, one};
use crate::module_ir::{Module, Ops, is_opener};
use crate::reduce::draft::{Draft, Edit, State, edit};
use crate::reduce::view::{FuncView, OpView};
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{Operator, ValType};

pub(super) const STATEMENTS: Pass = Pass {
    name: "statements",
    about: "removes code that leaves the operand stack as it was",
    levels: |state| {
        let runs = funcs(state).flat_map(|(_, _, view)| runs(view));
        levels(runs.map(|run| run.len()).max().unwrap_or(0))
    },
    edits: |state, level| {
        let size = 1usize << level.min(62);
        let mut edits = Vec::new();
        for (func, _, view) in funcs(state) {
            for run in runs(view) {
                // Runs that are shorter were removed whole at their own level.
                if run.len() <= size / 2 && level > 0 {
                    continue;
                }
                for chunk in run.chunks(size) {
                    if let (Some(first), Some(last)) = (chunk.first(), chunk.last()) {
                        edits.push(splice(func, first.start..last.end, Vec::new()));
                    }
                }
            }
        }
        edits
    },
};

pub(super) const TRAPS: Pass = Pass {
    name: "traps",
    about: "replaces statements that trap by a trap",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, _, view) in funcs(state) {
            for unit in runs(view).into_iter().flatten() {
                let trap = vec![Operator::Unreachable];
                edits.push(splice(func, unit.start..unit.end, trap));
            }
        }
        edits
    },
};

pub(super) const VALUES: Pass = Pass {
    name: "values",
    about: "replaces values by constants, nulls and default objects",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            let mut values: Vec<(usize, &OpView, ValType)> = Vec::new();
            for (at, op) in view.ops.iter().enumerate() {
                if let ([Some(ty)], true) = (&op.results[..], is_whole(op)) {
                    values.push((at, op, *ty));
                }
            }
            // The largest first.
            values.sort_by_key(|(at, op, _)| (std::cmp::Reverse(op.end - op.start), *at));
            for (_, op, ty) in values {
                for code in defaults::options(ty, &state.draft.module) {
                    if code[..] != ops[op.start..op.end] {
                        edits.push(splice(func, op.start..op.end, code));
                    }
                }
                for code in defaults::objects(ty, &state.draft.module) {
                    if op.end - op.start > code.len() {
                        edits.push(splice(func, op.start..op.end, code));
                    }
                }
                // What a local of the same type holds.
                let is_get = matches!(ops[op.end - 1], Operator::LocalGet { .. });
                if ty.is_reference_type() && !is_get {
                    let locals = view.locals.iter().zip(0..);
                    let same = locals.filter(|(local, _)| **local == ty || same_heap(**local, ty));
                    edits.extend(same.take(MAX_LOCALS).map(|(_, local_index)| {
                        let get = vec![Operator::LocalGet { local_index }];
                        splice(func, op.start..op.end, get)
                    }));
                }
            }
        }
        edits
    },
};

/// Locals that are tried in the place of a value.
const MAX_LOCALS: usize = 4;

/// Whether two references differ at most in whether they may be null.
fn same_heap(a: ValType, b: ValType) -> bool {
    match (a, b) {
        (ValType::Ref(a), ValType::Ref(b)) => a.heap_type() == b.heap_type(),
        _ => false,
    }
}

pub(super) const OPERANDS: Pass = Pass {
    name: "operands",
    about: "replaces a value by one of the operands that it is made of",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, _, view) in funcs(state) {
            for op in &view.ops {
                if op.results.len() == 1 && is_whole(op) {
                    for (start, end) in &op.operands {
                        edits.push(keep(func, op.start..op.end, *start..*end));
                    }
                }
            }
        }
        edits
    },
};

pub(super) const INSTRUCTIONS: Pass = Pass {
    name: "instructions",
    about: "replaces an instruction by drops of its operands and default results",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, (op, seen)) in ops.iter().zip(&view.ops).enumerate() {
                if let Some(code) = neutral(&state.draft.module, op, seen) {
                    edits.push(splice(func, at..at + 1, code));
                }
                // Code behind a trap or a branch: a value that nothing takes, or an instruction whose
                // operands nothing makes.
                let makes = seen.pops == 0 && seen.results.len() == 1;
                if (makes || !is_whole(seen) && !is_structure(op)) && seen.end == at + 1 {
                    edits.push(splice(func, at..at + 1, Vec::new()));
                }
            }
        }
        edits
    },
};

/// The functions with a body: index, code, view.
pub(in crate::reduce) fn funcs<'s, 'a>(
    state: &'s State<'a>,
) -> impl Iterator<Item = (usize, &'s Ops<'a>, &'s FuncView)> {
    let funcs = state.draft.module.funcs.iter().zip(&state.view.funcs);
    funcs.enumerate().filter_map(|(index, (func, view))| {
        let (code, view) = (func.code()?, view.as_ref()?);
        (code.ops.len() == view.ops.len()).then_some((index, &code.ops, view))
    })
}

/// Whether all operands of an instruction are made by the code from its start on.
pub(super) fn is_whole(op: &OpView) -> bool {
    op.operands.len() == op.pops
}

/// A piece of code that leaves the stack as it was.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Unit {
    pub start: usize,
    pub end: usize,
}

/// Runs of neighbouring statements, those of outer blocks first.
pub(super) fn runs(view: &FuncView) -> Vec<Vec<Unit>> {
    let mut depths: BTreeMap<Option<usize>, usize> = BTreeMap::from([(None, 0)]);
    let mut runs: BTreeMap<(usize, Option<usize>), Vec<Vec<Unit>>> = BTreeMap::new();
    for (at, op) in view.ops.iter().enumerate() {
        let depth = depths.get(&op.parent).copied().unwrap_or(0);
        if op.end > at + 1 {
            depths.insert(Some(at), depth + 1);
        }
        let is_last = at + 1 == view.ops.len();
        let closes = op
            .parent
            .is_some_and(|parent| view.ops[parent].end == at + 1);
        if !op.results.is_empty() || !is_whole(op) || is_last || closes || op.is_divider {
            continue;
        }
        let unit = Unit {
            start: op.start,
            end: op.end,
        };
        let siblings = runs.entry((depth, op.parent)).or_default();
        match siblings.last_mut() {
            Some(run) if run.last().is_some_and(|last| last.end == unit.start) => run.push(unit),
            _ => siblings.push(vec![unit]),
        }
    }
    runs.into_values().flatten().collect()
}

/// Replaces a stretch of code.
pub(super) fn splice(func: usize, range: Range<usize>, code: defaults::Code) -> Edit {
    edit(move |draft| splice_in(draft, func, range.clone(), &code))
}

fn splice_in(
    draft: &mut Draft<'_>,
    func: usize,
    range: Range<usize>,
    code: &[Operator<'static>],
) -> Option<()> {
    let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
    ops.get(range.clone())?;
    ops.splice(range, code.iter().cloned());
    Some(())
}

/// Keeps only a part of a stretch of code.
fn keep(func: usize, range: Range<usize>, part: Range<usize>) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        ops.get(range.clone())?;
        let kept: Vec<_> = ops.get(part.clone())?.to_vec();
        ops.splice(range.clone(), kept);
        Some(())
    })
}

/// Whether an instruction opens, divides or closes a block.
fn is_structure(op: &Operator<'_>) -> bool {
    let divides = matches!(
        op,
        Operator::End | Operator::Else | Operator::Catch { .. } | Operator::CatchAll
    );
    divides || is_opener(op)
}

/// Code with the same effect on the stack as an instruction that opens and closes no block.
pub(in crate::reduce) fn neutral(
    module: &Module<'_>,
    op: &Operator<'_>,
    view: &OpView,
) -> Option<defaults::Code> {
    if is_structure(op) {
        return None;
    }
    let mut code: Vec<Operator<'static>> = vec![Operator::Drop; view.pops];
    for ty in &view.results {
        code.extend(defaults::options((*ty)?, module).into_iter().next()?);
    }
    Some(code)
}
