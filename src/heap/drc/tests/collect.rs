//! Collections, freeing and reuse.

use super::{count, heap};
use crate::heap::drc::Drc;
use crate::heap::testing::{Kinds, TestFrame};
use crate::heap::{GcRef, Heap, HeapError, Inspect, RootSlot};
use crate::types::StorageKind;

const NULL: GcRef = GcRef::NULL;

#[test]
fn a_sweep_keeps_what_frames_hold_and_frees_the_rest() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let all: Vec<GcRef> = (0..6).map(|_| kinds.new_node(&mut h, NULL, NULL)).collect();
    // The first, the last, and two neighbours in the middle of the list go.
    let kept = [all[1], all[4]];
    h.collect(&mut TestFrame::of(&[kept[0], kept[1], kept[0]]))
        .unwrap();
    assert_eq!(kinds.live(&h), kept);
    assert_eq!(h.root_list().unwrap().members, [kept[1], kept[0]]);
    kinds.audit(&h, &[]);
    // Marks are cleared: the next sweep starts without any.
    h.collect(&mut TestFrame::of(&[kept[0]])).unwrap();
    assert_eq!(kinds.live(&h), [kept[0]]);
    h.collect(&mut TestFrame::default()).unwrap();
    assert!(kinds.live(&h).is_empty());
    assert_eq!(h.stats().collections, 3);
    kinds.audit(&h, &[]);
}

#[test]
fn an_object_with_another_owner_leaves_the_list_alive() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let mut global = 0;
    h.init_slot(RootSlot::Handle(0), &mut global, leaf).unwrap();
    h.collect(&mut TestFrame::default()).unwrap();
    assert_eq!(count(&h, leaf), Some(1));
    assert!(!h.header(leaf).unwrap().listed);
    h.expose(RootSlot::Handle(0), leaf).unwrap();
    kinds.audit(&h, &[global]);
    h.write_slot(RootSlot::Handle(0), &mut global, NULL)
        .unwrap();
    assert_eq!(count(&h, leaf), Some(1), "the list still owns it");
    h.collect(&mut TestFrame::default()).unwrap();
    assert!(kinds.live(&h).is_empty());
}

#[test]
fn a_list_of_a_million_dies_without_recursion() {
    let kinds = Kinds::new();
    let mut h = Drc::new(1 << 27);
    h.add_types(&kinds.types);
    let mut head = NULL;
    for _ in 0..1_000_000 {
        if h.wants_collection() {
            h.collect(&mut TestFrame::of(&[head])).unwrap();
        }
        head = kinds.new_node(&mut h, head, NULL);
    }
    assert!(h.stats().collections > 100, "the list has a bound");
    h.collect(&mut TestFrame::of(&[head])).unwrap();
    assert_eq!(h.root_list().unwrap().recorded, 1);
    h.collect(&mut TestFrame::default()).unwrap();
    assert_eq!(h.stats().freed, 1_000_000);
    assert_eq!(h.extent(), (16, 16), "all memory came back");
}

#[test]
fn a_large_array_dies_with_its_children() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let array = h.new_array_default(kinds.refs, 50_000).unwrap();
    for i in 0..50_000 {
        let leaf = kinds.new_node(&mut h, NULL, NULL);
        h.set_element(array, i, StorageKind::Gc, leaf.register())
            .unwrap();
    }
    h.collect(&mut TestFrame::of(&[array])).unwrap();
    assert_eq!(kinds.live(&h).len(), 50_001);
    h.collect(&mut TestFrame::default()).unwrap();
    assert!(kinds.live(&h).is_empty());
}

#[test]
fn every_kind_of_container_gives_up_its_references() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let r = h.new_extern(1).unwrap().register();
    h.new_struct(kinds.mixed, &[r, r, r, r, r, r, r, r])
        .unwrap();
    h.new_array(kinds.externs, 3, r).unwrap();
    h.new_exception(kinds.exception, 0, &[0, r]).unwrap();
    h.collect(&mut TestFrame::default()).unwrap();
    assert!(kinds.live(&h).is_empty());
    assert_eq!(h.stats().freed, 4);
}

