//! Parameters and results of functions.

use super::code::{funcs, is_whole};
use super::unused::Sweep;
use super::{Pass, defaults, one};
use crate::case::{Plan, Step};
use crate::reduce::draft::{Draft, Edit, State, edit};
use crate::reduce::ir::{Module, Ops, Shape, Type, locals};
use std::ops::Range;
use wasmparser::{ExternalKind, Operator, ValType};

pub(super) const SIGNATURES: Pass = Pass {
    name: "signatures",
    about: "removes parameters and results of functions, at all calls",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        for (index, func) in module.funcs.iter().enumerate() {
            if func.removed {
                continue;
            }
            let ty = module.types.get(func.ty as usize).map(|ty| &ty.shape);
            let Some(Shape::Func(params, results)) = ty else {
                continue;
            };
            for (param, ty) in params.iter().enumerate() {
                edits.extend(remove_param(state, index, param, *ty));
            }
            if let [.., last] = results[..] {
                edits.push(remove_result(state, index, results.len() - 1, last));
            }
        }
        edits
    },
};

/// A new function type like another one.
pub(super) fn new_type(
    module: &mut Module<'_>,
    old: u32,
    change: impl Fn(&mut Vec<ValType>, &mut Vec<ValType>) -> Option<()>,
) -> Option<u32> {
    let Shape::Func(params, results) = &module.types.get(old as usize)?.shape else {
        return None;
    };
    let (mut params, mut results) = (params.clone(), results.clone());
    change(&mut params, &mut results)?;
    let shape = Shape::Func(params, results);
    let same =
        |ty: &Type| !ty.removed && ty.shape == shape && ty.is_final && ty.supertype.is_none();
    if let Some(found) = module.types.iter().position(same) {
        return Some(found as u32);
    }
    let group = module
        .types
        .iter()
        .map(|ty| ty.group + 1)
        .max()
        .unwrap_or(0);
    module.types.push(Type {
        removed: false,
        group,
        is_final: true,
        supertype: None,
        shape,
    });
    Some(module.types.len() as u32 - 1)
}

/// Removes a parameter: the function's own uses get the default value, and calls drop the argument.
fn remove_param(state: &State<'_>, callee: usize, param: usize, ty: ValType) -> Option<Edit> {
    let own = defaults::options(ty, &state.draft.module)
        .into_iter()
        .next()?;
    // Calls, with the code of the argument.
    let mut calls: Vec<(usize, Range<usize>)> = Vec::new();
    for (func, ops, view) in funcs(state) {
        for (at, op) in ops.iter().enumerate() {
            let (Operator::Call { function_index } | Operator::ReturnCall { function_index }) = op
            else {
                continue;
            };
            if *function_index as usize == callee {
                let seen = &view.ops[at];
                // Code that is never reached may have no arguments.
                if !seen.reachable && seen.operands.is_empty() {
                    continue;
                }
                if !is_whole(seen) {
                    return None;
                }
                let (start, end) = *seen.operands.get(param)?;
                calls.push((func, start..end));
            }
        }
    }
    // Arguments may contain calls themselves: those inside go first.
    calls.sort_by_key(|(func, argument)| (*func, std::cmp::Reverse(argument.start), argument.end));
    Some(edit(move |draft| {
        let sweep = Sweep::before(&draft.module);
        let module = &mut draft.module;
        let mut gone: Vec<(usize, Range<usize>)> = Vec::new();
        for (func, argument) in &calls {
            let inside = gone.iter().any(|(f, other)| {
                f == func && argument.start <= other.start && other.end <= argument.end
            });
            if inside {
                return None;
            }
            let ops = &mut module.funcs.get_mut(*func)?.edit()?.ops;
            ops.get(argument.clone())?;
            ops.drain(argument.clone());
            gone.push((*func, argument.clone()));
        }
        let ty = new_type(module, module.funcs.get(callee)?.ty, |params, _| {
            params.get(param)?;
            params.remove(param);
            Some(())
        })?;
        let func = module.funcs.get_mut(callee)?;
        func.ty = ty;
        if let Some(code) = func.edit() {
            let mut ops: Ops<'_> = Vec::with_capacity(code.ops.len());
            for mut op in code.ops.drain(..) {
                match locals(&mut op) {
                    Some(local) if *local as usize == param => match op {
                        Operator::LocalGet { .. } => ops.extend(own.iter().cloned()),
                        Operator::LocalSet { .. } => ops.push(Operator::Drop),
                        _ => {}
                    },
                    local => {
                        if let Some(local) = local
                            && *local as usize > param
                        {
                            *local -= 1;
                        }
                        ops.push(op);
                    }
                }
            }
            code.ops = ops;
        }
        remove_argument(draft, callee, param);
        sweep.after(&mut draft.module)
    }))
}

/// Removes an argument from the steps that call a function.
fn remove_argument(draft: &mut Draft<'_>, callee: usize, param: usize) {
    let exports = draft.module.exports.iter();
    let names = exports.filter(|e| e.kind == ExternalKind::Func && e.index as usize == callee);
    let names: Vec<&str> = names.map(|export| export.name).collect();
    let steps = match &mut draft.plan {
        Plan::EveryExport => &mut [],
        Plan::Steps(steps) => &mut steps[..],
    };
    for step in steps.iter_mut().chain(&mut draft.host) {
        if let Step::Call(call) = step
            && names.contains(&call.export.as_str())
            && param < call.args.len()
        {
            call.args.remove(param);
        }
    }
}

/// Removes the last result: the function drops it, and calls push the default value.
fn remove_result(state: &State<'_>, callee: usize, result: usize, ty: ValType) -> Edit {
    let default = defaults::options(ty, &state.draft.module)
        .into_iter()
        .next();
    let default = default.unwrap_or_default();
    let mut calls: Vec<(usize, usize)> = Vec::new();
    for (func, ops, _) in funcs(state) {
        for (at, op) in ops.iter().enumerate() {
            if matches!(op, Operator::Call { function_index } if *function_index as usize == callee)
            {
                calls.push((func, at));
            }
        }
    }
    edit(move |draft| {
        let sweep = Sweep::before(&draft.module);
        let module = &mut draft.module;
        for (func, at) in calls.iter().rev() {
            let ops = &mut module.funcs.get_mut(*func)?.edit()?.ops;
            // A result that is dropped at once is simply not there.
            match ops.get(at + 1)? {
                Operator::Drop => {
                    ops.remove(at + 1);
                }
                // Before a trap, nobody misses it.
                Operator::Unreachable => {}
                _ => {
                    ops.splice(at + 1..at + 1, default.iter().cloned());
                }
            }
        }
        let ty = new_type(module, module.funcs.get(callee)?.ty, |_, results| {
            results.get(result)?;
            results.remove(result);
            Some(())
        })?;
        let func = module.funcs.get_mut(callee)?;
        func.ty = ty;
        if let Some(code) = func.edit() {
            let end = code.ops.len().checked_sub(1)?;
            // Behind a trap, it is not there.
            if !matches!(code.ops[..end].last(), Some(Operator::Unreachable)) {
                code.ops.insert(end, Operator::Drop);
            }
        }
        sweep.after(module)
    })
}
