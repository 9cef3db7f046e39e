//! From bytes to items.

use super::{
    Body, Code, Data, Element, Export, Func, Global, ImportName, IrError, Items, Memory, Mode,
    Module, Shape, Table, Tag, Type, constant,
};
use std::sync::Arc;
use wasmparser::{
    BinaryReaderError, CompositeInnerType, DataKind, ElementItems, ElementKind, FunctionBody,
    Parser, Payload, SubType, TableInit, TypeRef,
};

/// Bodies of functions, each with the function's index.
pub(crate) type Bodies<'a> = Vec<(u32, FunctionBody<'a>)>;

impl From<BinaryReaderError> for IrError {
    fn from(error: BinaryReaderError) -> IrError {
        IrError(error.to_string())
    }
}

impl<'a> Module<'a> {
    /// Takes a valid module apart.
    ///
    /// # Errors
    ///
    /// If it is malformed, a component, or uses a type of a proposal beyond 3.0.
    pub fn decode(wasm: &'a [u8]) -> Result<Module<'a>, IrError> {
        let (mut module, bodies) = Module::decode_items(wasm)?;
        let mut locals = 0;
        for (func, body) in bodies {
            let func = &mut module.funcs[func as usize];
            let ty = module.types.get(func.ty as usize).map(|ty| &ty.shape);
            if let Some(Shape::Func(params, _)) = ty {
                locals += params.len() as u64;
            }
            let code = code_of(&body, &mut locals)?;
            func.body = Some(Body::Original(body, Arc::new(code)));
        }
        Ok(module)
    }

    /// Takes a valid module apart, but not its code: functions have no bodies, which come with their
    /// indices.
    ///
    /// # Errors
    ///
    /// As [`Module::decode`].
    pub fn decode_items(wasm: &'a [u8]) -> Result<(Module<'a>, Bodies<'a>), IrError> {
        let mut module = Module::default();
        let mut bodies = Vec::new();
        let mut next_body = 0;
        let mut group = 0;
        let mut imports = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for rec_group in section {
                        let before = module.types.len();
                        for ty in rec_group?.into_types() {
                            module.types.push(type_of(ty, group)?);
                        }
                        // A group may be empty.
                        group += u32::from(module.types.len() > before);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let name = ImportName {
                            position: imports,
                            module: import.module,
                            name: import.name,
                        };
                        imports += 1;
                        module.import(Some(name), import.ty)?;
                    }
                    next_body = module.funcs.len();
                }
                Payload::FunctionSection(section) => {
                    next_body = module.funcs.len();
                    for ty in section {
                        module.func(None, ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        let table = table?;
                        let init = match &table.init {
                            TableInit::RefNull => None,
                            TableInit::Expr(expr) => Some(constant(expr)?),
                        };
                        module.tables.push(Table {
                            removed: false,
                            import: None,
                            ty: table.ty,
                            init,
                        });
                    }
                }
                Payload::MemorySection(section) => {
                    for ty in section {
                        module.import(None, TypeRef::Memory(ty?))?;
                    }
                }
                Payload::TagSection(section) => {
                    for ty in section {
                        module.import(None, TypeRef::Tag(ty?))?;
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global?;
                        module.globals.push(Global {
                            removed: false,
                            import: None,
                            ty: global.ty,
                            init: constant(&global.init_expr)?,
                        });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        module.exports.push(Export {
                            name: export.name,
                            kind: export.kind,
                            index: export.index,
                        });
                    }
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ElementSection(section) => {
                    for element in section {
                        let element = element?;
                        module.elements.push(element_of(&element)?);
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data?;
                        let mode = match &data.kind {
                            DataKind::Passive => Mode::Passive,
                            DataKind::Active {
                                memory_index,
                                offset_expr,
                            } => Mode::Active(*memory_index, constant(offset_expr)?),
                        };
                        module.data.push(Data {
                            removed: false,
                            mode,
                            bytes: data.data.into(),
                        });
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    if next_body >= module.funcs.len() {
                        return Err(IrError("more bodies than functions".into()));
                    }
                    bodies.push((next_body as u32, body));
                    next_body += 1;
                }
                Payload::CustomSection(section) => {
                    module.customs.push((section.name(), section.data()));
                }
                Payload::Version { .. }
                | Payload::DataCountSection { .. }
                | Payload::CodeSectionStart { .. }
                | Payload::End(_) => {}
                _ => return Err(IrError("not a core module".into())),
            }
        }
        Ok((module, bodies))
    }

    fn func(&mut self, import: Option<ImportName<'a>>, ty: u32) {
        self.funcs.push(Func {
            removed: false,
            import,
            ty,
            body: None,
        });
    }

    fn import(&mut self, import: Option<ImportName<'a>>, ty: TypeRef) -> Result<(), IrError> {
        let removed = false;
        match ty {
            TypeRef::Func(ty) => self.func(import, ty),
            TypeRef::Table(ty) => self.tables.push(Table {
                removed,
                import,
                ty,
                init: None,
            }),
            TypeRef::Memory(ty) => self.memories.push(Memory {
                removed,
                import,
                ty,
            }),
            TypeRef::Global(ty) => self.globals.push(Global {
                removed,
                import,
                ty,
                init: Vec::new(),
            }),
            TypeRef::Tag(ty) => self.tags.push(Tag {
                removed,
                import,
                ty: ty.func_type_idx,
            }),
            TypeRef::FuncExact(_) => return Err(beyond("an exact function import")),
        }
        Ok(())
    }
}

fn beyond(what: &str) -> IrError {
    IrError(format!(
        "the module has {what}, of a proposal beyond WebAssembly 3.0"
    ))
}

fn type_of(ty: SubType, group: u32) -> Result<Type, IrError> {
    let composite = ty.composite_type;
    if composite.shared || composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
        return Err(beyond("a shared type or a descriptor"));
    }
    let shape = match composite.inner {
        CompositeInnerType::Func(ty) => Shape::Func(ty.params().into(), ty.results().into()),
        CompositeInnerType::Struct(ty) => Shape::Struct(ty.fields.into()),
        CompositeInnerType::Array(ty) => Shape::Array(ty.0),
        CompositeInnerType::Cont(_) => return Err(beyond("a continuation type")),
    };
    let mut supertypes = ty.supertype_idxs.iter();
    let supertype = supertypes.next().and_then(|index| index.as_module_index());
    Ok(Type {
        removed: false,
        group,
        is_final: ty.is_final,
        supertype,
        shape,
    })
}

