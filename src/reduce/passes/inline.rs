//! Calls, replaced by the body of the function that is called.

use super::callees::new_type;
use super::code::funcs;
use super::unused::{Sweep, remove_if_unused};
use super::{Pass, one};
use crate::module_ir::{Item, Ops, Shape, is_opener, labels, locals};
use crate::reduce::draft::{Draft, edit};
use wasmparser::{BlockType, Operator};

/// The largest body that is inlined, in instructions.
const MAX_OPS: usize = 200;

pub(super) const INLINE: Pass = Pass {
    name: "inline",
    about: "inlines functions that are called in one place",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut calls = vec![Vec::new(); module.funcs.len()];
        for (func, ops, _) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                if let Operator::Call { function_index } = op
                    && let Some(calls) = calls.get_mut(*function_index as usize)
                {
                    calls.push((func, at));
                }
            }
        }
        let mut edits = Vec::new();
        for (callee, calls) in calls.iter().enumerate() {
            let short = module.funcs[callee]
                .code()
                .is_some_and(|c| c.ops.len() <= MAX_OPS);
            if let ([(caller, at)], true) = (&calls[..], short)
                && *caller != callee
            {
                let (caller, at) = (*caller, *at);
                edits.push(edit(move |draft| inline(draft, caller, at, callee)));
            }
        }
        edits
    },
};

fn inline(draft: &mut Draft<'_>, caller: usize, at: usize, callee: usize) -> Option<()> {
    let sweep = Sweep::before(&draft.module);
    let module = &mut draft.module;
    let called = module.funcs.get(callee)?;
    let code = called.code()?.clone();
    let called = called.ty;
    let Shape::Func(params, results) = &module.types.get(called as usize)?.shape else {
        return None;
    };
    let (params, results) = (params.clone(), results.clone());
    let ty = module.funcs.get(caller)?.ty;
    let Shape::Func(own, _) = &module.types.get(ty as usize)?.shape else {
        return None;
    };
    let own = own.len();
    let into = module.funcs.get_mut(caller)?.edit()?;
    let first = (own + into.locals.len()) as u32;
    into.locals.extend(params.iter().chain(&code.locals));
    let mut ops: Ops<'_> = Vec::new();
    // The arguments are on the stack, the last one on top.
    for local in (0..params.len() as u32).rev() {
        let local_index = first + local;
        ops.push(Operator::LocalSet { local_index });
    }
    let mut depth = 0u32;
    let mut body: Ops<'_> = Vec::new();
    let mut leaves = false;
    let (end, inner) = code.ops.split_last()?;
    if !matches!(end, Operator::End) {
        return None;
    }
    for op in inner {
        let mut op = op.clone();
        if let Some(local) = locals(&mut op) {
            *local += first;
        }
        match op {
            Operator::Return => {
                leaves = true;
                op = Operator::Br {
                    relative_depth: depth,
                };
            }
            Operator::ReturnCall { function_index } => {
                leaves = true;
                body.push(Operator::Call { function_index });
                op = Operator::Br {
                    relative_depth: depth,
                };
            }
            Operator::ReturnCallRef { .. } | Operator::ReturnCallIndirect { .. } => return None,
            Operator::End => depth = depth.checked_sub(1)?,
            _ => {}
        }
        let targets_body = labels(&op).into_iter().any(|label| label >= depth);
        leaves |= targets_body;
        if is_opener(&op) {
            depth += 1;
        }
        body.push(op);
    }
    if leaves {
        let blockty = match results[..] {
            [] => BlockType::Empty,
            [result] => BlockType::Type(result),
            _ => BlockType::FuncType(new_type(module, called, |params, _| {
                params.clear();
                Some(())
            })?),
        };
        ops.push(Operator::Block { blockty });
    }
    ops.append(&mut body);
    if leaves {
        ops.push(Operator::End);
    }
    let into = &mut module.funcs.get_mut(caller)?.edit()?.ops;
    into.get(at)?;
    into.splice(at..at + 1, ops);
    sweep.after(module)?;
    // In code that nothing calls the sweep leaves it.
    remove_if_unused(module, Item::Func(callee as u32))
}
