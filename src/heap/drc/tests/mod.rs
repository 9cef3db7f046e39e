//! Tests of the counting collector.

mod bulk;
mod collect;
mod core;
mod counts;
mod forward;
mod mutator;
mod operations;

use super::{Drc, Policy};
use crate::heap::testing::Kinds;
use crate::heap::{GcRef, Heap, Inspect};

fn heap(kinds: &Kinds) -> Drc {
    let mut heap = Drc::new(1 << 26);
    heap.add_types(&kinds.types);
    heap
}

/// The count of the object at `r`; `None` if there is none.
fn count<P: Policy>(heap: &Drc<P>, r: GcRef) -> Option<u32> {
    heap.header(r)?.count
}