fn element_of<'a>(element: &wasmparser::Element<'a>) -> Result<Element<'a>, IrError> {
    let mode = match &element.kind {
        ElementKind::Passive => Mode::Passive,
        ElementKind::Declared => Mode::Declared,
        ElementKind::Active {
            table_index,
            offset_expr,
        } => Mode::Active(table_index.unwrap_or(0), constant(offset_expr)?),
    };
    let items = match &element.items {
        ElementItems::Functions(funcs) => {
            Items::Funcs(funcs.clone().into_iter().collect::<Result<_, _>>()?)
        }
        ElementItems::Expressions(ty, exprs) => {
            let items = exprs.clone().into_iter().map(|expr| constant(&expr?));
            Items::Exprs(*ty, items.collect::<Result<_, _>>()?)
        }
    };
    Ok(Element {
        removed: false,
        mode,
        items,
    })
}

/// Reads a body. `total` counts the locals of all functions so far, with parameters.
fn code_of<'a>(body: &FunctionBody<'a>, total: &mut u64) -> Result<Code<'a>, IrError> {
    let mut locals = Vec::new();
    for group in body.get_locals_reader()? {
        let (count, ty) = group?;
        *total += u64::from(count);
        if *total > MAX_LOCALS {
            return Err(IrError(format!(
                "its functions have more than {MAX_LOCALS} parameters and locals in all"
            )));
        }
        locals.extend(std::iter::repeat_n(ty, count as usize));
    }
    let ops = body.get_operators_reader()?.into_iter();
    Ok(Code {
        locals,
        ops: ops.collect::<Result<_, _>>()?,
    })
}

/// Maximum number of parameters and locals of all functions. A few bytes can declare any number.
const MAX_LOCALS: u64 = 1 << 22;
