//! The owners of every object, after each single operation.

use super::{count, heap};
use crate::heap::testing::{Kinds, TestFrame};
use crate::heap::{GcRef, Heap, HeapError, Inspect, RootSlot, Shape};
use crate::types::StorageKind;

const NULL: GcRef = GcRef::NULL;

#[test]
fn a_new_object_is_owned_by_the_list_alone() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let objects = [
        kinds.new_node(&mut h, NULL, NULL),
        h.new_struct_default(kinds.node).unwrap(),
        h.new_struct(kinds.empty, &[]).unwrap(),
        h.new_array_default(kinds.refs, 0).unwrap(),
        h.new_array_default(kinds.refs, 9).unwrap(),
        h.new_array(kinds.words, 3, 1).unwrap(),
        h.new_array_fixed(kinds.bytes, &[1, 2]).unwrap(),
        h.new_exception(kinds.exception, 1, &[2, 0]).unwrap(),
        h.new_extern(3).unwrap(),
    ];
    for r in objects {
        assert_eq!(count(&h, r), Some(1), "{r}");
        assert!(h.header(r).unwrap().listed);
    }
    kinds.audit(&h, &[]);
}

#[test]
fn fields_elements_and_payloads_own_what_they_start_with() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let r = leaf.register();
    kinds.new_node(&mut h, leaf, leaf);
    assert_eq!(count(&h, leaf), Some(3));
    h.new_array(kinds.refs, 5, r).unwrap();
    assert_eq!(count(&h, leaf), Some(8));
    h.new_array(kinds.refs, 0, r).unwrap();
    assert_eq!(count(&h, leaf), Some(8));
    h.new_array_fixed(kinds.refs, &[r, 0, r]).unwrap();
    assert_eq!(count(&h, leaf), Some(10));
    h.new_exception(kinds.exception, 0, &[1, r]).unwrap();
    assert_eq!(count(&h, leaf), Some(11));
    h.new_struct(kinds.mixed, &[0, r, 0, 0, r, r, r, r])
        .unwrap();
    assert_eq!(
        count(&h, leaf),
        Some(13),
        "numbers and functions own nothing"
    );
    kinds.audit(&h, &[]);
}

#[test]
fn the_read_barrier_lists_once() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let root = kinds.new_node(&mut h, leaf, NULL);
    h.collect(&mut TestFrame::of(&[root])).unwrap();
    assert_eq!((count(&h, leaf), count(&h, root)), (Some(1), Some(1)));
    for _ in 0..3 {
        let read = h.get_field(root, kinds.field(kinds.node, 0)).unwrap();
        assert_eq!(read, leaf.register());
        h.expose(RootSlot::Handle(0), leaf).unwrap();
        assert_eq!(count(&h, leaf), Some(2));
    }
    kinds.audit(&h, &[]);
}

#[test]
fn the_write_barrier_moves_one_count() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let [a, b] = [0; 2].map(|_| kinds.new_node(&mut h, NULL, NULL));
    let root = kinds.new_node(&mut h, a, NULL);
    let field = kinds.field(kinds.node, 0);
    h.set_field(root, field, b.register()).unwrap();
    assert_eq!((count(&h, a), count(&h, b)), (Some(1), Some(2)));
    h.set_field(root, field, b.register()).unwrap();
    assert_eq!(count(&h, b), Some(2));
    let array = h.new_array(kinds.refs, 2, a.register()).unwrap();
    h.set_element(array, 1, StorageKind::Gc, b.register())
        .unwrap();
    assert_eq!((count(&h, a), count(&h, b)), (Some(2), Some(3)));
    kinds.audit(&h, &[]);
}

#[test]
fn storing_an_objects_only_reference_over_itself_keeps_it() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let root = kinds.new_node(&mut h, leaf, NULL);
    h.collect(&mut TestFrame::of(&[root])).unwrap();
    h.set_field(root, kinds.field(kinds.node, 0), leaf.register())
        .unwrap();
    assert_eq!(count(&h, leaf), Some(1));
    let mut slot = 0;
    h.init_slot(RootSlot::Handle(0), &mut slot, leaf).unwrap();
    h.set_field(root, kinds.field(kinds.node, 0), 0).unwrap();
    h.write_slot(RootSlot::Handle(0), &mut slot, leaf).unwrap();
    assert_eq!(count(&h, leaf), Some(1));
    kinds.audit(&h, &[slot]);
}

