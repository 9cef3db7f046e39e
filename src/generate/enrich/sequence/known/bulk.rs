//! Segments, and operations on many elements.

use super::super::super::emit::Emitter;
use super::super::super::layout::LEN;
use super::super::super::ref_types::{EQ, nullable};
use super::super::hold::{is_node_among_any, meanwhile, push_array, push_node};
use crate::case::claims::Claim;

/// Reads an element of a segment twice.
pub(in crate::generate::enrich::sequence) fn segment(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (first, second) = (
        e.known(false, nullable(t.refs)),
        e.known(true, nullable(t.refs)),
    );
    let segment = match e.choice.chance(1, 2) {
        true => e.layout.kept_elem,
        false => e.layout.node_elem,
    };
    let at = e.choice.below(LEN) as i32;
    let new = |e: &mut Emitter<'_>, local: u32| {
        if e.choice.chance(1, 2) && segment == e.layout.kept_elem {
            e.op()
                .i32_const(0)
                .i32_const(LEN as i32)
                .array_new_elem(t.refs, segment);
        } else {
            e.op()
                .i32_const(LEN as i32)
                .array_new_default(t.refs)
                .local_tee(local);
            e.op()
                .i32_const(at)
                .i32_const(at)
                .i32_const(1)
                .array_init_elem(t.refs, segment);
            e.op().local_get(local);
        }
        e.op().local_set(local);
    };
    new(e, first);
    meanwhile(e);
    let table = e.layout.eq_table;
    if e.choice.chance(1, 3) {
        e.op()
            .i32_const(at)
            .i32_const(at)
            .i32_const(1)
            .table_init(table, segment);
        e.op().i32_const(at).table_get(table);
    } else {
        new(e, second);
        e.op().local_get(second).i32_const(at).array_get(t.refs);
    }
    e.op()
        .local_get(first)
        .i32_const(at)
        .array_get(t.refs)
        .ref_eq();
    e.claim(Claim::Segment);
}

/// Copies or fills part of an array whose elements are known.
pub(in crate::generate::enrich::sequence) fn copy(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let (array, other) = (
        e.known(false, nullable(refs)),
        e.known(true, nullable(refs)),
    );
    let base = e.mark();
    // Each element is an i31 with its number, or a node with it.
    let has_nodes = e.choice.chance(1, 2);
    if has_nodes {
        e.op()
            .i32_const(LEN as i32)
            .array_new_default(refs)
            .local_set(array);
        for i in 0..LEN as i32 {
            e.op().local_get(array).i32_const(i);
            push_node(e, base + i);
            e.op().array_set(refs);
        }
    } else {
        push_array(e, base);
        e.op().local_set(array);
    }
    let mut expected: Vec<i32> = (base..base + LEN as i32).collect();
    let len = e.choice.range(1, LEN);
    let from = e.choice.below(LEN - len + 1);
    let to = e.choice.below(LEN - len + 1);
    let (to_at, from_at, count) = (to as i32, from as i32, len as i32);
    let moved = expected[from as usize..(from + len) as usize].to_vec();
    let target = to as usize..(to + len) as usize;
    match e.choice.below(6) {
        4 | 5 => {
            // Into an array of another type, and back one by one.
            let anys = e.layout.types.anys;
            let wider = e.known(true, nullable(anys));
            move_out(e, (array, refs), (wider, anys));
            meanwhile(e);
            for i in 0..LEN as i32 {
                e.op().local_get(array).i32_const(i);
                e.op().local_get(wider).i32_const(i).array_get(anys);
                e.op().ref_cast_nullable(EQ).array_set(refs);
            }
        }
        0 => {
            // There and back, over an array that was emptied.
            move_out(e, (array, refs), (other, refs));
            meanwhile(e);
            e.op()
                .local_get(array)
                .i32_const(0)
                .local_get(other)
                .i32_const(0);
            e.op().i32_const(LEN as i32).array_copy(refs, refs);
        }
        1 => {
            let at = from as i32;
            e.op().local_get(array).i32_const(to_at);
            e.op().local_get(array).i32_const(at).array_get(refs);
            e.op().i32_const(count).array_fill(refs);
            let value = expected[from as usize];
            expected[target].fill(value);
        }
        _ => {
            e.op()
                .local_get(array)
                .i32_const(to_at)
                .local_get(array)
                .i32_const(from_at);
            e.op().i32_const(count).array_copy(refs, refs);
            expected[target].copy_from_slice(&moved);
        }
    }
    meanwhile(e);
    for _ in 0..2 {
        let at = e.choice.below(LEN);
        let number = expected[at as usize];
        e.op().local_get(array).i32_const(at as i32).array_get(refs);
        if has_nodes {
            is_node_among_any(e, number, Claim::Bulk);
        } else {
            e.op().i32_const(number).ref_i31().ref_eq();
            e.claim(Claim::Bulk);
        }
    }
}

/// Copies all elements to a new array, and overwrites them with null. Each array is a local with its
/// type.
fn move_out(e: &mut Emitter<'_>, (from, from_ty): (u32, u32), (to, to_ty): (u32, u32)) {
    let len = LEN as i32;
    e.op().i32_const(len).array_new_default(to_ty).local_tee(to);
    e.op()
        .i32_const(0)
        .local_get(from)
        .i32_const(0)
        .i32_const(len);
    e.op().array_copy(to_ty, from_ty);
    e.op()
        .local_get(from)
        .i32_const(0)
        .ref_null(EQ)
        .i32_const(len);
    e.op().array_fill(from_ty);
}
