//! The effects of the language's instructions, apart from collections.

use super::{audit, heap};
use crate::heap::copying::Copying;
use crate::heap::testing::{Held, Kinds, language, storm};
use crate::heap::{Heap, HeapError, Inspect, Shape};

#[test]
fn every_kind_of_object_keeps_what_it_was_given() {
    let kinds = Kinds::new();
    language::objects(&kinds, &mut heap(&kinds));
}

#[test]
fn arrays_of_every_storage_kind_fill_copy_and_initialise() {
    let kinds = Kinds::new();
    language::arrays(&kinds, &mut heap(&kinds));
}

#[test]
fn sizes_that_cannot_fit_are_full_and_change_nothing() {
    let kinds = Kinds::new();
    for max in [0, 1, 15, 16, 31, 32, 63, 64, 1000, 1 << 16, u32::MAX] {
        let mut h = Copying::new(max);
        h.add_types(&kinds.types);
        language::absurd_sizes(&kinds, &mut h, max);
        assert_eq!(h.new_struct(kinds.empty, &[]).is_ok(), max >= 64);
        h.collect(&mut Held::default()).unwrap();
        audit(&kinds, &h);
    }
}

#[test]
fn the_heap_fills_up_to_its_limit_and_no_further() {
    let kinds = Kinds::new();
    let mut h = Copying::new(1000);
    h.add_types(&kinds.types);
    let mut n = 0;
    while h.new_struct(kinds.empty, &[]).is_ok() {
        n += 1;
    }
    assert_eq!(n, (1000 - 16) / 3 / 16);
    let all = kinds.live(&h);
    h.collect(&mut Held::by_frame(&all)).unwrap();
    assert_eq!(h.new_struct(kinds.empty, &[]), Err(HeapError::Full));
    h.collect(&mut Held::default()).unwrap();
    assert!(h.new_struct(kinds.empty, &[]).is_ok());
    assert_eq!(h.stats().collections, 2);
}

#[test]
fn wrong_references_are_corruption() {
    let kinds = Kinds::new();
    language::wrong_references(&kinds, &mut heap(&kinds));
}

#[test]
fn no_sequence_of_calls_panics() {
    let kinds = Kinds::new();
    storm(&kinds, || heap(&kinds));
}

#[test]
fn slots_hold_what_was_written() {
    let kinds = Kinds::new();
    language::slots(&kinds, &mut heap(&kinds));
}

#[test]
fn it_shows_what_it_is_made_of() {
    let kinds = Kinds::new();
    language::shown(&kinds, &mut heap(&kinds), "copying", Some(16));
}

#[test]
fn changes_are_watched() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    language::watched(&kinds, &mut h);
    // Now in the other semi-space, where local addresses differ from those of
    // the heap.
    h.collect(&mut Held::default()).unwrap();
    language::watched(&kinds, &mut h);
}

#[test]
fn a_shape_can_be_falsified() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let r = h.new_struct(kinds.empty, &[]).unwrap();
    let from = h.core_mut().from_space_mut();
    from.set_shape(r, Shape::Struct(kinds.node)).unwrap();
    assert_eq!(h.shape(r), Ok(Shape::Struct(kinds.node)));
}
