//! Values, by how the language stores them.

use super::{Definition, PIECE};
use crate::heap::{GcRef, HeapError};
use crate::types::{Composite, FieldType, HeapType, Lane, Storage, ValType};

/// How a value is stored. Floats are kept as their bits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
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
                Definition::Struct(fields.iter().map(Kind::of_field).collect())
            }
            Composite::Array(element) => Definition::Array(Kind::of_field(element)),
            Composite::Func(func) => {
                Definition::Func(func.params.iter().map(|p| Kind::of_value(*p)).collect())
            }
        }
    }
}

impl Kind {
    fn of_field(field: &FieldType) -> Kind {
        match field.storage {
            Storage::I8 => Kind::I8,
            Storage::I16 => Kind::I16,
            Storage::Val(ty) => Kind::of_value(ty),
        }
    }

    fn of_value(ty: ValType) -> Kind {
        match ty {
            ValType::I32 | ValType::F32 => Kind::I32,
            ValType::I64 | ValType::F64 => Kind::I64,
            ValType::V128 => Kind::V128,
            ValType::Ref(r) => match r.heap {
                HeapType::Func | HeapType::NoFunc | HeapType::ConcreteFunc(_) => Kind::Func,
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
                | HeapType::ConcreteArray(_) => Kind::Ref,
            },
        }
    }

    /// The width in bytes.
    pub(super) fn width(self) -> usize {
        match self {
            Kind::I8 => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::Ref | Kind::Func => 4,
            Kind::I64 => 8,
            Kind::V128 => 16,
        }
    }

    /// The bytes counted for `len` elements.
    pub(super) fn room(self, len: u32) -> u64 {
        match len {
            0 => 0,
            len => PIECE + u64::from(len) * self.width() as u64,
        }
    }

    /// Whether compiled code that accesses values of this kind uses `lane`.
    pub(super) fn is(self, lane: Lane) -> bool {
        match self {
            Kind::I8 => lane == Lane::B8,
            Kind::I16 => lane == Lane::B16,
            Kind::I32 => lane == Lane::B32,
            Kind::I64 => lane == Lane::B64,
            Kind::V128 => lane == Lane::B128,
            Kind::Ref => lane == Lane::Gc,
            Kind::Func => lane == Lane::Func,
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
            Kind::I8 => Value::I8(register as u8),
            Kind::I16 => Value::I16(register as u16),
            Kind::I32 => Value::I32(register as u32),
            Kind::I64 => Value::I64(register),
            Kind::V128 => Value::V128(u128::from(register)),
            Kind::Ref => Value::Ref(GcRef::from_register(register)),
            Kind::Func => Value::Func(register as u32),
        }
    }

    /// The value in the low bits of `bits`.
    pub(super) fn value_of(self, bits: u128) -> Value {
        match self {
            Kind::V128 => Value::V128(bits),
            kind => kind.value_of_register(bits as u64),
        }
    }

    /// The first value in a row of registers, and the remaining registers.
    fn take(self, registers: &[u64]) -> Option<(Value, &[u64])> {
        match (self, registers) {
            (Kind::V128, [low, high, rest @ ..]) => {
                let value = u128::from(*high) << 64 | u128::from(*low);
                Some((Value::V128(value), rest))
            }
            (Kind::V128, _) | (_, []) => None,
            (_, [register, rest @ ..]) => Some((self.value_of_register(*register), rest)),
        }
    }

    /// The values of these kinds in a row of registers, which they must use up.
    pub(super) fn values(
        kinds: impl ExactSizeIterator<Item = Kind>,
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
            Kind::I8 => Some(Value::I8(u8::from_le_bytes(bytes.try_into().ok()?))),
            Kind::I16 => Some(Value::I16(u16::from_le_bytes(bytes.try_into().ok()?))),
            Kind::I32 => Some(Value::I32(u32::from_le_bytes(bytes.try_into().ok()?))),
            Kind::I64 => Some(Value::I64(u64::from_le_bytes(bytes.try_into().ok()?))),
            Kind::V128 => Some(Value::V128(u128::from_le_bytes(bytes.try_into().ok()?))),
            Kind::Ref | Kind::Func => None,
        }
    }

    /// The reference in a slot outside the heap; `None` for numbers.
    pub(super) fn value_of_slot(self, slot: u32) -> Option<Value> {
        match self {
            Kind::Ref => Some(Value::Ref(GcRef(slot))),
            Kind::Func => Some(Value::Func(slot)),
            Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 | Kind::V128 => None,
        }
    }
}

impl Value {
    /// How the value is stored.
    pub(super) fn kind(self) -> Kind {
        match self {
            Value::I8(_) => Kind::I8,
            Value::I16(_) => Kind::I16,
            Value::I32(_) => Kind::I32,
            Value::I64(_) => Kind::I64,
            Value::V128(_) => Kind::V128,
            Value::Ref(_) => Kind::Ref,
            Value::Func(_) => Kind::Func,
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
