//! The objects that a collection keeps, and their new addresses.

use super::{Held, NULL, audit, blamed, heap, moved};
use crate::heap::copying::Copying;
use crate::heap::testing::Kinds;
use crate::heap::{
    GcRef, Heap, HeapError, Inspect, Place, RawFrame, Reclaims, RootSlot, Roots, Shape,
};
use crate::types::StorageKind;

#[test]
fn what_roots_reach_moves_and_the_rest_is_gone() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let all: Vec<GcRef> = (0..6).map(|_| kinds.new_node(&mut h, NULL, NULL)).collect();
    let chain = kinds.new_node(&mut h, all[1], all[4]);
    let mut held = Held::by_slots(&[chain]);
    h.collect(&mut held).unwrap();
    let chain = GcRef(held.slots[0]);
    let kept = kinds.references(&h, chain);
    assert_eq!(kinds.live(&h), [chain, kept[0], kept[1]]);
    assert_eq!((h.stats().allocated, h.stats().freed), (7, 4));
    audit(&kinds, &h);
    h.collect(&mut Held::default()).unwrap();
    assert!(kinds.live(&h).is_empty());
    assert_eq!((h.stats().collections, h.stats().freed), (2, 7));
    assert_eq!(h.reclaims(), Reclaims::Everything);
    audit(&kinds, &h);
}

#[test]
fn identity_is_preserved_and_a_root_may_be_seen_twice() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let shared = kinds.new_node(&mut h, NULL, NULL);
    let a = kinds.new_node(&mut h, shared, shared);
    let mut held = Held::by_frame(&[a, shared, a]);
    held.slots = vec![shared.0, a.0];
    h.collect(&mut held).unwrap();
    let (a, shared) = (held.at(0), held.at(1));
    assert_eq!(held.at(2), a);
    assert_eq!(held.slots, [shared.0, a.0]);
    assert_eq!(kinds.references(&h, a), [shared, shared]);
    assert_eq!(kinds.live(&h).len(), 2);

    // An argument is in the frames of caller and callee: one register, visited
    // twice.
    struct Shared(Held);
    impl Roots for Shared {
        fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
            self.0.stack(visit);
            self.0.stack(visit);
        }
        fn slots(&mut self, _visit: &mut dyn FnMut(RootSlot, &mut u32)) {}
        fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
            self.0.frames(visit);
        }
    }
    let mut twice = Shared(Held::by_frame(&[shared, a]));
    h.collect(&mut twice).unwrap();
    let (shared, a) = (twice.0.at(0), twice.0.at(1));
    assert_eq!(kinds.references(&h, a), [shared, shared]);
    assert_eq!(kinds.live(&h), [shared, a]);
    audit(&kinds, &h);
}

#[test]
fn cycles_move_whole_and_die_whole() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let first = kinds.field(kinds.node, 0);
    let own = kinds.new_node(&mut h, NULL, NULL);
    h.set_field(own, first, own.register()).unwrap();
    let a = kinds.new_node(&mut h, NULL, own);
    let array = h.new_array(kinds.refs, 3, a.register()).unwrap();
    h.set_element(array, 1, StorageKind::Gc, array.register())
        .unwrap();
    h.set_field(a, first, array.register()).unwrap();
    let a = moved(&mut h, a);
    let [array, own] = kinds.references(&h, a)[..] else {
        panic!("a node has two references");
    };
    assert_eq!(kinds.references(&h, array), [a, array, a]);
    assert_eq!(kinds.references(&h, own), [own, NULL]);
    assert_eq!(kinds.live(&h).len(), 3);
    audit(&kinds, &h);
    h.collect(&mut Held::default()).unwrap();
    assert_eq!(h.stats().freed, 3);
    audit(&kinds, &h);
}

