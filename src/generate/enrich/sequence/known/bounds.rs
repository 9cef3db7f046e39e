//! Elements that are not there, and operations at the edge of those that are.

use wasm_encoder::HeapType;

use super::super::super::emit::Emitter;
use super::super::super::layout::{DATA_LEN, LEN};
use super::super::super::ref_types::{EQ, nullable};
use super::super::super::storage::{StorageKind, Value};
use super::arrays::element_types;
use super::values::push;

/// A new array of [`LEN`] references, in a local.
pub(super) fn fresh(e: &mut Emitter<'_>) -> u32 {
    let refs = e.layout.types.refs;
    let array = e.known(false, nullable(refs));
    let len = LEN as i32;
    e.op().i32_const(len).array_new_default(refs);
    e.op().local_set(array);
    array
}

/// An index past `len` elements.
fn outside(e: &mut Emitter<'_>, len: i32) -> i32 {
    let all = [len, len, len, len + 1, -1, -1, i32::MIN, i32::MAX];
    e.choice.pick(&all).unwrap_or(len)
}

/// Reads or writes an element that is not there.
pub(super) fn element(e: &mut Emitter<'_>) {
    let len = e.choice.pick(&[LEN, LEN, 0, 1]).unwrap_or(LEN) as i32;
    let at = outside(e, len);
    let types = element_types(e);
    let (ty, kind) = types[e.choice.below(types.len() as u32) as usize];
    e.op().i32_const(len).array_new_default(ty).i32_const(at);
    access_element(e, ty, kind);
}

/// Reads an element, or writes it, of the array and at the index on the stack.
pub(super) fn access_element(e: &mut Emitter<'_>, ty: u32, kind: StorageKind) {
    if e.choice.chance(1, 3) {
        let value = Value::draw(&mut e.choice, kind.value());
        push(e, value, kind.value());
        e.op().array_set(ty);
        return;
    }
    match (kind.is_packed(), e.choice.chance(1, 2)) {
        (false, _) => e.op().array_get(ty),
        (true, true) => e.op().array_get_s(ty),
        (true, false) => e.op().array_get_u(ty),
    };
    e.op().drop();
}

/// A part that does not fit into `len` elements: its start and its length.
fn part(e: &mut Emitter<'_>, len: i32) -> (i32, i32) {
    let all = [
        (len, 1),
        (0, len + 1),
        (1, len),
        (len + 1, 0),
        (len + 1, 0),
        (-1, 0),
        (1, -1),
        (-1, 1),
        (-1, 2),
        (len - 1, 2),
    ];
    e.choice.pick(&all).unwrap_or((len, 1))
}

/// Works on a part of an array, or of a segment, that is not there.
pub(super) fn elements(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let bytes = e.layout.types.bytes;
    let (elem, data) = (e.layout.kept_elem, e.layout.data);
    let (len, all_data) = (LEN as i32, DATA_LEN as i32);
    let (at, count) = part(e, len);
    match e.choice.below(10) {
        0 | 9 => {
            let types = element_types(e);
            let (ty, kind) = types[e.choice.below(types.len() as u32) as usize];
            e.op().i32_const(len).array_new_default(ty).i32_const(at);
            let value = Value::draw(&mut e.choice, kind.value());
            push(e, value, kind.value());
            e.op().i32_const(count).array_fill(ty);
        }
        way @ 1..=4 => {
            // The other array is as long as possible, so that this one decides.
            let array = fresh(e);
            let long = e.known(true, nullable(refs));
            e.op().i32_const(2 * len).array_new_default(refs);
            e.op().local_set(long);
            let (to, from) = match way {
                1 | 2 => ((array, at), (long, 0)),
                _ => ((long, 0), (array, at)),
            };
            for (array, at) in [to, from] {
                e.op().local_get(array).i32_const(at);
            }
            e.op().i32_const(count).array_copy(refs, refs);
        }
        5 => {
            let array = fresh(e);
            let (to, from) = match e.choice.chance(1, 2) {
                true => (at, 0),
                false => (0, at),
            };
            e.op().local_get(array).i32_const(to).i32_const(from);
            e.op().i32_const(count).array_init_elem(refs, elem);
        }
        6 => {
            e.op().i32_const(at).i32_const(count);
            e.op().array_new_elem(refs, elem).drop();
        }
        7 => {
            let (at, count) = part(e, all_data);
            e.op().i32_const(at).i32_const(count);
            e.op().array_new_data(bytes, data).drop();
        }
        _ => {
            let is_array = e.choice.chance(1, 2);
            let room = if is_array { len } else { 2 * all_data };
            let (to, (from, count)) = match is_array {
                true => (at, (0, count)),
                false => (0, part(e, all_data)),
            };
            e.op().i32_const(room).array_new_default(bytes);
            e.op().i32_const(to).i32_const(from).i32_const(count);
            e.op().array_init_data(bytes, data);
        }
    }
}

