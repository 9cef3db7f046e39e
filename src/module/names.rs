//! Names of a module's items for reports and messages.
//!
//! Names come from the module's name section, exports and imports. They are
//! untrusted input: they are truncated, and characters that a terminal could
//! interpret as commands are escaped.

use super::{ExportItem, ExternType, Import, Module};
use crate::escape::is_visible;
use crate::types::TypeId;
use std::cell::OnceCell;
use wasmparser::{IndirectNameMap, KnownCustom, Name, NameMap, Parser, Payload};

/// The names in a module.
///
/// They are read on first use.
#[derive(Debug, Default)]
pub struct Names<'a> {
    module: Option<&'a Module>,
    /// Whether to show only indices.
    numbers_only: bool,
    tables: OnceCell<Tables<'a>>,
}

/// An index space.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    Func,
    Table,
    Memory,
    Global,
    Tag,
    Segment,
    Type,
}

/// The names in one index space, each list by ascending index. There are never
/// more names than items in the module.
#[derive(Debug, Default)]
struct Known<'a> {
    /// Names from the name section.
    given: Vec<(u32, &'a str)>,
    exported: Vec<(u32, &'a str)>,
    imported: Vec<&'a Import>,
}

#[derive(Debug, Default)]
struct Tables<'a> {
    spaces: [Known<'a>; 7],
    /// The first type index of every canonical type, sorted by canonical type.
    types: Vec<(TypeId, u32)>,
    /// The names of fields, sorted by type index and field.
    fields: Vec<((u32, u32), &'a str)>,
    /// The names of locals, sorted by function and local.
    locals: Vec<((u32, u32), &'a str)>,
}

impl<'a> Names<'a> {
    /// The names in a module, and its index spaces.
    pub fn new(module: &'a Module) -> Names<'a> {
        Names {
            module: Some(module),
            ..Names::none()
        }
    }

    /// No names: items are shown by index, types by canonical index.
    pub fn none() -> Names<'a> {
        Names::default()
    }

    /// The names of the same module reduced to indices, for items that share a name.
    pub(crate) fn numbers(&self) -> Names<'a> {
        Names {
            module: self.module,
            numbers_only: true,
            tables: OnceCell::new(),
        }
    }

    /// The module of the names.
    pub(crate) fn module(&self) -> Option<&'a Module> {
        self.module
    }

    /// An item that an embedder can reach: `global "g"`. Prefers the name by
    /// which an embedder refers to it.
    pub(crate) fn place(&self, space: Space, index: u32) -> String {
        let known = self.known(space);
        let name = known.outside(index).or_else(|| known.inside(index));
        format!("{} {}", space.word(), name.unwrap_or(index.to_string()))
    }

    /// A function or tag that a value refers to: `function $f`. Prefers the
    /// author's name.
    pub(crate) fn item(&self, space: Space, index: u32) -> String {
        let known = self.known(space);
        let name = known.inside(index).or_else(|| known.outside(index));
        format!("{} {}", space.word(), name.unwrap_or(index.to_string()))
    }

    /// A type by name, `$t`, or by index.
    pub(crate) fn ty(&self, id: TypeId) -> String {
        let types = &self.tables().types;
        let index = match types.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(at) => types[at].1,
            Err(_) => return id.0.to_string(),
        };
        let name = self.known(Space::Type).inside(index);
        name.unwrap_or(index.to_string())
    }

    /// Whether the module defines the type.
    pub(crate) fn knows(&self, id: TypeId) -> bool {
        let types = &self.tables().types;
        types.binary_search_by_key(&id, |(id, _)| *id).is_ok()
    }

    /// The name of a structure's field, if any: `$left`.
    pub(crate) fn field(&self, id: TypeId, field: u32) -> Option<String> {
        let tables = self.tables();
        let at = tables.types.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let key = (tables.types[at].1, field);
        let at = tables.fields.binary_search_by_key(&key, |(key, _)| *key);
        at.ok().map(|at| identifier(tables.fields[at].1))
    }

    /// The local in a register of a function's frame, if it is one: `local $a`,
    /// or its index. A `v128` takes two registers.
    pub(crate) fn local(&self, func: u32, register: u16) -> Option<String> {
        let module = self.module?;
        let body = func.checked_sub(module.imported_funcs)?;
        let ty = module.funcs.get(func as usize)?;
        let params = module.types.func(*ty).params.iter();
        let params = params.map(|param| (1, param.storage_kind().registers() as u64));
        let mut bodies = Parser::new(0)
            .parse_all(&module.wasm)
            .map_while(Result::ok)
            .filter_map(|payload| match payload {
                Payload::CodeSectionEntry(body) => Some(body),
                _ => None,
            });
        let locals = bodies.nth(body as usize)?.get_locals_reader().ok()?;
        let locals = locals.into_iter().map_while(Result::ok);
        let locals = locals.map(|(count, ty)| match ty {
            wasmparser::ValType::V128 => (u64::from(count), 2),
            _ => (u64::from(count), 1),
        });
        let (mut local, mut first) = (0, 0);
        for (count, registers) in params.chain(locals) {
            let behind = u64::from(register) - first;
            if behind < count * registers {
                local += behind / registers;
                let key = (func, local as u32);
                let names = &self.tables().locals;
                let at = names.binary_search_by_key(&key, |(key, _)| *key);
                let name = at.map_or_else(|_| local.to_string(), |at| identifier(names[at].1));
                return Some(format!("local {name}"));
            }
            local += count;
            first += count * registers;
        }
        None
    }

    /// The names of an import, given by its index among all imports.
    pub(crate) fn import(&self, import: u32) -> Option<String> {
        if self.numbers_only {
            return None;
        }
        self.module?.imports.get(import as usize).map(both_names)
    }

    fn known(&self, space: Space) -> &Known<'a> {
        &self.tables().spaces[space as usize]
    }

    fn tables(&self) -> &Tables<'a> {
        self.tables.get_or_init(|| match self.module {
            None => Tables::default(),
            Some(module) => Tables::new(module, self.numbers_only),
        })
    }
}

