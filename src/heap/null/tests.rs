//! Tests of the null collector.

use super::Null;
use crate::heap::testing::{Kinds, TestFrame, language, storm};
use crate::heap::{Heap, HeapError, Inspect};

fn heap(kinds: &Kinds) -> Null {
    let mut heap = Null::new(1 << 20);
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
    language::arrays(&kinds, &mut heap(&kinds));
}

#[test]
fn sizes_that_cannot_fit_are_full_and_change_nothing() {
    let kinds = Kinds::new();
    for max in [0, 1, 16, 31, 32, 48, 1 << 16, u32::MAX] {
        let mut h = Null::new(max);
        h.add_types(&kinds.types);
        language::absurd_sizes(&kinds, &mut h, max);
        assert_eq!(h.new_struct(kinds.empty, &[]).is_ok(), max >= 32);
        kinds.audit(&h, &[]);
    }
}

#[test]
fn the_heap_fills_up_to_its_limit_and_no_further() {
    let kinds = Kinds::new();
    let mut h = Null::new(1000);
    h.add_types(&kinds.types);
    let mut n = 0;
    while h.new_struct(kinds.empty, &[]).is_ok() {
        n += 1;
    }
    assert_eq!(n, 1000 / 16 - 1);
    h.collect(&mut TestFrame::default()).unwrap();
    assert_eq!(h.new_struct(kinds.empty, &[]), Err(HeapError::Full));
    assert_eq!(h.stats().collections, 1);
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
    language::shown(&kinds, &mut heap(&kinds), "null", Some(16));
}

#[test]
fn changes_are_watched() {
    let kinds = Kinds::new();
    language::watched(&kinds, &mut heap(&kinds));
}
