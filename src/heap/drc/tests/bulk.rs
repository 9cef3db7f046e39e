//! Bulk operations on arrays of references, against a naive model.

use super::{count, heap};
use crate::heap::drc::{Drc, Policy, Sound};
use crate::heap::testing::{Kinds, Random, TestFrame};
use crate::heap::{Block, GcRef, Heap, HeapError, Inspect, RootSlot, Stats};
use crate::types::{ARRAY_ELEMENTS, StorageKind};

fn elements(h: &mut Drc, kinds: &Kinds, r: GcRef) -> Vec<u32> {
    kinds.references(h, r).iter().map(|r| r.0).collect()
}

#[test]
fn copies_match_a_temporary_copy_and_keep_counts_exact() {
    let kinds = Kinds::new();
    let mut random = Random(42);
    for _ in 0..200 {
        let mut h = heap(&kinds);
        let n = 1 + random.below(12);
        let mut arrays = [0; 2].map(|_| h.new_array_default(kinds.refs, n as u32).unwrap());
        for array in arrays {
            for i in 0..n as u32 {
                // Sole owners, so that every overwritten object dies.
                let leaf = match random.below(4) {
                    0 => GcRef::i31(i),
                    1 => array,
                    _ => kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL),
                };
                h.set_element(array, i, StorageKind::Gc, leaf.register())
                    .unwrap();
            }
        }
        h.collect(&mut TestFrame::of(&arrays)).unwrap();
        let mut model = arrays.map(|a| elements(&mut h, &kinds, a));
        for _ in 0..6 {
            let (to, from) = (random.below(2), random.below(2));
            let len = random.below(n + 1);
            let (d, s) = (random.below(n - len + 1), random.below(n - len + 1));
            let source = model[from][s..s + len].to_vec();
            model[to][d..d + len].copy_from_slice(&source);
            h.copy(
                (arrays[to], d as u32),
                (arrays[from], s as u32),
                len as u32,
                StorageKind::Gc,
            )
            .unwrap();
            for (array, model) in arrays.iter().zip(&model) {
                assert_eq!(&elements(&mut h, &kinds, *array), model);
            }
            kinds.audit(&h, &[]);
        }
        arrays.reverse();
        h.collect(&mut TestFrame::of(&arrays)).unwrap();
        kinds.audit(&h, &[]);
    }
}

#[test]
fn copying_an_array_onto_itself_changes_no_count() {
    // The case of Wasmtime issue 10182.
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL);
    let array = h.new_array(kinds.refs, 4, leaf.register()).unwrap();
    h.collect(&mut TestFrame::of(&[array])).unwrap();
    h.copy((array, 0), (array, 0), 4, StorageKind::Gc).unwrap();
    kinds.audit(&h, &[]);
    h.collect(&mut TestFrame::of(&[array])).unwrap();
    assert_eq!(kinds.live(&h), [leaf, array]);
}

#[test]
fn fills_and_segments_count_every_copy() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let [a, b] = [0; 2].map(|_| kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL));
    let array = h.new_array(kinds.refs, 8, a.register()).unwrap();
    h.fill(array, 2, 4, StorageKind::Gc, u128::from(b.register()))
        .unwrap();
    kinds.audit(&h, &[]);
    // The elements' own references are the only ones left.
    h.collect(&mut TestFrame::of(&[array])).unwrap();
    h.fill(array, 0, 8, StorageKind::Gc, u128::from(b.register()))
        .unwrap();
    assert_eq!(kinds.live(&h), [b, array]);
    h.fill(array, 0, 8, StorageKind::Gc, u128::from(b.register()))
        .unwrap();
    h.fill(array, 3, 0, StorageKind::Gc, u128::from(b.register()))
        .unwrap();
    kinds.audit(&h, &[]);

    let mut segment = [0; 3];
    h.grow_slots(0, &mut segment, b).unwrap();
    h.init_elements(array, 5, StorageKind::Gc, &segment)
        .unwrap();
    kinds.audit(&h, &segment);
    h.drop_slots(RootSlot::Handle(0), &mut segment).unwrap();
    h.fill(array, 0, 8, StorageKind::Gc, 0).unwrap();
    assert_eq!(kinds.live(&h), [array]);
    kinds.audit(&h, &[]);
}

#[test]
fn ranges_outside_the_array_change_nothing() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL);
    let array = h.new_array(kinds.refs, 2, leaf.register()).unwrap();
    let v = leaf.register();
    for (start, len) in [
        (0, 3),
        (2, 1),
        (3, 1),
        (u32::MAX, 1),
        (1, u32::MAX),
        (u32::MAX, u32::MAX),
    ] {
        // Two elements and the length take exactly one granule.
        assert!(
            h.fill(array, start, len, StorageKind::Gc, v.into())
                .is_err()
        );
        assert!(
            h.copy((array, start), (array, 0), len, StorageKind::Gc)
                .is_err()
        );
        assert!(
            h.copy((array, 0), (array, start), len, StorageKind::Gc)
                .is_err()
        );
        if len == 3 {
            assert!(
                h.init_elements(array, start, StorageKind::Gc, &[leaf.0; 3])
                    .is_err()
            );
        }
        kinds.audit(&h, &[]);
    }
    assert!(
        h.init_data(array, 0, StorageKind::Gc, &[1, 2, 3, 4])
            .is_err()
    );
    assert!(h.init_elements(array, 0, StorageKind::B32, &[1]).is_err());
    assert!(h.new_struct(kinds.node, &[v]).is_err(), "too few registers");
    assert!(h.new_struct(kinds.node, &[0; 4]).is_err(), "too many");
    assert!(h.new_struct(kinds.refs, &[]).is_err(), "not a structure");
    assert_eq!(h.new_array(kinds.refs, u32::MAX, v), Err(HeapError::Full));
    assert_eq!(
        h.new_array(kinds.vectors, u32::MAX, v),
        Err(HeapError::Full)
    );
}