#[test]
fn cycles_stay() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let hanging = kinds.new_node(&mut h, NULL, NULL);
    let a = kinds.new_node(&mut h, NULL, hanging);
    let b = kinds.new_node(&mut h, a, NULL);
    h.set_field(a, kinds.field(kinds.node, 0), b.register())
        .unwrap();
    h.collect(&mut TestFrame::default()).unwrap();
    assert_eq!(kinds.live(&h), [hanging, a, b]);
    assert_eq!(h.root_list().unwrap().recorded, 0);
    kinds.audit(&h, &[]);
}

#[test]
fn a_full_heap_has_room_again_after_a_collection() {
    let kinds = Kinds::new();
    let mut h = Drc::new(1 << 20);
    h.add_types(&kinds.types);
    let mut kept = Vec::new();
    while let Ok(r) = h.new_struct(kinds.empty, &[]) {
        kept.push(r);
    }
    assert_eq!(kept.len(), (1 << 16) - 1);
    // Every other object dies: half the heap is free, in single granules.
    let mut frame = TestFrame::of(&kept.iter().copied().step_by(2).collect::<Vec<_>>());
    h.collect(&mut frame).unwrap();
    assert_eq!(h.new_array_default(kinds.words, 6), Err(HeapError::Full));
    h.new_struct(kinds.empty, &[]).unwrap();
    h.collect(&mut TestFrame::default()).unwrap();
    h.new_array_default(kinds.bytes, (1 << 20) - 64).unwrap();
    kinds.audit(&h, &[]);
}

#[test]
fn a_failed_allocation_makes_the_next_collection_merge() {
    let kinds = Kinds::new();
    for collections_in_vain in 0..2 {
        let mut h = Drc::new(1 << 17);
        h.add_types(&kinds.types);
        let mut kept = Vec::new();
        while let Ok(r) = h.new_struct(kinds.empty, &[]) {
            kept.push(r);
        }
        // Where nothing dies, nothing is merged, and the merge remains due.
        for _ in 0..collections_in_vain {
            h.collect(&mut TestFrame::of(&kept)).unwrap();
        }
        // Two neighbours die: too few to be worth a pass, unless an allocation
        // failed.
        kept.drain(100..102);
        h.collect(&mut TestFrame::of(&kept)).unwrap();
        kinds.new_node(&mut h, NULL, NULL);
        kinds.audit(&h, &[]);
    }
}

#[test]
fn small_heaps_merge_at_every_collection() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let mut kept: Vec<GcRef> = (0..1000)
        .map(|_| kinds.new_node(&mut h, NULL, NULL))
        .collect();
    kept.drain(100..102);
    h.collect(&mut TestFrame::of(&kept)).unwrap();
    let free: Vec<u32> = h
        .blocks()
        .iter()
        .filter(|b| b.free)
        .map(|b| b.size)
        .collect();
    assert_eq!(free, [64]);
}

/// Makes `objects` small objects and runs a collection that frees two
/// neighbours and `others` objects without free neighbours. Returns the sizes
/// of the free blocks.
fn after_a_few_died(objects: usize, others: usize) -> Vec<u32> {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let mut kept: Vec<GcRef> = (0..objects)
        .map(|_| h.new_struct(kinds.empty, &[]).unwrap())
        .collect();
    let mut index = 0;
    kept.retain(|_| {
        index += 1;
        let lonely = index % 2 == 0 && (200..200 + 2 * others).contains(&index);
        !(lonely || index == 101 || index == 102)
    });
    h.collect(&mut TestFrame::of(&kept)).unwrap();
    assert_eq!(h.core().block_size(kept[0]), Ok(16));
    h.blocks()
        .iter()
        .filter(|b| b.free)
        .map(|b| b.size)
        .collect()
}

#[test]
fn large_heaps_wait_until_merging_pays() {
    // Up to 4096 granules, granule 0 included, a heap is small.
    assert_eq!(after_a_few_died(4095, 0), [32]);
    assert_eq!(after_a_few_died(4096, 0), [16, 16]);
    // 8001 granules, of which a sixteenth is 500.
    assert!(after_a_few_died(8000, 498).contains(&32));
    assert!(!after_a_few_died(8000, 497).contains(&32));
}

