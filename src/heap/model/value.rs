//! Values, by how the language stores them.

use super::{Definition, PIECE};
use crate::heap::{GcRef, HeapError};
use crate::types::{Composite, FieldType, HeapType, StorageKind, StorageType, ValType};

/// How a value is stored. Floats are kept as their bits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum ValueKind {
    /// A packed `i8`.
    I8,
    /// A packed `i16`.
    I16,
    /// An `i32` or an `f32`.
    I32,
    /// An `i64` or an `f64`.
    I64,
    /// A `v128`.
    V128,
    /// A reference of the hierarchies of `any`, `extern` and `exn`.
    Ref,
    /// A reference of the hierarchy of `func`.
    Func,
}

/// A stored value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    I8(u8),
    I16(u16),
    I32(u32),
    I64(u64),
    V128(u128),
    Ref(GcRef),
    Func(u32),
}

impl Value {
    /// The bytes counted for `fields` fields.
    pub(super) fn room(fields: usize) -> u64 {
        match fields {
            0 => 0,
            fields => PIECE + (fields * size_of::<Value>()) as u64,
        }
    }
}

impl Definition {
    /// The contents of objects of a type.
    pub(super) fn new(composite: &Composite) -> Definition {
        match composite {
            Composite::Struct(fields) => {
                Definition::Struct(fields.iter().map(ValueKind::of_field).collect())
            }
            Composite::Array(element) => Definition::Array(ValueKind::of_field(element)),
            Composite::Func(func) => Definition::Func(
                func.params
                    .iter()
                    .map(|p| ValueKind::of_value(*p))
                    .collect(),
            ),
        }
    }
}

impl ValueKind {
    fn of_field(field: &FieldType) -> ValueKind {
        match field.storage {
            StorageType::I8 => ValueKind::I8,
            StorageType::I16 => ValueKind::I16,
            StorageType::Val(ty) => ValueKind::of_value(ty),
        }
    }

    fn of_value(ty: ValType) -> ValueKind {
        match ty {
            ValType::I32 | ValType::F32 => ValueKind::I32,
            ValType::I64 | ValType::F64 => ValueKind::I64,
            ValType::V128 => ValueKind::V128,
            ValType::Ref(r) => match r.heap {
                HeapType::Func | HeapType::NoFunc | HeapType::ConcreteFunc(_) => ValueKind::Func,
                HeapType::Any
                | HeapType::Eq
                | HeapType::I31
                | HeapType::Struct
                | HeapType::Array
                | HeapType::None
                | HeapType::Extern
                | HeapType::NoExtern
                | HeapType::Exn
                | HeapType::NoExn
                | HeapType::ConcreteStruct(_)
                | HeapType::ConcreteArray(_) => ValueKind::Ref,
            },
        }
    }

    /// The width in bytes.
    pub(super) fn width(self) -> usize {
        match self {
            ValueKind::I8 => 1,
            ValueKind::I16 => 2,
            ValueKind::I32 | ValueKind::Ref | ValueKind::Func => 4,
            ValueKind::I64 => 8,
            ValueKind::V128 => 16,
        }
    }

    /// The bytes counted for `len` elements.
    pub(super) fn room(self, len: u32) -> u64 {
        match len {
            0 => 0,
            len => PIECE + u64::from(len) * self.width() as u64,
        }
    }

    /// Whether compiled code accesses values of this kind as `kind`.
    pub(super) fn is(self, kind: StorageKind) -> bool {
        match self {
            ValueKind::I8 => kind == StorageKind::B8,
            ValueKind::I16 => kind == StorageKind::B16,
            ValueKind::I32 => kind == StorageKind::B32,
            ValueKind::I64 => kind == StorageKind::B64,
            ValueKind::V128 => kind == StorageKind::B128,
            ValueKind::Ref => kind == StorageKind::Gc,
            ValueKind::Func => kind == StorageKind::Func,
        }
    }

    /// The default value: zero or null, whose number is also zero.
    pub(super) fn zero(self) -> Value {
        self.value_of_register(0)
    }

