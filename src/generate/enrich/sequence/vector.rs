//! Vectors, the widest values that an object can have: both halves of each are looked at.

use super::super::emit::Emitter;
use super::super::layout::LEN;
use super::super::ref_types::nullable;
use super::hold::{Held, check, meanwhile, push_node};
use crate::case::claims::Claim;

/// Pops a vector, and claims that it has these halves.
fn check_halves(e: &mut Emitter<'_>, local: u32, low: i64, high: i64, claim: Claim) {
    e.op().local_tee(local).i64x2_extract_lane(0);
    e.op().i64_const(low).i64_eq();
    e.op().local_get(local).i64x2_extract_lane(1);
    e.op().i64_const(high).i64_eq().i32_and();
    e.claim(claim);
}

fn push(e: &mut Emitter<'_>, low: i64, high: i64) {
    let bits = u128::from(high as u64) << 64 | u128::from(low as u64);
    e.op().v128_const(bits as i128);
}

fn halves(e: &mut Emitter<'_>) -> (i64, i64) {
    (e.choice.bits() as i64, e.choice.bits() as i64)
}

/// A structure with a reference between two vectors; by default they are zero, whatever was there.
pub(super) fn structure(e: &mut Emitter<'_>) {
    let ty = e.layout.types.vector;
    let object = e.known(false, nullable(ty));
    let scratch = e.vector_local();
    let (first, second) = (halves(e), halves(e));
    let number = e.mark();
    if e.choice.chance(1, 3) {
        e.op().struct_new_default(ty).local_set(object);
        meanwhile(e);
        for field in [0, 2] {
            e.op().local_get(object).struct_get(ty, field);
            check_halves(e, scratch, 0, 0, Claim::Number);
        }
        e.op().local_get(object);
        push(e, first.0, first.1);
        e.op().struct_set(ty, 0);
    } else {
        push(e, first.0, first.1);
        push_node(e, number);
        push(e, second.0, second.1);
        e.op().struct_new(ty).local_set(object);
        meanwhile(e);
        e.op().local_get(object).struct_get(ty, 1);
        check(e, &[Held::Node(number)], Claim::Stored);
        e.op().local_get(object).struct_get(ty, 2);
        check_halves(e, scratch, second.0, second.1, Claim::Number);
    }
    e.op().local_get(object).struct_get(ty, 0);
    check_halves(e, scratch, first.0, first.1, Claim::Number);
}

/// Vectors through each operation on whole arrays.
pub(super) fn array(e: &mut Emitter<'_>) {
    let ty = e.layout.types.vectors;
    let (array, other) = (e.known(false, nullable(ty)), e.known(true, nullable(ty)));
    let scratch = e.vector_local();
    let (old, new) = (halves(e), halves(e));
    let len = LEN as i32;
    // The place that is written, and one that is not.
    let (at, untouched) = (e.choice.range(2, LEN - 2) as i32, 1);
    if e.choice.chance(1, 2) {
        for _ in 0..LEN {
            push(e, old.0, old.1);
        }
        e.op().array_new_fixed(ty, LEN).local_set(array);
    } else {
        push(e, old.0, old.1);
        e.op().i32_const(len).array_new(ty).local_set(array);
    }
    match e.choice.below(4) {
        0 => {
            e.op().local_get(array).i32_const(at);
            push(e, new.0, new.1);
            e.op().array_set(ty);
        }
        1 => {
            e.op().local_get(array).i32_const(at);
            push(e, new.0, new.1);
            e.op().i32_const(len - at).array_fill(ty);
        }
        2 => {
            push(e, new.0, new.1);
            e.op().i32_const(len).array_new(ty).local_set(other);
            e.op()
                .local_get(array)
                .i32_const(at)
                .local_get(other)
                .i32_const(0);
            e.op().i32_const(len - at).array_copy(ty, ty);
        }
        _ => {
            // One up, from the element in front.
            e.op().local_get(array).i32_const(at - 1);
            push(e, new.0, new.1);
            e.op().array_set(ty);
            e.op().local_get(array).i32_const(at).local_get(array);
            e.op()
                .i32_const(at - 1)
                .i32_const(len - at)
                .array_copy(ty, ty);
        }
    }
    meanwhile(e);
    e.op().local_get(array).i32_const(at).array_get(ty);
    check_halves(e, scratch, new.0, new.1, Claim::Bulk);
    if at - 1 != untouched {
        e.op().local_get(array).i32_const(untouched).array_get(ty);
        check_halves(e, scratch, old.0, old.1, Claim::Bulk);
    }
}
