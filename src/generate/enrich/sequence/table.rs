//! Tables of references, and their segments.

use wasm_encoder::BlockType;

use super::super::emit::Emitter;
use super::super::layout::LEN;
use super::super::ref_types::EQ;

/// Writes a slot, or reads one into a local.
pub(super) fn set(e: &mut Emitter<'_>) {
    let (eqs, nodes) = (e.layout.eq_table, e.layout.node_table);
    match e.choice.below(4) {
        0 => {
            e.index();
            e.eq_value(2);
            e.op().table_set(eqs);
        }
        1 => {
            e.index();
            e.node_value(2);
            e.op().table_set(nodes);
        }
        2 => {
            let local = e.any_eq();
            e.index();
            e.op().table_get(eqs).local_set(local);
        }
        _ => {
            let local = e.any_node();
            e.index();
            e.op().table_get(nodes).local_set(local);
        }
    }
}

/// Fills part of a table with one value, null at times.
pub(super) fn fill(e: &mut Emitter<'_>) {
    let at = e.choice.below(5);
    let len = e.choice.range(1, LEN - at) as i32;
    e.op().i32_const(at as i32);
    if e.choice.chance(1, 3) {
        let nodes = e.layout.node_table;
        e.node_value(2);
        e.op().i32_const(len).table_fill(nodes);
    } else {
        let eqs = e.layout.eq_table;
        if e.choice.chance(1, 4) {
            e.op().ref_null(EQ);
        } else {
            e.eq_value(2);
        }
        e.op().i32_const(len).table_fill(eqs);
    }
}

/// Grows a table; failure is not a trap.
pub(super) fn grow(e: &mut Emitter<'_>) {
    let by = e.choice.range(0, 3) as i32;
    let nodes = e.choice.chance(1, 3);
    e.digest(|e| {
        if nodes {
            let table = e.layout.node_table;
            e.node_value(2);
            e.op().i32_const(by).table_grow(table);
        } else {
            let table = e.layout.eq_table;
            e.eq_value(2);
            e.op().i32_const(by).table_grow(table);
        }
    });
}

/// Copies within a table, overlapping or not, or from one to the other.
pub(super) fn copy(e: &mut Emitter<'_>) {
    let (eqs, nodes) = (e.layout.eq_table, e.layout.node_table);
    let (to, from) = match e.choice.below(3) {
        0 => (eqs, nodes),
        1 => (nodes, nodes),
        _ => (eqs, eqs),
    };
    let len = e.choice.range(1, LEN);
    let to_at = e.choice.below(LEN - len + 1) as i32;
    let from_at = e.choice.below(LEN - len + 1) as i32;
    e.op()
        .i32_const(to_at)
        .i32_const(from_at)
        .i32_const(len as i32)
        .table_copy(to, from);
}

/// Initialises part of a table from a segment.
pub(super) fn init(e: &mut Emitter<'_>) {
    let (eqs, nodes) = (e.layout.eq_table, e.layout.node_table);
    let node_elem = e.layout.node_elem;
    match e.choice.below(4) {
        0 => range(e, nodes, node_elem),
        1 => range(e, eqs, node_elem),
        2 => {
            let kept = e.layout.kept_elem;
            range(e, eqs, kept);
        }
        _ => {
            let droppable = e.layout.droppable_elem;
            let dropped = e.layout.globals.dropped;
            e.op().global_get(dropped).i32_eqz().if_(BlockType::Empty);
            range(e, eqs, droppable);
            // Length zero is in bounds of a dropped segment.
            e.op()
                .else_()
                .i32_const(1)
                .i32_const(0)
                .i32_const(0)
                .table_init(eqs, droppable)
                .end();
        }
    }
}

fn range(e: &mut Emitter<'_>, table: u32, segment: u32) {
    let len = e.choice.range(1, LEN);
    let to = e.choice.below(LEN - len + 1) as i32;
    let from = e.choice.below(LEN - len + 1) as i32;
    e.op()
        .i32_const(to)
        .i32_const(from)
        .i32_const(len as i32)
        .table_init(table, segment);
}

/// Drops a segment, which may be dropped already.
pub(super) fn elem_drop(e: &mut Emitter<'_>) {
    let droppable = e.layout.droppable_elem;
    let dropped = e.layout.globals.dropped;
    e.op().elem_drop(droppable).i32_const(1).global_set(dropped);
}
