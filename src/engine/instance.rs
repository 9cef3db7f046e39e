//! Instances: the mapping of a module's indices to items of a store.

use crate::module::{ExportItem, Module};
use std::fmt;
use std::sync::Arc;

/// An element segment of an instance.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Its references; empty once dropped.
    pub refs: Vec<u32>,
    /// Whether they point into the heap.
    pub gc: bool,
}

/// An instance: a module and the store items that its indices refer to.
#[derive(Debug)]
pub struct Instance {
    pub(super) module: Arc<Module>,
    pub(super) funcs: Vec<u32>,
    pub(super) tables: Vec<u32>,
    pub(super) memories: Vec<u32>,
    pub(super) globals: Vec<u32>,
    /// The slot of each global: among the reference globals of the store, or
    /// among the others.
    pub(super) global_slots: Vec<u32>,
    pub(super) tags: Vec<u32>,
    pub(super) elements: Vec<Segment>,
    /// For each data segment, whether it is dropped.
    pub(super) dropped: Vec<bool>,
    /// Whether all the items above are allocated. Before that no function may
    /// run, since its code relies on every index of the module.
    pub(super) allocated: bool,
}

/// An importable item of a store: its kind and store index.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Extern {
    /// A function.
    Func(u32),
    /// A table.
    Table(u32),
    /// A memory.
    Memory(u32),
    /// A global.
    Global(u32),
    /// A tag.
    Tag(u32),
}

/// An import that cannot be satisfied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkError {
    /// First part of the import's name.
    pub module: String,
    /// Second part.
    pub name: String,
    /// The reason, in words.
    pub message: String,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "import {:?} {:?}: {}",
            self.module, self.name, self.message
        )
    }
}

impl std::error::Error for LinkError {}

impl Instance {
    /// The module.
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// The store item of an export. `None` until
    /// [`Store::start`](super::Store::start) has allocated the whole instance.
    /// If, say, a table was too large, others cannot see the instance.
    pub fn item(&self, item: ExportItem) -> Option<Extern> {
        if !self.allocated {
            return None;
        }
        let get = |indices: &[u32], i: u32| indices.get(i as usize).copied();
        match item {
            ExportItem::Func(i) => get(&self.funcs, i).map(Extern::Func),
            ExportItem::Table(i) => get(&self.tables, i).map(Extern::Table),
            ExportItem::Memory(i) => get(&self.memories, i).map(Extern::Memory),
            ExportItem::Global(i) => get(&self.globals, i).map(Extern::Global),
            ExportItem::Tag(i) => get(&self.tags, i).map(Extern::Tag),
        }
    }
}
