//! From items to bytes.

use super::indices::{Dangling, Indices};
use super::names;
use super::{Body, Code, IrError, Items, Mode, Module, Ops, Shape, Type};
use std::borrow::Cow;
use std::collections::BTreeMap;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, CompositeInnerType, CompositeType, ConstExpr, CustomSection, DataCountSection,
    DataSection, ElementSection, Elements, EntityType, ExportSection, FuncType, Function,
    FunctionSection, GlobalSection, ImportSection, MemorySection, StartSection, StructType,
    SubType, TableSection, TagKind, TagSection, TagType, TypeSection,
};

#[derive(Debug, Default)]
pub(super) struct Encoder {
    types: Indices,
    funcs: Indices,
    tables: Indices,
    memories: Indices,
    globals: Indices,
    tags: Indices,
    elements: Indices,
    data: Indices,
}

impl Reencode for Encoder {
    type Error = Dangling;

    fn type_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.types.get(index)
    }

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.funcs.get(index)
    }

    fn table_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.tables.get(index)
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.memories.get(index)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.globals.get(index)
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.tags.get(index)
    }

    fn element_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.elements.get(index)
    }

    fn data_index(&mut self, index: u32) -> Result<u32, Error<Dangling>> {
        self.data.get(index)
    }
}

impl Encoder {
    fn of(module: &Module<'_>) -> Encoder {
        macro_rules! indices {
            ($items:ident, $aliases:expr) => {
                Indices::of(
                    module
                        .$items
                        .iter()
                        .map(|item| (item.removed, item.import.map(|name| name.position))),
                    $aliases,
                )
            };
        }
        let none = BTreeMap::new();
        Encoder {
            types: Indices::of(
                module.types.iter().map(|ty| (ty.removed, None)),
                &module.aliases.types,
            ),
            funcs: indices!(funcs, &module.aliases.funcs),
            tables: indices!(tables, &module.aliases.tables),
            memories: indices!(memories, &none),
            globals: indices!(globals, &module.aliases.globals),
            tags: indices!(tags, &module.aliases.tags),
            elements: Indices::of(module.elements.iter().map(|e| (e.removed, None)), &none),
            data: Indices::of(module.data.iter().map(|d| (d.removed, None)), &none),
        }
    }

    /// Whether code that is not edited keeps its bytes.
    fn keeps_code(&self) -> bool {
        self.funcs.same && self.keeps_all_but_funcs()
    }

    /// Whether all items but functions keep their indices.
    fn keeps_all_but_funcs(&self) -> bool {
        let all = [
            &self.types,
            &self.tables,
            &self.memories,
            &self.globals,
            &self.tags,
            &self.elements,
            &self.data,
        ];
        all.iter().all(|indices| indices.same)
    }

    fn sub_type_of(&mut self, ty: &Type) -> Result<SubType, Error<Dangling>> {
        let inner = match &ty.shape {
            Shape::Func(params, results) => {
                let params = self.all(params)?;
                let results = self.all(results)?;
                CompositeInnerType::Func(FuncType::new(params, results))
            }
            Shape::Struct(fields) => {
                let fields = fields.iter().map(|field| self.field_type(*field));
                let fields: Result<Box<[_]>, _> = fields.collect();
                CompositeInnerType::Struct(StructType { fields: fields? })
            }
            Shape::Array(field) => {
                CompositeInnerType::Array(wasm_encoder::ArrayType(self.field_type(*field)?))
            }
        };
        Ok(SubType {
            is_final: ty.is_final,
            supertype_idxs: match ty.supertype {
                Some(index) => vec![self.type_index(index)?],
                None => Vec::new(),
            },
            composite_type: CompositeType {
                inner,
                shared: false,
                descriptor: None,
                describes: None,
            },
        })
    }

    fn all(
        &mut self,
        types: &[wasmparser::ValType],
    ) -> Result<Vec<wasm_encoder::ValType>, Error<Dangling>> {
        types.iter().map(|ty| self.val_type(*ty)).collect()
    }

    fn constant(&mut self, ops: &Ops<'_>) -> Result<ConstExpr, Error<Dangling>> {
        let mut bytes = Vec::new();
        self.ops(ops, &mut bytes)?;
        // The encoder writes the last `end` itself.
        bytes.pop();
        Ok(ConstExpr::raw(bytes))
    }

    fn ops(&mut self, ops: &Ops<'_>, bytes: &mut Vec<u8>) -> Result<(), Error<Dangling>> {
        for op in ops {
            wasm_encoder::Encode::encode(&self.instruction(op.clone())?, bytes);
        }
        Ok(())
    }

