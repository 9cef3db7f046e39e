//! A module to which functions, globals and tables are appended.

use super::asm::Asm;
use crate::module_ir::{Body, Element, Func, Global, IrError, Items, Mode, Module, Ops};
use crate::module_ir::{Export, ImportName, Shape, Table, Type};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{ExternalKind, GlobalType, Operator, RefType, TableType, ValType};

/// A value type as instructions name it.
pub(super) fn encoded(ty: ValType) -> wasm_encoder::ValType {
    let Ok(ty) = RoundtripReencoder.val_type(ty) else {
        unreachable!("the module's own types have been encoded before")
    };
    ty
}

/// A heap type as instructions name it.
pub(super) fn heap(ty: RefType) -> wasm_encoder::HeapType {
    match encoded(ValType::Ref(ty)) {
        wasm_encoder::ValType::Ref(ty) => ty.heap_type,
        _ => unreachable!("a reference type"),
    }
}

/// A table of references, and the global with the number of those in use.
#[derive(Copy, Clone, Debug)]
pub(super) struct Slots {
    pub table: u32,
    pub count: u32,
}

/// Whether items that are appended have names in the module.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Naming {
    /// For somebody who reads it.
    With,
    /// For an engine, which would read them, too.
    Without,
}

/// A module with its additions.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    pub module: Module<'a>,
    naming: Naming,
    /// Functions to which instructions refer.
    declared: BTreeSet<u32>,
}

impl<'a> Unit<'a> {
    pub fn new(mut module: Module<'a>, naming: Naming) -> Unit<'a> {
        module.added.keep_locals = true;
        Unit {
            naming,
            module,
            declared: BTreeSet::new(),
        }
    }

    /// A function type, which may be there already.
    pub fn func_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let shape = Shape::Func(params.into(), results.into());
        let types = &mut self.module.types;
        let alone = |ty: &Type| types.iter().filter(|other| other.group == ty.group).count() == 1;
        let same =
            |ty: &Type| ty.is_final && ty.supertype.is_none() && ty.shape == shape && alone(ty);
        if let Some(index) = types.iter().position(same) {
            return index as u32;
        }
        let group = types.last().map_or(0, |ty| ty.group + 1);
        types.push(Type {
            removed: false,
            group,
            is_final: true,
            supertype: None,
            shape,
        });
        types.len() as u32 - 1
    }

    /// A structure type in a group of its own.
    pub fn struct_type(&mut self, name: &str, fields: Vec<wasmparser::FieldType>) -> u32 {
        let index = self.module.types.len() as u32;
        if self.naming == Naming::With {
            self.module.added.types.insert(index, named(name));
        }
        let types = &mut self.module.types;
        let group = types.last().map_or(0, |ty| ty.group + 1);
        types.push(Type {
            removed: false,
            group,
            is_final: true,
            supertype: None,
            shape: Shape::Struct(fields),
        });
        types.len() as u32 - 1
    }

    /// A new function, whose body follows.
    pub fn reserve(&mut self, name: &str, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = self.func_type(params, results);
        self.reserve_of(name, ty)
    }

    /// A new function of a type, whose body follows.
    pub fn reserve_of(&mut self, name: &str, ty: u32) -> u32 {
        let index = self.module.funcs.len() as u32;
        if self.naming == Naming::With {
            self.module.added.funcs.insert(index, named(name));
        }
        self.module.funcs.push(Func {
            removed: false,
            import: None,
            ty,
            body: None,
        });
        index
    }

    /// A new imported function without parameters and results.
    pub fn import(&mut self, module: &'a str, name: &'a str) -> u32 {
        let index = self.reserve(name, &[], &[]);
        self.module.funcs[index as usize].import = Some(ImportName {
            position: u32::MAX,
            module,
            name,
        });
        index
    }

    /// Gives a function its body.
    pub fn define(&mut self, func: u32, mut asm: Asm) {
        asm.op().end();
        self.define_whole(func, asm);
    }

    /// Gives a function its body, whose code has its `end` already.
    pub fn define_whole(&mut self, func: u32, asm: Asm) {
        self.module.funcs[func as usize].body = Some(Body::Assembled(asm.finish()));
    }

    pub fn global(&mut self, name: &str, ty: ValType, init: Ops<'a>) -> u32 {
        let index = self.module.globals.len() as u32;
        if self.naming == Naming::With {
            self.module.added.globals.insert(index, named(name));
        }
        self.module.globals.push(Global {
            removed: false,
            import: None,
            ty: GlobalType {
                content_type: ty,
                mutable: true,
                shared: false,
            },
            init,
        });
        index
    }

    /// A new table of nulls.
    fn table(&mut self, name: &str, element: RefType, size: u32) -> u32 {
        let index = self.module.tables.len() as u32;
        if self.naming == Naming::With {
            self.module.added.tables.insert(index, named(name));
        }
        self.module.tables.push(Table {
            removed: false,
            import: None,
            ty: TableType {
                element_type: element,
                table64: false,
                initial: size.into(),
                maximum: Some(size.into()),
                shared: false,
            },
            init: None,
        });
        index
    }

    /// A new table of nulls, of which none is in use.
    pub fn slots(&mut self, name: &str, element: RefType, size: u32) -> Slots {
        Slots {
            table: self.table(name, element, size),
            count: self.counter(name, 0),
        }
    }

    /// A new global with a number.
    pub fn counter(&mut self, name: &str, value: i32) -> u32 {
        self.global(name, ValType::I32, constant(Operator::I32Const { value }))
    }

    pub fn export(&mut self, name: &'a str, func: u32) {
        self.module.exports.push(Export {
            name,
            kind: ExternalKind::Func,
            index: func,
        });
    }

    /// Notes that an instruction refers to a function.
    pub fn declare(&mut self, func: u32) -> u32 {
        self.declared.insert(func);
        func
    }

    /// The bytes of the module.
    ///
    /// # Errors
    ///
    /// If code refers to an item that there is not, which is a bug.
    pub fn finish(self) -> Result<Vec<u8>, IrError> {
        let mut module: Module<'_> = self.module;
        if !self.declared.is_empty() {
            module.elements.push(Element {
                removed: false,
                mode: Mode::Declared,
                items: Items::Funcs(self.declared.into_iter().collect()),
            });
        }
        module.encode()
    }
}

/// The name of an item that is appended: none that a case has by chance.
fn named(name: &str) -> String {
    format!("gcdiff.{name}")
}

/// A constant expression of one instruction.
pub(super) fn constant(op: Operator<'static>) -> Ops<'static> {
    vec![op, Operator::End]
}