impl Space {
    fn word(self) -> &'static str {
        match self {
            Space::Func => "function",
            Space::Table => "table",
            Space::Memory => "memory",
            Space::Global => "global",
            Space::Tag => "exception",
            Space::Segment => "segment",
            Space::Type => "type",
        }
    }
}

impl<'a> Known<'a> {
    /// The name of an item inside the module.
    fn inside(&self, index: u32) -> Option<String> {
        find(&self.given, index).map(identifier)
    }

    /// The name of an item outside the module.
    fn outside(&self, index: u32) -> Option<String> {
        match find(&self.exported, index) {
            Some(name) => Some(quoted(name)),
            None => self.imported.get(index as usize).copied().map(both_names),
        }
    }

    /// Adds the names of the first `count` indices from a name map, up to its
    /// first error. The name section may be invalid: engines ignore it.
    fn name(&mut self, count: usize, map: NameMap<'a>) {
        // The reader requires ascending indices.
        let named = map.map_while(Result::ok);
        let known = named.take_while(|naming| (naming.index as usize) < count);
        self.given.extend(
            known
                .filter(|naming| !naming.name.is_empty())
                .map(|naming| (naming.index, naming.name)),
        );
    }
}

impl<'a> Tables<'a> {
    fn new(module: &'a Module, numbers_only: bool) -> Tables<'a> {
        let mut tables = Tables::default();
        tables
            .types
            .extend(module.type_ids.iter().copied().zip(0..));
        tables.types.sort();
        tables.types.dedup_by_key(|(id, _)| *id);
        if numbers_only {
            return tables;
        }
        for import in &module.imports {
            let space = match import.ty {
                ExternType::Func(_) => Space::Func,
                ExternType::Table(_) => Space::Table,
                ExternType::Memory(_) => Space::Memory,
                ExternType::Global(_) => Space::Global,
                ExternType::Tag(_) => Space::Tag,
            };
            tables.spaces[space as usize].imported.push(import);
        }
        for export in &module.exports {
            let (space, index) = match export.item {
                ExportItem::Func(index) => (Space::Func, index),
                ExportItem::Table(index) => (Space::Table, index),
                ExportItem::Memory(index) => (Space::Memory, index),
                ExportItem::Global(index) => (Space::Global, index),
                ExportItem::Tag(index) => (Space::Tag, index),
            };
            let known = &mut tables.spaces[space as usize];
            known.exported.push((index, &export.name));
        }
        for known in &mut tables.spaces {
            // A stable sort keeps the first of several exports of one item first.
            known.exported.sort_by_key(|(index, _)| *index);
            known.exported.dedup_by_key(|(index, _)| *index);
        }
        tables.name_section(module);
        tables
    }

    /// Reads the first name section.
    fn name_section(&mut self, module: &'a Module) {
        let payloads = Parser::new(0).parse_all(&module.wasm);
        let section = payloads.map_while(Result::ok).find_map(|payload| {
            let Payload::CustomSection(custom) = payload else {
                return None;
            };
            match custom.as_known() {
                KnownCustom::Name(section) => Some(section),
                _ => None,
            }
        });
        for part in section.into_iter().flatten().map_while(Result::ok) {
            let (space, count, map) = match part {
                Name::Function(map) => (Space::Func, module.funcs.len(), map),
                Name::Table(map) => (Space::Table, module.tables.len(), map),
                Name::Memory(map) => (Space::Memory, module.memories.len(), map),
                Name::Global(map) => (Space::Global, module.globals.len(), map),
                Name::Tag(map) => (Space::Tag, module.tags.len(), map),
                Name::Element(map) => (Space::Segment, module.elements.len(), map),
                Name::Type(map) => (Space::Type, module.type_ids.len(), map),
                Name::Field(types) => {
                    self.fields = indirect(module.type_ids.len(), types);
                    continue;
                }
                Name::Local(funcs) => {
                    self.locals = indirect(module.funcs.len(), funcs);
                    continue;
                }
                _ => continue,
            };
            self.spaces[space as usize].name(count, map);
        }
    }
}

/// The names of the parts of the first `count` indices in an indirect name map,
/// up to its first error.
fn indirect<'a>(count: usize, map: IndirectNameMap<'a>) -> Vec<((u32, u32), &'a str)> {
    let mut known = Vec::new();
    // The reader requires ascending indices.
    let whole = map.into_iter().map_while(Result::ok);
    for part in whole.take_while(|part| (part.index as usize) < count) {
        let named = part.names.map_while(Result::ok);
        let named = named.filter(|naming| !naming.name.is_empty());
        known.extend(named.map(|naming| ((part.index, naming.index), naming.name)));
    }
    known
}