    /// The value in one register: truncated to its width; a `v128` gets only
    /// its low half.
    pub(super) fn value_of_register(self, register: u64) -> Value {
        match self {
            ValueKind::I8 => Value::I8(register as u8),
            ValueKind::I16 => Value::I16(register as u16),
            ValueKind::I32 => Value::I32(register as u32),
            ValueKind::I64 => Value::I64(register),
            ValueKind::V128 => Value::V128(u128::from(register)),
            ValueKind::Ref => Value::Ref(GcRef::from_register(register)),
            ValueKind::Func => Value::Func(register as u32),
        }
    }

    /// The value in the low bits of `bits`.
    pub(super) fn value_of(self, bits: u128) -> Value {
        match self {
            ValueKind::V128 => Value::V128(bits),
            kind => kind.value_of_register(bits as u64),
        }
    }

    /// The first value in a row of registers, and the remaining registers.
    fn take(self, registers: &[u64]) -> Option<(Value, &[u64])> {
        match (self, registers) {
            (ValueKind::V128, [low, high, rest @ ..]) => {
                let value = u128::from(*high) << 64 | u128::from(*low);
                Some((Value::V128(value), rest))
            }
            (ValueKind::V128, _) | (_, []) => None,
            (_, [register, rest @ ..]) => Some((self.value_of_register(*register), rest)),
        }
    }

    /// The values of these kinds in a row of registers, which they must use up.
    pub(super) fn values(
        kinds: impl ExactSizeIterator<Item = ValueKind>,
        mut registers: &[u64],
    ) -> Result<Vec<Value>, HeapError> {
        // The values stay in an object, which should take no more memory than
        // it needs.
        let mut values = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let Some((value, rest)) = kind.take(registers) else {
                return Err(HeapError::corrupt(0, "too few registers for the values"));
            };
            values.push(value);
            registers = rest;
        }
        match registers {
            [] => Ok(values),
            _ => Err(HeapError::corrupt(0, "too many registers for the values")),
        }
    }

    /// The value with these bytes, little-endian; `None` for references.
    pub(super) fn value_of_bytes(self, bytes: &[u8]) -> Option<Value> {
        match self {
            ValueKind::I8 => Some(Value::I8(u8::from_le_bytes(bytes.try_into().ok()?))),
            ValueKind::I16 => Some(Value::I16(u16::from_le_bytes(bytes.try_into().ok()?))),
            ValueKind::I32 => Some(Value::I32(u32::from_le_bytes(bytes.try_into().ok()?))),
            ValueKind::I64 => Some(Value::I64(u64::from_le_bytes(bytes.try_into().ok()?))),
            ValueKind::V128 => Some(Value::V128(u128::from_le_bytes(bytes.try_into().ok()?))),
            ValueKind::Ref | ValueKind::Func => None,
        }
    }

    /// The reference in a slot outside the heap; `None` for numbers.
    pub(super) fn value_of_slot(self, slot: u32) -> Option<Value> {
        match self {
            ValueKind::Ref => Some(Value::Ref(GcRef(slot))),
            ValueKind::Func => Some(Value::Func(slot)),
            ValueKind::I8 | ValueKind::I16 | ValueKind::I32 | ValueKind::I64 | ValueKind::V128 => {
                None
            }
        }
    }
}

impl Value {
    /// How the value is stored.
    pub(super) fn kind(self) -> ValueKind {
        match self {
            Value::I8(_) => ValueKind::I8,
            Value::I16(_) => ValueKind::I16,
            Value::I32(_) => ValueKind::I32,
            Value::I64(_) => ValueKind::I64,
            Value::V128(_) => ValueKind::V128,
            Value::Ref(_) => ValueKind::Ref,
            Value::Func(_) => ValueKind::Func,
        }
    }

    /// The value as one register: zero-extended, of a `v128` the low half.
    /// All bits of it, as a number.
    pub(super) fn bits(self) -> u128 {
        match self {
            Value::V128(bits) => bits,
            other => u128::from(other.register()),
        }
    }

    pub(super) fn register(self) -> u64 {
        match self {
            Value::I8(bits) => u64::from(bits),
            Value::I16(bits) => u64::from(bits),
            Value::I32(bits) => u64::from(bits),
            Value::I64(bits) => bits,
            Value::V128(bits) => bits as u64,
            Value::Ref(r) => u64::from(r.0),
            Value::Func(function) => u64::from(function),
        }
    }
}
