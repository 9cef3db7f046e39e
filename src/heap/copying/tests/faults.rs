//! One override is one bug, also in a box, and the bug shows.

use super::{Held, NULL, audit, blamed};
use crate::heap::copying::{Copying, Core, HeapResult, Policy, Sound};
use crate::heap::testing::Kinds;
use crate::heap::{GcRef, Heap, HeapError, Roots, Shape};
use std::cell::Cell;

fn boxed(kinds: &Kinds, policy: impl Policy + 'static) -> Copying<Box<dyn Policy>> {
    let mut heap = Copying::with_policy(1 << 20, Box::new(policy) as Box<dyn Policy>);
    heap.add_types(&kinds.types);
    heap
}

/// A forwarding address stored with the wrong operator, in arrays only.
struct ForwardsArraysWithAnd;

impl Policy for ForwardsArraysWithAnd {
    fn store_forwarding(&mut self, core: &mut Core, object: GcRef, copy: GcRef) -> HeapResult {
        let from = core.from_space_mut();
        match from.shape(object)? {
            Shape::Array(_) => from.set_forwarding_word(object, copy.0 & 1),
            _ => from.set_forwarding(object, copy),
        }
    }
}

#[test]
fn an_object_without_a_forwarding_address_loses_its_identity() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, ForwardsArraysWithAnd);
    let array = h.new_array_default(kinds.refs, 2).unwrap();
    let node = kinds.new_node(&mut h, NULL, NULL);
    let mut held = Held::by_frame(&[array, array, node, node]);
    h.collect(&mut held).unwrap();
    assert_ne!(held.at(0), held.at(1));
    assert_eq!(held.at(2), held.at(3));
}

/// Misses an object's last reference in the scan.
struct MissesTheLast;

impl Policy for MissesTheLast {
    fn scan(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        let shape = core.to_space().shape(object)?;
        let fields = core.trace_info().of(shape)?.traced();
        for field in fields.start..fields.end - 1 {
            let offset = core.trace_info().traced(field)?;
            self.scan_field(core, object, offset)?;
        }
        Ok(())
    }
}

#[test]
fn a_reference_that_was_not_scanned_is_stale() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, MissesTheLast);
    let leaf = kinds.new_node(&mut h, NULL, NULL);
    let node = kinds.new_node(&mut h, leaf, leaf);
    let mut held = Held::by_frame(&[node]);
    h.collect(&mut held).unwrap();
    let [first, last] = kinds.references(&h, held.at(0))[..] else {
        panic!("a node has two references");
    };
    assert!(h.shape(first).is_ok());
    assert_eq!(last, leaf);
    assert_eq!(blamed(h.shape(last)), (leaf.0, "no object starts here"));
}

/// Does not treat slots as roots.
struct SkipsSlots;

impl Policy for SkipsSlots {
    fn forward_slots(&mut self, _: &mut Core, _: &mut dyn Roots) -> HeapResult {
        Ok(())
    }
}

#[test]
fn a_root_that_was_skipped_is_stale() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, SkipsSlots);
    let node = kinds.new_node(&mut h, NULL, NULL);
    let mut held = Held::by_slots(&[node]);
    h.collect(&mut held).unwrap();
    assert_eq!(held.slots, [node.0]);
    assert!(h.shape(node).is_err());
    audit(&kinds, &h);
}

/// Keeps the first object's address in a register that no stack map lists.
struct CachesAnAddress(Cell<Option<(GcRef, GcRef)>>);

impl Policy for CachesAnAddress {
    fn store_forwarding(&mut self, core: &mut Core, object: GcRef, copy: GcRef) -> HeapResult {
        self.0.set(self.0.get().or(Some((copy, object))));
        core.from_space_mut().set_forwarding(object, copy)
    }

    fn locate(&self, _: &Core, r: GcRef) -> GcRef {
        match self.0.get() {
            Some((copy, cached)) if r == copy => cached,
            _ => r,
        }
    }
}

#[test]
fn a_cached_address_is_stale() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, CachesAnAddress(Cell::new(None)));
    let node = kinds.new_node(&mut h, NULL, NULL);
    let other = kinds.new_node(&mut h, NULL, NULL);
    let mut held = Held::by_frame(&[node, other]);
    h.collect(&mut held).unwrap();
    assert!(h.shape(held.at(1)).is_ok());
    let field = kinds.field(kinds.node, 0);
    let found = blamed(h.set_field(held.at(0), field, 0));
    assert_eq!(found, (node.0, "no object starts here"));
}

/// Makes another copy for every reference.
struct NeverForwarded;

impl Policy for NeverForwarded {
    fn forwarding(&mut self, _: &mut Core, _: GcRef) -> Result<Option<GcRef>, HeapError> {
        Ok(None)
    }
}

#[test]
fn a_collection_that_copies_without_end_ends() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, NeverForwarded);
    let node = kinds.new_node(&mut h, NULL, NULL);
    let field = kinds.field(kinds.node, 0);
    h.set_field(node, field, node.register()).unwrap();
    let outcome = h.collect(&mut Held::by_frame(&[node]));
    let expected = (node.0, "to-space cannot take a copy of it");
    assert_eq!(blamed(outcome), expected);
}

#[test]
fn a_sound_policy_in_a_box_is_sound() {
    let kinds = Kinds::new();
    let mut h = boxed(&kinds, Sound);
    let node = kinds.new_node(&mut h, NULL, NULL);
    let array = h.new_array(kinds.refs, 2, node.register()).unwrap();
    let mut held = Held::by_frame(&[array]);
    h.collect(&mut held).unwrap();
    audit(&kinds, &h);
    assert_eq!(kinds.live(&h).len(), 2);
}

#[test]
fn a_damaged_forwarding_word_is_corruption() {
    let kinds = Kinds::new();
    for word in [2, 16, 0xdada_dada, u32::MAX] {
        let mut h = boxed(&kinds, Sound);
        let node = kinds.new_node(&mut h, NULL, NULL);
        let from = h.core_mut().from_space_mut();
        from.set_forwarding_word(node, word).unwrap();
        let outcome = h.collect(&mut Held::by_frame(&[node]));
        assert_eq!(blamed(outcome).0, node.0);
    }
}
