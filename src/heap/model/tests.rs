//! Tests of the model.

mod bulk;
mod differential;
mod draw;
mod pair;
mod strict;

use super::Model;
use crate::heap::testing::{Frame, Kinds};
use crate::heap::{Block, GcRef, Heap, HeapError, Inspect, Place, Shape};
use crate::types::Lane;

fn heap(kinds: &Kinds) -> Model {
    let mut heap = Model::new(1 << 20);
    heap.add_types(&kinds.types);
    heap
}

fn element(index: u32, lane: Lane) -> Place {
    Place::Element { index, lane }
}

#[test]
fn every_kind_of_object_keeps_what_it_was_given() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let registers = [0x1ff, 3, 0x1_2345, u64::MAX, 11, 12, 5 | 1 << 32, 7];
    let s = h.new_struct(kinds.mixed, &registers).unwrap();
    let expected = [0xff, 3, 0x2345, u64::MAX, 11, 5, 7];
    for (index, value) in expected.into_iter().enumerate() {
        let field = kinds.field(kinds.mixed, index);
        assert_eq!(h.get_field(s, field).unwrap(), value);
        assert_eq!(h.peek(s, Place::Field(field)), Some(value));
    }
    let vector = Place::Field(kinds.field(kinds.mixed, 4));
    assert_eq!(h.peek_high(s, vector), Some(12));
    assert_eq!(
        h.peek_high(s, Place::Field(kinds.field(kinds.mixed, 3))),
        None
    );
    assert_eq!(h.shape(s).unwrap(), Shape::Struct(kinds.mixed));

    let e = h
        .new_exception(kinds.exception, 9, &[1, s.register()])
        .unwrap();
    assert_eq!(h.exception_tag(e).unwrap(), 9);
    assert_eq!(
        h.get_field(e, kinds.field(kinds.exception, 1)).unwrap(),
        s.register()
    );
    let x = h.new_extern(77).unwrap();
    assert_eq!(h.extern_host(x).unwrap(), 77);
    assert_eq!(
        (h.peek_word(e), h.peek_word(x), h.peek_word(s)),
        (Some(9), Some(77), None)
    );
    assert!(h.extern_host(e).is_err() && h.exception_tag(x).is_err());
    kinds.audit(&h, &[]);
}

#[test]
fn arrays_of_every_lane_fill_copy_and_initialise() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    for (ty, lane) in [
        (kinds.bytes, Lane::B8),
        (kinds.words, Lane::B32),
        (kinds.refs, Lane::Gc),
        (kinds.funcs, Lane::Func),
        (kinds.vectors, Lane::B128),
    ] {
        let a = h.new_array(ty, 5, 3).unwrap();
        h.fill(a, 1, 2, lane, 9).unwrap();
        h.copy((a, 2), (a, 1), 3, lane).unwrap();
        let all = |h: &mut Model, a, n| -> Vec<u64> {
            (0..n).map(|i| h.get_element(a, i, lane).unwrap()).collect()
        };
        assert_eq!(all(&mut h, a, 5), [3, 9, 9, 9, 3], "{lane:?}");
        let d = h.new_array_default(ty, 3).unwrap();
        assert_eq!(all(&mut h, d, 3), [0, 0, 0]);
        assert_eq!(h.array_len(d), Ok(3));
        // Nothing is a length too: at the end, not beyond it.
        h.copy((a, 5), (d, 3), 0, lane).unwrap();
        h.fill(a, 5, 0, lane, 1).unwrap();
        assert!(h.copy((a, 6), (d, 0), 0, lane).is_err());
        assert!(h.fill(a, 6, 0, lane, 1).is_err());
    }
    let v = h.new_array_fixed(kinds.vectors, &[1, 2, 3, 4]).unwrap();
    assert_eq!(h.array_len(v), Ok(2));
    let second = element(1, Lane::B128);
    assert_eq!(
        (h.peek(v, second), h.peek_high(v, second)),
        (Some(3), Some(4))
    );
    assert!(h.new_array_fixed(kinds.vectors, &[1, 2, 3]).is_err());
    assert_eq!(h.get_vector(v, second), Ok(4 << 64 | 3));
    h.set_vector(v, second, 6 << 64 | 5).unwrap();
    assert_eq!(h.get_vector(v, second), Ok(6 << 64 | 5));
    h.fill_vector(v, 0, 2, 8 << 64 | 7).unwrap();
    assert_eq!(h.get_vector(v, second), Ok(8 << 64 | 7));
    h.set_element(v, 1, Lane::B128, 9).unwrap();
    assert_eq!(h.get_vector(v, second), Ok(9));
    assert!(h.fill_vector(v, 1, 2, 0).is_err());

    let w = h.new_array_default(kinds.words, 2).unwrap();
    h.init_data(w, 1, Lane::B32, &[1, 2, 3, 4]).unwrap();
    assert_eq!(h.get_element(w, 1, Lane::B32).unwrap(), 0x0403_0201);
    let f = h.new_array_default(kinds.funcs, 2).unwrap();
    h.init_elements(f, 0, Lane::Func, &[5, 6]).unwrap();
    assert_eq!(h.get_element(f, 1, Lane::Func).unwrap(), 6);
    kinds.audit(&h, &[]);
}

