//! Arrays of each storage type: each operation moves each element to its place, and no other one.

use wasm_encoder::HeapType;

use super::super::super::emit::Emitter;
use super::super::super::layout::{DATA_LEN, LEN, NUMBERED};
use super::super::super::near;
use super::super::super::near::Kind;
use super::super::super::ref_types::nullable;
use super::super::super::storage::{StorageKind, Value, ValueKind};
use super::values::{is_element, push};
use crate::case::claims::Claim;

/// An array in a local, and what is known of it.
struct Array {
    local: u32,
    ty: u32,
    kind: StorageKind,
    elements: Vec<Value>,
    /// Places whose neighbours an operation may have mistaken for them.
    edges: Vec<usize>,
}

/// The element types, with the array types that have them.
pub(super) fn element_types(e: &Emitter<'_>) -> [(u32, StorageKind); 14] {
    use StorageKind::{I8, I16};
    let (t, near) = (&e.layout.types, &e.layout.near);
    let value = StorageKind::Value;
    [
        (t.bytes, I8),
        (near.index(Kind::Shorts), I16),
        (near.index(Kind::Ints), value(ValueKind::I32)),
        (near.index(Kind::Longs), value(ValueKind::I64)),
        (near.index(Kind::Floats), value(ValueKind::F32)),
        (near.index(Kind::Doubles), value(ValueKind::F64)),
        (t.vectors, value(ValueKind::V128)),
        (t.refs, value(ValueKind::Eq)),
        (near.index(Kind::Refs), value(ValueKind::Eq)),
        (t.i31s, value(ValueKind::I31)),
        (t.anys, value(ValueKind::Any)),
        (near.index(Kind::Externs), value(ValueKind::Extern)),
        (near.index(Kind::Funcs), value(ValueKind::Func)),
        (t.nodes, value(ValueKind::Node)),
    ]
}

/// Makes an array, works on it, and reads some of its elements.
pub(in crate::generate::enrich::sequence) fn arrays(e: &mut Emitter<'_>) {
    let types = element_types(e);
    let (ty, kind) = types[e.choice.below(types.len() as u32) as usize];
    let local = e.known(false, nullable(ty));
    let mut array = Array {
        local,
        ty,
        kind,
        elements: Vec::new(),
        edges: Vec::new(),
    };
    e.completes(|e| {
        array.make(e);
        for _ in 0..e.choice.range(1, 3) {
            array.change(e);
        }
        if e.choice.chance(1, 3) {
            e.garbage();
        }
        array.read(e);
    });
    e.claim(Claim::Bulk);
}

impl Array {
    fn draw(&self, e: &mut Emitter<'_>) -> Value {
        Value::draw(&mut e.choice, self.kind.value())
    }

    fn push(&self, e: &mut Emitter<'_>, value: Value) {
        push(e, value, self.kind.value());
    }

    fn make(&mut self, e: &mut Emitter<'_>) {
        let (ty, kind) = (self.ty, self.kind);
        let len = match e.choice.below(8) {
            0 => e.size().min(1 << 9),
            1 => LEN,
            _ => e.choice.range(1, LEN + 1),
        };
        match e.choice.below(8) {
            0 => {
                self.elements = vec![kind.value().default(); len as usize];
                e.op().i32_const(len as i32).array_new_default(ty);
            }
            1 => {
                let value = self.draw(e);
                self.elements = vec![value; len as usize];
                self.push(e, value);
                e.op().i32_const(len as i32).array_new(ty);
            }
            2..=4 if kind.bytes(e.layout).is_some() => {
                let (from, values) = data(e, kind, len);
                self.elements = values;
                let count = self.elements.len() as i32;
                let segment = e.layout.data;
                e.op().i32_const(from).i32_const(count);
                e.op().array_new_data(ty, segment);
            }
            2 if segment(e, kind).is_some() => {
                let (from, values) = items(e, kind, len);
                self.elements = values;
                let count = self.elements.len() as i32;
                let segment = segment(e, kind).unwrap_or(0);
                e.op().i32_const(from).i32_const(count);
                e.op().array_new_elem(ty, segment);
            }
            _ => {
                let len = len.min(match kind.bytes(e.layout) {
                    Some(_) => 72,
                    None => LEN + 1,
                });
                self.elements = (0..len).map(|_| self.draw(e)).collect();
                for value in self.elements.clone() {
                    self.push(e, value);
                }
                e.op().array_new_fixed(ty, len);
                self.note(0, len as usize);
            }
        }
        e.op().local_set(self.local);
    }

    /// A part of the array: its start and its length. In half of the cases it reaches the end.
    fn part(&self, e: &mut Emitter<'_>) -> (usize, usize) {
        let len = self.elements.len() as u32;
        let start = match e.choice.below(3) {
            0 => 0,
            _ => e.choice.below(len),
        };
        let count = match e.choice.chance(1, 2) {
            true => len - start,
            false => e.choice.below(len - start + 1),
        };
        (start as usize, count as usize)
    }

