//! Tests and casts of objects whose type is known.

use wasm_encoder::{BlockType, HeapType, RefType, ValType};

use super::super::super::emit::Emitter;
use super::super::super::layout::{LEN, Types};
use super::super::super::ref_types::{ARRAY, EQ, STRUCT};
use crate::case::claims::Claim;

/// Tests and casts an object whose type is known.
pub(in crate::generate::enrich::sequence) fn types(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let object = e.known(false, RefType::EQREF);
    // The types that the object has, and those that it has not.
    let objects = |t: &Types| {
        [
            t.node, t.leaf, t.refs, t.nodes, t.bytes, t.packed, t.empty, t.box_,
        ]
    };
    let all = objects(&t);
    let made = e.choice.pick(&all).unwrap_or(t.node);
    let is_array = [t.refs, t.nodes, t.bytes].contains(&made);
    match is_array {
        true => e.op().i32_const(LEN as i32).array_new_default(made),
        false => e.op().struct_new_default(made),
    };
    e.op().local_set(object);
    if e.choice.chance(1, 2) {
        e.garbage();
    }
    // Each declaration of a type is as good as the other.
    let other = e.layout.twin.as_ref().map_or(t, |twin| twin.types);
    let pairs = all.into_iter().zip(objects(&other));
    let again = |ty: u32| {
        pairs
            .clone()
            .find(|pair| pair.0 == ty)
            .map_or(ty, |pair| pair.1)
    };
    for _ in 0..2 {
        let asked = e.choice.pick(&all).unwrap_or(t.node);
        let asked = if e.choice.chance(1, 2) { made } else { asked };
        let is_one = asked == made || asked == t.node && made == t.leaf;
        let ty = match e.choice.chance(1, 2) {
            true => HeapType::Concrete(again(asked)),
            false => HeapType::Concrete(asked),
        };
        match e.choice.below(4) {
            3 => null_types(e, ty),
            0 if is_one => {
                e.op().local_get(object).ref_cast_non_null(ty);
                e.op().local_get(object).ref_eq();
            }
            1 => {
                let (from, to) = (
                    RefType::EQREF,
                    RefType {
                        nullable: false,
                        heap_type: ty,
                    },
                );
                e.op()
                    .block(BlockType::Result(ValType::Ref(RefType::EQREF)));
                e.op().local_get(object).br_on_cast(0, from, to);
                e.op().drop().ref_null(EQ).end();
                e.op().ref_is_null().i32_const(i32::from(!is_one)).i32_eq();
            }
            _ => {
                e.op().local_get(object).ref_test_non_null(ty);
                e.op().i32_const(i32::from(is_one)).i32_eq();
            }
        }
        e.claim(Claim::Type);
    }
}

/// Pushes whether null has a nullable type, and not the same type without null. All types are
/// in the hierarchy of `any`.
fn null_types(e: &mut Emitter<'_>, ty: HeapType) {
    let to = match e.choice.below(6) {
        0 => HeapType::I31,
        1 => EQ,
        2 => HeapType::ANY,
        3 => STRUCT,
        4 => ARRAY,
        _ => ty,
    };
    e.op().ref_null(HeapType::ANY);
    match e.choice.below(3) {
        0 => {
            e.op().ref_cast_nullable(to).ref_is_null();
        }
        1 => {
            e.op().ref_test_nullable(to);
        }
        _ => {
            e.op().ref_test_non_null(to).i32_eqz();
        }
    }
}
