//! Code that must trap.

use wasm_encoder::{BlockType, HeapType};

use super::super::super::emit::Emitter;
use super::super::super::near;
use super::super::super::ref_types::{ARRAY, EQ, EXN, NONE};
use super::super::super::storage::{EVERY, Value};
use super::super::hold::push_node;
use super::arrays::element_types;
use super::bounds::{access_element, element, elements, fresh, table};
use super::casts;
use super::values::push;

/// An operation that must trap, and a note that it has not.
pub(in crate::generate::enrich) fn must_trap(e: &mut Emitter<'_>) {
    match e.choice.below(24) {
        0..=2 => null_structure(e),
        3..=5 => null_array(e),
        6..=8 => null_other(e),
        9..=11 => element(e),
        12..=14 => elements(e),
        15 => table(e),
        16 | 17 => dropped(e),
        18..=20 => by_type(e),
        21 => number(e),
        _ => {
            if !casts::fail(e) {
                null_other(e);
            }
        }
    }
    e.should_have_trapped();
}

/// Reads or writes a field of null.
fn null_structure(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    if e.choice.chance(1, 5) {
        let (ty, field) = e
            .choice
            .pick(&[
                (t.node, 0),
                (t.node, 1),
                (t.node, 2),
                (t.leaf, 5),
                (t.box_, 0),
            ])
            .unwrap_or((t.node, 0));
        e.op()
            .ref_null(HeapType::Concrete(ty))
            .struct_get(ty, field);
        e.op().drop();
        return;
    }
    let field = e.choice.below(EVERY.len() as u32);
    let kind = EVERY[field as usize];
    e.op().ref_null(HeapType::Concrete(t.every));
    if e.choice.chance(1, 3) {
        let value = Value::draw(&mut e.choice, kind.value());
        push(e, value, kind.value());
        e.op().struct_set(t.every, field);
        return;
    }
    match (kind.is_packed(), e.choice.chance(1, 2)) {
        (false, _) => e.op().struct_get(t.every, field),
        (true, true) => e.op().struct_get_s(t.every, field),
        (true, false) => e.op().struct_get_u(t.every, field),
    };
    e.op().drop();
}

/// Works on an array that is null.
fn null_array(e: &mut Emitter<'_>) {
    let types = element_types(e);
    let (ty, kind) = types[e.choice.below(types.len() as u32) as usize];
    let null = HeapType::Concrete(ty);
    let len = e.choice.below(2) as i32;
    let (elem, data) = (e.layout.numbered_elem, e.layout.data);
    let (refs, bytes) = (e.layout.types.refs, e.layout.types.bytes);
    match e.choice.below(8) {
        0..=2 => {
            e.op().ref_null(null).i32_const(0);
            access_element(e, ty, kind);
        }
        3 => {
            let all = [null, ARRAY];
            let null = e.choice.pick(&all).unwrap_or(null);
            e.op().ref_null(null).array_len().drop();
        }
        4 => {
            e.op().ref_null(null).i32_const(0);
            let value = Value::draw(&mut e.choice, kind.value());
            push(e, value, kind.value());
            e.op().i32_const(len).array_fill(ty);
        }
        5 | 6 => {
            // To null, or from null.
            let is_target = e.choice.chance(1, 2);
            for is_null in [is_target, !is_target] {
                match is_null {
                    true => e.op().ref_null(null),
                    false => e.op().i32_const(1).array_new_default(ty),
                };
                e.op().i32_const(0);
            }
            e.op().i32_const(len).array_copy(ty, ty);
        }
        _ => {
            if e.choice.chance(1, 2) {
                e.op().ref_null(HeapType::Concrete(refs));
                e.op().i32_const(0).i32_const(0).i32_const(len);
                e.op().array_init_elem(refs, elem);
            } else {
                e.op().ref_null(HeapType::Concrete(bytes));
                e.op().i32_const(0).i32_const(0).i32_const(len);
                e.op().array_init_data(bytes, data);
            }
        }
    }
}

