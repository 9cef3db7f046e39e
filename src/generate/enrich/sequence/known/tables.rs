//! Tables whose elements are known, from a segment, by copies and after growth.

use super::super::super::emit::Emitter;
use super::super::super::layout::{GROWN, LEN, NUMBERED};
use super::super::super::storage::{Value, ValueKind};
use super::super::hold::{is_node_among_any, push_eq};
use super::values::{is, push};
use crate::case::claims::Claim;
use wasm_encoder::{BlockType, HeapType};

/// One operation on a table, whose outcome is known.
pub(in crate::generate::enrich::sequence) fn tables(e: &mut Emitter<'_>) {
    match e.choice.below(8) {
        0 => grow(e),
        1 | 2 => grow_to_maximum(e),
        3 => fill(e),
        4 | 5 => set(e),
        6 => init(e),
        _ => copy(e),
    }
}

/// Grows a table that no other sequence uses, by one element too many and then to its maximum. The
/// language lets growth fail; by so few elements it never does.
fn grow_to_maximum(e: &mut Emitter<'_>) {
    let (table, most) = (e.layout.grown_table, e.layout.grown_max as i32);
    let value = Value::draw(&mut e.choice, ValueKind::Extern);
    let size = e.known_number();
    e.completes(|e| {
        // One more than there is room for changes nothing.
        e.op().table_size(table).local_set(size);
        e.op().ref_null(HeapType::EXTERN).i32_const(most + 1);
        e.op().local_get(size).i32_sub();
        e.op().table_grow(table).i32_const(-1).i32_eq();
        e.op().table_size(table).local_get(size).i32_eq().i32_and();
        push(e, value, ValueKind::Extern);
        e.op().i32_const(most).local_get(size).i32_sub();
        e.op().table_grow(table).local_get(size).i32_eq().i32_and();
        e.op().table_size(table).i32_const(most).i32_eq().i32_and();
        e.op().i32_const(most - 1);
        push(e, value, ValueKind::Extern);
        e.op().table_set(table);
        e.op().i32_const(most - 1).table_get(table);
        is(e, value, ValueKind::Extern);
        e.op().i32_and();
    });
    e.claim(Claim::Bulk);
}

/// Stores a value in a table, and reads it.
fn set(e: &mut Emitter<'_>) {
    let (grown, eqs, nodes) = (e.layout.grown_table, e.layout.eq_table, e.layout.node_table);
    let (table, kind, len) = [
        (grown, ValueKind::Extern, GROWN),
        (eqs, ValueKind::Eq, LEN),
        (nodes, ValueKind::Node, LEN),
    ][e.choice.below(3) as usize];
    let value = Value::draw(&mut e.choice, kind);
    let at = e.choice.below(len) as i32;
    e.completes(|e| {
        e.op().i32_const(at);
        push(e, value, kind);
        e.op().table_set(table);
        e.op().i32_const(at).table_get(table);
        is(e, value, kind);
    });
    e.claim(Claim::Stored);
}

/// Copies a part of a segment whose elements are known to a table.
fn init(e: &mut Emitter<'_>) {
    let (table, segment) = (e.layout.eq_table, e.layout.numbered_elem);
    let count = e.choice.range(1, LEN);
    let part = |e: &mut Emitter<'_>| match e.choice.below(3) {
        0 => LEN - count,
        _ => e.choice.below(LEN - count + 1),
    };
    let (to, from) = (part(e), part(e));
    e.completes(|e| {
        e.op().i32_const(to as i32).i32_const(from as i32);
        e.op().i32_const(count as i32).table_init(table, segment);
    });
    for at in [0, count - 1] {
        is_numbered(e, table, to + at, NUMBERED + (from + at) as i32);
    }
}

/// Grows a table, if there is room for it, and reads its last element.
fn grow(e: &mut Emitter<'_>) {
    let table = e.layout.eq_table;
    let (size, result) = (e.known_number(), e.other_number());
    let number = e.mark();
    let by = e.choice.below(3) as i32;
    e.op().table_size(table).local_set(size);
    push_eq(e, number);
    e.op().i32_const(by).table_grow(table).local_tee(result);
    // Growth may fail, and the size is the same then.
    e.op().i32_const(-1).i32_eq().if_(BlockType::Empty);
    e.op().table_size(table).local_get(size).i32_eq();
    e.claim(Claim::Bulk);
    e.op().else_();
    e.op().local_get(result).local_get(size).i32_eq();
    e.op().table_size(table).local_get(size).i32_const(by);
    e.op().i32_add().i32_eq().i32_and();
    e.claim(Claim::Bulk);
    if by > 0 {
        e.op().local_get(size);
        e.op().i32_const(by - 1).i32_add().table_get(table);
        is_node_among_any(e, number, Claim::Bulk);
    }
    e.op().end();
}

/// Pushes the i31 with this number.
fn numbered(e: &mut Emitter<'_>, number: i32) {
    e.op().i32_const(number).ref_i31();
}

/// Claims that an element of the table is the i31 with this number.
fn is_numbered(e: &mut Emitter<'_>, table: u32, at: u32, number: i32) {
    e.op().i32_const(at as i32).table_get(table);
    numbered(e, number);
    e.op().ref_eq();
    e.claim(Claim::Bulk);
}

/// Fills a part of a table, and looks at its edges.
fn fill(e: &mut Emitter<'_>) {
    let table = e.layout.eq_table;
    let number = e.mark();
    let from = e.choice.range(1, LEN - 2);
    let len = e.choice.below(LEN - 1 - from) + 1;
    for at in [from - 1, from + len] {
        e.op().i32_const(at as i32);
        numbered(e, number + at as i32);
        e.op().table_set(table);
    }
    e.completes(|e| {
        e.op().i32_const(from as i32);
        numbered(e, number + LEN as i32);
        e.op().i32_const(len as i32).table_fill(table);
    });
    for at in [from - 1, from + len] {
        is_numbered(e, table, at, number + at as i32);
    }
    for at in [from, from + len - 1] {
        is_numbered(e, table, at, number + LEN as i32);
    }
}

/// Copies a part of a table over another part.
fn copy(e: &mut Emitter<'_>) {
    let table = e.layout.eq_table;
    let first = e.mark();
    let mut numbers: Vec<i32> = (first..).take(LEN as usize).collect();
    let from = e.choice.below(3);
    let to = e.choice.below(4);
    let len = e.choice.range(2, LEN - 3) as usize;
    for (at, number) in (0..).zip(&numbers) {
        e.op().i32_const(at);
        numbered(e, *number);
        e.op().table_set(table);
    }
    let len = len.min((LEN - from.max(to)) as usize);
    e.completes(|e| {
        e.op().i32_const(to as i32).i32_const(from as i32);
        e.op().i32_const(len as i32).table_copy(table, table);
    });
    let from = from as usize;
    numbers.copy_within(from..from + len, to as usize);
    for _ in 0..3 {
        let at = e.choice.below(LEN);
        is_numbered(e, table, at, numbers[at as usize]);
    }
}
