//! Tests of the copying collector.

mod addresses;
mod collect;
mod faults;
mod forward;
mod mutator;
mod operations;

use super::{Copying, Policy};
use crate::heap::testing::{Held, Kinds};
use crate::heap::{GcRef, Heap, HeapError, Inspect, POISON};

const NULL: GcRef = GcRef::NULL;

fn heap(kinds: &Kinds) -> Copying {
    let mut heap = Copying::new(1 << 26);
    heap.add_types(&kinds.types);
    heap
}

/// Checks blocks, statistics and poison.
fn audit<P: Policy>(kinds: &Kinds, heap: &Copying<P>) {
    kinds.audit(heap, &[]);
    for (start, bytes) in heap.unused() {
        let at = bytes.iter().position(|b| *b != POISON);
        assert_eq!(at, None, "bytes from {start:#x} on");
    }
    for object in kinds.live(heap) {
        let moved = heap.core().from_space().forwarding(object);
        assert_eq!(moved, Ok(None), "{object}");
    }
}

/// Collects and returns the new address of a single root.
fn moved<P: Policy>(heap: &mut Copying<P>, r: GcRef) -> GcRef {
    let mut held = Held::by_frame(&[r]);
    heap.collect(&mut held).unwrap();
    held.at(0)
}

/// The address and message of a corruption.
fn blamed<T: std::fmt::Debug>(outcome: Result<T, HeapError>) -> (u32, &'static str) {
    match outcome {
        Err(HeapError::Corrupt(c)) => (c.address, c.what),
        other => panic!("{other:?} is no corruption"),
    }
}
