//! Modules: decoded and validated with wasmparser, compiled once, and shared by
//! all collectors.
//!
//! [`Module::new`] makes one pass over the bytes. One loop validates and
//! compiles each function body, operator by operator, so no body is read twice.
//! The output is linear in the size of the input.

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

pub(crate) use code::{CastTarget, Code, Op, SetsReference};
pub(crate) use compile::features;
pub use error::ModuleError;
pub(crate) use maps::{CatchKind, Handlers, StackMaps};
pub use names::Names;
pub(crate) use operator::operator_name;
pub(crate) use patch::Sequence;
pub use patch::Site;
pub use size::footprint;
pub(crate) use type_text::{heap_type, value_type};
pub(crate) use vector::{VectorBinary, VectorShift, VectorTernary, VectorTest, VectorUnary};

use crate::types::{RefType, TypeId, Types, ValType};
use decode::Trust;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A table's type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TableType {
    /// The type of its elements.
    pub element: RefType,
    /// Whether indices are 64 bits wide.
    pub index64: bool,
    /// Initial number of elements.
    pub min: u64,
    /// Maximum number of elements, if declared.
    pub max: Option<u64>,
}

/// A memory's type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct MemoryType {
    /// Whether addresses are 64 bits wide.
    pub index64: bool,
    /// Initial size in pages of 64 KiB.
    pub min: u64,
    /// Maximum size in pages, if declared.
    pub max: Option<u64>,
}

/// A global's type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct GlobalType {
    /// The type of its value.
    pub value: ValType,
    /// Whether it is mutable.
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
    /// A tag with the parameters of this function type.
    Tag(TypeId),
}

/// An import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// First part of the name.
    pub module: String,
    /// Second part.
    pub name: String,
    /// The required type.
    pub ty: ExternType,
}

/// The item of an export: an index into one of the module's index spaces.
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
    /// The exported item.
    pub item: ExportItem,
}

/// A constant expression. Common forms need no code. Others are compiled like
/// functions without parameters, since they may allocate.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum ConstExpr {
    /// The register value of a number, a null or an i31.
    Value(u64),
    /// A reference to a function of the module.
    Func(u32),
    /// The body at this index of [`Module::bodies`].
    Body(u32),
}

/// A global defined by the module.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Global {
    /// Its initial value.
    pub init: ConstExpr,
}

/// The mode of a segment.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum SegmentMode {
    /// Used by instructions only.
    Passive,
    /// Copied to a table or memory at instantiation, then dropped.
    Active {
        /// The table or memory.
        target: u32,
        /// The destination's start.
        offset: ConstExpr,
    },
    /// Dropped at instantiation (element segments only).
    Declared,
}

/// An element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Element {
    /// Its mode.
    pub mode: SegmentMode,
    /// The type of its references.
    pub ty: RefType,
    /// One expression per element.
    pub items: Vec<ConstExpr>,
}

/// A data segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Data {
    /// Its mode.
    pub mode: SegmentMode,
    /// The range of its bytes in [`Module::wasm`].
    pub bytes: Range<usize>,
}

/// A compiled function body or constant expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Body {
    /// Index of its first instruction.
    pub entry: u32,
    /// Registers taken by the parameters.
    pub params: u16,
    /// Registers taken by parameters and other locals. The latter are zeroed on entry.
    pub locals: u16,
    /// Registers in the frame.
    pub frame: u16,
    /// Fuel charged on entry: for the frame, and for the instructions outside loops.
    pub cost: u32,
    /// The locals that are references into the heap: an index range of
    /// [`StackMaps::locals`].
    pub ref_locals: Range<u32>,
    /// The function type; `None` for a constant expression.
    pub ty: Option<TypeId>,
    /// The index in the module's function space. Meaningless for a constant expression.
    pub func: u32,
}

