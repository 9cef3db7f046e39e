//! The copying collector as seen by the oracle: the current semi-space, by
//! virtual addresses.

use super::{Copying, Policy};
use crate::heap::header::HEADER;
use crate::heap::peek;
use crate::heap::{
    Block, Change, GRANULE, GcRef, Header, Inspect, ObjectEvent, Place, Reclaims, RootList,
    ShownRoots, Stats,
};
use crate::types::StorageKind;

impl<P: Policy> Inspect for Copying<P> {
    fn name(&self) -> &'static str {
        self.policy.name()
    }

    fn extent(&self) -> (u32, u32) {
        self.core.from_space().extent()
    }

    fn footprint(&self) -> u64 {
        self.core.footprint()
    }

    fn blocks(&self) -> Vec<Block> {
        self.core.from_space().blocks()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let current = self.core.from_space();
        let (shape, len) = current.space.peek_shape(current.local(r))?;
        Some(Header {
            shape,
            len,
            count: None,
            listed: false,
        })
    }

    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        let current = self.core.from_space();
        current.space.peek_value(current.local(r), place)
    }

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        let current = self.core.from_space();
        current.space.peek(current.local(r), place)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        let current = self.core.from_space();
        current.space.peek_high(current.local(r), place)
    }

    fn peek_elements(&self, r: GcRef, kind: StorageKind, len: u32, out: &mut Vec<u8>) -> u32 {
        let current = self.core.from_space();
        let bytes = current.space.peek_elements(current.local(r), kind, len);
        peek::all(self, bytes, (r, kind, len), out)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        let current = self.core.from_space();
        current.space.peek_word(current.local(r))
    }

    fn bytes(&self, block: Block) -> Option<&[u8]> {
        let current = self.core.from_space();
        current.space.peek_bytes(Block {
            start: current.local(GcRef(block.start)).0,
            ..block
        })
    }

    fn size_of_block(&self, r: GcRef) -> Option<u32> {
        let current = self.core.from_space();
        current.space.granules().size_of_block(current.local(r))
    }

    fn header_size(&self) -> Option<u32> {
        Some(HEADER)
    }

    fn is_counting(&self) -> bool {
        false
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Everything
    }

    fn root_list(&self) -> Option<RootList> {
        None
    }

    /// The memory behind the last block, then the idle semi-space, at the
    /// addresses of its last use. If its memory has grown larger than its use
    /// at that time, the addresses behind may belong to other objects by now.
    fn unused(&self) -> Vec<(u32, &[u8])> {
        let (current, idle) = (self.core.from_space(), self.core.to_space());
        let behind = current.space.behind();
        let behind = behind.map(|(start, bytes)| (current.base() + start, bytes));
        let storage = &idle.space.storage;
        let idle = storage
            .slice(GRANULE as usize..storage.len())
            .filter(|bytes| !bytes.is_empty())
            .map(|bytes| (idle.base() + GRANULE, bytes));
        behind.into_iter().chain(idle).collect()
    }

    /// Overwrites are not counted.
    fn stats(&self) -> Stats {
        self.core.stats
    }

    fn shown_roots(&self) -> Option<&ShownRoots> {
        self.shown.as_ref()
    }

    fn watch(&mut self, on: bool) {
        self.core.watch(on);
        self.shown = match on {
            true => Some(self.shown.take().unwrap_or_default()),
            false => None,
        };
    }

    /// A collection changes everything; the log does not cover it.
    fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        let current = self.core.from_space();
        let base = current.base();
        current.space.changes(&mut |change| {
            visit(Change {
                at: change.at + base,
                ..change
            });
        })
    }

    fn forget_changes(&mut self) {
        self.core.forget_changes();
    }

    fn record(&mut self, on: bool) {
        self.core.record(on);
    }

    fn object_events(&self, r: GcRef, visit: &mut dyn FnMut(ObjectEvent)) -> bool {
        self.core.object_events(r, visit)
    }
}