    fn change(&mut self, e: &mut Emitter<'_>) {
        if self.elements.is_empty() {
            return;
        }
        let (ty, local) = (self.ty, self.local);
        let (start, count) = self.part(e);
        let at = start as i32;
        match e.choice.below(10) {
            0 => {
                let value = self.draw(e);
                let at = (start + count).saturating_sub(1).max(start);
                e.op().local_get(local).i32_const(at as i32);
                self.push(e, value);
                e.op().array_set(ty);
                self.elements[at] = value;
                self.note(at, 1);
            }
            1 | 2 => {
                let value = self.draw(e);
                e.op().local_get(local).i32_const(at);
                self.push(e, value);
                e.op().i32_const(count as i32).array_fill(ty);
                self.elements[start..start + count].fill(value);
                self.note(start, count);
            }
            3..=6 => {
                // Over a part of itself, mostly by one place or two.
                let len = self.elements.len();
                let by = (e.choice.range(1, 2) as usize).min(len);
                let count = count.min(len - by);
                let low = start.min(len - by - count);
                let (start, to) = match e.choice.chance(1, 2) {
                    true => (low, low + by),
                    false => (low + by, low),
                };
                e.op().local_get(local).i32_const(to as i32);
                e.op().local_get(local).i32_const(start as i32);
                e.op().i32_const(count as i32).array_copy(ty, ty);
                self.elements.copy_within(start..start + count, to);
                self.note(to, count);
            }
            7 if segment(e, self.kind).is_some() => {
                let (from, values) = items(e, self.kind, count as u32);
                let segment = segment(e, self.kind).unwrap_or(0);
                self.write(e, at, from, values, |e, count| {
                    e.op().i32_const(count).array_init_elem(ty, segment);
                });
            }
            7 | 8 if self.kind.bytes(e.layout).is_some() => {
                let (from, values) = data(e, self.kind, count as u32);
                let segment = e.layout.data;
                self.write(e, at, from, values, |e, count| {
                    e.op().i32_const(count).array_init_data(ty, segment);
                });
            }
            _ => {
                // From another array, which is shorter or longer.
                let other = e.known(true, nullable(ty));
                let value = self.draw(e);
                let from = e.choice.below(3) as usize;
                self.push(e, value);
                e.op().i32_const((from + count) as i32).array_new(ty);
                e.op().local_set(other);
                e.op().local_get(local).i32_const(at);
                e.op().local_get(other).i32_const(from as i32);
                e.op().i32_const(count as i32).array_copy(ty, ty);
                e.op().ref_null(HeapType::Concrete(ty)).local_set(other);
                self.elements[start..start + count].fill(value);
                self.note(start, count);
            }
        }
    }

    /// Writes values from a segment.
    fn write(
        &mut self,
        e: &mut Emitter<'_>,
        at: i32,
        from: i32,
        values: Vec<Value>,
        finish: impl FnOnce(&mut Emitter<'_>, i32),
    ) {
        let (start, count) = (at as usize, values.len());
        e.op().local_get(self.local).i32_const(at).i32_const(from);
        finish(e, count as i32);
        self.elements[start..start + count].copy_from_slice(&values);
        self.note(start, count);
    }

    /// Notes a part that was written.
    fn note(&mut self, start: usize, count: usize) {
        let end = start + count;
        let len = self.elements.len();
        let all = [start.wrapping_sub(1), start, end.wrapping_sub(1), end];
        self.edges.extend(all.into_iter().filter(|at| *at < len));
    }

    /// Pushes whether some elements are what they must be.
    fn read(&self, e: &mut Emitter<'_>) {
        let len = self.elements.len();
        e.op().local_get(self.local).array_len();
        e.op().i32_const(len as i32).i32_eq();
        for _ in 0..e.choice.range(3, 5).min(len as u32) {
            let at = match (e.choice.below(4), e.choice.pick(&self.edges)) {
                (0..=2, Some(at)) => at,
                _ => e.choice.below(len as u32) as usize,
            };
            let place = (self.local, self.ty, at as u32);
            is_element(e, place, self.elements[at], self.kind);
            e.op().i32_and();
        }
    }
}

/// A part of the data segment: its start, and the values in it.
fn data(e: &mut Emitter<'_>, kind: StorageKind, most: u32) -> (i32, Vec<Value>) {
    let width = kind.bytes(e.layout).unwrap_or(1);
    let count = e.choice.below(most.min(DATA_LEN / width) + 1);
    let room = DATA_LEN - count * width;
    let from = match e.choice.below(3) {
        0 => room,
        _ => e.choice.below(room + 1),
    };
    let bytes = &e.layout.data_bytes[from as usize..(from + count * width) as usize];
    let value = |bytes: &[u8]| {
        let bits = bytes
            .iter()
            .rev()
            .fold(0, |all, byte| all << 8 | u128::from(*byte));
        Value::Bits(bits)
    };
    let values = bytes.chunks(width as usize).map(value).collect();
    (from as i32, values)
}

/// The segment with elements of this type whose values are known.
fn segment(e: &Emitter<'_>, kind: StorageKind) -> Option<u32> {
    match kind {
        StorageKind::Value(ValueKind::Eq | ValueKind::Any) => Some(e.layout.numbered_elem),
        StorageKind::Value(ValueKind::Func) => Some(e.layout.func_elem),
        _ => None,
    }
}

/// A part of that segment: its start, and the values in it.
fn items(e: &mut Emitter<'_>, kind: StorageKind, most: u32) -> (i32, Vec<Value>) {
    let is_func = kind == StorageKind::Value(ValueKind::Func);
    let len = if is_func { near::FUNCS } else { LEN };
    let count = e.choice.below(most.min(len) + 1);
    let from = match e.choice.below(3) {
        0 => len - count,
        _ => e.choice.below(len - count + 1),
    };
    let values = (from..from + count).map(|at| match is_func {
        true => Value::Func(at as usize),
        false => Value::Number(NUMBERED + at as i32),
    });
    (from as i32, values.collect())
}
