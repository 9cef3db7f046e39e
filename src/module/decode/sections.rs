//! The sections of a module, one function each.

use super::Decoder;
use crate::module::{
    ConstExpr, Data, Element, Export, ExportItem, ExternType, Global, Import, ModuleError,
    SegmentMode,
};
use crate::types::{HeapType, RefType, ValType};
use wasmparser::{
    DataKind, DataSectionReader, ElementItems, ElementKind, ElementSectionReader,
    ExportSectionReader, ExternalKind, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, MemorySectionReader, SectionLimited, TableInit, TableSectionReader,
    TagSectionReader, TypeRef, TypeSectionReader,
};

type SectionResult = Result<(), ModuleError>;

/// Reserves memory for the items of a section, or of a part of one. Validation
/// has confirmed their number. Even without it the memory is bounded, since
/// each item takes at least one byte.
fn make_room<T, I>(items: &mut Vec<I>, section: &SectionLimited<'_, T>) {
    let range = section.range();
    let bytes = range.end.saturating_sub(range.start) as usize;
    items.reserve_exact((section.count() as usize).min(bytes));
}

/// The type of an address or table index.
fn index_type(index64: bool) -> ValType {
    match index64 {
        true => ValType::I64,
        false => ValType::I32,
    }
}

impl Decoder {
    pub(super) fn type_section(&mut self, section: TypeSectionReader<'_>) -> SectionResult {
        make_room(&mut self.module.type_ids, &section);
        for group in section {
            self.recursion_group(group?)?;
        }
        Ok(())
    }

    pub(super) fn import_section(&mut self, section: ImportSectionReader<'_>) -> SectionResult {
        for import in section.into_imports() {
            let import = import?;
            let ty = match import.ty {
                TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                    let id = self.module.type_ids[index as usize];
                    self.module.funcs.push(id);
                    self.module.imported_funcs += 1;
                    ExternType::Func(id)
                }
                TypeRef::Table(ty) => {
                    let ty = self.table_type(&ty);
                    self.module.tables.push(ty);
                    self.module.imported_tables += 1;
                    ExternType::Table(ty)
                }
                TypeRef::Memory(ty) => {
                    let ty = Self::memory_type(&ty);
                    self.module.memories.push(ty);
                    self.module.imported_memories += 1;
                    ExternType::Memory(ty)
                }
                TypeRef::Global(ty) => {
                    let ty = self.global_type(&ty);
                    self.module.globals.push(ty);
                    self.module.imported_globals += 1;
                    ExternType::Global(ty)
                }
                TypeRef::Tag(tag) => {
                    let id = self.module.type_ids[tag.func_type_idx as usize];
                    self.module.tags.push(id);
                    self.module.imported_tags += 1;
                    ExternType::Tag(id)
                }
            };
            self.module.imports.push(Import {
                module: import.module.to_string(),
                name: import.name.to_string(),
                ty,
            });
        }
        Ok(())
    }

    pub(super) fn function_section(&mut self, section: FunctionSectionReader<'_>) -> SectionResult {
        make_room(&mut self.module.funcs, &section);
        for index in section {
            let id = self.module.type_ids[index? as usize];
            self.module.funcs.push(id);
        }
        Ok(())
    }

    pub(super) fn table_section(&mut self, section: TableSectionReader<'_>) -> SectionResult {
        make_room(&mut self.module.tables, &section);
        make_room(&mut self.module.table_inits, &section);
        for table in section {
            let table = table?;
            let ty = self.table_type(&table.ty);
            let init = match &table.init {
                TableInit::RefNull => ConstExpr::Value(0),
                TableInit::Expr(expr) => self.constant(expr, ValType::Ref(ty.element))?,
            };
            self.module.tables.push(ty);
            self.module.table_inits.push(init);
        }
        Ok(())
    }

    pub(super) fn memory_section(&mut self, section: MemorySectionReader<'_>) -> SectionResult {
        for ty in section {
            self.module.memories.push(Self::memory_type(&ty?));
        }
        Ok(())
    }

    pub(super) fn tag_section(&mut self, section: TagSectionReader<'_>) -> SectionResult {
        for tag in section {
            let id = self.module.type_ids[tag?.func_type_idx as usize];
            self.module.tags.push(id);
        }
        Ok(())
    }

    pub(super) fn global_section(&mut self, section: GlobalSectionReader<'_>) -> SectionResult {
        make_room(&mut self.module.globals, &section);
        make_room(&mut self.module.global_inits, &section);
        for global in section {
            let global = global?;
            let ty = self.global_type(&global.ty);
            let init = self.constant(&global.init_expr, ty.value)?;
            // A global's own initialiser must not refer to it.
            self.module.globals.push(ty);
            self.module.global_inits.push(Global { init });
        }
        Ok(())
    }

    pub(super) fn export_section(&mut self, section: ExportSectionReader<'_>) -> SectionResult {
        make_room(&mut self.module.exports, &section);
        for export in section {
            let export = export?;
            let item = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => ExportItem::Func(export.index),
                ExternalKind::Table => ExportItem::Table(export.index),
                ExternalKind::Memory => ExportItem::Memory(export.index),
                ExternalKind::Global => ExportItem::Global(export.index),
                ExternalKind::Tag => ExportItem::Tag(export.index),
            };
            self.module.exports.push(Export {
                name: export.name.to_string(),
                item,
            });
        }
        Ok(())
    }

    pub(super) fn element_section(&mut self, section: ElementSectionReader<'_>) -> SectionResult {
        make_room(&mut self.module.elements, &section);
        for element in section {
            let element = element?;
            let mode = match element.kind {
                ElementKind::Passive => SegmentMode::Passive,
                ElementKind::Declared => SegmentMode::Declared,
                ElementKind::Active {
                    table_index,
                    offset_expr,
                } => {
                    let target = table_index.unwrap_or(0);
                    let index64 = self.module.tables[target as usize].index64;
                    SegmentMode::Active {
                        target,
                        offset: self.constant(&offset_expr, index_type(index64))?,
                    }
                }
            };
            let mut items = Vec::new();
            let ty = match element.items {
                ElementItems::Functions(functions) => {
                    make_room(&mut items, &functions);
                    for index in functions {
                        items.push(ConstExpr::Func(index?));
                    }
                    RefType {
                        nullable: false,
                        heap: HeapType::Func,
                    }
                }
                ElementItems::Expressions(ty, expressions) => {
                    let ty = self.reference(ty);
                    make_room(&mut items, &expressions);
                    for expr in expressions {
                        items.push(self.constant(&expr?, ValType::Ref(ty))?);
                    }
                    ty
                }
            };
            self.module.elements.push(Element { mode, ty, items });
        }
        Ok(())
    }

    pub(super) fn data_section(&mut self, section: DataSectionReader<'_>) -> SectionResult {
        for data in section {
            let data = data?;
            let mode = match data.kind {
                DataKind::Passive => SegmentMode::Passive,
                DataKind::Active {
                    memory_index,
                    offset_expr,
                } => {
                    let index64 = self.module.memories[memory_index as usize].index64;
                    SegmentMode::Active {
                        target: memory_index,
                        offset: self.constant(&offset_expr, index_type(index64))?,
                    }
                }
            };
            let end = data.range.end as usize;
            let bytes = end - data.data.len()..end;
            self.module.data.push(Data { mode, bytes });
        }
        Ok(())
    }
}
