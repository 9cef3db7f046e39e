//! Decoding bytes to a [`Module`]: sections in order, each validated before use.

mod sections;
mod types;

pub(super) use types::{heap_type, value_type};

use super::compile::{self, Compiler, Env, Output, Scratch};
use super::{ConstExpr, Module, ModuleError};
use crate::types::{Types, ValType};
use std::sync::Arc;
use wasmparser::{
    FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload, ValidPayload,
    Validator, ValidatorResources,
};

/// A module being decoded.
struct Decoder {
    module: Module,
    types: Types,
    out: Output,
    scratch: Scratch,
}

/// What is known of a module.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// It may be anything.
    Nothing,
    /// It is valid.
    IsValid,
}

/// Decodes, validates unless it is known to be valid, and compiles `wasm`.
pub(super) fn decode(
    wasm: &[u8],
    types: &mut Arc<Types>,
    trust: Trust,
) -> Result<Module, ModuleError> {
    let features = compile::features();
    let mut validator = (trust == Trust::Nothing).then(|| Validator::new_with_features(features));
    let mut parser = Parser::new(0);
    parser.set_features(features);
    if Parser::is_component(wasm) {
        return Err(ModuleError::Unsupported {
            offset: 4,
            message: "this is a component; only core modules are run".into(),
        });
    }
    // Side tables store offsets in 32 bits.
    if wasm.len() > u32::MAX as usize / 4 {
        return Err(ModuleError::Unsupported {
            offset: 0,
            message: format!("{} bytes are more than a gibibyte", wasm.len()),
        });
    }
    let mut decoder = Decoder {
        module: empty(wasm),
        types: std::mem::take(Arc::make_mut(types)),
        out: Output::default(),
        scratch: Scratch::default(),
    };
    let done = decoder.run(parser, validator.as_mut(), wasm);
    // The types of a rejected module stay in the registry: ids are never removed.
    *types = Arc::new(decoder.types);
    done?;
    let mut module = decoder.module;
    module.types = Arc::clone(types);
    module.ops = decoder.out.ops;
    module.offsets = decoder.out.offsets;
    module.maps = decoder.out.maps;
    module.handlers = decoder.out.handlers;
    module.bodies = decoder.out.bodies;
    Ok(module)
}

fn empty(wasm: &[u8]) -> Module {
    Module {
        wasm: wasm.into(),
        types: Arc::default(),
        type_ids: Vec::new(),
        imports: Vec::new(),
        funcs: Vec::new(),
        tables: Vec::new(),
        table_inits: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        global_inits: Vec::new(),
        tags: Vec::new(),
        exports: Vec::new(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        imported_funcs: 0,
        imported_tables: 0,
        imported_memories: 0,
        imported_globals: 0,
        imported_tags: 0,
        bodies: Vec::new(),
        first_body: 0,
        ops: Vec::new(),
        offsets: Vec::new(),
        maps: Default::default(),
        handlers: Default::default(),
        sequences: Vec::new(),
        exports_by_name: Default::default(),
    }
}

impl Decoder {
    fn run(
        &mut self,
        parser: Parser,
        mut validator: Option<&mut Validator>,
        wasm: &[u8],
    ) -> Result<(), ModuleError> {
        let mut allocations = FuncValidatorAllocations::default();
        for payload in parser.parse_all(wasm) {
            let payload = payload?;
            let valid = match &mut validator {
                Some(validator) => Some(validator.payload(&payload)?),
                None => None,
            };
            match payload {
                Payload::TypeSection(section) => self.type_section(section)?,
                Payload::ImportSection(section) => self.import_section(section)?,
                Payload::FunctionSection(section) => self.function_section(section)?,
                Payload::TableSection(section) => self.table_section(section)?,
                Payload::MemorySection(section) => self.memory_section(section)?,
                Payload::TagSection(section) => self.tag_section(section)?,
                Payload::GlobalSection(section) => self.global_section(section)?,
                Payload::ExportSection(section) => self.export_section(section)?,
                Payload::StartSection { func, .. } => self.module.start = Some(func),
                Payload::ElementSection(section) => self.element_section(section)?,
                Payload::CodeSectionStart { size, count, .. } => {
                    self.module.first_body = self.out.bodies.len() as u32;
                    // These numbers are not yet checked against the section's
                    // bytes: the parser reports the section before its end.
                    let size = (size as usize).min(wasm.len());
                    self.out.reserve(size, (count as usize).min(size));
                }
                Payload::CodeSectionEntry(body) => {
                    let mut validator = match valid {
                        Some(ValidPayload::Func(func, _)) => {
                            Some(func.into_validator(std::mem::take(&mut allocations)))
                        }
                        _ => None,
                    };
                    self.function(&body, validator.as_mut())?;
                    if let Some(validator) = validator {
                        allocations = validator.into_allocations();
                    }
                }
                Payload::DataSection(section) => self.data_section(section)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Compiles the next body.
    fn function(
        &mut self,
        body: &FunctionBody<'_>,
        mut validator: Option<&mut FuncValidator<ValidatorResources>>,
    ) -> Result<(), ModuleError> {
        let bodies = self.out.bodies.len() as u32 - self.module.first_body;
        let index = self.module.imported_funcs + bodies;
        let env = env(&self.module, &self.types);
        let id = env.funcs[index as usize];
        let ty = env.types.func(id);
        let mut compiler = Compiler::new(
            &env,
            &mut self.out,
            &mut self.scratch,
            &ty.params,
            &ty.results,
        );
        let mut locals = body.get_locals_reader()?;
        for _ in 0..locals.get_count() {
            let offset = locals.original_position();
            let (count, ty) = locals.read()?;
            if let Some(validator) = &mut validator {
                validator.define_locals(offset, count, ty)?;
            }
            compiler.locals(count, ty)?;
        }
        compiler.function((index, id), locals.get_binary_reader(), validator)?;
        Ok(())
    }

    /// Decodes a constant expression that was validated with its section.
    fn constant(
        &mut self,
        expr: &wasmparser::ConstExpr<'_>,
        ty: ValType,
    ) -> Result<ConstExpr, ModuleError> {
        let mut reader = expr.get_operators_reader();
        let first = reader.read()?;
        if reader.is_end_then_eof() {
            match first {
                Operator::I32Const { value } => {
                    return Ok(ConstExpr::Value(u64::from(value as u32)));
                }
                Operator::I64Const { value } => return Ok(ConstExpr::Value(value as u64)),
                Operator::F32Const { value } => {
                    return Ok(ConstExpr::Value(u64::from(value.bits())));
                }
                Operator::F64Const { value } => return Ok(ConstExpr::Value(value.bits())),
                Operator::RefNull { .. } => return Ok(ConstExpr::Value(0)),
                Operator::RefFunc { function_index } => {
                    return Ok(ConstExpr::Func(function_index));
                }
                _ => {}
            }
        }
        let env = env(&self.module, &self.types);
        let results = [ty];
        let compiler = Compiler::new(&env, &mut self.out, &mut self.scratch, &[], &results);
        let mut reader = expr.get_operators_reader();
        compiler.constant_expression(&mut reader)?;
        Ok(ConstExpr::Body(self.out.bodies.len() as u32 - 1))
    }
}

fn env<'a>(module: &'a Module, types: &'a Types) -> Env<'a> {
    Env {
        types,
        type_ids: &module.type_ids,
        funcs: &module.funcs,
        tables: &module.tables,
        memories: &module.memories,
        globals: &module.globals,
        tags: &module.tags,
        imported_funcs: module.imported_funcs,
        first_body: module.first_body,
    }
}
