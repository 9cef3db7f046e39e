//! Functions whose signatures change together, and function types.

use crate::module_ir::{Module, Shape, Type};
use wasmparser::{Operator, ValType};

/// Functions whose signatures change together.
#[derive(Clone)]
pub(super) struct Callees {
    pub funcs: Vec<usize>,
    /// Their type, if it changes itself: for all functions, calls of references, and tags.
    pub ty: Option<u32>,
}

impl Callees {
    /// Whether an instruction takes the arguments of these functions, or throws them.
    pub fn are_called(&self, op: &Operator<'_>, module: &Module<'_>) -> bool {
        match op {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                self.funcs.contains(&(*function_index as usize))
            }
            Operator::CallRef { type_index }
            | Operator::ReturnCallRef { type_index }
            | Operator::CallIndirect { type_index, .. }
            | Operator::ReturnCallIndirect { type_index, .. } => Some(*type_index) == self.ty,
            Operator::Throw { tag_index } => {
                let tag = module.tags.get(*tag_index as usize);
                tag.is_some_and(|tag| Some(tag.ty) == self.ty)
            }
            _ => false,
        }
    }
}

/// The function types with parameters or results, and without a supertype. They can change at once
/// for all that have them: functions, also if called by reference, and tags.
pub(super) fn function_types<'m>(
    module: &'m Module<'_>,
) -> impl Iterator<Item = (u32, (&'m [ValType], &'m [ValType]))> {
    (0..).zip(&module.types).filter_map(|(index, ty)| {
        let Shape::Func(params, results) = &ty.shape else {
            return None;
        };
        let is_free = ty.supertype.is_none() && !ty.removed;
        (is_free && !(params.is_empty() && results.is_empty()))
            .then_some((index, (&params[..], &results[..])))
    })
}

/// Gives functions another type: their own type changes, or they get another one.
pub(super) fn retype(
    module: &mut Module<'_>,
    callees: &Callees,
    change: impl Fn(&mut Vec<ValType>, &mut Vec<ValType>) -> Option<()>,
) -> Option<()> {
    if let Some(ty) = callees.ty {
        return match &mut module.types.get_mut(ty as usize)?.shape {
            Shape::Func(params, results) => change(params, results),
            _ => None,
        };
    }
    for callee in &callees.funcs {
        let ty = new_type(module, module.funcs.get(*callee)?.ty, &change)?;
        module.funcs.get_mut(*callee)?.ty = ty;
    }
    Some(())
}

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
