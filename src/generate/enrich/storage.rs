//! Types of values, fields and elements, and values of them that are known.

use wasm_encoder::{HeapType, InstructionSink, RefType, StorageType, ValType};

use super::choice::Choice;
use super::emit::i31_value;
use super::layout::{LEN, Layout};
use super::near;
use super::ref_types::{EQ, nullable};
use crate::generate::Feature;

/// The types of the parameters and results of [`Funcs::mixed`].
pub(super) const MIXED: [ValueKind; 16] = [
    ValueKind::Eq,
    ValueKind::Node,
    ValueKind::I64,
    ValueKind::Refs,
    ValueKind::Extern,
    ValueKind::Eq,
    ValueKind::V128,
    ValueKind::Node,
    ValueKind::Eq,
    ValueKind::F64,
    ValueKind::I64,
    ValueKind::V128,
    ValueKind::I32,
    ValueKind::F32,
    ValueKind::Func,
    ValueKind::Extern,
];

/// The parameter of [`Funcs::pass`] that becomes each parameter of [`Funcs::mixed`], of the same type.
pub(super) const PASSED: [u32; 16] = [8, 7, 10, 3, 15, 0, 11, 1, 5, 9, 2, 6, 12, 13, 14, 4];

/// The fields of [`Types::every`]: packed ones, and then one for each type of a value.
pub(super) const EVERY: [StorageKind; 13] = [
    StorageKind::I8,
    StorageKind::I16,
    StorageKind::Value(ValueKind::I32),
    StorageKind::Value(ValueKind::Eq),
    StorageKind::Value(ValueKind::I64),
    StorageKind::Value(ValueKind::V128),
    StorageKind::Value(ValueKind::F32),
    StorageKind::Value(ValueKind::Extern),
    StorageKind::Value(ValueKind::F64),
    StorageKind::Value(ValueKind::Func),
    StorageKind::Value(ValueKind::I31),
    StorageKind::Value(ValueKind::Any),
    StorageKind::Value(ValueKind::Node),
];

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ValueKind {
    I32,
    I64,
    F32,
    F64,
    /// An i64 where there are no vectors.
    V128,
    /// eqref
    Eq,
    /// i31ref
    I31,
    /// anyref
    Any,
    /// externref
    Extern,
    /// funcref
    Func,
    /// `(ref null $node)`
    Node,
    /// `(ref null $refs)`
    Refs,
}

/// The type of a field or an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StorageKind {
    I8,
    I16,
    Value(ValueKind),
}

/// A value that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// A number, or a vector.
    Bits(u128),
    Null,
    /// An i31 with this number.
    Number(i32),
    /// A new node with this number, and with the same as an i31 in its first field.
    Node(i32),
    /// A new array of i31s, counted from this one.
    Array(i32),
    /// A function of [`Near`](near::Near), by its place.
    Func(usize),
}

impl ValueKind {
    /// The value of a place that was not written.
    pub(super) fn default(self) -> Value {
        use ValueKind::{F32, F64, I32, I64, V128};
        match self {
            I32 | I64 | F32 | F64 | V128 => Value::Bits(0),
            _ => Value::Null,
        }
    }
}

impl StorageKind {
    /// Whether a number is stored in part only, so that it is read with a sign or without.
    pub(super) fn is_packed(self) -> bool {
        matches!(self, StorageKind::I8 | StorageKind::I16)
    }

    /// The type of the operand that is stored.
    pub(super) fn value(self) -> ValueKind {
        match self {
            StorageKind::I8 | StorageKind::I16 => ValueKind::I32,
            StorageKind::Value(kind) => kind,
        }
    }

    /// Its size in bytes, if it is that of a number.
    pub(super) fn bytes(self, layout: &Layout) -> Option<u32> {
        match self {
            StorageKind::I8 => Some(1),
            StorageKind::I16 => Some(2),
            StorageKind::Value(ValueKind::I32 | ValueKind::F32) => Some(4),
            StorageKind::Value(ValueKind::I64 | ValueKind::F64) => Some(8),
            StorageKind::Value(ValueKind::V128) => Some(if layout.has_vectors() { 16 } else { 8 }),
            StorageKind::Value(_) => None,
        }
    }
}

impl Value {
    /// The same value without its low half, or null.
    pub(super) fn high(self, layout: &Layout, kind: ValueKind) -> Value {
        match (self, kind) {
            (Value::Bits(bits), ValueKind::V128) if layout.has_vectors() => {
                Value::Bits(bits >> 64 << 64)
            }
            (Value::Bits(bits), ValueKind::V128 | ValueKind::I64 | ValueKind::F64) => {
                Value::Bits(bits >> 32 << 32)
            }
            (Value::Bits(_), _) => Value::Bits(0),
            _ => Value::Null,
        }
    }

