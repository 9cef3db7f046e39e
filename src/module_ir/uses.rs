//! Which items an instruction or a type uses.

use super::{Items, Mode, Module, Ops, Shape, Type};
use std::collections::BTreeSet;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::{ExternalKind, Operator, StorageType, ValType};

/// An item of a module.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Item {
    Type(u32),
    Func(u32),
    Table(u32),
    Memory(u32),
    Global(u32),
    Tag(u32),
    Element(u32),
    Data(u32),
}

/// Collects items. The encoder visits every index; what it makes is thrown away.
#[derive(Debug, Default)]
struct Collector(BTreeSet<Item>);

macro_rules! collect {
    ($($visit:ident $item:ident),*) => {
        $(fn $visit(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
            self.0.insert(Item::$item(index));
            Ok(index)
        })*
    };
}

impl Reencode for Collector {
    type Error = Infallible;

    collect! {
        type_index Type,
        function_index Func,
        table_index Table,
        memory_index Memory,
        global_index Global,
        tag_index Tag,
        element_index Element,
        data_index Data
    }
}

impl Collector {
    fn ops(&mut self, ops: &Ops<'_>) {
        for op in ops {
            let _ = self.instruction(op.clone());
        }
    }

    fn values(&mut self, types: &[ValType]) {
        for ty in types {
            let _ = self.val_type(*ty);
        }
    }

    fn ty(&mut self, ty: &Type) {
        if let Some(index) = ty.supertype {
            self.0.insert(Item::Type(index));
        }
        let field = |field: &wasmparser::FieldType| match field.element_type {
            StorageType::Val(ty) => Some(ty),
            _ => None,
        };
        match &ty.shape {
            Shape::Func(params, results) => {
                self.values(params);
                self.values(results);
            }
            Shape::Struct(fields) => {
                self.values(&fields.iter().filter_map(field).collect::<Vec<_>>());
            }
            Shape::Array(element) => self.values(field(element).as_slice()),
        }
    }
}

/// The items that an instruction uses.
pub fn of_op(op: &Operator<'_>) -> BTreeSet<Item> {
    let mut collector = Collector::default();
    let _ = collector.instruction(op.clone());
    collector.0
}

/// The item of an export.
pub fn of_export(kind: ExternalKind, index: u32) -> Item {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => Item::Func(index),
        ExternalKind::Table => Item::Table(index),
        ExternalKind::Memory => Item::Memory(index),
        ExternalKind::Global => Item::Global(index),
        ExternalKind::Tag => Item::Tag(index),
    }
}

impl Module<'_> {
    /// The items that an item uses directly.
    pub fn uses(&self, item: Item) -> BTreeSet<Item> {
        let mut collector = Collector::default();
        // An item that is not there uses nothing.
        let _ = self.collect(item, &mut collector);
        collector.0
    }

    fn collect(&self, item: Item, c: &mut Collector) -> Option<()> {
        match item {
            Item::Type(i) => c.ty(self.types.get(i as usize)?),
            Item::Func(i) => {
                let func = self.funcs.get(i as usize)?;
                c.0.insert(Item::Type(func.ty));
                let code = func.code()?;
                c.values(&code.locals);
                c.ops(&code.ops);
            }
            Item::Table(i) => {
                let table = self.tables.get(i as usize)?;
                c.values(&[ValType::Ref(table.ty.element_type)]);
                c.ops(table.init.as_ref()?);
            }
            Item::Memory(_) => {}
            Item::Global(i) => {
                let global = self.globals.get(i as usize)?;
                c.values(&[global.ty.content_type]);
                c.ops(&global.init);
            }
            Item::Tag(i) => {
                c.0.insert(Item::Type(self.tags.get(i as usize)?.ty));
            }
            Item::Element(i) => {
                let element = self.elements.get(i as usize)?;
                match &element.items {
                    Items::Funcs(funcs) => c.0.extend(funcs.iter().map(|i| Item::Func(*i))),
                    Items::Exprs(ty, exprs) => {
                        c.values(&[ValType::Ref(*ty)]);
                        exprs.iter().for_each(|expr| c.ops(expr));
                    }
                }
                if let Mode::Active(table, offset) = &element.mode {
                    c.0.insert(Item::Table(*table));
                    c.ops(offset);
                }
            }
            Item::Data(i) => {
                if let Mode::Active(memory, offset) = &self.data.get(i as usize)?.mode {
                    c.0.insert(Item::Memory(*memory));
                    c.ops(offset);
                }
            }
        }
        Some(())
    }

    /// All items that are not removed.
    pub fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        macro_rules! add {
            ($list:ident $item:ident) => {
                for (index, one) in self.$list.iter().enumerate() {
                    if !one.removed {
                        items.push(Item::$item(index as u32));
                    }
                }
            };
        }
        add!(types Type);
        add!(funcs Func);
        add!(tables Table);
        add!(memories Memory);
        add!(globals Global);
        add!(tags Tag);
        add!(elements Element);
        add!(data Data);
        items
    }

    /// Removes an item.
    pub fn remove(&mut self, item: Item) -> Option<()> {
        let removed = match item {
            Item::Type(i) => &mut self.types.get_mut(i as usize)?.removed,
            Item::Func(i) => &mut self.funcs.get_mut(i as usize)?.removed,
            Item::Table(i) => &mut self.tables.get_mut(i as usize)?.removed,
            Item::Memory(i) => &mut self.memories.get_mut(i as usize)?.removed,
            Item::Global(i) => &mut self.globals.get_mut(i as usize)?.removed,
            Item::Tag(i) => &mut self.tags.get_mut(i as usize)?.removed,
            Item::Element(i) => &mut self.elements.get_mut(i as usize)?.removed,
            Item::Data(i) => &mut self.data.get_mut(i as usize)?.removed,
        };
        *removed = true;
        Some(())
    }

    /// Whether an item is imported.
    pub fn is_imported(&self, item: Item) -> bool {
        match item {
            Item::Func(i) => self.funcs[i as usize].import.is_some(),
            Item::Table(i) => self.tables[i as usize].import.is_some(),
            Item::Memory(i) => self.memories[i as usize].import.is_some(),
            Item::Global(i) => self.globals[i as usize].import.is_some(),
            Item::Tag(i) => self.tags[i as usize].import.is_some(),
            Item::Type(_) | Item::Element(_) | Item::Data(_) => false,
        }
    }
}
