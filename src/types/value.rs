//! Value, reference, field and composite types.

use super::TypeId;
use super::layout::StorageKind;

/// A heap type (spec section 2.3.3). Concrete types carry their kind, so that
/// the hierarchy of a reference is known without a look-up in the registry.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum HeapType {
    /// `any`, the top of the internal hierarchy.
    Any,
    /// `eq`: the values that `ref.eq` compares.
    Eq,
    /// `i31`: unboxed 31-bit scalars.
    I31,
    /// `struct`: every structure.
    Struct,
    /// `array`: every array.
    Array,
    /// `none`, the bottom of the internal hierarchy.
    None,
    /// `func`, the top of the function hierarchy.
    Func,
    /// `nofunc`, its bottom.
    NoFunc,
    /// `extern`, the top of the external hierarchy.
    Extern,
    /// `noextern`, its bottom.
    NoExtern,
    /// `exn`, the top of the exception hierarchy.
    Exn,
    /// `noexn`, its bottom.
    NoExn,
    /// A defined structure type.
    ConcreteStruct(TypeId),
    /// A defined array type.
    ConcreteArray(TypeId),
    /// A defined function type.
    ConcreteFunc(TypeId),
}

impl HeapType {
    /// The defined type, if this is a concrete type.
    pub fn concrete(self) -> Option<TypeId> {
        match self {
            HeapType::ConcreteStruct(id)
            | HeapType::ConcreteArray(id)
            | HeapType::ConcreteFunc(id) => Some(id),
            _ => None,
        }
    }

    /// The top of this type's hierarchy: `any`, `func`, `extern` or `exn`.
    pub fn top(self) -> HeapType {
        match self {
            HeapType::Func | HeapType::NoFunc | HeapType::ConcreteFunc(_) => HeapType::Func,
            HeapType::Extern | HeapType::NoExtern => HeapType::Extern,
            HeapType::Exn | HeapType::NoExn => HeapType::Exn,
            _ => HeapType::Any,
        }
    }

    /// Whether a value of this type may point into the garbage-collected heap.
    /// Function references never do; external references and exceptions do.
    pub fn is_gc(self) -> bool {
        self.top() != HeapType::Func
    }
}

/// A reference type.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct RefType {
    /// Whether null is a value of the type.
    pub nullable: bool,
    /// The heap type of its referents.
    pub heap: HeapType,
}

/// A value type.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// How a value of this type is stored.
    pub fn storage_kind(self) -> StorageKind {
        match self {
            ValType::I32 | ValType::F32 => StorageKind::B32,
            ValType::I64 | ValType::F64 => StorageKind::B64,
            ValType::V128 => StorageKind::B128,
            ValType::Ref(r) if r.heap.is_gc() => StorageKind::Gc,
            ValType::Ref(_) => StorageKind::Func,
        }
    }

    /// Whether the type has a default value (zero or null).
    pub fn is_defaultable(self) -> bool {
        !matches!(self, ValType::Ref(r) if !r.nullable)
    }

    /// Whether a value may be a reference into the heap.
    pub fn is_gc(self) -> bool {
        self.storage_kind() == StorageKind::Gc
    }
}

/// The number of 64-bit registers that values of these types take in a row.
pub fn registers(types: &[ValType]) -> usize {
    types.iter().map(|ty| ty.storage_kind().registers()).sum()
}

/// A storage type, of a field or an element.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum StorageType {
    /// Packed 8-bit integer.
    I8,
    /// Packed 16-bit integer.
    I16,
    /// An unpacked value.
    Val(ValType),
}

impl StorageType {
    /// How the field is stored.
    pub fn storage_kind(self) -> StorageKind {
        match self {
            StorageType::I8 => StorageKind::B8,
            StorageType::I16 => StorageKind::B16,
            StorageType::Val(v) => v.storage_kind(),
        }
    }

    /// The type of the value on the operand stack.
    pub fn unpacked(self) -> ValType {
        match self {
            StorageType::I8 | StorageType::I16 => ValType::I32,
            StorageType::Val(v) => v,
        }
    }
}

/// A field type.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct FieldType {
    /// Its storage type.
    pub storage: StorageType,
    /// Whether it can be written after construction.
    pub mutable: bool,
}

/// A function type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FuncType {
    /// Parameter types.
    pub params: Box<[ValType]>,
    /// Result types.
    pub results: Box<[ValType]>,
}

/// A composite type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Composite {
    /// A function type.
    Func(FuncType),
    /// A structure type: its fields.
    Struct(Box<[FieldType]>),
    /// An array type: its element.
    Array(FieldType),
}

/// A defined type with its place in the subtype hierarchy.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SubType {
    /// Whether further subtypes are forbidden.
    pub is_final: bool,
    /// The declared supertype.
    pub supertype: Option<TypeId>,
    /// Its structure.
    pub composite: Composite,
}
