//! Imports become items of the module.

use super::ExportError;
use super::hierarchy::{Hierarchy, concrete, hierarchy, is_defaultable};
use super::runtime::Runtime;
use super::unit::{Unit, constant};
use super::values::Values;
use crate::module_ir::{Ops, allocates};
use wasmparser::{AbstractHeapType, HeapType, Ieee32, Ieee64, Operator, RefType, ValType};

/// Makes items of the module of its imports. Returns the functions to be written, with the positions
/// of their imports.
pub(super) fn define(
    unit: &mut Unit<'_>,
    runtime: &Runtime,
    values: &mut Values,
) -> Result<Vec<(u32, u32)>, ExportError> {
    let mut funcs = Vec::new();
    for index in 0..unit.module.funcs.len() {
        if index as u32 == runtime.meter.collect {
            continue;
        }
        if let Some(import) = unit.module.funcs[index].import.take() {
            funcs.push((index as u32, import.position));
        }
    }
    for index in 0..unit.module.globals.len() {
        if let Some(import) = unit.module.globals[index].import.take() {
            let ty = unit.module.globals[index].ty.content_type;
            let init = initial(unit, runtime, values, ty, import.position)?;
            unit.module.globals[index].init = init;
        }
    }
    // Tables come before globals, so only imported ones can be in their initial values.
    for index in 0..unit.module.tables.len() {
        if let Some(init) = unit.module.tables[index].init.take() {
            let init = without_globals(unit, &init)?;
            unit.module.tables[index].init = Some(init);
        }
    }
    for index in 0..unit.module.tables.len() {
        if let Some(import) = unit.module.tables[index].import.take() {
            let ty = unit.module.tables[index].ty.element_type;
            if !ty.is_nullable() {
                let init = initial(unit, runtime, values, ValType::Ref(ty), import.position)?;
                unit.module.tables[index].init = Some(init);
            }
        }
    }
    for memory in &mut unit.module.memories {
        memory.import = None;
    }
    for tag in &mut unit.module.tags {
        tag.import = None;
    }
    Ok(funcs)
}

/// An initial value of a table with the values of globals in their place.
fn without_globals<'a>(unit: &Unit<'a>, init: &Ops<'a>) -> Result<Ops<'a>, ExportError> {
    let mut ops = Vec::new();
    for op in init {
        let Operator::GlobalGet { global_index } = op else {
            ops.push(op.clone());
            continue;
        };
        let global = unit.module.globals.get(*global_index as usize);
        let value = global.map(|global| &global.init[..]).unwrap_or_default();
        if value.iter().any(allocates) {
            return Err(ExportError(format!(
                "a table begins with the object in global {global_index}, which is imported: a \
                 module that makes the object itself makes it after its tables"
            )));
        }
        let value = value.iter().filter(|op| !matches!(op, Operator::End));
        ops.extend(value.cloned());
    }
    Ok(ops)
}

/// The value of an imported item, as a constant expression.
fn initial<'a>(
    unit: &mut Unit<'_>,
    runtime: &Runtime,
    values: &mut Values,
    ty: ValType,
    position: u32,
) -> Result<Ops<'a>, ExportError> {
    // Small, and not all the same.
    let value = position as i32 % 16;
    let r = match ty {
        ValType::I32 => return Ok(constant(Operator::I32Const { value })),
        ValType::I64 => {
            return Ok(constant(Operator::I64Const {
                value: value.into(),
            }));
        }
        ValType::F32 => {
            let value = Ieee32::from(value as f32);
            return Ok(constant(Operator::F32Const { value }));
        }
        ValType::F64 => {
            let value = Ieee64::from(f64::from(value));
            return Ok(constant(Operator::F64Const { value }));
        }
        ValType::V128 => {
            let value = i128::from(value).into();
            return Ok(constant(Operator::V128Const { value }));
        }
        ValType::Ref(r) => r,
    };
    made(unit, runtime, values, r, value).ok_or_else(|| {
        ExportError(format!(
            "import {position} is a {r}, of which a constant expression makes no value"
        ))
    })
}

fn made<'a>(
    unit: &mut Unit<'_>,
    runtime: &Runtime,
    values: &mut Values,
    r: RefType,
    value: i32,
) -> Option<Ops<'a>> {
    let number = Operator::I32Const { value };
    let null = || {
        r.is_nullable()
            .then(|| constant(Operator::RefNull { hty: r.heap_type() }))
    };
    let HeapType::Abstract { ty, .. } = r.heap_type() else {
        let index = concrete(r)?;
        let shape = &unit.module.types.get(index as usize)?.shape;
        if hierarchy(&unit.module, r) == Hierarchy::Func {
            let function_index = values.func_of(unit, Some(index));
            return Some(constant(Operator::RefFunc { function_index }));
        }
        if !is_defaultable(shape) {
            return null();
        }
        return Some(match shape {
            crate::module_ir::Shape::Array(_) => vec![
                number,
                Operator::ArrayNewDefault {
                    array_type_index: index,
                },
                Operator::End,
            ],
            _ => constant(Operator::StructNewDefault {
                struct_type_index: index,
            }),
        });
    };
    match ty {
        AbstractHeapType::Any | AbstractHeapType::Eq | AbstractHeapType::I31 => {
            Some(vec![number, Operator::RefI31, Operator::End])
        }
        AbstractHeapType::Extern => {
            let mut ops = vec![number];
            ops.extend(std::iter::repeat_n(Operator::I32Const { value: 0 }, 4));
            ops.push(Operator::StructNew {
                struct_type_index: runtime.external,
            });
            ops.extend([Operator::ExternConvertAny, Operator::End]);
            Some(ops)
        }
        AbstractHeapType::Func => {
            let function_index = values.func_of(unit, None);
            Some(constant(Operator::RefFunc { function_index }))
        }
        _ => null(),
    }
}