/// Works on another null.
fn null_other(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let null_of = |ty| HeapType::Concrete(ty);
    match e.choice.below(8) {
        0 => {
            e.op().ref_null(HeapType::I31);
            match e.choice.chance(1, 2) {
                true => e.op().i31_get_s(),
                false => e.op().i31_get_u(),
            };
            e.op().drop();
        }
        1 => {
            e.eq_value(0);
            e.op().ref_null(null_of(t.node));
            e.op().ref_null(null_of(t.open)).call_ref(t.open).drop();
        }
        2..=4 => {
            let all = [
                HeapType::ANY,
                HeapType::EXTERN,
                HeapType::FUNC,
                EQ,
                null_of(t.refs),
                null_of(t.open),
            ];
            let ty = e.choice.pick(&all).unwrap_or(EQ);
            e.op().ref_null(ty).ref_as_non_null().drop();
        }
        5 | 6 => {
            let all = [
                HeapType::I31,
                EQ,
                HeapType::ANY,
                null_of(t.refs),
                null_of(t.node),
                NONE,
            ];
            let ty = e.choice.pick(&all).unwrap_or(EQ);
            e.op().ref_null(EQ).ref_cast_non_null(ty).drop();
        }
        _ if e.layout.has_exceptions() => {
            // No code behind it would run if it did nothing, so a branch leads there.
            let zero = e.known_number();
            e.op().i32_const(0).local_set(zero).block(BlockType::Empty);
            e.op().local_get(zero).br_if(0);
            e.op().ref_null(EXN).throw_ref().end();
        }
        _ => {
            let all = [HeapType::EXTERN, HeapType::FUNC];
            let ty = e.choice.pick(&all).unwrap_or(HeapType::FUNC);
            e.op().ref_null(ty).ref_cast_non_null(ty).drop();
        }
    }
}

/// Uses a segment that was dropped, by an instruction or because it was active or declared.
fn dropped(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let (segment, funcs) = (e.layout.droppable_elem, e.layout.droppable_func_elem);
    let data = e.layout.droppable_data;
    let dropped = e.layout.globals.dropped;
    let (eqs, near) = (e.layout.eq_table, e.layout.near);
    let gone = [e.layout.active_elem, e.layout.declared_elem];
    let part = |e: &mut Emitter<'_>| {
        e.op().i32_const(0).i32_const(1);
    };
    match e.choice.below(9) {
        way @ 0..=2 => {
            e.op().elem_drop(segment).i32_const(1).global_set(dropped);
            match way {
                0 => {
                    part(e);
                    e.op().array_new_elem(refs, segment).drop();
                }
                1 => {
                    let array = fresh(e);
                    e.op().local_get(array).i32_const(0);
                    part(e);
                    e.op().array_init_elem(refs, segment);
                }
                _ => {
                    e.op().i32_const(0);
                    part(e);
                    e.op().table_init(eqs, segment);
                }
            }
        }
        way @ 3..=4 => {
            let ty = near.index(near::Kind::Funcs);
            e.op().elem_drop(funcs);
            if way == 3 {
                part(e);
                e.op().array_new_elem(ty, funcs).drop();
            } else {
                e.op().i32_const(0);
                part(e);
                e.op().table_init(near.table, funcs);
            }
        }
        way @ 5..=6 => {
            let types = element_types(e);
            // Bytes, or wider numbers.
            let (ty, _) = types[e.choice.below(6) as usize];
            e.op().data_drop(data);
            if way == 5 {
                part(e);
                e.op().array_new_data(ty, data).drop();
            } else {
                e.op().i32_const(1).array_new_default(ty).i32_const(0);
                part(e);
                e.op().array_init_data(ty, data);
            }
        }
        _ => {
            let gone = e.choice.pick(&gone).unwrap_or(funcs);
            let ty = near.index(near::Kind::Funcs);
            if e.choice.chance(1, 2) {
                e.op().i32_const(0);
                part(e);
                e.op().table_init(near.table, gone);
            } else {
                part(e);
                e.op().array_new_elem(ty, gone).drop();
            }
        }
    }
}

/// Calls an element of a table by a type that its function does not have.
fn by_type(e: &mut Emitter<'_>) {
    use near::Kind::{
        AnyFunc, FinalFunc, LongFunc, NonNullFunc, NonNullParamFunc, OpenFunc, SubFunc,
    };
    let near = &e.layout.near;
    let null = near::FUNCS as i32 + 1;
    let wrong = [
        (0, FinalFunc),
        (0, SubFunc),
        (0, AnyFunc),
        (0, NonNullFunc),
        (0, NonNullParamFunc),
        (0, LongFunc),
        (1, OpenFunc),
        (1, SubFunc),
        (2, FinalFunc),
        (3, OpenFunc),
        (3, NonNullParamFunc),
        (4, NonNullFunc),
        (4, OpenFunc),
        // A function of another kind, null, and past the end.
        (null - 1, OpenFunc),
        (null, OpenFunc),
        (null + 1, OpenFunc),
        (-1, OpenFunc),
    ];
    let (at, kind) = e.choice.pick(&wrong).unwrap_or((null, OpenFunc));
    let number = e.mark();
    push_node(e, number);
    if kind == LongFunc {
        e.op().ref_null(EQ);
    }
    let (table, ty) = (near.table, near.index(kind));
    let indexed = e.layout.funcs.indexed;
    e.op().i32_const(at);
    match kind == OpenFunc && e.choice.chance(1, 2) {
        true => e.op().call(indexed),
        false => e.op().call_indirect(table, ty),
    };
    e.op().drop();
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
