//! Comparing an operand with a value that is known.

use wasm_encoder::{HeapType, ValType};

use super::super::super::emit::{Emitter, Role};
use super::super::super::layout::LEN;
use super::super::super::near::Kind;
use super::super::super::ref_types::{EQ, nullable};
use super::super::super::storage::{StorageKind, Value, ValueKind};

/// Pushes a value.
pub(super) fn push(e: &mut Emitter<'_>, value: Value, kind: ValueKind) {
    let layout = e.layout;
    value.push(e.op(), layout, kind);
}

/// Pops an operand of this type, and pushes whether it is the value. Another value may trap instead, so
/// the code must be part of what [completes](Emitter::completes).
pub(super) fn is(e: &mut Emitter<'_>, value: Value, kind: ValueKind) {
    match (value, kind) {
        (Value::Bits(bits), kind) => is_number(e, bits, kind),
        (Value::Null, _) => {
            e.op().ref_is_null();
        }
        (Value::Func(at), _) => {
            // A function is known by its type, which no other one has.
            let ty = e.layout.near.index(Kind::FUNCS[at]);
            e.op().ref_test_non_null(HeapType::Concrete(ty));
        }
        (Value::Array(first), _) => {
            let (refs, at) = (e.layout.types.refs, e.choice.below(LEN) as i32);
            e.op().i32_const(at).array_get(refs);
            e.op().i32_const(first + at).ref_i31().ref_eq();
        }
        (value, ValueKind::Extern) => {
            e.op().any_convert_extern();
            is_object(e, value, ValueKind::Any);
        }
        (value, kind) => is_object(e, value, kind),
    }
}

fn is_number(e: &mut Emitter<'_>, bits: u128, kind: ValueKind) {
    let (single, low, high) = (bits as i32, bits as i64, (bits >> 64) as i64);
    if kind == ValueKind::V128 && e.layout.has_vectors() {
        let vector = e.vector_local();
        e.op().local_tee(vector).i64x2_extract_lane(0);
        e.op().i64_const(low).i64_eq().local_get(vector);
        e.op().i64x2_extract_lane(1).i64_const(high).i64_eq();
        e.op().i32_and();
        return;
    }
    let mut code = e.op();
    match kind {
        ValueKind::I32 => code.i32_const(single).i32_eq(),
        ValueKind::F32 => code.i32_reinterpret_f32().i32_const(single).i32_eq(),
        ValueKind::F64 => code.i64_reinterpret_f64().i64_const(low).i64_eq(),
        _ => code.i64_const(low).i64_eq(),
    };
}

fn is_object(e: &mut Emitter<'_>, value: Value, kind: ValueKind) {
    let t = e.layout.types;
    match value {
        Value::Number(number) => {
            if kind == ValueKind::Any {
                e.op().ref_cast_nullable(EQ);
            }
            e.op().i32_const(number).ref_i31().ref_eq();
        }
        Value::Node(number) => {
            if kind != ValueKind::Node {
                e.op().ref_cast_nullable(HeapType::Concrete(t.node));
            }
            let node = e.temporary(Role::LookedAt, ValType::Ref(nullable(t.node)));
            e.op().local_tee(node).struct_get(t.node, 2);
            e.op().i32_const(number).i32_eq();
            e.op().local_get(node).struct_get(t.node, 0);
            e.op().i32_const(number).ref_i31().ref_eq().i32_and();
        }
        _ => {
            e.op().drop().i32_const(0);
        }
    }
}

/// Pushes whether the number on the stack, read from such a place with a sign or without, is what was
/// stored.
fn is_packed(e: &mut Emitter<'_>, value: Value, kind: StorageKind, signed: bool) {
    let stored = match value {
        Value::Bits(bits) => bits as i32,
        _ => 0,
    };
    let seen = match (kind, signed) {
        (StorageKind::I8, true) => i32::from(stored as i8),
        (StorageKind::I8, false) => i32::from(stored as u8),
        (_, true) => i32::from(stored as i16),
        (_, false) => i32::from(stored as u16),
    };
    e.op().i32_const(seen).i32_eq();
}

/// Reads a field, and pushes whether it is the value.
pub(super) fn is_field(
    e: &mut Emitter<'_>,
    (object, ty, field): (u32, u32, u32),
    value: Value,
    kind: StorageKind,
) {
    e.op().local_get(object);
    if kind.is_packed() {
        let signed = e.choice.chance(1, 2);
        match signed {
            true => e.op().struct_get_s(ty, field),
            false => e.op().struct_get_u(ty, field),
        };
        is_packed(e, value, kind, signed);
    } else {
        e.op().struct_get(ty, field);
        is(e, value, kind.value());
    }
}

/// Reads an element, and pushes whether it is the value.
pub(super) fn is_element(
    e: &mut Emitter<'_>,
    (array, ty, at): (u32, u32, u32),
    value: Value,
    kind: StorageKind,
) {
    e.op().local_get(array).i32_const(at as i32);
    if kind.is_packed() {
        let signed = e.choice.chance(1, 2);
        match signed {
            true => e.op().array_get_s(ty),
            false => e.op().array_get_u(ty),
        };
        is_packed(e, value, kind, signed);
    } else {
        e.op().array_get(ty);
        is(e, value, kind.value());
    }
}
