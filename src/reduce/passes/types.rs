//! Types: supertypes, recursion groups, packed fields, references.

use super::code::funcs;
use super::fields::families;
use super::{Pass, one};
use crate::module_ir::{Module, Shape, annotate, annotations};
use crate::reduce::cost::value;
use crate::reduce::draft::{Draft, Edit, edit};
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmparser::{AbstractHeapType, FieldType, HeapType, Operator, RefType, StorageType, ValType};

pub(super) const TYPES: Pass = Pass {
    name: "types",
    about: "simplifies types: supertypes, recursion groups, packed fields, references",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        let families = families(module);
        // Every type for itself.
        edits.push(edit(|draft| {
            for (index, ty) in draft.module.types.iter_mut().enumerate() {
                ty.group = index as u32;
            }
            Some(())
        }));
        edits.push(edit(|draft| {
            for ty in &mut draft.module.types {
                ty.supertype = None;
                ty.is_final = true;
            }
            Some(())
        }));
        for (index, ty) in module.types.iter().enumerate() {
            if ty.removed {
                continue;
            }
            edits.push(edit(move |draft| split(&mut draft.module, index)));
            if let Some(above) = ty.supertype {
                let next = module.types.get(above as usize).and_then(|ty| ty.supertype);
                for supertype in [None, next] {
                    edits.push(edit(move |draft| {
                        draft.module.types.get_mut(index)?.supertype = supertype;
                        Some(())
                    }));
                }
            }
            edits.push(edit(move |draft| {
                draft.module.types.get_mut(index)?.is_final = true;
                Some(())
            }));
            match &ty.shape {
                Shape::Struct(fields) => {
                    let first = families[index].first() == Some(&index);
                    for (field, ty) in fields.iter().enumerate().filter(|_| first) {
                        for simpler in simpler_fields(ty) {
                            edits.push(set_field(families[index].clone(), field, simpler));
                        }
                    }
                }
                Shape::Array(element) => {
                    for simpler in simpler_fields(element) {
                        edits.push(set_element(index, simpler));
                    }
                }
                Shape::Func(params, results) => {
                    for (place, ty) in params.iter().chain(results).enumerate() {
                        for simpler in simpler_values(*ty) {
                            edits.push(edit(move |draft| {
                                let ty = &mut draft.module.types.get_mut(index)?.shape;
                                let Shape::Func(params, results) = ty else {
                                    return None;
                                };
                                *params.iter_mut().chain(results).nth(place)? = simpler;
                                Some(())
                            }));
                        }
                    }
                }
            }
        }
        for (func, ops, _) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                for (place, ty) in annotations(op).into_iter().enumerate() {
                    for simpler in simpler_values(ty) {
                        edits.push(edit(move |draft| {
                            let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
                            annotate(ops.get_mut(at)?, place, simpler)
                        }));
                    }
                }
            }
            let locals = module.funcs[func]
                .code()
                .map_or(&[][..], |code| &code.locals);
            for (local, ty) in locals.iter().enumerate() {
                for simpler in simpler_values(*ty) {
                    edits.push(edit(move |draft| {
                        let code = draft.module.funcs.get_mut(func)?.edit()?;
                        *code.locals.get_mut(local)? = simpler;
                        Some(())
                    }));
                }
            }
        }
        for (index, global) in module.globals.iter().enumerate() {
            for simpler in simpler_values(global.ty.content_type) {
                edits.push(edit(move |draft| {
                    draft.module.globals.get_mut(index)?.ty.content_type = simpler;
                    Some(())
                }));
            }
        }
        for (index, table) in module.tables.iter().enumerate() {
            for simpler in simpler_values(ValType::Ref(table.ty.element_type)) {
                edits.push(edit(move |draft| {
                    let ValType::Ref(simpler) = simpler else {
                        return None;
                    };
                    draft.module.tables.get_mut(index)?.ty.element_type = simpler;
                    Some(())
                }));
            }
        }
        edits
    },
};