/// A module: decoded, validated, compiled.
#[derive(Clone, Debug)]
pub struct Module {
    /// The binary form.
    pub wasm: Arc<[u8]>,
    /// The registry of its type ids.
    pub types: Arc<Types>,
    /// The canonical type of each type index of the module.
    pub type_ids: Vec<TypeId>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Types of all functions, imported ones first.
    pub funcs: Vec<TypeId>,
    /// All tables, imported ones first.
    pub tables: Vec<TableType>,
    /// Initial elements of the tables that are not imported; null by default.
    pub(crate) table_inits: Vec<ConstExpr>,
    /// All memories, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Types of all globals, imported ones first.
    pub globals: Vec<GlobalType>,
    /// Initial values of the globals that are not imported.
    pub(crate) global_inits: Vec<Global>,
    /// Types of all tags, imported ones first.
    pub tags: Vec<TypeId>,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// The start function.
    pub start: Option<u32>,
    /// Element segments.
    pub(crate) elements: Vec<Element>,
    /// Data segments.
    pub(crate) data: Vec<Data>,
    /// Number of imported functions.
    pub imported_funcs: u32,
    /// Number of imported tables.
    pub imported_tables: u32,
    /// Number of imported memories.
    pub imported_memories: u32,
    /// Number of imported globals.
    pub imported_globals: u32,
    /// Number of imported tags.
    pub imported_tags: u32,
    /// Compiled bodies. Those of functions start at [`Module::first_body`].
    pub(crate) bodies: Vec<Body>,
    /// Index of the first function's body.
    pub(crate) first_body: u32,
    /// The code of all bodies.
    pub(crate) ops: Vec<Op>,
    /// For each instruction, the offset in [`Module::wasm`] of its operator.
    pub(crate) offsets: Vec<u32>,
    /// Stack maps, for every instruction at which the stack may be examined.
    pub(crate) maps: StackMaps,
    /// Exception handlers.
    pub(crate) handlers: Handlers,
    /// The sequences that edits have put in the place of single instructions, in order. Each is one
    /// operation, or none, for an inspector: runs of edited and of unedited code have the same
    /// operations.
    pub(crate) sequences: Vec<Sequence>,
    /// Exports sorted by name. Built on the first lookup, unless there are few exports.
    exports_by_name: OnceLock<Box<[u32]>>,
}

/// Maximum number of exports for which a lookup is linear. More are sorted
/// once. For fewer, sorting takes more machine instructions than all lookups of
/// a generated case.
const FEW_EXPORTS: usize = 64;

impl Module {
    /// Decodes, validates and compiles `wasm`. Its types are interned in
    /// `types`, which modules made earlier continue to share.
    ///
    /// Fails on malformed or invalid modules, on proposals that the engine does
    /// not support, and on functions whose frame exceeds 65,535 registers.
    pub fn new(wasm: &[u8], types: &mut Arc<Types>) -> Result<Module, ModuleError> {
        decode::decode(wasm, types, Trust::Nothing)
    }

    /// Decodes and compiles a module that this crate has generated, or made from a valid one within the
    /// limits of validation, so that it is valid unless there is a bug.
    /// Builds with debug assertions look, and panic. Validation is half of a compilation.
    ///
    /// Fails on functions whose frame exceeds 65,535 registers.
    pub(crate) fn of_valid(wasm: &[u8], types: &mut Arc<Types>) -> Result<Module, ModuleError> {
        if cfg!(debug_assertions) {
            let module = Module::new(wasm, types);
            if let Err(error @ ModuleError::Invalid { .. }) = &module {
                panic!("gcdiff has made an invalid module: {error}");
            }
            return module;
        }
        decode::decode(wasm, types, Trust::IsValid)
    }

    /// The index of the body that contains the compiled instruction `pc`.
    /// Bodies are in the order of their code.
    pub(crate) fn body_at(&self, pc: u32) -> Option<usize> {
        let after = self.bodies.partition_point(|body| body.entry <= pc);
        after.checked_sub(1)
    }

    /// The instruction that has put a reference to an object into a register of
    /// the body that is at `pc`: the last in front of it in the code, followed
    /// through moves, or else the last one, in a loop around it. `None` for a
    /// register that no instruction sets, such as a parameter.
    pub(crate) fn setter(&self, pc: u32, register: u16) -> Option<u32> {
        let body = self.body_at(pc)?;
        let start = self.bodies[body].entry;
        let next = self.bodies.get(body + 1);
        let end = next.map_or(self.ops.len() as u32, |next| next.entry);
        self.setter_in(start..pc.min(end), register)
            .or_else(|| self.setter_in(pc.min(end)..end, register))
    }

    fn setter_in(&self, range: Range<u32>, mut register: u16) -> Option<u32> {
        for at in range.rev() {
            match self.ops[at as usize].sets_reference(register) {
                SetsReference::Not => {}
                SetsReference::Moved(from) => register = from,
                SetsReference::Made => return Some(at),
            }
        }
        None
    }

    /// The item exported as `name`.
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
