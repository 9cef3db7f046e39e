//! Numbers in references, lengths of arrays, and references that are equal or are not.

use wasm_encoder::HeapType;

use super::super::super::emit::{Emitter, i31_value};
use super::super::super::ref_types::{EQ, nullable};
use super::arrays::element_types;
use crate::case::claims::Claim;

/// Compares a number or two references.
pub(in crate::generate::enrich::sequence) fn numbers(e: &mut Emitter<'_>) {
    match e.choice.below(4) {
        0 => i31(e),
        1 | 2 => equal(e),
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

/// Compares two references, of which at most one is an object.
fn equal(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let value = i31_value(&mut e.choice);
    let is_equal = match e.choice.below(7) {
        0 => {
            // An i31 has no bit for the top one.
            e.op().i32_const(value).ref_i31();
            e.op().i32_const(value ^ i32::MIN).ref_i31().ref_eq();
            true
        }
        1 => {
            let other = value ^ 1 << e.choice.below(31);
            e.op().i32_const(value).ref_i31();
            e.op().i32_const(other).ref_i31().ref_eq();
            false
        }
        2 => {
            let all = [EQ, HeapType::I31, HeapType::Concrete(t.node)];
            for ty in [e.choice.pick(&all), e.choice.pick(&all)] {
                e.op().ref_null(ty.unwrap_or(EQ));
            }
            e.op().ref_eq();
            true
        }
        3 => {
            e.op().ref_null(EQ).i32_const(0).ref_i31().ref_eq();
            false
        }
        4 => {
            let local = e.known(false, nullable(t.empty));
            e.op().struct_new_default(t.empty).local_tee(local);
            e.op().struct_new_default(t.empty).ref_eq();
            e.op().local_get(local).local_get(local).ref_eq();
            e.op().i32_eqz().i32_or();
            false
        }
        5 => {
            for _ in 0..2 {
                e.op().i32_const(0).array_new_default(t.bytes);
            }
            e.op().ref_eq();
            false
        }
        _ => {
            let small = e.choice.pick(&[0, 0, 1, -1]).unwrap_or(0);
            e.op().i32_const(small).ref_i31().ref_is_null();
            e.op().struct_new_default(t.empty).ref_is_null().i32_or();
            false
        }
    };
    if !is_equal {
        e.op().i32_eqz();
    }
    e.claim(Claim::Identity);
}

/// The length of a new array.
fn length(e: &mut Emitter<'_>) {
    let types = element_types(e);
    let (ty, _) = types[e.choice.below(types.len() as u32) as usize];
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