/// Begins a recursion group with a type.
fn split(module: &mut Module<'_>, index: usize) -> Option<()> {
    let old = module.types.get(index)?.group;
    let new = module.types.iter().map(|ty| ty.group + 1).max()?;
    for ty in module.types.get_mut(index..)? {
        if ty.group == old {
            ty.group = new;
        }
    }
    Some(())
}

/// Changes a field in a type and all its subtypes, and the instructions for packed fields.
fn set_field(family: Arc<BTreeSet<usize>>, field: usize, simpler: FieldType) -> Edit {
    edit(move |draft| {
        for index in family.iter() {
            if let Shape::Struct(fields) = &mut draft.module.types.get_mut(*index)?.shape
                && let Some(ty) = fields.get_mut(field)
            {
                *ty = simpler;
            }
        }
        let is_packed = matches!(simpler.element_type, StorageType::I8 | StorageType::I16);
        rewrite(draft, |op| match op {
            Operator::StructGetS {
                struct_type_index,
                field_index,
            }
            | Operator::StructGetU {
                struct_type_index,
                field_index,
            } if !is_packed
                && *field_index as usize == field
                && family.contains(&(*struct_type_index as usize)) =>
            {
                Some(Operator::StructGet {
                    struct_type_index: *struct_type_index,
                    field_index: *field_index,
                })
            }
            _ => None,
        })
    })
}

fn set_element(index: usize, simpler: FieldType) -> Edit {
    edit(move |draft| {
        draft.module.types.get_mut(index)?.shape = Shape::Array(simpler);
        let is_packed = matches!(simpler.element_type, StorageType::I8 | StorageType::I16);
        rewrite(draft, |op| match op {
            Operator::ArrayGetS { array_type_index } | Operator::ArrayGetU { array_type_index }
                if !is_packed && *array_type_index as usize == index =>
            {
                Some(Operator::ArrayGet {
                    array_type_index: *array_type_index,
                })
            }
            _ => None,
        })
    })
}

/// Replaces instructions in all functions.
fn rewrite(
    draft: &mut Draft<'_>,
    new: impl Fn(&Operator<'_>) -> Option<Operator<'static>>,
) -> Option<()> {
    for func in &mut draft.module.funcs {
        let touched = func
            .code()
            .is_some_and(|code| code.ops.iter().any(|op| new(op).is_some()));
        if touched {
            for op in &mut func.edit()?.ops {
                if let Some(new) = new(op) {
                    *op = new;
                }
            }
        }
    }
    Some(())
}

fn simpler_fields(field: &FieldType) -> Vec<FieldType> {
    let with = |element_type, mutable| FieldType {
        element_type,
        mutable,
    };
    let mut fields = Vec::new();
    match field.element_type {
        StorageType::I8 | StorageType::I16 => {
            fields.push(with(StorageType::Val(ValType::I32), field.mutable));
        }
        StorageType::Val(ty) => fields.extend(
            simpler_values(ty)
                .into_iter()
                .map(|ty| with(StorageType::Val(ty), field.mutable)),
        ),
    }
    if field.mutable {
        fields.push(with(field.element_type, false));
    }
    fields
}

/// Types in the place of one that are simpler.
fn simpler_values(ty: ValType) -> Vec<ValType> {
    let ValType::Ref(reference) = ty else {
        return Vec::new();
    };
    let mut simpler = Vec::new();
    let abstract_types = [
        AbstractHeapType::Any,
        AbstractHeapType::Eq,
        AbstractHeapType::Struct,
        AbstractHeapType::Array,
        AbstractHeapType::Func,
        AbstractHeapType::Extern,
        AbstractHeapType::Exn,
        // Only a null has these.
        AbstractHeapType::None,
        AbstractHeapType::NoFunc,
    ];
    let heaps = abstract_types.map(|ty| HeapType::Abstract { shared: false, ty });
    for heap in [reference.heap_type()].into_iter().chain(heaps) {
        simpler.extend(RefType::new(true, heap).map(ValType::Ref));
    }
    simpler.retain(|new| value(*new) < value(ty));
    simpler
}
