//! The data of a program: types, holders of references, functions as lists of operations, and the
//! actions of the host.
//!
//! Every value can be repaired. Indices are wrapped, sizes are bounded, and the compiler takes the
//! bytes of an operation modulo the number of alternatives. So every mutation gives a program.

use crate::case::Arg;
use crate::generate::relative_schedule::RelativeSchedule;
use serde::{Deserialize, Serialize};

/// The heap type of a reference.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Heap {
    Any,
    Eq,
    I31,
    Struct,
    Array,
    None,
    Extern,
    Exn,
    /// A type of the program, numbered across all groups.
    Type(u8),
}

/// The type of a value.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Ty {
    I32,
    I64,
    F64,
    Ref { nullable: bool, heap: Heap },
}

/// The storage type of a field.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum FieldStorage {
    I8,
    I16,
    Val(Ty),
}

/// A field of a struct, or the elements of an array.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Field {
    pub storage: FieldStorage,
    pub mutable: bool,
}

/// A composite type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Shape {
    Struct(Vec<Field>),
    Array(Field),
}

/// A type, with its place in the subtype hierarchy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct TypeDef {
    /// Whether it may have subtypes.
    pub open: bool,
    /// The declared supertype: an earlier type.
    pub parent: Option<u8>,
    pub shape: Shape,
}

/// A table with its initial length. The elements are null, or all refer to one object.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct TableDef {
    pub ty: Ty,
    pub len: u8,
}

/// A global, with a seed for its initial value.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Global {
    pub ty: Ty,
    pub mutable: bool,
    pub seed: u8,
}

/// A passive element segment, with a seed for each item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Segment {
    pub ty: Ty,
    pub items: Vec<u8>,
}

/// The type of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sig {
    pub params: Vec<Ty>,
    pub results: Vec<Ty>,
}

/// A function. It may call only later functions, so every program ends.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Func {
    pub sig: Sig,
    pub slots: Vec<Ty>,
    pub ops: Vec<Op>,
}

/// An operation, which reads slots of fitting types and writes a slot.
///
/// By convention the first byte of `with` chooses what is operated on, the second the operands, the
/// third the slot of the result, and the fourth the variation: offsets, lengths, and whether the
/// operation is left unguarded.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Op {
    pub kind: OpKind,
    pub with: [u8; 4],
}

macro_rules! kinds {
    ($($kind:ident $weight:literal)*) => {
        /// The kind of an operation, mostly the instruction of that name.
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub(super) enum OpKind { $($kind),* }

        impl OpKind {
            /// All kinds, each with its weight.
            pub(super) const ALL: &[(OpKind, u8)] = &[$((OpKind::$kind, $weight)),*];
        }
    };
}

kinds! {
    Number 3
    StructNew 8 StructNewDefault 3 StructGet 5 StructSet 9 SelfSet 3
    ArrayNew 4 ArrayNewDefault 2 ArrayNewFixed 6 ArrayNewData 2 ArrayNewElem 3 ArrayGet 5 ArraySet 8 ArrayLen 2
    ArrayFill 3 ArrayCopy 7 ArrayCopySelf 4 ArrayInitData 2 ArrayInitElem 3
    I31New 2 I31Get 2 RefEq 2 RefTest 3 RefCast 3 BrOnCast 3 BrOnCastFail 3 BrOnNull 2 BrOnNonNull 2
    ToExtern 2 ToAny 2
    LocalCopy 4 GlobalGet 3 GlobalSet 5
    TableGet 3 TableSet 5 TableFill 2 TableGrow 1 TableCopy 3 TableInit 2
    ElemDrop 1 DataDrop 1
    Select 2 Null 3 Drop 2 Digest 2
    Block 2 Loop 4 If 3 Else 2 Try 4 End 8 Break 2
    Throw 3 ThrowRef 2 Return 1
    Call 5 CallRef 3 ReturnCall 2 ReturnCallRef 1 CallHost 3
    Hold 5 Reread 3
}

