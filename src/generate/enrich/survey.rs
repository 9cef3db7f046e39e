//! Facts about a module that the pass needs: the length of every index space, and the module's
//! items that can hold a reference.

use std::collections::BTreeSet;

use wasmparser::{
    AbstractHeapType, CompositeInnerType, Export, ExternalKind, FuncType, GlobalType, HeapType,
    MemoryType, Parser, Payload, RefType, SubType, TableType, TypeRef, UnpackedIndex,
};

use super::error::EnrichError;

/// The index spaces of a module, imports first.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// All types, in index order.
    pub(super) types: Vec<SubType>,
    /// Number of imported functions.
    pub(super) imported_funcs: u32,
    /// The type of each function the module defines.
    pub(super) defined_funcs: Vec<u32>,
    /// All tables.
    pub(super) tables: Vec<TableType>,
    /// All globals.
    pub(super) globals: Vec<GlobalType>,
    /// All memories.
    pub(super) memories: Vec<MemoryType>,
    /// Number of tags.
    pub(super) tags: u32,
    /// Number of element segments.
    pub(super) elements: u32,
    /// Number of data segments.
    pub(super) data: u32,
    /// Functions that the module defines and exports, which code may refer to, with the indices of
    /// their types.
    pub(super) exported_funcs: Vec<(u32, u32)>,
    /// Cost of an object of each type; see [`super::inhabit`].
    pub(super) costs: Vec<Option<u32>>,
    /// Names of exports.
    pub(super) export_names: BTreeSet<String>,
}

impl Survey {
    /// Reads everything but the costs from `wasm`, which must be a valid core module.
    pub(super) fn read(wasm: &[u8]) -> Result<Survey, EnrichError> {
        let mut survey = Survey::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        survey.types.extend(group?.into_types());
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        survey.import(import?.ty);
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        survey.defined_funcs.push(ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        survey.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        survey.memories.push(memory?);
                    }
                }
                Payload::TagSection(section) => survey.tags += section.count(),
                Payload::GlobalSection(section) => {
                    for global in section {
                        survey.globals.push(global?.ty);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        survey.export(&export?);
                    }
                }
                Payload::ElementSection(section) => survey.elements = section.count(),
                Payload::DataSection(section) => survey.data = section.count(),
                _ => {}
            }
        }
        Ok(survey)
    }

    fn export(&mut self, export: &Export<'_>) {
        self.export_names.insert(export.name.to_owned());
        if export.kind == ExternalKind::Func {
            let defined = export.index.checked_sub(self.imported_funcs);
            let ty = defined.and_then(|i| self.defined_funcs.get(i as usize));
            self.exported_funcs.extend(ty.map(|ty| (export.index, *ty)));
        }
    }

    fn import(&mut self, ty: TypeRef) {
        match ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => self.imported_funcs += 1,
            TypeRef::Table(ty) => self.tables.push(ty),
            TypeRef::Global(ty) => self.globals.push(ty),
            TypeRef::Tag(_) => self.tags += 1,
            TypeRef::Memory(ty) => self.memories.push(ty),
        }
    }

    /// Number of functions, imported ones included.
    pub(super) fn funcs(&self) -> u32 {
        self.imported_funcs + self.defined_funcs.len() as u32
    }

    /// The type of the `i`-th defined function.
    pub(super) fn func_type(&self, i: usize) -> Result<&FuncType, EnrichError> {
        let ty = self.defined_funcs.get(i).ok_or(EnrichError::Malformed)?;
        let ty = self.types.get(*ty as usize).ok_or(EnrichError::Malformed)?;
        match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) => Ok(ty),
            _ => Err(EnrichError::Malformed),
        }
    }

    /// Whether an object of the struct or array type `ty` may be stored where `slot` is expected.
    ///
    /// Only declared supertypes count. Two types may also be equal because their recursion groups
    /// are; ignoring that loses a few stores and never makes an invalid one.
    pub(super) fn accepts(&self, slot: RefType, ty: u32) -> bool {
        let Some(sub) = self.types.get(ty as usize) else {
            return false;
        };
        match slot.heap_type() {
            HeapType::Abstract { shared: false, ty } => match ty {
                AbstractHeapType::Any | AbstractHeapType::Eq => true,
                AbstractHeapType::Struct => {
                    matches!(sub.composite_type.inner, CompositeInnerType::Struct(_))
                }
                AbstractHeapType::Array => {
                    matches!(sub.composite_type.inner, CompositeInnerType::Array(_))
                }
                _ => false,
            },
            HeapType::Concrete(UnpackedIndex::Module(super_ty)) => {
                let mut current = Some(ty);
                while let Some(index) = current {
                    if index == super_ty {
                        return true;
                    }
                    // A supertype has a smaller index, so this ends; checked rather than trusted.
                    current = self
                        .types
                        .get(index as usize)
                        .and_then(|sub| sub.supertype_idxs.first())
                        .and_then(|packed| packed.unpack().as_module_index())
                        .filter(|parent| *parent < index);
                }
                false
            }
            _ => false,
        }
    }
}