#[test]
fn numbers_are_copied_without_counting() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let array = h.new_array_fixed(kinds.words, &[1, 2, 3, 4]).unwrap();
    h.copy((array, 1), (array, 0), 3, StorageKind::B32).unwrap();
    h.fill(array, 3, 1, StorageKind::B32, u64::MAX.into())
        .unwrap();
    let read: Vec<u64> = (0..4)
        .map(|i| h.get_element(array, i, StorageKind::B32).unwrap())
        .collect();
    assert_eq!(read, [1, 1, 2, 0xffff_ffff]);
    h.init_data(array, 2, StorageKind::B32, &[9; 8]).unwrap();
    assert!(h.init_data(array, 2, StorageKind::B32, &[9; 17]).is_err());
    assert!(h.init_data(array, u32::MAX, StorageKind::B32, &[]).is_err());
    let vectors = h.new_array_fixed(kinds.vectors, &[1, 2, 3, 4]).unwrap();
    h.copy((vectors, 1), (vectors, 0), 1, StorageKind::B128)
        .unwrap();
    h.set_element(vectors, 0, StorageKind::B128, 9).unwrap();
    // The halves of a vector are the elements of an array of `i64`.
    let read: Vec<u64> = (0..4)
        .map(|i| h.get_element(vectors, i, StorageKind::B64).unwrap())
        .collect();
    assert_eq!(read, [9, 0, 1, 2]);
}

/// A policy with the default hooks.
struct Plain;

impl Policy for Plain {}

/// An array of fewer than 80 elements: objects, old and new, some of them
/// several times, null, i31s, and if `wild` something that is none of these.
/// The same under all policies that allocate alike.
fn mixture<P: Policy>(h: &mut Drc<P>, kinds: &Kinds, random: &mut Random, wild: bool) -> GcRef {
    let len = random.below(80) as u32;
    let array = h.new_array_default(kinds.refs, len).unwrap();
    let mut last = GcRef::NULL;
    for i in 0..len {
        last = match random.below(12) {
            0 => GcRef::NULL,
            1 => GcRef::i31(i),
            2 => array,
            3..6 => last,
            _ => kinds.new_node(h, GcRef::NULL, last),
        };
        h.set_element(array, i, StorageKind::Gc, last.register())
            .unwrap();
    }
    if wild && len > 0 {
        let i = random.below(len as usize) as u64;
        let at = u64::from(ARRAY_ELEMENTS) + 4 * i;
        h.core_mut()
            .store_ref(array, at, GcRef(0x7777_7770))
            .unwrap();
    }
    array
}

/// Runs a program of bulk operations: its outcome, the blocks, all counts, and
/// the statistics.
fn left_behind<P: Policy>(
    policy: P,
    seed: u64,
    kinds: &Kinds,
) -> (Result<(), HeapError>, Vec<Block>, Vec<Option<u32>>, Stats) {
    let mut random = Random(seed);
    let mut h = Drc::with_policy(1 << 20, policy);
    h.add_types(&kinds.types);
    h.watch(random.below(4) == 0);
    let wild = random.below(4) == 0;
    let arrays = [0; 3].map(|_| mixture(&mut h, kinds, &mut random, wild));
    let mut done = h.collect(&mut TestFrame::of(&arrays));
    for _ in 0..6 {
        let mut part = || {
            let array = arrays[random.below(3)];
            let len = h.array_len(array).unwrap() as usize;
            let start = random.below(len + 1);
            (array, start as u32, (len - start) as u32)
        };
        let ((to, d, room), (from, s, there)) = (part(), part());
        let len = room.min(there);
        done = done.and_then(|()| match random.below(3) {
            0 => h.fill(to, d, len, StorageKind::Gc, u128::from(from.register())),
            _ => h.copy((to, d), (from, s), len, StorageKind::Gc),
        });
    }
    // All objects die but one of the arrays and those reachable from it.
    done = done.and_then(|()| h.collect(&mut TestFrame::of(&arrays[..1])));
    let blocks = h.blocks();
    let counts: Vec<_> = blocks.iter().map(|b| count(&h, GcRef(b.start))).collect();
    (done, blocks, counts, h.stats())
}

#[test]
fn what_is_counted_ahead_is_counted_as_ever() {
    let kinds = Kinds::new();
    for seed in 0..400 {
        let sound = left_behind(Sound, seed, &kinds);
        let plain = left_behind(Plain, seed, &kinds);
        assert_eq!(sound, plain, "seed {seed}");
    }
}

/// The assertion of Wasmtime issue 10182 holds on the fast path, too.
#[test]
fn an_element_without_owners_is_refused_wherever_it_stands() {
    let kinds = Kinds::new();
    for dying in 0..4 {
        let mut h = heap(&kinds);
        let [from, to] = [0; 2].map(|_| h.new_array_default(kinds.refs, 4).unwrap());
        let nodes = [0; 4].map(|_| kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL));
        for (i, node) in (0..).zip(nodes) {
            h.set_element(from, i, StorageKind::Gc, node.register())
                .unwrap();
        }
        h.core_mut().set_count(nodes[dying], 0).unwrap();
        let refused = h.copy((to, 0), (from, 0), 4, StorageKind::Gc).unwrap_err();
        let message = format!("{refused:?}");
        assert!(message.contains("supposedly live"), "{message}");
        assert_eq!(count(&h, nodes[dying]), Some(0));
    }
}