/// An action of the host; see [`Step`](crate::case::Step).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Act {
    Call(u8, Vec<Arg>),
    Global(u8, Option<Arg>),
    Table(u8, u8, Option<Arg>),
    Drop(u8),
    Collect,
}

/// A typed program of operations on the heap, with plan, schedule and limits.
///
/// Made by [`Program::generate`] or [`Program::decode`], changed by [`Program::mutate`], and always
/// sound enough to compile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Program {
    pub(super) groups: Vec<Vec<TypeDef>>,
    pub(super) tables: Vec<TableDef>,
    pub(super) globals: Vec<Global>,
    pub(super) segments: Vec<Segment>,
    pub(super) tags: Vec<Vec<Ty>>,
    pub(super) hosts: Vec<Sig>,
    pub(super) funcs: Vec<Func>,
    pub(super) plan: Vec<Act>,
    /// The actions of the host each time it is called.
    pub(super) acts: Vec<Act>,
    pub(super) relative_schedule: RelativeSchedule,
    /// The choices of [`limits`](crate::generate::plan::limits).
    pub(super) limits: [u8; 2],
    /// Which optional heaps take part; see [`GeneratedCase`](crate::generate::GeneratedCase).
    pub(super) extra: u8,
    pub(super) reschedule: bool,
    /// The client; see [`Case::client`](crate::case::Case::client).
    pub(super) client: Option<u8>,
}

impl Ty {
    /// A nullable reference.
    pub(super) const fn null(heap: Heap) -> Ty {
        Ty::Ref {
            nullable: true,
            heap,
        }
    }

    /// A non-null reference.
    pub(super) const fn of(heap: Heap) -> Ty {
        Ty::Ref {
            nullable: false,
            heap,
        }
    }

    /// The same type, nullable if it is a reference.
    pub(super) fn or_null(self) -> Ty {
        match self {
            Ty::Ref { heap, .. } => Ty::null(heap),
            number => number,
        }
    }

    pub(super) fn heap(self) -> Option<Heap> {
        match self {
            Ty::Ref { heap, .. } => Some(heap),
            _ => None,
        }
    }

    pub(super) fn is_ref(self) -> bool {
        self.heap().is_some()
    }

    /// Whether the type has a default value.
    pub(super) fn has_default(self) -> bool {
        !matches!(
            self,
            Ty::Ref {
                nullable: false,
                ..
            }
        )
    }
}

impl FieldStorage {
    /// The unpacked type.
    pub(super) fn value(self) -> Ty {
        match self {
            FieldStorage::I8 | FieldStorage::I16 => Ty::I32,
            FieldStorage::Val(ty) => ty,
        }
    }

    pub(super) fn is_packed(self) -> bool {
        !matches!(self, FieldStorage::Val(_))
    }
}

impl Shape {
    /// Its fields; for an array, the single field of its elements.
    pub(super) fn fields(&self) -> &[Field] {
        match self {
            Shape::Struct(fields) => fields,
            Shape::Array(element) => std::slice::from_ref(element),
        }
    }

    pub(super) fn fields_mut(&mut self) -> &mut [Field] {
        match self {
            Shape::Struct(fields) => fields,
            Shape::Array(element) => std::slice::from_mut(element),
        }
    }

    pub(super) fn is_struct(&self) -> bool {
        matches!(self, Shape::Struct(_))
    }
}

impl Program {
    /// Reads a program from its byte form, and repairs it if it is not sound.
    ///
    /// Returns `None` if the bytes are not a program. Trailing bytes are ignored.
    pub fn decode(data: &[u8]) -> Option<Program> {
        let mut program: Program = postcard::from_bytes(data).ok()?;
        program.repair();
        Some(program)
    }

    /// The byte form, which [`Program::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        // Serialisation to memory cannot fail for these types.
        postcard::to_allocvec(self).unwrap_or_default()
    }
}
