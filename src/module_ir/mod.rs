//! A module taken apart, for edits.
//!
//! Every item keeps the index that it has in the module's bytes, also when others
//! are removed: [`Module::encode`] assigns the new indices. So an edit marks an
//! item as removed and replaces its uses; nothing has to be renumbered by hand. A
//! use that is left over is an error of the encoder, and the candidate is no
//! module.

mod annotations;
mod assembled;
mod decode;
mod each;
mod encode;
mod immediates;
mod indices;
mod names;
mod ops;
mod uses;

pub(crate) use annotations::{annotate, annotations};
pub(crate) use assembled::Assembled;
pub(crate) use decode::Bodies;
pub(crate) use each::each_operator;
pub(crate) use immediates::{Immediate, immediates, immediates_mut};
pub(crate) use ops::{allocates, is_opener, labels, locals, set_labels, short_table};
pub(crate) use uses::{Item, of_export, of_op};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmparser::{
    ConstExpr, ExternalKind, FieldType, FunctionBody, GlobalType, MemoryType, Operator, RefType,
    TableType, ValType,
};

/// Why a module cannot be taken apart, or put together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IrError(pub String);

/// A module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Module<'a> {
    pub types: Vec<Type>,
    pub funcs: Vec<Func<'a>>,
    pub tables: Vec<Table<'a>>,
    pub memories: Vec<Memory<'a>>,
    pub globals: Vec<Global<'a>>,
    pub tags: Vec<Tag<'a>>,
    pub exports: Vec<Export<'a>>,
    pub start: Option<u32>,
    pub elements: Vec<Element<'a>>,
    pub data: Vec<Data<'a>>,
    pub customs: Vec<(&'a str, &'a [u8])>,
    pub aliases: Aliases,
    pub added: AddedNames,
}

/// Items that stand for others: uses of the first are uses of the second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    pub types: BTreeMap<u32, u32>,
    pub funcs: BTreeMap<u32, u32>,
    pub globals: BTreeMap<u32, u32>,
    pub tables: BTreeMap<u32, u32>,
    pub tags: BTreeMap<u32, u32>,
}

/// Names of items that are appended, by index.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct AddedNames {
    pub funcs: BTreeMap<u32, String>,
    pub globals: BTreeMap<u32, String>,
    pub tables: BTreeMap<u32, String>,
    pub types: BTreeMap<u32, String>,
    /// Whether edited functions have the locals that they had, before new ones, so that the names of
    /// these are right.
    pub keep_locals: bool,
}

/// The two names of an import, and its position among all imports.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct ImportName<'a> {
    pub position: u32,
    pub module: &'a str,
    pub name: &'a str,
}

/// A type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Type {
    pub removed: bool,
    /// The recursion group. Members of a group are neighbours.
    pub group: u32,
    pub is_final: bool,
    pub supertype: Option<u32>,
    pub shape: Shape,
}

/// A composite type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Func(Vec<ValType>, Vec<ValType>),
    Struct(Vec<FieldType>),
    Array(FieldType),
}

/// Instructions with their `end`.
pub(crate) type Ops<'a> = Vec<Operator<'a>>;

/// A function.
#[derive(Clone, Debug)]
pub(crate) struct Func<'a> {
    pub removed: bool,
    pub import: Option<ImportName<'a>>,
    pub ty: u32,
    /// `None` if it is imported.
    pub body: Option<Body<'a>>,
}

/// The body of a function, as it is in the bytes, edited or written.
#[derive(Clone, Debug)]
pub(crate) enum Body<'a> {
    /// As it is in the bytes.
    Original(FunctionBody<'a>, Arc<Code<'a>>),
    /// Edited.
    Edited(Arc<Code<'a>>),
    /// Written as bytes, which nobody reads.
    Assembled(Assembled),
}

/// The code of a function.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Code<'a> {
    /// The types of locals, without the parameters.
    pub locals: Vec<ValType>,
    pub ops: Ops<'a>,
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table<'a> {
    pub removed: bool,
    pub import: Option<ImportName<'a>>,
    pub ty: TableType,
    pub init: Option<Ops<'a>>,
}

/// A memory.
#[derive(Clone, Debug)]
pub(crate) struct Memory<'a> {
    pub removed: bool,
    pub import: Option<ImportName<'a>>,
    pub ty: MemoryType,
}

/// A global.
#[derive(Clone, Debug)]
pub(crate) struct Global<'a> {
    pub removed: bool,
    pub import: Option<ImportName<'a>>,
    pub ty: GlobalType,
    /// Empty if it is imported.
    pub init: Ops<'a>,
}

/// A tag.
#[derive(Clone, Debug)]
pub(crate) struct Tag<'a> {
    pub removed: bool,
    pub import: Option<ImportName<'a>>,
    pub ty: u32,
}

/// An export.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Export<'a> {
    pub name: &'a str,
    pub kind: ExternalKind,
    pub index: u32,
}

/// The mode of a segment.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Mode<'a> {
    Passive,
    /// The table or memory, and the offset.
    Active(u32, Ops<'a>),
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub(crate) struct Element<'a> {
    pub removed: bool,
    pub mode: Mode<'a>,
    pub items: Items<'a>,
}

/// The items of an element segment.
#[derive(Clone, Debug)]
pub(crate) enum Items<'a> {
    Funcs(Vec<u32>),
    Exprs(RefType, Vec<Ops<'a>>),
}

/// A data segment.
#[derive(Clone, Debug)]
pub(crate) struct Data<'a> {
    pub removed: bool,
    pub mode: Mode<'a>,
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Body<'a> {
    /// The code, unless it is assembled.
    pub fn code(&self) -> Option<&Arc<Code<'a>>> {
        match self {
            Body::Original(_, code) | Body::Edited(code) => Some(code),
            Body::Assembled(_) => None,
        }
    }
}

impl<'a> Func<'a> {
    /// The code, if the function is neither imported nor assembled.
    pub fn code(&self) -> Option<&Arc<Code<'a>>> {
        self.body.as_ref()?.code()
    }

    /// The code, to be edited.
    pub fn edit(&mut self) -> Option<&mut Code<'a>> {
        let code = self.code()?.clone();
        self.body = Some(Body::Edited(code));
        match &mut self.body {
            Some(Body::Edited(code)) => Some(Arc::make_mut(code)),
            _ => None,
        }
    }
}

impl Items<'_> {
    pub fn len(&self) -> usize {
        match self {
            Items::Funcs(items) => items.len(),
            Items::Exprs(_, items) => items.len(),
        }
    }
}

/// The operators of a constant expression.
fn constant<'a>(expr: &ConstExpr<'a>) -> wasmparser::Result<Ops<'a>> {
    expr.get_operators_reader().into_iter().collect()
}