    /// Draws a value of this type.
    pub(super) fn draw(choice: &mut Choice, kind: ValueKind) -> Value {
        let number = choice.below(1 << 20) as i32;
        match kind {
            ValueKind::I32 | ValueKind::F32 => Value::Bits(u128::from(bits(choice) as u32)),
            ValueKind::I64 | ValueKind::F64 => Value::Bits(u128::from(bits(choice))),
            ValueKind::V128 => {
                let (low, high) = (u128::from(bits(choice)), u128::from(bits(choice)));
                // Now and then one half is zero.
                Value::Bits(match choice.below(4) {
                    0 => low,
                    1 => high << 64,
                    _ => high << 64 | low,
                })
            }
            ValueKind::I31 => match choice.below(8) {
                0 => Value::Null,
                _ => Value::Number(i31_value(choice) & i32::MAX),
            },
            ValueKind::Eq | ValueKind::Any | ValueKind::Extern => match choice.below(8) {
                0 => Value::Null,
                1..=3 => Value::Number(i31_value(choice) & i32::MAX),
                _ => Value::Node(number),
            },
            ValueKind::Func => match choice.below(6) {
                0 => Value::Null,
                _ => Value::Func(choice.below(near::FUNCS) as usize),
            },
            ValueKind::Node => Value::Node(number),
            ValueKind::Refs => Value::Array(number),
        }
    }

    /// Pushes the value. The code is constant.
    pub(super) fn push(self, mut code: InstructionSink<'_>, layout: &Layout, kind: ValueKind) {
        let t = &layout.types;
        match self {
            Value::Bits(bits) => match kind {
                ValueKind::I32 => code.i32_const(bits as i32),
                ValueKind::F32 => code.f32_const(f32::from_bits(bits as u32).into()),
                ValueKind::F64 => code.f64_const(f64::from_bits(bits as u64).into()),
                ValueKind::V128 if layout.has_vectors() => code.v128_const(bits as i128),
                _ => code.i64_const(bits as i64),
            },
            Value::Null => code.ref_null(layout.heap(kind)),
            Value::Number(number) => code.i32_const(number).ref_i31(),
            Value::Node(number) => {
                code.i32_const(number).ref_i31();
                code.ref_null(HeapType::Concrete(t.node));
                code.i32_const(number).struct_new(t.node)
            }
            Value::Array(first) => {
                for i in 0..LEN as i32 {
                    code.i32_const(first + i).ref_i31();
                }
                code.array_new_fixed(t.refs, LEN)
            }
            Value::Func(at) => code.ref_func(layout.near.func + at as u32),
        };
        if kind == ValueKind::Extern && self != Value::Null {
            code.extern_convert_any();
        }
    }
}

/// The bits of a number. A float with them is no NaN, whose payload engines may change.
fn bits(choice: &mut Choice) -> u64 {
    let bits = match choice.below(8) {
        2 => choice.bits() << 32,
        0 => [0, 1, 1 << 31, 1 << 63, u64::MAX >> 32, 1 << 32][choice.below(6) as usize],
        1 => u64::from(i31_value(choice) as u32),
        _ => choice.bits(),
    };
    // One bit of each exponent.
    bits & !(1 << 30 | 1 << 62)
}

impl Layout {
    /// Whether there are vectors.
    pub(super) fn has_vectors(&self) -> bool {
        self.features.has(Feature::Simd)
    }

    /// The heap type of a reference.
    fn heap(&self, kind: ValueKind) -> HeapType {
        match self.value(kind) {
            ValType::Ref(ty) => ty.heap_type,
            _ => EQ,
        }
    }

    /// The type of a value.
    pub(super) fn value(&self, kind: ValueKind) -> ValType {
        match kind {
            ValueKind::I32 => ValType::I32,
            ValueKind::I64 => ValType::I64,
            ValueKind::F32 => ValType::F32,
            ValueKind::F64 => ValType::F64,
            ValueKind::V128 if self.has_vectors() => ValType::V128,
            ValueKind::V128 => ValType::I64,
            ValueKind::Eq => ValType::Ref(RefType::EQREF),
            ValueKind::I31 => ValType::Ref(RefType::I31REF),
            ValueKind::Any => ValType::Ref(RefType::ANYREF),
            ValueKind::Extern => ValType::EXTERNREF,
            ValueKind::Func => ValType::FUNCREF,
            ValueKind::Node => ValType::Ref(nullable(self.types.node)),
            ValueKind::Refs => ValType::Ref(nullable(self.types.refs)),
        }
    }

    /// The type of a field or an element.
    pub(super) fn storage(&self, kind: StorageKind) -> StorageType {
        match kind {
            StorageKind::I8 => StorageType::I8,
            StorageKind::I16 => StorageType::I16,
            StorageKind::Value(kind) => StorageType::Val(self.value(kind)),
        }
    }
}
