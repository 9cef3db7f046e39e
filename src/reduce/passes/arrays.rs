//! Arrays that could be structures.

use super::code::{funcs, is_whole};
use super::{Pass, defaults, one};
use crate::module_ir::{Item, Ops, Shape, of_op};
use crate::reduce::draft::{Draft, Edit, State, edit};
use crate::reduce::view::OpView;
use wasmparser::{FieldType, Operator};

pub(super) const ARRAYS: Pass = Pass {
    name: "arrays",
    about: "turns arrays into structures, if their length and indices are constant",
    levels: one,
    edits: |state, _| {
        let types = state.draft.module.types.iter().enumerate();
        types
            .filter(|(_, ty)| !ty.removed)
            .filter_map(|(index, ty)| match ty.shape {
                Shape::Array(element) => structure(state, index as u32, element),
                _ => None,
            })
            .collect()
    },
};

/// What happens to an instruction: the ones that become others, and those that are removed.
#[derive(Clone, Debug, Default)]
struct Changes {
    replaced: Vec<(usize, Operator<'static>)>,
    removed: Vec<usize>,
}

/// Turns an array type into a structure type: with its element as the only field, or, if nothing
/// accesses elements, without fields.
fn structure(state: &State<'_>, index: u32, element: FieldType) -> Option<Edit> {
    let module = &state.draft.module;
    let mut changes: Vec<(usize, Changes)> = Vec::new();
    let mut is_empty = true;
    for (func, ops, view) in funcs(state) {
        let mut of_func = Changes::default();
        for (at, op) in ops.iter().enumerate() {
            let Some(new) = changed(op, index)? else {
                continue;
            };
            is_empty &= matches!(new.0, Operator::StructNewDefault { .. });
            of_func.removed.extend(dropped(ops, &view.ops[at], &new)?);
            of_func.replaced.push((at, new.0));
        }
        if !of_func.replaced.is_empty() {
            changes.push((func, of_func));
        }
    }
    let mut globals: Vec<(usize, Changes)> = Vec::new();
    for (global, ops) in module.globals.iter().map(|global| &global.init).enumerate() {
        let mut of_global = Changes::default();
        for (at, op) in ops.iter().enumerate() {
            let Some(new) = changed(op, index)? else {
                continue;
            };
            is_empty &= matches!(new.0, Operator::StructNewDefault { .. });
            if new.1.is_some() {
                let before = at.checked_sub(1)?;
                of_global.removed.push(constant(ops, before)?);
            }
            of_global.replaced.push((at, new.0));
        }
        if !of_global.replaced.is_empty() {
            globals.push((global, of_global));
        }
    }
    if !is_empty && !defaults::is_defaultable(&element) {
        let all = changes.iter().chain(&globals);
        let mut all = all.flat_map(|(_, changes)| &changes.replaced);
        if all.any(|(_, op)| matches!(op, Operator::StructNewDefault { .. })) {
            return None;
        }
    }
    let fields = if is_empty { Vec::new() } else { vec![element] };
    Some(edit(move |draft: &mut Draft<'_>| {
        draft.module.types.get_mut(index as usize)?.shape = Shape::Struct(fields.clone());
        for (func, changes) in &changes {
            apply(&mut draft.module.funcs.get_mut(*func)?.edit()?.ops, changes)?;
        }
        for (global, changes) in &globals {
            apply(&mut draft.module.globals.get_mut(*global)?.init, changes)?;
        }
        Some(())
    }))
}

/// The instruction on a structure in the place of one on an array, and which operand it has no use
/// for. `Some(None)` for instructions on other types, `None` for those that need an array.
fn changed(op: &Operator<'_>, index: u32) -> Option<Option<(Operator<'static>, Option<usize>)>> {
    let of_type = |array_type_index: &u32| *array_type_index == index;
    let struct_type_index = index;
    let field_index = 0;
    let new = match op {
        Operator::ArrayNewFixed {
            array_type_index,
            array_size,
        } if of_type(array_type_index) => match array_size {
            0 => (Operator::StructNewDefault { struct_type_index }, None),
            1 => (Operator::StructNew { struct_type_index }, None),
            _ => return None,
        },
        Operator::ArrayNewDefault { array_type_index } if of_type(array_type_index) => {
            (Operator::StructNewDefault { struct_type_index }, Some(0))
        }
        Operator::ArrayNew { array_type_index } if of_type(array_type_index) => {
            (Operator::StructNew { struct_type_index }, Some(1))
        }
        Operator::ArrayGet { array_type_index } if of_type(array_type_index) => (
            Operator::StructGet {
                struct_type_index,
                field_index,
            },
            Some(1),
        ),
        Operator::ArrayGetS { array_type_index } if of_type(array_type_index) => (
            Operator::StructGetS {
                struct_type_index,
                field_index,
            },
            Some(1),
        ),
        Operator::ArrayGetU { array_type_index } if of_type(array_type_index) => (
            Operator::StructGetU {
                struct_type_index,
                field_index,
            },
            Some(1),
        ),
        Operator::ArraySet { array_type_index } if of_type(array_type_index) => (
            Operator::StructSet {
                struct_type_index,
                field_index,
            },
            Some(1),
        ),
        Operator::ArrayCopy { .. }
        | Operator::ArrayFill { .. }
        | Operator::ArrayInitData { .. }
        | Operator::ArrayInitElem { .. }
        | Operator::ArrayNewData { .. }
        | Operator::ArrayNewElem { .. }
            if of_op(op).contains(&Item::Type(index)) =>
        {
            return None;
        }
        _ => return Some(None),
    };
    Some(Some(new))
}

/// The position of the operand that is dropped, if there is one. `None` if it is no constant.
fn dropped(
    ops: &Ops<'_>,
    view: &OpView,
    new: &(Operator<'static>, Option<usize>),
) -> Option<Option<usize>> {
    let Some(operand) = new.1 else {
        return Some(None);
    };
    if !is_whole(view) {
        return None;
    }
    let (start, end) = *view.operands.get(operand)?;
    if end != start + 1 {
        return None;
    }
    constant(ops, start).map(Some)
}

fn constant(ops: &Ops<'_>, at: usize) -> Option<usize> {
    matches!(ops.get(at)?, Operator::I32Const { .. }).then_some(at)
}

fn apply(ops: &mut Ops<'_>, changes: &Changes) -> Option<()> {
    for (at, new) in &changes.replaced {
        *ops.get_mut(*at)? = new.clone();
    }
    let mut removed = changes.removed.clone();
    removed.sort_unstable();
    for at in removed.iter().rev() {
        ops.get(*at)?;
        ops.remove(*at);
    }
    Some(())
}