fn find<'a>(names: &[(u32, &'a str)], index: u32) -> Option<&'a str> {
    let at = names.binary_search_by_key(&index, |(index, _)| *index);
    at.ok().map(|at| names[at].1)
}

/// Maximum number of characters shown of a name.
const SHOWN: usize = 64;

/// A name, truncated if it is long. Characters that are not plainly visible are
/// escaped.
fn escaped(name: &str) -> String {
    const CUT: &str = "...";
    let mut shown = String::new();
    let (mut length, mut fits) = (0, 0);
    for c in name.chars() {
        match c {
            '"' | '\\' => {
                shown.extend(['\\', c]);
                length += 2;
            }
            _ if is_visible(c) => {
                shown.push(c);
                length += 1;
            }
            _ => {
                shown.extend(c.escape_debug());
                length += c.escape_debug().len();
            }
        }
        if length > SHOWN {
            shown.truncate(fits);
            return shown + CUT;
        }
        if length <= SHOWN - CUT.len() {
            fits = shown.len();
        }
    }
    shown
}

/// A string in the syntax of the text format.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", escaped(name))
}

/// An identifier in the syntax of the text format.
fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-./:<=>?@^_`|~".contains(c);
    match name.chars().take(SHOWN).all(plain) {
        true => format!("${}", escaped(name)),
        false => format!("${}", quoted(name)),
    }
}

fn both_names(import: &Import) -> String {
    format!("{} {}", quoted(&import.module), quoted(&import.name))
}
