//! Modules: decoded and validated with wasmparser, compiled once, shared by
//! every collector.
//!
//! [`Module::new`] makes one pass over the bytes. Each function body is
//! validated and compiled operator by operator in the same loop, so that no
//! body is read twice; everything that comes out is linear in what went in.

mod code;
mod compile;
mod decode;
mod error;
mod maps;
pub(crate) mod names;
mod operator;
mod patch;
mod size;
mod type_text;
mod vector;

pub use code::{Code, Op, Target};
pub(crate) use compile::features;
pub use error::ModuleError;
pub use maps::{CatchKind, Catches, Handlers, StackMaps};
pub use names::Names;
pub(crate) use operator::operator_name;
pub use patch::Site;
pub use size::footprint;
pub(crate) use type_text::{heap_type, value_type};
pub use vector::{VectorBinary, VectorShift, VectorTernary, VectorTest, VectorUnary};

use crate::types::{RefType, TypeId, Types, ValType};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A table's type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TableType {
    /// What its elements are.
    pub element: RefType,
    /// Whether indices are 64 bits wide.
    pub index64: bool,
    /// Initial number of elements.
    pub min: u64,
    /// Limit to growth, if declared.
    pub max: Option<u64>,
}

/// A memory's type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct MemoryType {
    /// Whether addresses are 64 bits wide.
    pub index64: bool,
    /// Initial size in pages of 64 KiB.
    pub min: u64,
    /// Limit to growth in pages, if declared.
    pub max: Option<u64>,
}

/// A global's type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct GlobalType {
    /// What it holds.
    pub value: ValType,
    /// Whether it can be set.
    pub mutable: bool,
}

/// The type of an import or export.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ExternType {
    /// A function of this type.
    Func(TypeId),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag whose parameters are those of this function type.
    Tag(TypeId),
}

/// An import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// First part of the name.
    pub module: String,
    /// Second part.
    pub name: String,
    /// What must be supplied.
    pub ty: ExternType,
}

/// What an export refers to: an index into one of the module's index spaces.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ExportItem {
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

/// An export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub item: ExportItem,
}

/// A constant expression. The common ones need no code; the rest are compiled
/// like functions without parameters, because they may allocate.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ConstExpr {
    /// A number, a null or an i31, as a register.
    Value(u64),
    /// A reference to a function of the module.
    Func(u32),
    /// The body at this index of [`Module::bodies`].
    Body(u32),
}

/// A global of the module's own.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Its initial value.
    pub init: ConstExpr,
}

/// What happens to a segment at instantiation.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SegmentMode {
    /// Nothing: instructions use it.
    Passive,
    /// It is copied to a table or memory, then dropped.
    Active {
        /// The table or memory.
        target: u32,
        /// Where to.
        offset: ConstExpr,
    },
    /// Dropped at once (element segments only).
    Declared,
}

/// An element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// When it is used.
    pub mode: SegmentMode,
    /// The type of its references.
    pub ty: RefType,
    /// One expression per element.
    pub items: Vec<ConstExpr>,
}

/// A data segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Data {
    /// When it is used.
    pub mode: SegmentMode,
    /// Where its bytes are in [`Module::wasm`].
    pub bytes: Range<usize>,
}

/// A compiled function body or constant expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Index of its first instruction.
    pub entry: u32,
    /// Registers taken by the parameters.
    pub params: u16,
    /// Registers taken by parameters and other locals; those beyond the
    /// parameters are zeroed on entry.
    pub locals: u16,
    /// Registers in the frame.
    pub frame: u16,
    /// Fuel charged on entry: the instructions outside of loops, and the frame.
    pub cost: u32,
    /// The locals that are references into the heap: ranges of registers, in
    /// [`StackMaps::locals`].
    pub ref_locals: Range<u32>,
    /// The function type; `None` for a constant expression.
    pub ty: Option<TypeId>,
    /// The index in the module's function space; for a constant expression, a
    /// number of no meaning.
    pub func: u32,
}

/// A module: decoded, validated, compiled.
#[derive(Clone, Debug)]
pub struct Module {
    /// The binary it was made from.
    pub wasm: Arc<[u8]>,
    /// The registry its type ids belong to.
    pub types: Arc<Types>,
    /// From the module's type indices to canonical types.
    pub type_ids: Vec<TypeId>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Types of all functions, imported ones first.
    pub funcs: Vec<TypeId>,
    /// All tables, imported ones first.
    pub tables: Vec<TableType>,
    /// Initial elements of the tables that are not imported; null by default.
    pub table_inits: Vec<ConstExpr>,
    /// All memories, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Types of all globals, imported ones first.
    pub globals: Vec<GlobalType>,
    /// Initial values of the globals that are not imported.
    pub global_inits: Vec<Global>,
    /// Types of all tags, imported ones first.
    pub tags: Vec<TypeId>,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// The start function.
    pub start: Option<u32>,
    /// Element segments.
    pub elements: Vec<Element>,
    /// Data segments.
    pub data: Vec<Data>,
    /// How many functions are imported.
    pub imported_funcs: u32,
    /// How many tables are imported.
    pub imported_tables: u32,
    /// How many memories are imported.
    pub imported_memories: u32,
    /// How many globals are imported.
    pub imported_globals: u32,
    /// How many tags are imported.
    pub imported_tags: u32,
    /// Compiled bodies. Those of functions start at [`Module::first_body`].
    pub bodies: Vec<Body>,
    /// Index of the first function's body.
    pub first_body: u32,
    /// The code of all bodies.
    pub ops: Vec<Op>,
    /// For each instruction the offset in [`Module::wasm`] of the operator it
    /// was compiled from.
    pub offsets: Vec<u32>,
    /// Where references are, for every instruction that may look.
    pub maps: StackMaps,
    /// Who catches what.
    pub handlers: Handlers,
    /// The exports in the order of their names, once one of many was asked for.
    exports_by_name: OnceLock<Box<[u32]>>,
}

/// Exports that are looked through for each name. More are sorted once, which takes
/// more instructions than all look-ups of a generated case in as many as these.
const FEW_EXPORTS: usize = 64;

impl Module {
    /// Decodes, validates and compiles `wasm`. Its types are interned in
    /// `types`, which stays shared with modules made before.
    ///
    /// Fails on malformed or invalid modules, on proposals beyond what the
    /// engine runs, and on functions whose frame exceeds 65,535 registers.
    pub fn new(wasm: &[u8], types: &mut Arc<Types>) -> Result<Module, ModuleError> {
        decode::decode(wasm, types)
    }

    /// The index of the body that instruction `pc` belongs to, as compiled:
    /// bodies are in the order of their code.
    pub fn body_at(&self, pc: u32) -> Option<usize> {
        let after = self.bodies.partition_point(|body| body.entry <= pc);
        after.checked_sub(1)
    }

    /// The exported item called `name`.
    pub fn export(&self, name: &str) -> Option<ExportItem> {
        if self.exports.len() <= FEW_EXPORTS {
            let found = self.exports.iter().find(|e| e.name == name);
            return found.map(|export| export.item);
        }
        let sorted = self.exports_by_name.get_or_init(|| {
            let mut sorted: Vec<u32> = (0..self.exports.len() as u32).collect();
            sorted.sort_unstable_by_key(|index| &self.exports[*index as usize].name);
            sorted.into()
        });
        let by_name = |index: &u32| self.exports[*index as usize].name.as_str().cmp(name);
        let place = sorted.binary_search_by(by_name).ok()?;
        Some(self.exports[sorted[place] as usize].item)
    }
}