    fn function(&mut self, code: &Code<'_>) -> Result<Function, Error<Dangling>> {
        let locals = self.all(&code.locals)?;
        let mut function = Function::new_with_locals_types(locals);
        let mut bytes = Vec::new();
        self.ops(&code.ops, &mut bytes)?;
        function.raw(bytes);
        Ok(function)
    }
}

impl Module<'_> {
    /// Puts the module together.
    ///
    /// # Errors
    ///
    /// If something refers to an item that is removed.
    pub fn encode(&self) -> Result<Vec<u8>, IrError> {
        self.encode_all().map_err(|error| match error {
            Error::UserError(Dangling) => IrError("a removed item is used".into()),
            error => IrError(format!("{error:?}")),
        })
    }

    fn encode_all(&self) -> Result<Vec<u8>, Error<Dangling>> {
        let mut e = Encoder::of(self);
        let mut out = wasm_encoder::Module::new();
        let mut types = TypeSection::new();
        let mut rest: Vec<&Type> = self.types.iter().filter(|ty| !ty.removed).collect();
        while let Some(first) = rest.first() {
            let group = first.group;
            let len = rest.iter().take_while(|ty| ty.group == group).count();
            let members = rest.drain(..len).map(|ty| e.sub_type_of(ty));
            let members: Vec<SubType> = members.collect::<Result<_, _>>()?;
            // A group of one is written without `rec`, which means the same.
            match <[SubType; 1]>::try_from(members) {
                Ok([single]) => types.ty().subtype(&single),
                Err(members) => types.ty().rec(members),
            }
        }
        if !types.is_empty() {
            out.section(&types);
        }
        self.encode_imports(&mut e, &mut out)?;
        let mut funcs = FunctionSection::new();
        for func in self
            .funcs
            .iter()
            .filter(|f| !f.removed && f.import.is_none())
        {
            funcs.function(e.type_index(func.ty)?);
        }
        if !funcs.is_empty() {
            out.section(&funcs);
        }
        let mut tables = TableSection::new();
        for table in self
            .tables
            .iter()
            .filter(|t| !t.removed && t.import.is_none())
        {
            let ty = e.table_type(table.ty)?;
            match &table.init {
                None => tables.table(ty),
                Some(init) => tables.table_with_init(ty, &e.constant(init)?),
            };
        }
        if !tables.is_empty() {
            out.section(&tables);
        }
        let mut memories = MemorySection::new();
        for memory in self
            .memories
            .iter()
            .filter(|m| !m.removed && m.import.is_none())
        {
            memories.memory(e.memory_type(memory.ty)?);
        }
        if !memories.is_empty() {
            out.section(&memories);
        }
        let mut tags = TagSection::new();
        for tag in self
            .tags
            .iter()
            .filter(|t| !t.removed && t.import.is_none())
        {
            tags.tag(TagType {
                kind: TagKind::Exception,
                func_type_idx: e.type_index(tag.ty)?,
            });
        }
        if !tags.is_empty() {
            out.section(&tags);
        }
        let mut globals = GlobalSection::new();
        for global in self
            .globals
            .iter()
            .filter(|g| !g.removed && g.import.is_none())
        {
            let ty = e.global_type(global.ty)?;
            globals.global(ty, &e.constant(&global.init)?);
        }
        if !globals.is_empty() {
            out.section(&globals);
        }
        let mut exports = ExportSection::new();
        for export in &self.exports {
            let kind = e.export_kind(export.kind)?;
            let index = e.external_index(export.kind, export.index)?;
            exports.export(export.name, kind, index);
        }
        if !exports.is_empty() {
            out.section(&exports);
        }
        if let Some(start) = self.start {
            let function_index = e.function_index(start)?;
            out.section(&StartSection { function_index });
        }
        self.encode_elements(&mut e, &mut out)?;
        self.encode_code_and_data(&mut e, &mut out)?;
        let has_names = self.customs.iter().any(|(name, _)| *name == "name");
        if !has_names && let Some(names) = names::renamed(None, self, &mut e) {
            out.section(&names);
        }
        for (name, bytes) in &self.customs {
            if *name == "name"
                && let Some(names) = names::renamed(Some(bytes), self, &mut e)
            {
                out.section(&names);
                continue;
            }
            out.section(&CustomSection {
                name: Cow::Borrowed(name),
                data: Cow::Borrowed(bytes),
            });
        }
        Ok(out.finish())
    }

    fn encode_imports(
        &self,
        e: &mut Encoder,
        out: &mut wasm_encoder::Module,
    ) -> Result<(), Error<Dangling>> {
        let mut imports = Vec::new();
        for func in self.funcs.iter().filter(|f| !f.removed) {
            if let Some(name) = func.import {
                imports.push((name, EntityType::Function(e.type_index(func.ty)?)));
            }
        }
        for table in self.tables.iter().filter(|t| !t.removed) {
            if let Some(name) = table.import {
                imports.push((name, EntityType::Table(e.table_type(table.ty)?)));
            }
        }
        for memory in self.memories.iter().filter(|m| !m.removed) {
            if let Some(name) = memory.import {
                imports.push((name, EntityType::Memory(e.memory_type(memory.ty)?)));
            }
        }
        for global in self.globals.iter().filter(|g| !g.removed) {
            if let Some(name) = global.import {
                imports.push((name, EntityType::Global(e.global_type(global.ty)?)));
            }
        }
        for tag in self.tags.iter().filter(|t| !t.removed) {
            if let Some(name) = tag.import {
                let ty = TagType {
                    kind: TagKind::Exception,
                    func_type_idx: e.type_index(tag.ty)?,
                };
                imports.push((name, EntityType::Tag(ty)));
            }
        }
        imports.sort_by_key(|(name, _)| name.position);
        let mut section = ImportSection::new();
        for (name, ty) in imports {
            section.import(name.module, name.name, ty);
        }
        if !section.is_empty() {
            out.section(&section);
        }
        Ok(())
    }

    fn encode_elements(
        &self,
        e: &mut Encoder,
        out: &mut wasm_encoder::Module,
    ) -> Result<(), Error<Dangling>> {
        let mut section = ElementSection::new();
        for element in self.elements.iter().filter(|element| !element.removed) {
            let items = match &element.items {
                Items::Funcs(items) => {
                    let items = items.iter().map(|func| e.function_index(*func));
                    Elements::Functions(items.collect::<Result<Vec<_>, _>>()?.into())
                }
                Items::Exprs(ty, items) => {
                    let ty = e.ref_type(*ty)?;
                    let items = items.iter().map(|item| e.constant(item));
                    Elements::Expressions(ty, items.collect::<Result<Vec<_>, _>>()?.into())
                }
            };
            match &element.mode {
                Mode::Passive => section.passive(items),
                Mode::Declared => section.declared(items),
                Mode::Active(table, offset) => {
                    // The short form, in which the table is 0, has no type.
                    let table = e.table_index(*table)?;
                    let short = table == 0 && matches!(items, Elements::Functions(_));
                    let table = (!short).then_some(table);
                    section.active(table, &e.constant(offset)?, items)
                }
            };
        }
        if !section.is_empty() {
            out.section(&section);
        }
        Ok(())
    }

    fn encode_code_and_data(
        &self,
        e: &mut Encoder,
        out: &mut wasm_encoder::Module,
    ) -> Result<(), Error<Dangling>> {
        let mut data = DataSection::new();
        for segment in self.data.iter().filter(|segment| !segment.removed) {
            let bytes = segment.bytes.iter().copied();
            match &segment.mode {
                Mode::Active(memory, offset) => {
                    data.active(e.memory_index(*memory)?, &e.constant(offset)?, bytes);
                }
                Mode::Passive | Mode::Declared => {
                    data.passive(bytes);
                }
            }
        }
        if !data.is_empty() {
            let count = data.len();
            out.section(&DataCountSection { count });
        }
        let keeps_code = e.keeps_code();
        let mut code = CodeSection::new();
        for func in self.funcs.iter().filter(|func| !func.removed) {
            match &func.body {
                None => {}
                Some(Body::Original(body, _)) if keeps_code => {
                    code.raw(body.as_bytes());
                }
                Some(Body::Original(_, edited) | Body::Edited(edited)) => {
                    code.function(&e.function(edited)?);
                }
                // Its bytes name other items than functions by the indices that they end up with.
                Some(Body::Assembled(_)) if !e.keeps_all_but_funcs() => {
                    return Err(Error::UserError(Dangling));
                }
                Some(Body::Assembled(assembled)) => {
                    code.raw(&assembled.encode(e)?);
                }
            }
        }
        if !code.is_empty() {
            out.section(&code);
        }
        if !data.is_empty() {
            out.section(&data);
        }
        Ok(())
    }
}
