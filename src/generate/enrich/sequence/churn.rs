//! Loops: garbage, long lists, references that change places in each iteration.

use wasm_encoder::{BlockType, HeapType};

use super::super::emit::Emitter;
use super::super::ref_types::EQ;

/// Many short-lived objects.
pub(super) fn garbage(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let times = e.choice.range(4, 48);
    let kind = e.choice.below(4);
    let table = e.layout.eq_table;
    e.repeat(times, 0, |e| match kind {
        0 => {
            e.op().struct_new_default(t.leaf).drop();
        }
        1 => {
            e.new_node(1);
            e.op().drop();
        }
        2 => {
            // Arrays of every length up to 31.
            let counter = e.local.counter(0);
            e.op().ref_null(EQ).local_get(counter);
            e.op().i32_const(31).i32_and().array_new(t.refs).drop();
        }
        _ => {
            // A table keeps the last few.
            let counter = e.local.counter(0);
            e.op().local_get(counter).i32_const(7).i32_and();
            e.new_node(1);
            e.op().table_set(table);
        }
    });
}

/// Small and large objects, allocated alternately and dropped in another order.
pub(super) fn mixed_sizes(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (eq, node, refs) = (e.any_eq(), e.any_node(), e.any_refs());
    let bytes = e.local.bytes();
    e.op().struct_new_default(t.empty).local_set(eq);
    e.op().struct_new_default(t.empty).drop();
    e.store_eq(|e| {
        e.op().struct_new_default(t.empty);
    });
    e.op().struct_new_default(t.leaf).local_set(node);
    e.new_refs(0);
    e.op().local_set(refs);
    let null = HeapType::Concrete(t.node);
    if e.choice.chance(1, 2) {
        e.op().ref_null(null).local_set(node);
    } else {
        e.op().ref_null(EQ).local_set(eq);
    }
    let len = e.size() as i32;
    e.op()
        .i32_const(len)
        .array_new_default(t.bytes)
        .local_set(bytes);
    if e.choice.chance(1, 3) && len > 0 {
        e.op()
            .local_get(bytes)
            .i32_const(len - 1)
            .i32_const(len)
            .array_set(t.bytes);
    }
}

/// A long list, often released at once.
pub(super) fn long_chain(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let local = e.any_node();
    let times = match e.layout.large {
        true => e.choice.range(700, 1_500),
        false => e.choice.range(20, 80),
    };
    e.repeat(times, 0, |e| {
        e.eq_value(0);
        let counter = e.local.counter(0);
        e.op()
            .local_get(local)
            .local_get(counter)
            .struct_new(t.node)
            .local_set(local);
    });
    if e.choice.chance(1, 2) {
        e.op().ref_null(HeapType::Concrete(t.node)).local_set(local);
    }
}

/// A list in a global that grows from call to call, until it is released.
pub(super) fn grow_list(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let global = e.layout.globals.node;
    let times = match e.layout.large {
        true => e.choice.range(100, 500),
        false => e.choice.range(5, 40),
    };
    if e.choice.chance(1, 8) {
        e.op()
            .ref_null(HeapType::Concrete(t.node))
            .global_set(global);
    }
    e.repeat(times, 0, |e| {
        let counter = e.local.counter(0);
        e.eq_value(0);
        e.op()
            .global_get(global)
            .local_get(counter)
            .struct_new(t.node)
            .global_set(global);
    });
}

/// Rotates references in each iteration while an inner loop allocates.
pub(super) fn rotate(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (a, b, c) = (e.local.node(0), e.local.node(1), e.local.node(2));
    let outer = e.choice.range(2, 6);
    let inner = e.choice.range(2, 4);
    e.repeat(outer, 0, |e| {
        e.op().local_get(a).local_get(b).local_set(a);
        e.op().local_get(c).local_set(b).local_set(c);
        e.repeat(inner, 1, |e| {
            let eq = e.any_eq();
            e.op()
                .local_get(eq)
                .local_get(b)
                .i32_const(5)
                .struct_new(t.node)
                .local_set(b);
            if e.choice.chance(1, 2) {
                e.op().local_get(b).local_set(eq);
            }
        });
    });
}

/// Reads the same field, or all of a list, repeatedly.
pub(super) fn read_loop(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (node, eq) = (e.any_node(), e.any_eq());
    e.ensure_node(node);
    let times = e.choice.range(8, 64);
    if e.choice.chance(1, 2) {
        e.repeat(times, 0, |e| {
            e.op().local_get(node).struct_get(t.node, 0).local_set(eq);
        });
    } else {
        e.repeat(times, 0, |e| {
            e.if_some(node, |e| {
                e.digest(|e| {
                    e.op().local_get(node).struct_get(t.node, 2);
                });
                e.op().local_get(node).struct_get(t.node, 1).local_set(node);
            });
        });
    }
}

/// A loop whose back edge is a branch on null.
pub(super) fn null_loop(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (node, counter) = (e.any_node(), e.local.counter(0));
    let times = e.choice.range(2, 20) as i32;
    e.op().i32_const(times).local_set(counter);
    e.op().ref_null(HeapType::Concrete(t.node)).local_set(node);
    e.op()
        .loop_(BlockType::Empty)
        .local_get(counter)
        .i32_const(1)
        .i32_sub()
        .local_tee(counter)
        .i32_eqz()
        .if_(BlockType::Empty);
    e.op().struct_new_default(t.node).local_set(node).end();
    e.op().local_get(node).br_on_null(0).drop().end();
}
