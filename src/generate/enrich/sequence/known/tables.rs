//! Tables whose elements are known, from a segment, by copies and after growth.

use super::super::super::emit::Emitter;
use super::super::super::layout::LEN;
use super::super::hold::{is_node_among_any, push_eq};
use crate::case::claims::Claim;
use wasm_encoder::BlockType;

/// One operation on a table, whose outcome is known.
pub(in crate::generate::enrich::sequence) fn tables(e: &mut Emitter<'_>) {
    match e.choice.below(3) {
        0 => grow(e),
        1 => fill(e),
        _ => copy(e),
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
