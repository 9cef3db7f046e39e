//! Code that must trap.

use wasm_encoder::{BlockType, HeapType};

use super::super::super::emit::Emitter;
use super::super::super::near;
use super::super::super::ref_types::{EQ, EXN};
use super::super::hold::push_node;
use super::bounds::{element, elements, fresh, table};
use super::casts;

/// An operation that must trap, and a note that it has not.
pub(in crate::generate::enrich) fn must_trap(e: &mut Emitter<'_>) {
    match e.choice.below(12) {
        0..=3 => null(e),
        4 => element(e),
        5 | 6 => elements(e),
        7 => table(e),
        8 => dropped(e),
        9 => by_type(e),
        10 => number(e),
        _ => {
            if !casts::fail(e) {
                null(e);
            }
        }
    }
    e.should_have_trapped();
}

/// Works on null.
fn null(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let null_of = |ty| HeapType::Concrete(ty);
    let refs = null_of(t.refs);
    match e.choice.below(20) {
        0 => {
            let all = [0, 1, 2, 2, 2];
            let field = e.choice.pick(&all).unwrap_or(2);
            e.op().ref_null(null_of(t.node)).struct_get(t.node, field);
            e.op().drop();
        }
        1 => {
            let field = e.choice.below(2);
            e.op().ref_null(null_of(t.packed));
            match e.choice.chance(1, 2) {
                true => e.op().struct_get_s(t.packed, field),
                false => e.op().struct_get_u(t.packed, field),
            };
            e.op().drop();
        }
        2 => {
            e.op().ref_null(null_of(t.node)).i32_const(1);
            e.op().struct_set(t.node, 2);
        }
        3 => {
            e.op().ref_null(null_of(t.node));
            e.eq_value(0);
            e.op().struct_set(t.node, 0);
        }
        4 => {
            e.op().ref_null(refs).i32_const(0).array_get(t.refs).drop();
        }
        5 => {
            e.op().ref_null(null_of(t.bytes)).i32_const(0);
            match e.choice.chance(1, 2) {
                true => e.op().array_get_s(t.bytes),
                false => e.op().array_get_u(t.bytes),
            };
            e.op().drop();
        }
        6 => {
            e.op().ref_null(refs).i32_const(0);
            e.eq_value(0);
            e.op().array_set(t.refs);
        }
        7 => {
            e.op().ref_null(refs).array_len().drop();
        }
        8 => {
            let len = e.choice.below(2) as i32;
            e.op().ref_null(refs).i32_const(0);
            e.eq_value(0);
            e.op().i32_const(len).array_fill(t.refs);
        }
        9 | 10 => {
            // To null, or from null.
            let array = fresh(e);
            let len = e.choice.below(2) as i32;
            let is_target = e.choice.chance(1, 2);
            for is_null in [is_target, !is_target] {
                match is_null {
                    true => e.op().ref_null(refs),
                    false => e.op().local_get(array),
                };
                e.op().i32_const(0);
            }
            e.op().i32_const(len).array_copy(t.refs, t.refs);
        }
        11 => {
            let segment = e.layout.kept_elem;
            let len = e.choice.below(2) as i32;
            e.op().ref_null(refs).i32_const(0).i32_const(0);
            e.op().i32_const(len).array_init_elem(t.refs, segment);
        }
        12 => {
            let segment = e.layout.data;
            let len = e.choice.below(2) as i32;
            e.op().ref_null(null_of(t.bytes)).i32_const(0).i32_const(0);
            e.op().i32_const(len).array_init_data(t.bytes, segment);
        }
        13 => {
            e.op().ref_null(HeapType::I31);
            match e.choice.chance(1, 2) {
                true => e.op().i31_get_s(),
                false => e.op().i31_get_u(),
            };
            e.op().drop();
        }
        14 => {
            e.eq_value(0);
            e.op().ref_null(null_of(t.node));
            e.op().ref_null(null_of(t.open)).call_ref(t.open).drop();
        }
        15 => {
            let all = [HeapType::ANY, HeapType::EXTERN, HeapType::FUNC, EQ, refs];
            let ty = e.choice.pick(&all).unwrap_or(EQ);
            e.op().ref_null(ty).ref_as_non_null().drop();
        }
        16 | 17 => {
            let all = [HeapType::I31, EQ, HeapType::ANY, refs, null_of(t.node)];
            let ty = e.choice.pick(&all).unwrap_or(EQ);
            e.op().ref_null(EQ).ref_cast_non_null(ty).drop();
        }
        18 if e.layout.has_exceptions() => {
            // No code behind it would run if it did nothing, so a branch leads there.
            let zero = e.known_number();
            e.op().i32_const(0).local_set(zero).block(BlockType::Empty);
            e.op().local_get(zero).br_if(0);
            e.op().ref_null(EXN).throw_ref().end();
        }
        _ => {
            e.op().ref_null(null_of(t.leaf)).struct_get(t.leaf, 5);
            e.op().drop();
        }
    }
}

/// Uses a segment that was dropped.
fn dropped(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let segment = e.layout.droppable_elem;
    let dropped = e.layout.globals.dropped;
    let table = e.layout.eq_table;
    e.op().elem_drop(segment).i32_const(1).global_set(dropped);
    match e.choice.below(3) {
        0 => {
            e.op().i32_const(0).i32_const(1);
            e.op().array_new_elem(refs, segment).drop();
        }
        1 => {
            let array = fresh(e);
            e.op().local_get(array).i32_const(0).i32_const(0);
            e.op().i32_const(1).array_init_elem(refs, segment);
        }
        _ => {
            e.op().i32_const(0).i32_const(0).i32_const(1);
            e.op().table_init(table, segment);
        }
    }
}

/// Calls an element of a table by a type that its function does not have.
fn by_type(e: &mut Emitter<'_>) {
    use near::Kind::{AnyFunc, FinalFunc, LongFunc, NonNullFunc, OpenFunc, SubFunc};
    let near = &e.layout.near;
    let wrong = [
        (0, FinalFunc),
        (0, SubFunc),
        (0, AnyFunc),
        (0, NonNullFunc),
        (0, LongFunc),
        (1, OpenFunc),
        (1, SubFunc),
        (2, FinalFunc),
        (3, OpenFunc),
        // Null, and past the end.
        (4, OpenFunc),
        (5, OpenFunc),
        (-1, OpenFunc),
    ];
    let (at, kind) = e.choice.pick(&wrong).unwrap_or((5, OpenFunc));
    let number = e.mark();
    push_node(e, number);
    if kind == LongFunc {
        e.op().ref_null(EQ);
    }
    let (table, ty) = (near.table, near.index(kind));
    e.op().i32_const(at).call_indirect(table, ty).drop();
}

/// Computes what is not defined.
fn number(e: &mut Emitter<'_>) {
    let number = e.mark();
    match e.choice.below(6) {
        0 => e.op().i32_const(number).i32_const(0).i32_div_s(),
        1 => e.op().i32_const(number).i32_const(0).i32_rem_u(),
        2 => e.op().i32_const(i32::MIN).i32_const(-1).i32_div_s(),
        3 => e.op().i64_const(1).i64_const(0).i64_div_u().i32_wrap_i64(),
        4 => e.op().f32_const(f32::NAN.into()).i32_trunc_f32_s(),
        _ => e.op().f64_const(4_294_967_296.0.into()).i32_trunc_f64_u(),
    };
    e.op().drop();
}
