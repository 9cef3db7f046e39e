//! Names for the items of a reduced module, by what they are.

use crate::module_ir::{Module, Shape};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{IndirectNameMap, NameMap, NameSection};
use wasmparser::{ExternalKind, HeapType, StorageType, UnpackedIndex, ValType};

/// The module with names in place of its own name section. A module that cannot be taken apart
/// keeps its bytes.
pub(super) fn named(wasm: &[u8]) -> Vec<u8> {
    let Ok(mut module) = Module::decode(wasm) else {
        return wasm.to_vec();
    };
    module.customs.retain(|(name, _)| *name != "name");
    let Ok(mut bytes) = module.encode() else {
        return wasm.to_vec();
    };
    let section = section(&module);
    bytes.push(wasm_encoder::SectionId::Custom as u8);
    wasm_encoder::Encode::encode(&section, &mut bytes);
    bytes
}

/// Gives names, each once.
#[derive(Default)]
struct Namer(BTreeMap<String, u32>);

impl Namer {
    fn name(&mut self, base: &str) -> String {
        let count = self.0.entry(base.to_string()).or_default();
        *count += 1;
        match *count {
            1 => base.to_string(),
            n => self.name_again(base, n),
        }
    }

    fn name_again(&mut self, base: &str, n: u32) -> String {
        let name = format!("{base}{n}");
        match self.0.insert(name.clone(), 1) {
            None => name,
            Some(_) => self.name(base),
        }
    }
}

fn section(module: &Module<'_>) -> NameSection {
    let mut section = NameSection::new();
    let mut funcs = NameMap::new();
    let mut namer = Namer::default();
    let mut locals = IndirectNameMap::new();
    for (index, func) in module.funcs.iter().enumerate() {
        let export = module
            .exports
            .iter()
            .find(|export| export.kind == ExternalKind::Func && export.index as usize == index);
        let base = match (export, func.import) {
            (Some(export), _) => identifier(export.name),
            (None, Some(import)) => identifier(import.name),
            (None, None) => None,
        };
        funcs.append(
            index as u32,
            &namer.name(&base.unwrap_or_else(|| "f".into())),
        );
        let params = match module.types.get(func.ty as usize).map(|ty| &ty.shape) {
            Some(Shape::Func(params, _)) => &params[..],
            _ => &[],
        };
        let own = func.code().map_or(&[][..], |code| &code.locals);
        let mut of_func = NameMap::new();
        let mut namer = Namer::default();
        for (local, ty) in params.iter().chain(own).enumerate() {
            of_func.append(local as u32, &namer.name(value_name(*ty, module)));
        }
        if !of_func.is_empty() {
            locals.append(index as u32, &of_func);
        }
    }
    section.functions(&funcs);
    section.locals(&locals);
    let mut types = NameMap::new();
    let mut namer = Namer::default();
    for (index, ty) in module.types.iter().enumerate() {
        // Function types are written where they are used.
        if !matches!(ty.shape, Shape::Func(..)) {
            types.append(index as u32, &namer.name(type_name(index as u32, module)));
        }
    }
    section.types(&types);
    let simple = |count: usize, base: &str| {
        let mut map = NameMap::new();
        let mut namer = Namer::default();
        for index in 0..count {
            map.append(index as u32, &namer.name(base));
        }
        map
    };
    section.tables(&simple(module.tables.len(), "t"));
    section.memories(&simple(module.memories.len(), "m"));
    section.globals(&simple(module.globals.len(), "g"));
    section.elements(&simple(module.elements.len(), "elem"));
    section.data(&simple(module.data.len(), "data"));
    section.tags(&simple(module.tags.len(), "e"));
    section
}

/// A name that needs no quotes in the text format.
fn identifier(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let fits = !name.is_empty() && name.len() <= 24 && name.chars().all(plain);
    fits.then(|| name.to_string())
}

/// The name of a structure or array type.
fn type_name(index: u32, module: &Module<'_>) -> &'static str {
    match module.types.get(index as usize).map(|ty| &ty.shape) {
        Some(Shape::Struct(fields)) => {
            let refers = |field: &wasmparser::FieldType| referred(field.element_type);
            let own: BTreeSet<u32> = fields.iter().filter_map(refers).collect();
            if own.contains(&index) { "node" } else { "s" }
        }
        Some(Shape::Array(element)) => match element.element_type {
            StorageType::I8 => "bytes",
            StorageType::Val(ValType::Ref(_)) => "list",
            _ => "a",
        },
        _ => "f",
    }
}

/// The concrete type that a field refers to.
fn referred(storage: StorageType) -> Option<u32> {
    match storage {
        StorageType::Val(ValType::Ref(reference)) => match reference.heap_type() {
            HeapType::Concrete(UnpackedIndex::Module(index)) => Some(index),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a local.
fn value_name(ty: ValType, module: &Module<'_>) -> &'static str {
    match ty {
        ValType::I32 | ValType::I64 => "i",
        ValType::F32 | ValType::F64 => "x",
        ValType::V128 => "v",
        ValType::Ref(_) => match referred(StorageType::Val(ty)) {
            Some(index) => match type_name(index, module) {
                "node" | "s" => "s",
                _ => "a",
            },
            None => "r",
        },
    }
}
