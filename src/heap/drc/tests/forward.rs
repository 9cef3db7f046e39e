//! A boxed policy loses no override, and other hooks see it.

use super::count;
use crate::heap::drc::{Core, Done, Drc, Policy};
use crate::heap::testing::{Frame, Kinds};
use crate::heap::{GcRef, Heap, HeapError, Slot};
use crate::types::Lane;
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
    fn increment(&mut self, core: &mut Core, value: GcRef, owners: u32) -> Done {
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
    h.fill(array, 0, 2, Lane::Gc, node.register()).unwrap();
    added(2);
    h.copy((array, 1), (array, 0), 2, Lane::Gc).unwrap();
    added(2);
    let mut slots = [0; 2];
    h.grow_slots(&mut slots, node).unwrap();
    added(2);
    h.init_elements(array, 0, Lane::Gc, &slots).unwrap();
    added(2);
    h.copy_slots(&mut slots[..1], &[leaf.0]).unwrap();
    h.write_slot(Slot::Handle(0), &mut slots[1], leaf).unwrap();
    added(2);
    h.fill_slots(&mut slots, node).unwrap();
    added(2);
    h.collect(&mut Frame::default()).unwrap();
    h.expose(Slot::Handle(0), node).unwrap();
    h.get_field(node, kinds.field(kinds.node, 1)).unwrap();
    added(2);
    kinds.audit(&h, &slots);
}

/// Wasmtime issue 10182: the helper gives up counts of containers it never
/// took.
struct CopyReleasesContainers;

impl Policy for CopyReleasesContainers {
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> Done {
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
    h.grow_slots(&mut slots, array).unwrap();
    kinds.audit(&h, &slots);
    h.copy((array, 0), (array, 0), 2, Lane::Gc).unwrap();
    assert_eq!(count(&h, array), Some(1), "three owners, one count");
    let outcome = h.fill_slots(&mut slots, NULL);
    assert!(matches!(outcome, Err(HeapError::Corrupt(_))));
}

/// The double free of the zoo: a block goes on the free list twice.
struct FreeTwice;

impl Policy for FreeTwice {
    fn reclaim(&mut self, core: &mut Core, object: GcRef) -> Done {
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
    h.collect(&mut Frame::of(&[kept])).unwrap();
    let first = kinds.new_node(&mut h, kept, NULL);
    let second = kinds.new_node(&mut h, kept, NULL);
    assert_eq!((first, second), (dead, dead), "one block, two owners");
    assert!(h.collect(&mut Frame::of(&[first])).is_err());
}
