//! What is stored in places and objects, and read from them.

use wasm_encoder::HeapType;

use super::super::super::emit::Emitter;
use super::super::super::layout::LEN;
use super::super::super::ref_types::{EQ, nullable};
use super::super::hold::{
    Held, check, is_node_among_any, meanwhile, push_array, push_eq, push_node,
};
use crate::case::claims::Claim;

/// Stores a new object in a place, and reads it.
pub(in crate::generate::enrich::sequence) fn place(e: &mut Emitter<'_>) {
    let (t, g) = (e.layout.types, e.layout.globals);
    let number = e.mark();
    match e.choice.below(10) {
        8 | 9 => {
            // Among other references of another hierarchy.
            let owner = e.known(false, nullable(t.leaf));
            e.op().struct_new_default(t.leaf).local_tee(owner);
            push_node(e, number);
            e.op().extern_convert_any().struct_set(t.leaf, 3);
            meanwhile(e);
            e.op()
                .local_get(owner)
                .struct_get(t.leaf, 3)
                .any_convert_extern();
            is_node_among_any(e, number, Claim::Stored);
        }
        0 => {
            push_eq(e, number);
            e.op().global_set(g.eq);
            e.garbage();
            e.op().global_get(g.eq);
            is_node_among_any(e, number, Claim::Stored);
        }
        1 => {
            push_node(e, number);
            e.op().extern_convert_any().global_set(g.ext);
            e.garbage();
            e.op().global_get(g.ext).any_convert_extern();
            is_node_among_any(e, number, Claim::Stored);
        }
        2 => {
            let table = e.layout.eq_table;
            let at = e.choice.below(LEN) as i32;
            e.op().i32_const(at);
            push_eq(e, number);
            e.op().table_set(table);
            e.garbage();
            e.op().i32_const(at).table_get(table);
            is_node_among_any(e, number, Claim::Stored);
        }
        3 | 4 => {
            // In a field of an object that is kept.
            let owner = e.known(false, nullable(t.node));
            push_node(e, number);
            e.op().local_tee(owner);
            push_node(e, number + 1);
            e.op().struct_set(t.node, 1);
            meanwhile(e);
            e.op()
                .local_get(owner)
                .ref_as_non_null()
                .struct_get(t.node, 1);
            check(e, &[Held::Node(number + 1)], Claim::Stored);
            e.op().local_get(owner);
            check(e, &[Held::Node(number)], Claim::Stored);
        }
        5 => {
            // The last of a structure's references, and the number behind it.
            let owner = e.known(false, nullable(t.leaf));
            let wide = e.choice.bits() as i64;
            e.op()
                .ref_null(EQ)
                .ref_null(HeapType::Concrete(t.node))
                .i32_const(number);
            e.op().ref_null(HeapType::EXTERN);
            push_array(e, number);
            e.op().i64_const(wide).struct_new(t.leaf).local_set(owner);
            meanwhile(e);
            e.op().local_get(owner).struct_get(t.leaf, 4);
            check(e, &[Held::Array(number)], Claim::Stored);
            e.op()
                .local_get(owner)
                .struct_get(t.leaf, 5)
                .i64_const(wide)
                .i64_eq();
            e.claim(Claim::Number);
        }
        _ => {
            let array = e.known(false, nullable(t.refs));
            let at = e.choice.below(LEN) as i32;
            e.op()
                .i32_const(LEN as i32)
                .array_new_default(t.refs)
                .local_tee(array);
            e.op().i32_const(at);
            push_eq(e, number);
            e.op().array_set(t.refs);
            meanwhile(e);
            e.op().local_get(array).i32_const(at).array_get(t.refs);
            is_node_among_any(e, number, Claim::Stored);
        }
    }
}

/// Stores a new object in one that is old by then, and copies and reads both after more collections.
pub(in crate::generate::enrich::sequence) fn old(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (owner, array) = (
        e.known(false, nullable(t.node)),
        e.known(true, nullable(t.refs)),
    );
    let number = e.mark();
    push_node(e, number);
    e.op().local_set(owner);
    e.op()
        .i32_const(LEN as i32)
        .array_new_default(t.refs)
        .local_set(array);
    for _ in 0..e.choice.range(2, 4) {
        meanwhile(e);
    }
    push_node(e, number + 1);
    if e.choice.chance(1, 2) {
        let node = e.any_node();
        e.op()
            .local_set(node)
            .local_get(owner)
            .local_get(node)
            .struct_set(t.node, 1);
        e.op().ref_null(HeapType::Concrete(t.node)).local_set(node);
    } else {
        let eq = e.any_eq();
        e.op()
            .local_set(eq)
            .local_get(array)
            .i32_const(0)
            .local_get(eq);
        e.op().i32_const(LEN as i32).array_fill(t.refs);
        e.op().ref_null(EQ).local_set(eq);
        e.op()
            .local_get(owner)
            .local_get(array)
            .i32_const(LEN as i32 - 1);
        e.op()
            .array_get(t.refs)
            .ref_cast_nullable(HeapType::Concrete(t.node));
        e.op().struct_set(t.node, 1);
    }
    for _ in 0..e.choice.range(1, 3) {
        meanwhile(e);
    }
    e.op().local_get(owner).struct_get(t.node, 1);
    check(e, &[Held::Node(number + 1)], Claim::Stored);
    e.op().local_get(owner);
    check(e, &[Held::Node(number)], Claim::Stored);
}

/// Compares an object with itself, found by another path, and with another one.
pub(in crate::generate::enrich::sequence) fn identity(e: &mut Emitter<'_>) {
    let (t, g) = (e.layout.types, e.layout.globals);
    let (object, other) = (
        e.known(false, nullable(t.node)),
        e.known(true, nullable(t.node)),
    );
    let number = e.mark();
    push_node(e, number);
    e.op().local_set(object);
    push_node(e, number);
    e.op().local_set(other);
    meanwhile(e);
    let is_same = match e.choice.below(5) {
        0 => {
            e.op().local_get(object).local_get(other).ref_eq();
            false
        }
        1 => {
            e.op().local_get(object).extern_convert_any();
            e.op().any_convert_extern().ref_cast_nullable(EQ);
            e.op().local_get(object).ref_eq();
            true
        }
        2 => {
            e.op().local_get(object).global_set(g.any);
            e.garbage();
            e.op()
                .global_get(g.any)
                .ref_cast_nullable(EQ)
                .local_get(object)
                .ref_eq();
            true
        }
        3 => {
            // Both fields of one object.
            let owner = e.any_node();
            e.op().local_get(object).local_get(object).i32_const(number);
            e.op().struct_new(t.node).local_set(owner);
            e.garbage();
            e.op().local_get(owner).struct_get(t.node, 0);
            e.op().local_get(owner).struct_get(t.node, 1).ref_eq();
            true
        }
        _ => {
            let table = e.layout.node_table;
            let at = e.choice.below(LEN) as i32;
            e.op().i32_const(at).local_get(other).table_set(table);
            e.op()
                .i32_const(at)
                .table_get(table)
                .local_get(other)
                .ref_eq();
            true
        }
    };
    if !is_same {
        e.op().i32_eqz();
    }
    e.claim(Claim::Identity);
}
