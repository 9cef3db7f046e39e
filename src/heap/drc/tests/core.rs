//! Primitives that the faults use in more ways than the sound collector does.

use super::{count, heap};
use crate::heap::testing::Kinds;
use crate::heap::{GcRef, Heap, Inspect, Shape};
use crate::types::StorageKind;

#[test]
fn a_heap_is_empty_until_the_first_allocation() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    assert!(h.core().is_empty());
    let r = h.new_struct(kinds.empty, &[]).unwrap();
    assert!(!h.core().is_empty());
    assert!(h.core().is_allocated(r));
    h.core_mut().free(r).unwrap();
    assert!(!h.core().is_empty(), "there is a free block");
    assert!(!h.core().is_allocated(r));
    h.core_mut().coalesce();
    assert!(h.core().is_empty());
}

#[test]
fn what_is_freed_is_counted_in_bytes_and_objects() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let r = h.new_array_default(kinds.bytes, 40).unwrap();
    let small = h.new_struct(kinds.empty, &[]).unwrap();
    let live = h.core().live;
    assert_eq!(h.core().block_size(r), Ok(64));
    assert_eq!(live, 64 + 16);
    assert!(h.core().block_size(GcRef(r.0 + 16)).is_err());
    h.core_mut().free(r).unwrap();
    assert_eq!(h.core().live, 16);
    assert!(h.core().block_size(r).is_err());
    assert!(h.core_mut().free(r).is_err(), "twice");
    assert_eq!((h.core().live, h.stats().freed), (16, 1));
    // Raw: more bytes than the block has.
    h.core_mut().free_raw(small, 32);
    assert_eq!((h.core().live, h.stats().freed), (0, 2));
}

#[test]
fn stores_over_objects_are_counted() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL);
    let root = kinds.new_node(&mut h, leaf, GcRef::NULL);
    let field = kinds.field(kinds.node, 0);
    for (value, expected) in [
        (leaf.register(), 1),
        (3, 2),
        (0, 2),
        (0, 2),
        (leaf.register(), 2),
    ] {
        h.set_field(root, field, value).unwrap();
        assert_eq!(h.stats().overwritten, expected, "by {value}");
    }
    let array = h.new_array(kinds.refs, 5, leaf.register()).unwrap();
    for (start, len, value, expected) in [(1, 3, 3, 5), (0, 5, 0, 7), (0, 5, 3, 7)] {
        h.fill(array, start, len, StorageKind::Gc, value).unwrap();
        assert_eq!(h.stats().overwritten, expected, "{len} by {value}");
    }
}

#[test]
fn a_word_is_written_whatever_is_there() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL);
    let array = h.new_array_default(kinds.refs, 2).unwrap();
    let second = h.core().element_words(array, 1, 1).unwrap().next().unwrap();
    h.core_mut().set_word(second, leaf.0).unwrap();
    assert_eq!(h.core().word(second), Ok(leaf));
    assert_eq!(
        h.get_element(array, 1, StorageKind::Gc),
        Ok(leaf.register())
    );
    assert!(h.core_mut().set_word(usize::MAX / 2, 0).is_err());
}

#[test]
fn a_shape_can_be_falsified() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let r = h.new_struct(kinds.empty, &[]).unwrap();
    h.core_mut()
        .set_shape(r, Shape::Struct(kinds.node))
        .unwrap();
    assert_eq!(h.shape(r), Ok(Shape::Struct(kinds.node)));
    assert_eq!(count(&h, r), Some(1));
}
