//! Objects that are made with what is stored in them next.

use super::code::{funcs, is_whole};
use super::{Pass, defaults, one};
use crate::module_ir::{Module, Ops, Shape};
use crate::reduce::draft::{Edit, edit};
use crate::reduce::view::{FuncView, OpView};
use std::ops::Range;
use wasmparser::Operator;

pub(super) const STORES: Pass = Pass {
    name: "stores",
    about: "allocates objects with what a later instruction stores in them",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                let Some((ty, length)) = allocation(op, &view.ops[at]) else {
                    continue;
                };
                let stores = stores(ops, view, ty).filter(|store| store.whole.end > at);
                for store in stores.take(MAX_STORES) {
                    let Some(made) = made(&state.draft.module, ty, store.field) else {
                        continue;
                    };
                    for keeps_object in [false, true] {
                        edits.push(fold(
                            func,
                            at,
                            length.clone(),
                            store.clone(),
                            made.clone(),
                            keeps_object,
                        ));
                    }
                }
            }
        }
        edits
    },
};

/// Stores that are tried with an allocation.
const MAX_STORES: usize = 8;

/// The type that an instruction allocates with default values, or with one element at most, and the code
/// of its length or element, which the stored value replaces.
fn allocation(op: &Operator<'_>, view: &OpView) -> Option<(u32, Range<usize>)> {
    match op {
        Operator::StructNewDefault { struct_type_index } => Some((*struct_type_index, 0..0)),
        Operator::ArrayNewFixed {
            array_type_index,
            array_size: 0,
        } => Some((*array_type_index, 0..0)),
        Operator::ArrayNewDefault { array_type_index }
        | Operator::ArrayNewFixed {
            array_type_index,
            array_size: 1,
        } => {
            let (start, end) = *view.operands.first()?;
            Some((*array_type_index, start..end))
        }
        _ => None,
    }
}

/// A statement that stores a value in an object.
#[derive(Clone)]
struct Store {
    whole: Range<usize>,
    object: Range<usize>,
    value: Range<usize>,
    /// `None` for an element of an array.
    field: Option<u32>,
}

fn stores<'v>(
    ops: &'v Ops<'_>,
    view: &'v FuncView,
    ty: u32,
) -> impl Iterator<Item = Store> + use<'v> {
    let all = ops.iter().zip(&view.ops).enumerate();
    all.filter_map(move |(at, (op, seen))| {
        let field = match op {
            Operator::StructSet {
                struct_type_index,
                field_index,
            } if *struct_type_index == ty => Some(*field_index),
            Operator::ArraySet { array_type_index } if *array_type_index == ty => None,
            _ => return None,
        };
        if !is_whole(seen) {
            return None;
        }
        let (object, value) = (*seen.operands.first()?, *seen.operands.last()?);
        Some(Store {
            whole: seen.start..at + 1,
            object: object.0..object.1,
            value: value.0..value.1,
            field,
        })
    })
}

/// Code before and behind a value that makes an object of a type with it.
#[derive(Clone)]
struct Made {
    before: defaults::Code,
    behind: defaults::Code,
}

fn made(module: &Module<'_>, ty: u32, field: Option<u32>) -> Option<Made> {
    match (&module.types.get(ty as usize)?.shape, field) {
        (Shape::Array(_), None) => Some(Made {
            before: Vec::new(),
            behind: vec![Operator::ArrayNewFixed {
                array_type_index: ty,
                array_size: 1,
            }],
        }),
        (Shape::Struct(fields), Some(field)) => {
            let types: Vec<_> = fields.iter().map(defaults::unpacked).collect();
            let (before, behind) = types.split_at_checked(field as usize)?;
            let mut behind = defaults::all(behind.get(1..)?, module);
            behind.push(Operator::StructNew {
                struct_type_index: ty,
            });
            Some(Made {
                before: defaults::all(before, module),
                behind,
            })
        }
        _ => None,
    }
}

/// Moves the value of a store into an allocation. The object of the store is evaluated and dropped,
/// or goes with the store.
fn fold(
    func: usize,
    allocation: usize,
    length: Range<usize>,
    store: Store,
    made: Made,
    keeps_object: bool,
) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        ops.get(store.whole.clone())?;
        if store.value.contains(&allocation) {
            return None;
        }
        let value = ops.get(store.value.clone())?;
        let mut new: Ops<'_> = Vec::with_capacity(ops.len());
        for (at, op) in ops.iter().enumerate() {
            let is_object = keeps_object && store.object.contains(&at);
            if length.contains(&at) || store.whole.contains(&at) && !is_object {
                continue;
            }
            if at == allocation {
                new.extend(made.before.iter().cloned());
                new.extend(value.iter().cloned());
                new.extend(made.behind.iter().cloned());
            } else {
                new.push(op.clone());
            }
            if is_object && at + 1 == store.object.end {
                new.push(Operator::Drop);
            }
        }
        *ops = new;
        Some(())
    })
}