#[test]
fn sizes_that_cannot_fit_are_full_and_change_nothing() {
    let kinds = Kinds::new();
    for max in [0, 1, 15, 16, 48, 1 << 16, u32::MAX] {
        let mut h = Model::new(max);
        h.add_types(&kinds.types);
        for ty in [kinds.refs, kinds.words, kinds.vectors] {
            for len in [1 << 28, 1 << 30, u32::MAX - 1, u32::MAX] {
                if max < u32::MAX || ty == kinds.vectors || len > 1 << 29 {
                    assert_eq!(h.new_array_default(ty, len), Err(HeapError::Full));
                    assert_eq!(h.new_array(ty, len, 1), Err(HeapError::Full));
                }
            }
        }
        assert_eq!(h.extent(), (16, 16));
        assert!(h.blocks().is_empty());
        assert_eq!(h.new_struct(kinds.empty, &[]).is_ok(), max >= 16);
        assert_eq!(h.stats().allocated, u64::from(max >= 16));
        kinds.audit(&h, &[]);
    }
}

#[test]
fn the_heap_fills_up_to_its_limit_and_no_further() {
    let kinds = Kinds::new();
    let mut h = Model::new(1000);
    h.add_types(&kinds.types);
    for _ in 0..1000 / 16 {
        h.new_struct_default(kinds.empty).unwrap();
    }
    h.collect(&mut Frame::default()).unwrap();
    assert!(!h.wants_collection());
    assert_eq!(h.new_struct(kinds.empty, &[]), Err(HeapError::Full));
    assert_eq!(h.new_extern(1), Err(HeapError::Full));
    assert_eq!(h.stats().collections, 1);

    let mut h = Model::new(16 + 5);
    h.add_types(&kinds.types);
    assert_eq!(h.new_array_default(kinds.bytes, 6), Err(HeapError::Full));
    assert_eq!(h.new_struct_default(kinds.node), Err(HeapError::Full));
    let five = [1, 2, 3, 4, 5];
    assert_eq!(h.new_array_fixed(kinds.words, &five), Err(HeapError::Full));
    assert!(h.new_array_fixed(kinds.bytes, &five).is_ok());
}

#[test]
fn objects_are_blocks_of_one_granule_in_order() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let a = h.new_array_default(kinds.vectors, 100).unwrap();
    let b = h.new_extern(1).unwrap();
    assert_eq!((a, b), (GcRef(16), GcRef(32)));
    let block = |start| Block {
        start,
        size: 16,
        free: false,
    };
    assert_eq!(h.blocks(), [block(16), block(32)]);
    assert_eq!(h.extent(), (16, 48));
    assert_eq!(h.header(a).unwrap().len, 100);
    assert_eq!(h.header(GcRef(48)), None);
    assert_eq!((h.bytes(block(16)), h.header_size()), (None, None));
}

#[test]
fn changes_are_logged_while_somebody_watches() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let listed = |h: &Model| {
        let mut list = Vec::new();
        h.changes(&mut |change| list.push(change.at))
            .then_some(list)
    };
    let a = h.new_array_default(kinds.words, 4).unwrap();
    assert_eq!(listed(&h), None);
    h.watch(true);
    let b = kinds.new_node(&mut h, GcRef::NULL, a);
    h.fill(a, 0, 4, Lane::B32, 1).unwrap();
    assert_eq!(listed(&h), Some(vec![b.0, a.0]));
    h.forget_changes();
    h.get_element(a, 0, Lane::B32).unwrap();
    assert_eq!(listed(&h), Some(vec![]));
    h.set_field(b, kinds.field(kinds.node, 0), 1).unwrap();
    assert_eq!(listed(&h), Some(vec![b.0]));
}

#[test]
fn the_raw_doors_break_one_law_at_a_time() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let s = kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL);
    let first = Place::Field(kinds.field(kinds.node, 0));
    h.set_reference(s, first, GcRef(0x1230)).unwrap();
    assert_eq!(h.peek(s, first), Some(0x1230));
    let e = h.new_exception(kinds.exception, 1, &[1, 0]).unwrap();
    let payload = Place::Field(kinds.field(kinds.exception, 1));
    h.set_reference(e, payload, s).unwrap();
    assert_eq!(h.peek(e, payload), Some(s.register()));
    let number = Place::Field(kinds.field(kinds.node, 2));
    assert!(h.set_reference(s, number, s).is_err());
    assert!(h.set_reference(GcRef(0x1230), first, s).is_err());

    h.set_shape(s, Shape::Array(kinds.refs)).unwrap();
    assert_eq!(h.shape(s), Ok(Shape::Array(kinds.refs)));
    assert_eq!(h.header(s).unwrap().len, 0);
    assert!(h.array_len(s).is_err());
    assert_eq!(h.peek(s, element(0, Lane::Gc)), None);
    assert!(h.set_shape(GcRef::NULL, Shape::Extern).is_err());
}