#[test]
fn overwriting_the_last_reference_frees_at_once_and_poisons() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let middle = kinds.new_node(&mut h, leaf, NULL);
    let root = kinds.new_node(&mut h, middle, NULL);
    h.collect(&mut TestFrame::of(&[root])).unwrap();
    h.set_field(root, kinds.field(kinds.node, 0), 0).unwrap();
    assert_eq!(kinds.live(&h), [root]);
    assert_eq!(
        h.get_field(leaf, kinds.field(kinds.node, 0)),
        Err(HeapError::corrupt(leaf.0, "the object was freed"))
    );
    kinds.audit(&h, &[]);
}

#[test]
fn slots_outside_the_heap_own_references() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let [a, b] = [0; 2].map(|_| kinds.new_node(&mut h, NULL, NULL));
    let mut table = vec![0; 4];
    h.grow_slots(0, &mut table, a).unwrap();
    assert_eq!(count(&h, a), Some(5));
    h.fill_slots(0, &mut table[1..3], b).unwrap();
    assert_eq!((count(&h, a), count(&h, b)), (Some(3), Some(3)));
    let source = table[0..3].to_vec();
    h.copy_slots(0, &mut table[1..4], &source).unwrap();
    assert_eq!(table, [a.0, a.0, b.0, b.0]);
    kinds.audit(&h, &table);
    h.fill_slots(0, &mut table[0..2], NULL).unwrap();
    assert_eq!(count(&h, a), Some(1));
    h.collect(&mut TestFrame::default()).unwrap();
    assert_eq!(kinds.live(&h), [b]);
    h.drop_slots(RootSlot::Handle(0), &mut table).unwrap();
    h.drop_slots(RootSlot::Handle(0), &mut table).unwrap();
    assert_eq!(table, [0; 4]);
    assert!(kinds.live(&h).is_empty());
    kinds.audit(&h, &table);
}

#[test]
fn null_and_i31_pass_every_path_unharmed() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let odd = [0u32, 1, 7, 8, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff];
    for value in odd.map(GcRef::i31).into_iter().chain([NULL]) {
        let v = value.register();
        let node = kinds.new_node(&mut h, value, value);
        let field = kinds.field(kinds.node, 1);
        assert_eq!(h.get_field(node, field), Ok(v));
        h.set_field(node, field, v).unwrap();
        for ty in [kinds.refs, kinds.externs] {
            let array = h.new_array(ty, 3, v).unwrap();
            h.fill(array, 0, 3, StorageKind::Gc, v.into()).unwrap();
            h.copy((array, 1), (array, 0), 2, StorageKind::Gc).unwrap();
            h.init_elements(array, 1, StorageKind::Gc, &[value.0])
                .unwrap();
            h.set_element(array, 2, StorageKind::Gc, v).unwrap();
            assert_eq!(h.get_element(array, 2, StorageKind::Gc), Ok(v));
        }
        h.new_array_fixed(kinds.externs, &[v, v]).unwrap();
        h.new_exception(kinds.exception, 0, &[0, v]).unwrap();
        let mut slots = [0, 0];
        h.init_slot(RootSlot::Handle(0), &mut slots[0], value)
            .unwrap();
        h.write_slot(RootSlot::Handle(0), &mut slots[0], value)
            .unwrap();
        h.grow_slots(0, &mut slots[1..], value).unwrap();
        h.fill_slots(0, &mut slots, value).unwrap();
        h.copy_slots(0, &mut slots, &[value.0; 2]).unwrap();
        assert_eq!(slots, [value.0; 2]);
        h.drop_slots(RootSlot::Handle(0), &mut slots).unwrap();
        h.expose(RootSlot::Handle(0), value).unwrap();
        h.collect(&mut TestFrame(vec![v, node.register()])).unwrap();
        assert_eq!(kinds.live(&h), [node]);
        kinds.audit(&h, &[]);
        h.collect(&mut TestFrame::default()).unwrap();
        assert!(kinds.live(&h).is_empty());
    }
}

#[test]
fn inspection_decodes_headers() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let a = h.new_array(kinds.words, 6, 1).unwrap();
    let header = h.header(a).unwrap();
    assert_eq!(header.shape, Some(Shape::Array(kinds.words)));
    assert_eq!(header.len, 6);
    assert_eq!(h.header(GcRef(a.0 + 16)), None);
    assert!(h.is_counting());
    assert_eq!(h.root_list().unwrap().members, [a]);
}
