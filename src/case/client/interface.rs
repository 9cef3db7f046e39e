//! What another module sees of a module: its types and exports.

use wasmparser::{
    BinaryReaderError, CompositeInnerType, ExternalKind, FieldType, FuncType, GlobalType, HeapType,
    MemoryType, Parser, Payload, RecGroup, RefType, StorageType, SubType, TableType, TypeRef,
    UnpackedIndex, ValType,
};

/// Types and exports.
#[derive(Default)]
pub(super) struct Interface<'a> {
    /// The recursion groups, in order.
    pub groups: Vec<RecGroup>,
    /// All types, by their indices.
    types: Vec<SubType>,
    /// The exports, with their names.
    pub exports: Vec<(&'a str, Item)>,
}

/// An exported item. Functions and tags are given by the index of their type.
#[derive(Copy, Clone)]
pub(super) enum Item {
    Func(u32),
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
    Tag(u32),
}

impl<'a> Interface<'a> {
    /// Reads a valid module.
    pub fn read(wasm: &'a [u8]) -> Result<Interface<'a>, BinaryReaderError> {
        let mut of = Interface::default();
        let (mut funcs, mut tables, mut memories) = (Vec::new(), Vec::new(), Vec::new());
        let (mut globals, mut tags) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        let group = group?;
                        of.types.extend(group.types().cloned());
                        of.groups.push(group);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => funcs.push(ty),
                            TypeRef::Table(ty) => tables.push(ty),
                            TypeRef::Memory(ty) => memories.push(ty),
                            TypeRef::Global(ty) => globals.push(ty),
                            TypeRef::Tag(ty) => tags.push(ty.func_type_idx),
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        funcs.push(ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(section) => {
                    for ty in section {
                        memories.push(ty?);
                    }
                }
                Payload::TagSection(section) => {
                    for ty in section {
                        tags.push(ty?.func_type_idx);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        globals.push(global?.ty);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        let i = export.index as usize;
                        let item = match export.kind {
                            ExternalKind::Func | ExternalKind::FuncExact => {
                                funcs.get(i).copied().map(Item::Func)
                            }
                            ExternalKind::Table => tables.get(i).copied().map(Item::Table),
                            ExternalKind::Memory => memories.get(i).copied().map(Item::Memory),
                            ExternalKind::Global => globals.get(i).copied().map(Item::Global),
                            ExternalKind::Tag => tags.get(i).copied().map(Item::Tag),
                        };
                        of.exports.extend(item.map(|item| (export.name, item)));
                    }
                }
                _ => {}
            }
        }
        Ok(of)
    }

    /// A function type.
    pub fn func(&self, ty: u32) -> Option<&FuncType> {
        match &self.types.get(ty as usize)?.composite_type.inner {
            CompositeInnerType::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The supertype of a type, if it has one.
    pub fn supertype(&self, ty: u32) -> Option<u32> {
        let index = self.types.get(ty as usize)?.supertype_idxs.first()?;
        index.as_module_index()
    }

    /// The structures all of whose fields have default values, by their indices.
    pub fn defaultable(&self) -> impl Iterator<Item = u32> + '_ {
        let has_default = |field: &FieldType| match field.element_type {
            StorageType::Val(ValType::Ref(ty)) => ty.is_nullable(),
            _ => true,
        };
        let is_defaultable = move |ty: &SubType| match &ty.composite_type.inner {
            CompositeInnerType::Struct(ty) => ty.fields.iter().all(has_default),
            _ => false,
        };
        let types = (0..).zip(&self.types);
        types.filter_map(move |(i, ty)| is_defaultable(ty).then_some(i))
    }

    /// The index of the structure or array type that a reference type names.
    pub fn object_type(&self, ty: RefType) -> Option<u32> {
        let HeapType::Concrete(UnpackedIndex::Module(index)) = ty.heap_type() else {
            return None;
        };
        let ty = &self.types.get(index as usize)?.composite_type.inner;
        let is_object = matches!(
            ty,
            CompositeInnerType::Struct(_) | CompositeInnerType::Array(_)
        );
        is_object.then_some(index)
    }

    /// Whether the references of a type can be compared.
    pub fn is_below_eq(&self, ty: RefType) -> bool {
        self.is_below_any(ty) && ty.heap_type() != RefType::ANYREF.heap_type()
    }

    /// Whether a reference type is in the hierarchy of `any`.
    pub fn is_below_any(&self, ty: RefType) -> bool {
        use wasmparser::AbstractHeapType::*;
        match ty.heap_type() {
            HeapType::Abstract { ty, .. } => {
                matches!(ty, Any | Eq | Struct | Array | I31 | None)
            }
            _ => self.object_type(ty).is_some(),
        }
    }
}
