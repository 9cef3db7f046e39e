//! Types of values in an observation.

use super::EXCEPTION;
use super::path::{Deed, Root, ValuePlace};
use super::walk::Comparison;
use crate::heap::Shape;
use crate::module::{ExportItem, ExternType, Module};
use crate::types::{Composite, StorageType, ValType};

/// The result type of a step on an export: the `index`-th result of a function,
/// the value of a global, an element of a table.
pub fn type_of_result(module: &Module, export: &str, index: usize) -> Option<ValType> {
    match module.export(export)? {
        ExportItem::Func(i) => {
            let ty = module.types.func(*module.funcs.get(i as usize)?);
            ty.results.get(index).copied()
        }
        ExportItem::Global(i) => module.globals.get(i as usize).map(|g| g.value),
        ExportItem::Table(i) => {
            let table = module.tables.get(i as usize);
            table.map(|table| ValType::Ref(table.element))
        }
        ExportItem::Memory(_) | ExportItem::Tag(_) => None,
    }
}

impl Comparison<'_, '_> {
    /// The type of the value in a place, if it is known. Packed fields have
    /// none: their signedness depends on the reading instruction.
    pub(super) fn type_of(&self, place: ValuePlace) -> Option<ValType> {
        let module = self.names.module()?;
        match place {
            ValuePlace::Root(Root::Result { of, index }) => {
                let export = match of {
                    Deed::Step(step) => {
                        let step = self.a.seen.steps.get(step as usize)?;
                        step.export.as_deref()
                    }
                    Deed::Within(call) => {
                        let call = self.a.seen.host_calls.get(call as usize)?;
                        call.act.as_deref()
                    }
                };
                type_of_result(module, export?, index as usize)
            }
            ValuePlace::Root(Root::Argument { call, index }) => {
                let call = self.a.seen.host_calls.get(call as usize)?;
                match module.imports.get(call.import as usize)?.ty {
                    ExternType::Func(ty) => {
                        let params = &module.types.func(ty).params;
                        params.get(index as usize).copied()
                    }
                    _ => None,
                }
            }
            ValuePlace::Root(Root::Global(index)) => module
                .globals
                .get(index as usize)
                .map(|global| global.value),
            ValuePlace::Root(Root::Exception { .. }) => Some(EXCEPTION),
            ValuePlace::Root(Root::Element { .. } | Root::Kept(_)) => None,
            ValuePlace::Inside { pair, index } => {
                let (Shape::Struct(id) | Shape::Array(id)) = self.shape(pair) else {
                    return None;
                };
                let field = match &module.types.get(id)?.sub.composite {
                    Composite::Struct(fields) => *fields.get(index as usize)?,
                    Composite::Array(element) => *element,
                    Composite::Func(_) => return None,
                };
                match field.storage {
                    StorageType::Val(ty) => Some(ty),
                    StorageType::I8 | StorageType::I16 => None,
                }
            }
        }
    }
}
