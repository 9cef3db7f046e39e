//! The name section, for the items that are left.

use super::encode::Encoder;
use super::{Body, Module, Shape};
use std::collections::BTreeMap;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{IndirectNameMap, NameMap, NameSection};
use wasmparser::{BinaryReader, Name, NameSectionReader};

/// The contents of a name section with new indices. Names of items that are removed go with them,
/// and so do names inside of functions that are edited. Names that are out of order are
/// left out, and so are lists behind a malformed one. `None` if the first list is malformed.
pub(super) fn renamed(bytes: &[u8], module: &Module<'_>, e: &mut Encoder) -> Option<NameSection> {
    let mut section = NameSection::new();
    let lists = NameSectionReader::new(BinaryReader::new(bytes, 0));
    let mut lists = lists.map_while(Result::ok).peekable();
    lists.peek()?;
    for name in lists {
        match name {
            Name::Module { name, .. } => section.module(name),
            Name::Function(map) => section.functions(&direct(map, |i| e.function_index(i).ok())),
            Name::Type(map) => section.types(&direct(map, |i| e.type_index(i).ok())),
            Name::Table(map) => section.tables(&direct(map, |i| e.table_index(i).ok())),
            Name::Memory(map) => section.memories(&direct(map, |i| e.memory_index(i).ok())),
            Name::Global(map) => section.globals(&direct(map, |i| e.global_index(i).ok())),
            Name::Element(map) => section.elements(&direct(map, |i| e.element_index(i).ok())),
            Name::Data(map) => section.data(&direct(map, |i| e.data_index(i).ok())),
            Name::Tag(map) => section.tags(&direct(map, |i| e.tag_index(i).ok())),
            Name::Local(map) => {
                let func = |i| whole(module, i).then(|| e.function_index(i).ok())?;
                section.locals(&indirect(map, func, |_, _| true));
            }
            Name::Label(map) => {
                let func = |i| whole(module, i).then(|| e.function_index(i).ok())?;
                section.labels(&indirect(map, func, |_, _| true));
            }
            Name::Field(map) => {
                let has = |ty: u32, field: u32| match module.types.get(ty as usize) {
                    Some(ty) => match &ty.shape {
                        Shape::Struct(fields) => (field as usize) < fields.len(),
                        Shape::Array(_) => field == 0,
                        Shape::Func(..) => false,
                    },
                    None => false,
                };
                section.fields(&indirect(map, |i| e.type_index(i).ok(), has));
            }
            Name::Parameter(_) | Name::TagParameter(_) | Name::Unknown { .. } => {}
        }
    }
    Some(section)
}

/// Whether a function is as it was in the bytes.
fn whole(module: &Module<'_>, func: u32) -> bool {
    let func = module.funcs.get(func as usize);
    func.is_some_and(|func| matches!(func.body, Some(Body::Original(..)) | None))
}

/// Names of items. Where several have become one, it has the name of the first.
fn direct(map: wasmparser::NameMap<'_>, mut new: impl FnMut(u32) -> Option<u32>) -> NameMap {
    let mut names = BTreeMap::new();
    for naming in map.into_iter().filter_map(Result::ok) {
        if let Some(index) = new(naming.index) {
            names.entry(index).or_insert(naming.name);
        }
    }
    let mut out = NameMap::new();
    names
        .iter()
        .for_each(|(index, name)| out.append(*index, name));
    out
}

/// Names inside of items.
fn indirect(
    map: wasmparser::IndirectNameMap<'_>,
    mut new: impl FnMut(u32) -> Option<u32>,
    has: impl Fn(u32, u32) -> bool,
) -> IndirectNameMap {
    let mut all = BTreeMap::new();
    for inner in map.into_iter().filter_map(Result::ok) {
        let names = direct(inner.names, |i| has(inner.index, i).then_some(i));
        if let Some(index) = new(inner.index) {
            all.entry(index).or_insert(names);
        }
    }
    let mut out = IndirectNameMap::new();
    all.iter()
        .for_each(|(index, names)| out.append(*index, names));
    out
}
