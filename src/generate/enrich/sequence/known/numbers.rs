//! Numbers in objects: the bits that a place has room for come back.

use wasm_encoder::HeapType;

use super::super::super::emit::{Emitter, i31_value};
use super::super::super::layout::{DATA_LEN, LEN};
use super::super::super::near::Kind;
use super::super::super::ref_types::nullable;
use crate::case::claims::Claim;

/// Stores numbers and reads them.
pub(in crate::generate::enrich::sequence) fn numbers(e: &mut Emitter<'_>) {
    match e.choice.below(6) {
        0 => i31(e),
        1 | 2 => fields(e),
        3 | 4 => elements(e),
        _ => length(e),
    }
}

fn i31(e: &mut Emitter<'_>) {
    let value = i31_value(&mut e.choice);
    e.op().i32_const(value).ref_i31().i31_get_s();
    e.op().i32_const(value << 1 >> 1).i32_eq();
    e.op().i32_const(value).ref_i31().i31_get_u();
    e.op().i32_const(value & 0x7fff_ffff).i32_eq().i32_and();
    e.claim(Claim::Number);
}

/// Pushes whether the number on the stack is what a place of this width shows of `value`.
fn is_narrow(e: &mut Emitter<'_>, value: i32, wide: bool, signed: bool) {
    let seen = match (wide, signed) {
        (false, true) => i32::from(value as i8),
        (false, false) => i32::from(value as u8),
        (true, true) => i32::from(value as i16),
        (true, false) => i32::from(value as u16),
    };
    e.op().i32_const(seen).i32_eq();
}

/// The packed fields of a structure, an i8 and an i16.
fn fields(e: &mut Emitter<'_>) {
    let ty = e.layout.types.packed;
    let object = e.known(false, nullable(ty));
    let mut values = [i31_value(&mut e.choice), i31_value(&mut e.choice)];
    e.op().i32_const(values[0]).i32_const(values[1]);
    e.op()
        .ref_null(HeapType::ANY)
        .struct_new(ty)
        .local_set(object);
    if e.choice.chance(1, 2) {
        let field = e.choice.below(2);
        let value = e.choice.bits() as i32;
        e.op().local_get(object).i32_const(value);
        e.op().struct_set(ty, field);
        values[field as usize] = value;
    }
    e.garbage();
    for (field, value) in (0..).zip(values) {
        for signed in [false, true] {
            e.op().local_get(object);
            match signed {
                true => e.op().struct_get_s(ty, field),
                false => e.op().struct_get_u(ty, field),
            };
            is_narrow(e, value, field == 1, signed);
        }
        e.op().i32_and();
        e.claim(Claim::Number);
    }
}

/// The elements of an array of i8 or i16, which come from the stack or from a segment.
fn elements(e: &mut Emitter<'_>) {
    let bytes = e.layout.types.bytes;
    let (ty, wide) = match e.choice.chance(1, 2) {
        true => (e.layout.near.index(Kind::Shorts), true),
        false => (bytes, false),
    };
    let array = e.known(false, nullable(ty));
    let len = match e.choice.below(3) {
        0 => e.size().min(1 << 12),
        _ => e.choice.range(1, LEN),
    };
    let at = match e.choice.below(3) {
        0 => len - 1,
        _ => e.choice.below(len),
    };
    let (value, other) = (e.choice.bits() as i32, e.choice.bits() as i32);
    let seen = match e.choice.below(6) {
        0 => {
            e.op().i32_const(value).i32_const(len as i32);
            e.op().array_new(ty).local_set(array);
            value
        }
        1 => {
            e.op().i32_const(other).i32_const(len as i32);
            e.op().array_new(ty).local_tee(array);
            e.op().i32_const(at as i32).i32_const(value).array_set(ty);
            value
        }
        2 => {
            // All from here to the end.
            e.op().i32_const(other).i32_const(len as i32);
            e.op().array_new(ty).local_tee(array);
            let from = e.choice.below(at + 1);
            let count = (len - from) as i32;
            e.op().i32_const(from as i32).i32_const(value);
            e.completes(|e| {
                e.op().i32_const(count).array_fill(ty);
            });
            value
        }
        3 if len <= LEN => {
            for i in 0..len {
                let value = if i == at { value } else { other };
                e.op().i32_const(value);
            }
            e.op().array_new_fixed(ty, len).local_set(array);
            value
        }
        way => return from_segment(e, ty, wide, way == 4),
    };
    e.garbage();
    read(e, (ty, array), at, seen, wide);
}

/// Makes an array of a part of the data segment, or writes that part into an array.
fn from_segment(e: &mut Emitter<'_>, ty: u32, wide: bool, new: bool) {
    let (segment, bytes) = (e.layout.data, e.layout.data_bytes);
    let array = e.known(false, nullable(ty));
    let width = if wide { 2 } else { 1 };
    let count = e.choice.range(1, LEN);
    let from = match e.choice.below(3) {
        0 => DATA_LEN - count * width,
        _ => e.choice.below(DATA_LEN - count * width + 1),
    };
    let to = if new { 0 } else { e.choice.below(3) };
    let len = to + count;
    e.completes(|e| {
        if new {
            e.op().i32_const(from as i32).i32_const(count as i32);
            e.op().array_new_data(ty, segment).local_set(array);
        } else {
            e.op().i32_const(len as i32).array_new_default(ty);
            e.op().local_tee(array).i32_const(to as i32);
            e.op().i32_const(from as i32).i32_const(count as i32);
            e.op().array_init_data(ty, segment);
        }
    });
    let at = e.choice.below(count);
    let byte = |at: u32| i32::from(bytes[at as usize]);
    let first = from + at * width;
    let value = match wide {
        true => byte(first) | byte(first + 1) << 8,
        false => byte(first),
    };
    read(e, (ty, array), to + at, value, wide);
}

/// Claims that an element is this number, with both signs.
fn read(e: &mut Emitter<'_>, (ty, array): (u32, u32), at: u32, value: i32, wide: bool) {
    for signed in [false, true] {
        e.op().local_get(array).i32_const(at as i32);
        match signed {
            true => e.op().array_get_s(ty),
            false => e.op().array_get_u(ty),
        };
        is_narrow(e, value, wide, signed);
    }
    e.op().i32_and();
    e.claim(Claim::Number);
}

/// The length of a new array.
fn length(e: &mut Emitter<'_>) {
    let t = &e.layout.types;
    let all = [t.refs, t.nodes, t.bytes, t.i31s, t.anys, t.vectors];
    let ty = e.choice.pick(&all).unwrap_or(t.refs);
    let len = match e.choice.below(4) {
        0 => 0,
        1 => 1,
        2 => e.size().min(1 << 9),
        _ => e.choice.below(40),
    } as i32;
    e.op().i32_const(len).array_new_default(ty).array_len();
    e.op().i32_const(len).i32_eq();
    e.claim(Claim::Number);
}
