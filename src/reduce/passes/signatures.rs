//! Parameters and results of functions.

use super::callees::{Callees, function_types, retype};
use super::code::{funcs, is_whole};
use super::unused::Sweep;
use super::{Pass, defaults, one};
use crate::case::{Plan, Step};
use crate::module_ir::{Ops, Shape, locals};
use crate::reduce::draft::{Draft, Edit, State, edit};
use std::ops::Range;
use wasmparser::{ExternalKind, Operator, ValType};

pub(super) const SIGNATURES: Pass = Pass {
    name: "signatures",
    about: "removes parameters and results of functions and tags, alone or by type, at all calls",
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
            let one = Callees {
                funcs: vec![index],
                ty: None,
            };
            edits.extend(changes(state, &one, params, results));
        }
        for (ty, (params, results)) in function_types(module) {
            let of_type = module.funcs.iter().enumerate();
            let of_type = of_type.filter(|(_, func)| !func.removed && func.ty == ty);
            let all = Callees {
                funcs: of_type.map(|(index, _)| index).collect(),
                ty: Some(ty),
            };
            edits.extend(changes(state, &all, params, results));
        }
        edits
    },
};

fn changes(
    state: &State<'_>,
    callees: &Callees,
    params: &[ValType],
    results: &[ValType],
) -> Vec<Edit> {
    let params = params.iter().enumerate();
    let mut edits: Vec<Edit> = params
        .filter_map(|(param, ty)| remove_param(state, callees, param, *ty))
        .collect();
    if let [.., last] = results[..] {
        edits.push(remove_result(state, callees, results.len() - 1, last));
    }
    edits
}

/// Removes a parameter: the function's own uses get the default value, and calls drop the argument.
fn remove_param(state: &State<'_>, callees: &Callees, param: usize, ty: ValType) -> Option<Edit> {
    let callees = callees.clone();
    let own = defaults::options(ty, &state.draft.module)
        .into_iter()
        .next()?;
    // Calls, with the code of the argument.
    let mut calls: Vec<(usize, Range<usize>)> = Vec::new();
    for (func, ops, view) in funcs(state) {
        for (at, op) in ops.iter().enumerate() {
            if callees.are_called(op, &state.draft.module) {
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
        retype(module, &callees, |params, _| {
            params.get(param)?;
            params.remove(param);
            Some(())
        })?;
        for callee in &callees.funcs {
            let Some(code) = module.funcs.get_mut(*callee)?.edit() else {
                continue;
            };
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
        remove_argument(draft, &callees.funcs, param);
        sweep.after(&mut draft.module)
    }))
}

/// Removes an argument from the steps that call a function.
fn remove_argument(draft: &mut Draft<'_>, callees: &[usize], param: usize) {
    let exports = draft.module.exports.iter();
    let is_one = |index: u32| callees.contains(&(index as usize));
    let names = exports.filter(|e| e.kind == ExternalKind::Func && is_one(e.index));
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
fn remove_result(state: &State<'_>, callees: &Callees, result: usize, ty: ValType) -> Edit {
    let callees = callees.clone();
    let default = defaults::options(ty, &state.draft.module)
        .into_iter()
        .next();
    let default = default.unwrap_or_default();
    let mut calls: Vec<(usize, usize)> = Vec::new();
    for (func, ops, _) in funcs(state) {
        for (at, op) in ops.iter().enumerate() {
            let returns = matches!(
                op,
                Operator::Call { .. } | Operator::CallRef { .. } | Operator::CallIndirect { .. }
            );
            if returns && callees.are_called(op, &state.draft.module) {
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
        retype(module, &callees, |_, results| {
            results.get(result)?;
            results.remove(result);
            Some(())
        })?;
        for callee in &callees.funcs {
            let Some(code) = module.funcs.get_mut(*callee)?.edit() else {
                continue;
            };
            let end = code.ops.len().checked_sub(1)?;
            // Behind a trap, it is not there.
            if !matches!(code.ops[..end].last(), Some(Operator::Unreachable)) {
                code.ops.insert(end, Operator::Drop);
            }
        }
        sweep.after(module)
    })
}
