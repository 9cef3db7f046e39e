//! Tests of the model.

mod bulk;
mod differential;
mod draw;
mod pair;
mod strict;

use super::{MAX_OBJECTS, Model, OBJECT, PIECE, has_address};
use crate::heap::testing::language::element;
use crate::heap::testing::{Kinds, TestFrame, language};
use crate::heap::{Block, GcRef, Heap, HeapError, Inspect, Place, Shape};
use crate::types::StorageKind;

fn heap(kinds: &Kinds) -> Model {
    let mut heap = Model::new(1 << 20);
    heap.add_types(&kinds.types);
    heap
}

#[test]
fn every_kind_of_object_keeps_what_it_was_given() {
    let kinds = Kinds::new();
    language::objects(&kinds, &mut heap(&kinds));
}

#[test]
fn arrays_of_every_storage_kind_fill_copy_and_initialise() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    language::arrays(&kinds, &mut h);
    // Stricter than heaps with bytes: even a range of no elements must not
    // start behind the end.
    for (ty, kind) in [
        (kinds.bytes, StorageKind::B8),
        (kinds.words, StorageKind::B32),
        (kinds.refs, StorageKind::Gc),
        (kinds.funcs, StorageKind::Func),
        (kinds.vectors, StorageKind::B128),
    ] {
        let a = h.new_array_default(ty, 5).unwrap();
        assert!(h.copy((a, 6), (a, 0), 0, kind).is_err());
        assert!(h.fill(a, 6, 0, kind, 1).is_err());
    }
}

#[test]
fn sizes_that_cannot_fit_are_full_and_change_nothing() {
    let kinds = Kinds::new();
    let least = OBJECT as u32;
    for max in [0, 1, least - 1, least, 3 * least, 1 << 16, u32::MAX] {
        let mut h = Model::new(max);
        h.add_types(&kinds.types);
        assert!(h.blocks().is_empty());
        language::absurd_sizes(&kinds, &mut h, max);
        assert_eq!(h.new_struct(kinds.empty, &[]).is_ok(), max >= least);
        assert_eq!(h.stats().allocated, u64::from(max >= least));
        kinds.audit(&h, &[]);
    }
}

#[test]
fn the_heap_fills_up_to_its_limit_and_no_further() {
    let kinds = Kinds::new();
    let mut h = Model::new(1000);
    h.add_types(&kinds.types);
    for _ in 0..1000 / OBJECT {
        h.new_struct_default(kinds.empty).unwrap();
    }
    h.collect(&mut TestFrame::default()).unwrap();
    assert!(!h.wants_collection());
    assert_eq!(h.new_struct(kinds.empty, &[]), Err(HeapError::Full));
    assert_eq!(h.new_extern(1), Err(HeapError::Full));
    assert_eq!(h.stats().collections, 1);

    let mut h = Model::new((OBJECT + PIECE + 5) as u32);
    h.add_types(&kinds.types);
    assert_eq!(h.new_array_default(kinds.bytes, 6), Err(HeapError::Full));
    assert_eq!(h.new_struct_default(kinds.node), Err(HeapError::Full));
    let five = [1, 2, 3, 4, 5];
    assert_eq!(h.new_array_fixed(kinds.words, &five), Err(HeapError::Full));
    assert!(h.new_array_fixed(kinds.bytes, &five).is_ok());

    let mut h = Model::new((3 * (OBJECT + PIECE) + 4 * 13) as u32);
    h.add_types(&kinds.types);
    let mut fits = |len| h.new_array_default(kinds.words, len).is_ok();
    assert!(fits(5) && fits(5), "with twenty bytes of elements each");
    assert!(!fits(4) && fits(3) && !fits(0));
    assert_eq!(h.footprint(), 3 * (OBJECT + PIECE) + 4 * 13);
}

#[test]
fn the_last_object_has_an_address_behind_it() {
    // No test makes that many objects.
    assert!(has_address(0) && has_address(MAX_OBJECTS - 1));
    assert!(!has_address(MAX_OBJECTS) && !has_address(usize::MAX));
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
    h.fill(a, 0, 4, StorageKind::B32, 1).unwrap();
    assert_eq!(listed(&h), Some(vec![b.0, a.0]));
    h.forget_changes();
    h.get_element(a, 0, StorageKind::B32).unwrap();
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
    assert_eq!(h.peek(s, element(0, StorageKind::Gc)), None);
    assert!(h.set_shape(GcRef::NULL, Shape::Extern).is_err());
}

#[test]
fn slots_hold_what_was_written() {
    let kinds = Kinds::new();
    language::slots(&kinds, &mut heap(&kinds));
}

#[test]
fn it_shows_what_it_is_made_of() {
    let kinds = Kinds::new();
    language::shown(&kinds, &mut heap(&kinds), "model", None);
}

#[test]
fn changes_are_watched() {
    let kinds = Kinds::new();
    language::watched(&kinds, &mut heap(&kinds));
}
