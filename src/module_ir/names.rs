//! The name section, for the items that are left.

use super::encode::Encoder;
use super::{Body, Module, Shape};
use std::collections::BTreeMap;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{IndirectNameMap, NameMap, NameSection};
use wasmparser::{BinaryReader, Name, NameSectionReader};

/// A list of a name section.
enum List {
    Direct(BTreeMap<u32, String>),
    Indirect(IndirectNameMap),
}

/// The kinds of lists, by their numbers in the format, which is their order, too.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Function = 1,
    Local = 2,
    Label = 3,
    Type = 4,
    Table = 5,
    Memory = 6,
    Global = 7,
    Element = 8,
    Data = 9,
    Field = 10,
    Tag = 11,
}

/// The contents of a name section with new indices, and the names of items that are appended. Names of
/// items that are removed go with them, and so do names inside of functions that are edited, unless
/// these keep their locals. Names that are out of order are left out, and so are lists behind a
/// malformed one. `None` if there is no list.
pub(super) fn renamed(
    bytes: Option<&[u8]>,
    module: &Module<'_>,
    e: &mut Encoder,
) -> Option<NameSection> {
    let mut section = NameSection::new();
    let mut all: BTreeMap<Kind, List> = BTreeMap::new();
    let mut is_empty = true;
    let lists = NameSectionReader::new(BinaryReader::new(bytes.unwrap_or_default(), 0));
    for name in lists.map_while(Result::ok) {
        is_empty = false;
        let (kind, list) = match name {
            Name::Module { name, .. } => {
                section.module(name);
                continue;
            }
            Name::Function(map) => (Kind::Function, direct(map, |i| e.function_index(i).ok())),
            Name::Type(map) => (Kind::Type, direct(map, |i| e.type_index(i).ok())),
            Name::Table(map) => (Kind::Table, direct(map, |i| e.table_index(i).ok())),
            Name::Memory(map) => (Kind::Memory, direct(map, |i| e.memory_index(i).ok())),
            Name::Global(map) => (Kind::Global, direct(map, |i| e.global_index(i).ok())),
            Name::Element(map) => (Kind::Element, direct(map, |i| e.element_index(i).ok())),
            Name::Data(map) => (Kind::Data, direct(map, |i| e.data_index(i).ok())),
            Name::Tag(map) => (Kind::Tag, direct(map, |i| e.tag_index(i).ok())),
            Name::Local(map) => {
                let keeps = |i| module.added.keep_locals || whole(module, i);
                let func = |i| keeps(i).then(|| e.function_index(i).ok())?;
                (Kind::Local, indirect(map, func, |_, _| true))
            }
            Name::Label(map) => {
                let func = |i| whole(module, i).then(|| e.function_index(i).ok())?;
                (Kind::Label, indirect(map, func, |_, _| true))
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
                let fields = indirect(map, |i| e.type_index(i).ok(), has);
                (Kind::Field, fields)
            }
            Name::Parameter(_) | Name::TagParameter(_) | Name::Unknown { .. } => continue,
        };
        all.entry(kind).or_insert(list);
    }
    let added = &module.added;
    for (kind, names) in [
        (Kind::Function, &added.funcs),
        (Kind::Type, &added.types),
        (Kind::Table, &added.tables),
        (Kind::Global, &added.globals),
    ] {
        if names.is_empty() {
            continue;
        }
        is_empty = false;
        let list = all.entry(kind).or_insert(List::Direct(BTreeMap::new()));
        let List::Direct(list) = list else { continue };
        for (index, name) in names {
            let index = match kind {
                Kind::Function => e.function_index(*index),
                Kind::Type => e.type_index(*index),
                Kind::Table => e.table_index(*index),
                _ => e.global_index(*index),
            };
            if let Ok(index) = index {
                list.entry(index).or_insert_with(|| name.clone());
            }
        }
    }
    for (kind, list) in &all {
        write(&mut section, *kind, list);
    }
    (!is_empty).then_some(section)
}

fn write(section: &mut NameSection, kind: Kind, list: &List) {
    let names = match list {
        List::Direct(names) => names,
        List::Indirect(names) => {
            match kind {
                Kind::Local => section.locals(names),
                Kind::Label => section.labels(names),
                _ => section.fields(names),
            }
            return;
        }
    };
    let mut map = NameMap::new();
    for (index, name) in names {
        map.append(*index, name);
    }
    match kind {
        Kind::Function => section.functions(&map),
        Kind::Type => section.types(&map),
        Kind::Table => section.tables(&map),
        Kind::Memory => section.memories(&map),
        Kind::Global => section.globals(&map),
        Kind::Element => section.elements(&map),
        Kind::Data => section.data(&map),
        _ => section.tags(&map),
    }
}

/// Whether a function is as it was in the bytes.
fn whole(module: &Module<'_>, func: u32) -> bool {
    let func = module.funcs.get(func as usize);
    func.is_some_and(|func| matches!(func.body, Some(Body::Original(..)) | None))
}

/// Names of items. Where several have become one, it has the name of the first.
fn direct(map: wasmparser::NameMap<'_>, new: impl FnMut(u32) -> Option<u32>) -> List {
    List::Direct(renumbered(map, new))
}

fn renumbered(
    map: wasmparser::NameMap<'_>,
    mut new: impl FnMut(u32) -> Option<u32>,
) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for naming in map.into_iter().filter_map(Result::ok) {
        if let Some(index) = new(naming.index) {
            names.entry(index).or_insert_with(|| naming.name.into());
        }
    }
    names
}

/// Names inside of items.
fn indirect(
    map: wasmparser::IndirectNameMap<'_>,
    mut new: impl FnMut(u32) -> Option<u32>,
    has: impl Fn(u32, u32) -> bool,
) -> List {
    let mut all = BTreeMap::new();
    for inner in map.into_iter().filter_map(Result::ok) {
        let names = renumbered(inner.names, |i| has(inner.index, i).then_some(i));
        if let Some(index) = new(inner.index) {
            all.entry(index).or_insert(names);
        }
    }
    let mut out = IndirectNameMap::new();
    for (index, names) in &all {
        let mut map = NameMap::new();
        names
            .iter()
            .for_each(|(index, name)| map.append(*index, name));
        out.append(*index, &map);
    }
    List::Indirect(out)
}
