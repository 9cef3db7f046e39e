//! A boxed policy keeps every override, and other hooks see it.

use super::count;
use crate::heap::drc::{Core, Drc, HeapResult, Policy};
use crate::heap::testing::{Kinds, TestFrame};
use crate::heap::{GcRef, Heap, HeapError, Inspect, RootSlot};
use crate::types::StorageKind;
use std::cell::Cell;
use std::rc::Rc;

const NULL: GcRef = GcRef::NULL;

fn boxed(kinds: &Kinds, policy: impl Policy + 'static) -> Drc<Box<dyn Policy>> {
    let mut heap = Drc::with_policy(1 << 20, Box::new(policy) as Box<dyn Policy>);
    heap.add_types(&kinds.types);
    heap
}

/// Counts how many owners were added.
struct Ledger(Rc<Cell<u32>>);

impl Policy for Ledger {
    fn increment(&mut self, core: &mut Core, value: GcRef, owners: u32) -> HeapResult {
        if self.is_object(value) {
            self.0.set(self.0.get() + owners);
            core.add_owners(value, owners)?;
        }
        Ok(())
    }
}

#[test]
fn every_hook_that_counts_goes_through_the_override() {
    let kinds = Kinds::new();
    let ledger = Rc::new(Cell::new(0));
    let mut h = boxed(&kinds, Ledger(ledger.clone()));
    let added = |n: u32| assert_eq!(ledger.replace(0), n);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    added(0);
    let node = kinds.new_node(&mut h, leaf, GcRef::i31(1));
    added(1);
    let array = h.new_array(kinds.refs, 3, leaf.register()).unwrap();
    added(3);
    h.set_field(node, kinds.field(kinds.node, 1), array.register())
        .unwrap();
    added(1);
    h.fill(array, 0, 2, StorageKind::Gc, u128::from(node.register()))
        .unwrap();
    added(2);
    h.copy((array, 1), (array, 0), 2, StorageKind::Gc).unwrap();
    added(2);
    let mut slots = [0; 2];
    h.grow_slots(0, &mut slots, node).unwrap();
    added(2);
    h.init_elements(array, 0, StorageKind::Gc, &slots).unwrap();
    added(2);
    h.copy_slots(0, &mut slots[..1], &[leaf.0]).unwrap();
    h.write_slot(RootSlot::Handle(0), &mut slots[1], leaf)
        .unwrap();
    added(2);
    h.fill_slots(0, &mut slots, node).unwrap();
    added(2);
    h.collect(&mut TestFrame::default()).unwrap();
    h.expose(RootSlot::Handle(0), node).unwrap();
    h.get_field(node, kinds.field(kinds.node, 1)).unwrap();
    added(2);
    kinds.audit(&h, &slots);
}

/// Releases counts of both arrays, which it never took.
struct CopyReleasesContainers;

impl Policy for CopyReleasesContainers {
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        for at in core.element_words(src.0, src.1, len)? {
            let new = core.word(at)?;
            self.increment(core, new, 1)?;
        }
        self.decrement_elements(core, dst.0, dst.1, len)?;
        core.copy_elements(dst, src, len)?;
        self.release(core, dst.0)?;
        self.release(core, src.0)
    }
}

#[test]
fn one_override_is_one_bug() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, CopyReleasesContainers);
    let array = h.new_array_default(kinds.refs, 2).unwrap();
    let mut slots = [0; 2];
    h.grow_slots(0, &mut slots, array).unwrap();
    kinds.audit(&h, &slots);
    h.copy((array, 0), (array, 0), 2, StorageKind::Gc).unwrap();
    assert_eq!(count(&h, array), Some(1), "three owners, one count");
    let outcome = h.fill_slots(0, &mut slots, NULL);
    assert!(matches!(outcome, Err(HeapError::Corrupt(_))));
}

/// The double free of the zoo: a block goes on the free list twice.
struct FreeTwice;

impl Policy for FreeTwice {
    fn reclaim(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        let size = core.block_size(object)?;
        core.free_raw(object, size);
        core.free_raw(object, size);
        Ok(())
    }

    fn coalesce(&mut self, _core: &mut Core) {}
}

#[test]
fn raw_doors_break_the_heap_without_a_panic() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, FreeTwice);
    let dead = kinds.new_node(&mut h, NULL, NULL);
    let kept = kinds.new_node(&mut h, NULL, NULL);
    h.collect(&mut TestFrame::of(&[kept])).unwrap();
    let first = kinds.new_node(&mut h, kept, NULL);
    let second = kinds.new_node(&mut h, kept, NULL);
    assert_eq!((first, second), (dead, dead), "one block, two owners");
    assert!(h.collect(&mut TestFrame::of(&[first])).is_err());
}

/// Gives wrong answers, and records calls of three of its hooks.
struct Contrary(Rc<Cell<u32>>);

impl Policy for Contrary {
    fn name(&self) -> &'static str {
        "contrary"
    }

    fn parked(&self, _: &Core) -> Vec<GcRef> {
        vec![GcRef(0x40)]
    }

    fn is_object(&mut self, value: GcRef) -> bool {
        self.0.set(self.0.get() | 1);
        !value.is_object()
    }

    fn wants_collection(&self, core: &Core) -> bool {
        core.is_empty()
    }

    fn survives(&mut self, _: &mut Core, member: GcRef) -> Result<bool, HeapError> {
        self.0.set(self.0.get() | 2);
        Ok(member.is_null())
    }

    fn coalesce(&mut self, _: &mut Core) {
        self.0.set(self.0.get() | 4);
    }
}

#[test]
fn a_box_answers_as_what_is_in_it() {
    let kinds = Kinds::new();
    let asked = Rc::new(Cell::new(0));
    let mut h = boxed(&kinds, Contrary(asked.clone()));
    assert_eq!(h.name(), "contrary");
    assert_eq!(h.parked(), [GcRef(0x40)]);
    let mut policy: Box<dyn Policy> = Box::new(Contrary(asked.clone()));
    type Boxed = Box<dyn Policy>;
    assert!(Boxed::wants_collection(&policy, h.core()));
    for (r, survives) in [(NULL, true), (GcRef(0x40), false)] {
        assert_eq!(Boxed::is_object(&mut policy, r), r.is_null());
        let outcome = Boxed::survives(&mut policy, h.core_mut(), r);
        assert_eq!(outcome, Ok(survives));
    }
    h.new_struct(kinds.empty, &[]).unwrap();
    assert!(!Boxed::wants_collection(&policy, h.core()));
    assert_eq!(asked.replace(0) & 3, 3);
    Boxed::coalesce(&mut policy, h.core_mut());
    assert_eq!(asked.get(), 4);
}
