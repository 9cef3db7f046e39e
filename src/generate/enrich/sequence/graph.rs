//! Object graphs: building, sharing, moving, overwriting, releasing.

use wasm_encoder::HeapType;

use super::super::emit::{Emitter, Scratch};
use super::super::ref_types::EQ;

/// Stores a new object somewhere.
pub(super) fn build(e: &mut Emitter<'_>) {
    if e.choice.chance(1, 2) {
        let local = e.any_node();
        e.new_node(2);
        e.op().local_set(local);
    } else {
        e.store_eq(|e| e.new_node(2));
    }
}

/// Prepends a few nodes to an existing one.
pub(super) fn chain(e: &mut Emitter<'_>) {
    let node = e.layout.types.node;
    let local = e.any_node();
    for _ in 0..e.choice.range(2, 4) {
        e.eq_value(0);
        let tag = e.choice.below(100) as i32;
        e.op()
            .local_get(local)
            .i32_const(tag)
            .struct_new(node)
            .local_set(local);
    }
}

/// Stores one object in two fields.
pub(super) fn share(e: &mut Emitter<'_>) {
    let node = e.layout.types.node;
    let first = e.choice.below(Scratch::NODES);
    let a = e.local.node(first);
    let b = e.local.node(first + 1);
    let shared = e.any_eq();
    e.ensure_node(a);
    e.ensure_node(b);
    e.eq_value(2);
    e.op().local_set(shared);
    for owner in [a, b] {
        e.op()
            .local_get(owner)
            .local_get(shared)
            .struct_set(node, 0);
    }
    if e.choice.chance(1, 2) {
        e.op().ref_null(EQ).local_set(shared);
    }
}

/// Makes one or two objects that point at themselves or each other.
pub(super) fn cycle(e: &mut Emitter<'_>) {
    let node = e.layout.types.node;
    let first = e.choice.below(Scratch::NODES);
    let a = e.local.node(first);
    let b = e.local.node(first + e.choice.below(2));
    e.ensure_node(a);
    e.ensure_node(b);
    let field = e.choice.below(2);
    e.op().local_get(a).local_get(b).struct_set(node, field);
    e.op().local_get(b).local_get(a).struct_set(node, 1);
    if e.choice.chance(1, 4) {
        // Open the cycle again: reference counting can never free a closed one.
        let null = HeapType::Concrete(node);
        e.op().local_get(b).ref_null(null).struct_set(node, 1);
    }
}

/// Stores the current value of a place into it.
pub(super) fn store_same(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    match e.choice.below(4) {
        0 => {
            let local = e.any_node();
            let field = e.choice.below(2);
            e.ensure_node(local);
            e.op()
                .local_get(local)
                .local_get(local)
                .struct_get(t.node, field)
                .struct_set(t.node, field);
        }
        1 => {
            let local = e.any_refs();
            let index = e.choice.below(8) as i32;
            e.ensure_refs(local);
            e.op()
                .local_get(local)
                .i32_const(index)
                .local_get(local)
                .i32_const(index)
                .array_get(t.refs)
                .array_set(t.refs);
        }
        2 => {
            let global = e.layout.globals.eq;
            e.op().global_get(global).global_set(global);
        }
        _ => {
            let table = e.layout.eq_table;
            let index = e.choice.below(8) as i32;
            e.op()
                .i32_const(index)
                .i32_const(index)
                .table_get(table)
                .table_set(table);
        }
    }
}

/// Moves or copies a value from a field to another place.
pub(super) fn move_value(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let from = e.any_node();
    let keep = e.any_eq();
    e.ensure_node(from);
    e.op().local_get(from).struct_get(t.node, 0).local_set(keep);
    if e.choice.chance(2, 3) {
        e.op().local_get(from).ref_null(EQ).struct_set(t.node, 0);
    }
    e.store_eq(|e| {
        e.op().local_get(keep);
    });
    if e.choice.chance(1, 3) {
        // Follow the list: the local now holds an object that only a field referred to, and the
        // former head may be garbage.
        e.op().local_get(from).struct_get(t.node, 1).local_set(from);
    }
}

/// Overwrites a field, possibly with the last reference to its former object.
pub(super) fn overwrite(e: &mut Emitter<'_>) {
    let node = e.layout.types.node;
    let local = e.any_node();
    e.ensure_node(local);
    e.op().local_get(local);
    if e.choice.chance(1, 2) {
        e.eq_value(1);
        e.op().struct_set(node, 0);
    } else {
        e.node_value(1);
        e.op().struct_set(node, 1);
    }
}

/// Makes an object of the subtype, and writes one of the additional fields.
pub(super) fn leaf(e: &mut Emitter<'_>) {
    let leaf = e.layout.types.leaf;
    let local = e.any_node();
    e.new_leaf(1);
    e.op().local_set(local);
    if e.choice.chance(1, 2) {
        e.op()
            .local_get(local)
            .ref_cast_nullable(HeapType::Concrete(leaf));
        if e.choice.chance(1, 2) {
            e.ext_value(2);
            e.op().struct_set(leaf, 3);
        } else {
            let refs = e.any_refs();
            e.op().local_get(refs).struct_set(leaf, 4);
        }
    }
}

/// Writes or reads a global.
pub(super) fn global(e: &mut Emitter<'_>) {
    let g = e.layout.globals;
    match e.choice.below(6) {
        0 => {
            e.eq_value(2);
            e.op().global_set(g.eq);
        }
        1 => {
            e.node_value(2);
            e.op().global_set(g.node);
        }
        2 => {
            e.any_value(2);
            e.op().global_set(g.any);
        }
        3 => {
            let local = e.any_refs();
            e.op().local_get(local).global_set(g.refs);
        }
        4 => {
            let local = e.any_refs();
            e.op().global_get(g.refs).local_set(local);
        }
        _ => {
            let local = e.any_node();
            e.op().global_get(g.node).local_set(local);
        }
    }
}

/// Sets scratch locals to null, and sometimes a global.
pub(super) fn forget(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    for _ in 0..e.choice.range(1, 4) {
        let (null, local) = match e.choice.below(10) {
            0..=3 => (HeapType::Concrete(t.node), e.any_node()),
            4 | 5 => (HeapType::Concrete(t.refs), e.any_refs()),
            6 | 7 => (EQ, e.any_eq()),
            8 => (HeapType::ANY, e.local.any()),
            _ => (e.layout.exn().heap_type, e.local.exn()),
        };
        e.op().ref_null(null).local_set(local);
    }
    let g = e.layout.globals;
    match e.choice.below(8) {
        0 => {
            e.op().ref_null(EQ).global_set(g.eq);
        }
        1 => {
            e.op()
                .ref_null(HeapType::Concrete(t.refs))
                .global_set(g.refs);
        }
        _ => {}
    }
}