#[test]
fn objects_of_every_kind_survive_many_collections() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let host = h.new_extern(77).unwrap();
    let (i31, x) = (GcRef::i31(5).register(), host.register());
    let registers = [0x1ff, x, 0x1_2345, u64::MAX, 11, 12, 8, i31];
    let mixed = h.new_struct(kinds.mixed, &registers).unwrap();
    let thrown = h
        .new_exception(kinds.exception, 9, &[1, mixed.register()])
        .unwrap();
    let externs = h.new_array_fixed(kinds.externs, &[x, 0, i31, x]).unwrap();
    let words = h.new_array(kinds.words, 1000, 3).unwrap();
    let bytes = h.new_array(kinds.bytes, 7, 0xfe).unwrap();
    let vectors = h.new_array_fixed(kinds.vectors, &[1, 2, 3, 4]).unwrap();
    // Numbers that look like references, which must stay the same.
    let like = h.new_array(kinds.words, 1, u64::from(words.0)).unwrap();
    let funcs = h.new_array(kinds.funcs, 2, u64::from(words.0)).unwrap();
    let empty = h.new_struct(kinds.empty, &[]).unwrap();
    let refs = [thrown, externs, words, bytes, vectors, like, funcs, empty];
    let mut held = Held::by_frame(&refs);
    held.frame.extend([0, i31]);
    for round in 0..50 {
        kinds.new_node(&mut h, held.at(0), NULL);
        h.collect(&mut held).unwrap();
        audit(&kinds, &h);
        assert_eq!(kinds.live(&h).len(), 10, "round {round}");
    }
    assert_eq!(held.frame[8..], [0, i31]);
    let [thrown, externs, words, bytes, vectors, like, funcs, empty] =
        std::array::from_fn(|i| held.at(i));
    assert_eq!(h.exception_tag(thrown), Ok(9));
    let payload = |i| kinds.field(kinds.exception, i);
    assert_eq!(h.get_field(thrown, payload(0)), Ok(1));
    let mixed = GcRef::from_register(h.get_field(thrown, payload(1)).unwrap());
    assert_eq!(h.shape(mixed), Ok(Shape::Struct(kinds.mixed)));
    let values: Vec<u64> = (0..7)
        .map(|i| h.get_field(mixed, kinds.field(kinds.mixed, i)).unwrap())
        .collect();
    let x = values[1];
    assert_eq!(values, [0xff, x, 0x2345, u64::MAX, 11, 8, i31]);
    assert_eq!(h.extern_host(GcRef::from_register(x)), Ok(77));
    let expected = [x, 0, i31, x].map(GcRef::from_register);
    assert_eq!(kinds.references(&h, externs), expected);
    assert_eq!(h.array_len(words), Ok(1000));
    assert_eq!(h.get_element(words, 999, StorageKind::B32), Ok(3));
    assert_eq!(h.array_len(bytes), Ok(7));
    assert_eq!(h.get_element(bytes, 6, StorageKind::B8), Ok(0xfe));
    let second = Place::Element {
        index: 1,
        kind: StorageKind::B128,
    };
    assert_eq!(h.load(vectors, second), Ok(4 << 64 | 3));
    let old = u64::from(refs[2].0);
    assert_eq!(h.get_element(like, 0, StorageKind::B32), Ok(old));
    assert_eq!(h.get_element(funcs, 1, StorageKind::Func), Ok(old));
    assert_eq!(h.shape(empty), Ok(Shape::Struct(kinds.empty)));
}

#[test]
fn a_list_of_a_million_moves_without_recursion() {
    let kinds = Kinds::new();
    let mut h = Copying::new(1 << 28);
    h.add_types(&kinds.types);
    let mut held = Held::by_frame(&[NULL]);
    for _ in 0..1_000_000 {
        if h.wants_collection() {
            h.collect(&mut held).unwrap();
        }
        held.frame[0] = kinds.new_node(&mut h, held.at(0), NULL).register();
    }
    let collections = h.stats().collections;
    assert!(
        (3..20).contains(&collections),
        "the heap doubles in between"
    );
    h.collect(&mut held).unwrap();
    let (mut length, mut r) = (0, held.at(0));
    while !r.is_null() {
        length += 1;
        r = GcRef(h.get_field(r, kinds.field(kinds.node, 0)).unwrap() as u32);
    }
    assert_eq!((length, h.stats().freed), (1_000_000, 0));
    h.collect(&mut Held::default()).unwrap();
    assert_eq!(h.stats().freed, 1_000_000);
    audit(&kinds, &h);
}

#[test]
fn a_collection_is_due_when_as_much_is_allocated_as_survived() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let words =
        |h: &mut Copying, bytes: u32| h.new_array_default(kinds.words, (bytes - 24) / 4).unwrap();
    words(&mut h, (256 << 10) - 16);
    assert!(!h.wants_collection());
    let kept = words(&mut h, 1 << 20);
    assert!(h.wants_collection());
    moved(&mut h, kept);
    assert!(!h.wants_collection());
    words(&mut h, (1 << 20) - 16);
    assert!(!h.wants_collection());
    kinds.new_node(&mut h, NULL, NULL);
    assert!(h.wants_collection());
}

#[test]
fn a_root_that_refers_to_no_object_is_corruption() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let node = kinds.new_node(&mut h, NULL, NULL);
    let field = kinds.field(kinds.node, 0);
    for wild in [node.0 + 16, node.0 + 2, 1 << 30, 0xdada_dada, u32::MAX - 1] {
        let wild = GcRef(wild);
        let what = (wild.0, "no object starts here");
        assert_eq!(blamed(h.collect(&mut Held::by_frame(&[wild]))), what);
        assert_eq!(blamed(h.collect(&mut Held::by_slots(&[wild]))), what);
        h.set_field(node, field, wild.register()).unwrap();
        let mut h = heap(&kinds);
        let node = kinds.new_node(&mut h, wild, NULL);
        assert_eq!(blamed(h.collect(&mut Held::by_frame(&[node]))), what);
        // The heap is unusable now, but the worst outcome is an error.
        let again = h.collect(&mut Held::by_frame(&[node]));
        assert_ne!(again, Err(HeapError::Full));
    }
}