/// Works on an element of a table that is not there.
pub(super) fn table(e: &mut Emitter<'_>) {
    let table = e.layout.eq_table;
    let segment = e.layout.kept_elem;
    let by = e.choice.below(2) as i32;
    match e.choice.below(6) {
        0 => {
            e.op().table_size(table).i32_const(by).i32_add();
            e.op().table_get(table).drop();
        }
        1 => {
            e.op().table_size(table).i32_const(by).i32_add();
            e.eq_value(0);
            e.op().table_set(table);
        }
        2 => {
            e.op().table_size(table).i32_const(by).i32_sub();
            e.eq_value(0);
            e.op().i32_const(by + 1).table_fill(table);
        }
        3 => {
            e.op().table_size(table).i32_const(by).i32_sub();
            e.op().i32_const(0).i32_const(by + 1);
            e.op().table_copy(table, table);
        }
        4 => {
            e.op().i32_const(0);
            e.op().table_size(table).i32_const(by).i32_sub();
            e.op().i32_const(by + 1).table_copy(table, table);
        }
        _ => {
            let (from, count) = part(e, LEN as i32);
            let is_table = e.choice.chance(1, 2);
            match is_table {
                true => e.op().table_size(table).i32_const(0).i32_const(1),
                false => e.op().i32_const(0).i32_const(from).i32_const(count),
            };
            e.op().table_init(table, segment);
        }
    }
}

/// Operations on nothing at the end, and on everything: none of them traps.
pub(in crate::generate::enrich::sequence) fn edges(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let bytes = e.layout.types.bytes;
    let (elem, data) = (e.layout.kept_elem, e.layout.data);
    let table = e.layout.eq_table;
    let len = LEN as i32;
    let array = fresh(e);
    for _ in 0..e.choice.range(1, 3) {
        // A start and a count that fit exactly.
        let at = match e.choice.below(3) {
            0 => len,
            1 => 0,
            _ => e.choice.below(LEN) as i32,
        };
        let count = len - at;
        let way = e.choice.below(10);
        e.completes(|e| match way {
            0 => {
                e.op().local_get(array).i32_const(at);
                e.eq_value(0);
                e.op().i32_const(count).array_fill(refs);
            }
            1 => {
                e.op().local_get(array).i32_const(at).local_get(array);
                e.op().i32_const(0).i32_const(count);
                e.op().array_copy(refs, refs);
            }
            2 => {
                e.op().local_get(array).i32_const(0).local_get(array);
                e.op().i32_const(at).i32_const(count);
                e.op().array_copy(refs, refs);
            }
            3 => {
                e.op().local_get(array).i32_const(at).i32_const(at);
                e.op().i32_const(count).array_init_elem(refs, elem);
            }
            4 => {
                e.op().i32_const(at).i32_const(count);
                e.op().array_new_elem(refs, elem).drop();
            }
            5 => {
                let all = DATA_LEN as i32;
                let at = if at == len { all } else { at };
                e.op().i32_const(at).i32_const(all - at);
                e.op().array_new_data(bytes, data).drop();
            }
            6 => {
                e.op().table_size(table).i32_const(0).i32_const(0);
                e.op().table_copy(table, table);
            }
            7 => {
                e.op().table_size(table).i32_const(0);
                e.op().ref_i31().i32_const(0).table_fill(table);
            }
            8 => {
                e.op().i32_const(at).i32_const(at).i32_const(count);
                e.op().table_init(table, elem);
            }
            _ => {
                e.op().ref_null(EQ).ref_cast_nullable(HeapType::I31);
                e.op().drop();
            }
        });
    }
}
