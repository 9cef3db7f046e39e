//! Whole bodies of functions.

use super::defaults;
use super::{Pass, chunks, levels};
use crate::module_ir::{Body, Code, Module, Shape};
use crate::reduce::draft::edit;
use std::sync::Arc;
use wasmparser::Operator;

pub(super) const BODIES: Pass = Pass {
    name: "bodies",
    about: "replaces bodies of functions by default results, or by a trap",
    levels: |state| levels(large(&state.draft.module).len()),
    edits: |state, level| {
        let funcs = large(&state.draft.module);
        let mut edits = Vec::new();
        for (start, end) in chunks(funcs.len(), level) {
            for traps in [false, true] {
                let funcs = funcs[start..end].to_vec();
                edits.push(edit(move |draft| {
                    for index in &funcs {
                        empty(&mut draft.module, *index, traps)?;
                    }
                    Some(())
                }));
            }
        }
        edits
    },
};

/// Functions with more code than a trap or a default value. Those that have become so small are
/// left to other passes: a module may have thousands of them, and nearly all are soon unused.
fn large(module: &Module<'_>) -> Vec<usize> {
    let funcs = module.funcs.iter().enumerate();
    let funcs = funcs.filter(|(_, func)| {
        let code = func.code().filter(|_| !func.removed);
        code.is_some_and(|code| code.ops.len() > 2 || !code.locals.is_empty())
    });
    funcs.map(|(index, _)| index).collect()
}

/// Gives a function the simplest body. An imported one is defined by it.
pub(super) fn empty(module: &mut Module<'_>, index: usize, traps: bool) -> Option<()> {
    let ty = module.funcs.get(index)?.ty;
    let Shape::Func(_, results) = &module.types.get(ty as usize)?.shape else {
        return None;
    };
    let mut ops = match traps {
        true => vec![Operator::Unreachable],
        false => defaults::all(results, module),
    };
    ops.push(Operator::End);
    let locals = Vec::new();
    let func = module.funcs.get_mut(index)?;
    func.import = None;
    func.body = Some(Body::Edited(Arc::new(Code { locals, ops })));
    Some(())
}