#[test]
fn many_bytes_call_for_a_collection_as_many_objects_do() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let mut frame = TestFrame::default();
    let mut until_wanted = |h: &mut Drc, len| {
        let mut n = 0;
        while !h.wants_collection() {
            let r = h.new_array_default(kinds.bytes, len).unwrap();
            frame.0.push(r.register());
            n += 1;
        }
        h.collect(&mut frame).unwrap();
        n
    };
    assert_eq!(until_wanted(&mut h, 4096 - 24), 64);
    assert_eq!(until_wanted(&mut h, 4096 - 24), 64);
    assert_eq!(until_wanted(&mut h, 4096 - 24), 128, "as much as is alive");
    assert_eq!(until_wanted(&mut h, 0), 768, "the list is at its limit");
    assert_eq!(until_wanted(&mut h, 0), 1024, "twice the survivors");
}

#[test]
fn two_empty_objects_of_which_one_dies() {
    // Wasmtime issue 10349: merging swallowed the survivor.
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let first = h.new_struct(kinds.empty, &[]).unwrap();
    let second = h.new_struct(kinds.empty, &[]).unwrap();
    h.collect(&mut TestFrame::of(&[second])).unwrap();
    let big = h.new_array_default(kinds.words, 10).unwrap();
    assert!(big.0 > second.0);
    assert_eq!(h.new_struct(kinds.empty, &[]).unwrap(), first);
    kinds.audit(&h, &[]);
}

#[test]
fn damage_is_reported_by_the_collection_that_meets_it() {
    let kinds = Kinds::new();
    let damage = |f: &dyn Fn(&mut Drc, [GcRef; 3])| {
        let mut h = heap(&kinds);
        let r = [0; 3].map(|_| kinds.new_node(&mut h, NULL, NULL));
        f(&mut h, r);
        let found = h.root_list().unwrap();
        (found.members.len(), h.collect(&mut TestFrame::of(&[r[1]])))
    };
    // A circle, a list cut short, a member freed, a count that is too low.
    let (members, outcome) = damage(&|h, r| h.core_mut().set_next(r[0], r[2]).unwrap());
    assert!(members == 4 && outcome.is_err());
    let (members, outcome) = damage(&|h, r| h.core_mut().set_next(r[1], NULL).unwrap());
    assert!(members == 2 && outcome.is_err());
    let (members, outcome) = damage(&|h, r| h.core_mut().free(r[1]).unwrap());
    assert!(members == 2 && outcome.is_err());
    let (_, outcome) = damage(&|h, r| h.core_mut().set_count(r[0], 0).unwrap());
    assert!(outcome.is_err());
    let (_, outcome) = damage(&|h, _| h.core_mut().set_list_len(2));
    assert!(outcome.is_err());
    let (_, outcome) = damage(&|h, _| h.core_mut().set_list_head(GcRef(8)));
    assert!(outcome.is_err());
    let (_, outcome) = damage(&|_, _| ());
    assert_eq!(outcome, Ok(()));
}

#[test]
fn an_object_may_not_die_in_the_list() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let root = kinds.new_node(&mut h, leaf, NULL);
    h.core_mut().set_count(leaf, 1).unwrap();
    let outcome = h.set_field(root, kinds.field(kinds.node, 0), 0);
    assert!(matches!(outcome, Err(HeapError::Corrupt(_))));
}

#[test]
fn a_live_object_with_count_zero_is_noticed_when_it_is_stored() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    h.core_mut().set_count(leaf, 0).unwrap();
    let outcome = h.init_slot(RootSlot::Handle(0), &mut 0, leaf);
    assert!(matches!(outcome, Err(HeapError::Corrupt(c)) if c.what.contains("supposedly live")));
    h.core_mut().set_count(leaf, u32::MAX).unwrap();
    assert!(
        h.init_slot(RootSlot::Handle(0), &mut 0, leaf).is_err(),
        "counts do not wrap"
    );
}

#[test]
fn a_heap_costs_little_until_it_is_used() {
    let kinds = Kinds::new();
    let mut h = Drc::new(u32::MAX);
    h.add_types(&kinds.types);
    assert_eq!(h.core.space.storage.len(), 0);
    kinds.new_node(&mut h, NULL, NULL);
    assert_eq!(h.core.space.storage.len(), 4096);
}
