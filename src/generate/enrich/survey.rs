//! What the pass has to know of a module before it can add to it: how long every index space is, and what of the module's own
//! could hold a reference.

use std::collections::BTreeSet;

use wasmparser::{
    AbstractHeapType, CompositeInnerType, GlobalType, HeapType, MemoryType, Parser, Payload,
    RefType, SubType, TableType, TypeRef, UnpackedIndex,
};

use super::EnrichError;

/// The index spaces of a module, imports first.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// All types, in index order.
    pub(super) types: Vec<SubType>,
    /// How many functions are imported.
    pub(super) imported_funcs: u32,
    /// The type of each function the module defines.
    pub(super) defined_funcs: Vec<u32>,
    /// All tables.
    pub(super) tables: Vec<TableType>,
    /// All globals.
    pub(super) globals: Vec<GlobalType>,
    /// All memories.
    pub(super) memories: Vec<MemoryType>,
    /// How many tags there are.
    pub(super) tags: u32,
    /// How many element segments there are.
    pub(super) elements: u32,
    /// How many data segments there are.
    pub(super) data: u32,
    /// Names that are taken.
    pub(super) export_names: BTreeSet<String>,
}

impl Survey {
    /// Reads `wasm`, which must be a valid core module.
    pub(super) fn new(wasm: &[u8]) -> Result<Survey, EnrichError> {
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
                        survey.export_names.insert(export?.name.to_owned());
                    }
                }
                Payload::ElementSection(section) => survey.elements = section.count(),
                Payload::DataSection(section) => survey.data = section.count(),
                _ => {}
            }
        }
        Ok(survey)
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

    /// How many functions there are, imported ones included.
    pub(super) fn funcs(&self) -> u32 {
        self.imported_funcs + self.defined_funcs.len() as u32
    }

    /// How many parameters the `i`-th defined function has.
    pub(super) fn params(&self, i: usize) -> Result<u32, EnrichError> {
        let ty = self.defined_funcs.get(i).ok_or(EnrichError::Malformed)?;
        let ty = self.types.get(*ty as usize).ok_or(EnrichError::Malformed)?;
        match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) => Ok(ty.params().len() as u32),
            _ => Err(EnrichError::Malformed),
        }
    }

    /// Whether an object of the struct or array type `ty` may be stored where `slot` is expected.
    ///
    /// Only declared supertypes count. Two types may also be equal because their recursion groups are; missing those loses a
    /// few stores and never makes an invalid one.
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
                    // A supertype has a smaller index, so this ends; insist on it rather than trust the input.
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
