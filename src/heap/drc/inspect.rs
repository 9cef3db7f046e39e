//! The counting collector as seen by the oracle.

use super::{Drc, Policy};
use crate::heap::header::HEADER;
use crate::heap::peek;
use crate::heap::{
    Block, Change, GRANULE, GcRef, Header, Inspect, ObjectEvent, Place, Reclaims, RootList,
    ShownRoots, Stats,
};
use crate::types::StorageKind;

impl<P: Policy> Inspect for Drc<P> {
    fn name(&self) -> &'static str {
        self.policy.name()
    }

    fn parked(&self) -> Vec<GcRef> {
        self.policy.parked(&self.core)
    }

    fn extent(&self) -> (u32, u32) {
        self.core.space.extent()
    }

    fn footprint(&self) -> u64 {
        // At worst every other block is in a list of free ones.
        let (start, end) = self.extent();
        self.core.space.footprint() + u64::from(end - start) / 16
    }

    fn blocks(&self) -> Vec<Block> {
        self.core.space.granules().blocks()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let (shape, len) = self.core.space.peek_shape(r)?;
        Some(Header {
            shape,
            len,
            count: Some(self.core.count(r).ok()?),
            listed: self.core.is_listed(r).ok()?,
        })
    }

    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        self.core.space.peek_value(r, place)
    }

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        self.core.space.peek(r, place)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        self.core.space.peek_high(r, place)
    }

    fn peek_elements(&self, r: GcRef, kind: StorageKind, len: u32, out: &mut Vec<u8>) -> u32 {
        let bytes = self.core.space.peek_elements(r, kind, len);
        peek::all(self, bytes, (r, kind, len), out)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.core.space.peek_word(r)
    }

    fn bytes(&self, block: Block) -> Option<&[u8]> {
        self.core.space.peek_bytes(block)
    }

    fn size_of_block(&self, r: GcRef) -> Option<u32> {
        self.core.space.granules().size_of_block(r)
    }

    fn header_size(&self) -> Option<u32> {
        Some(HEADER)
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::AllButCycles
    }

    fn is_counting(&self) -> bool {
        true
    }

    fn root_list(&self) -> Option<RootList> {
        // A member seen twice closes a circle; one that is not allocated leads
        // nowhere. Either ends the walk, and is included, since it is evidence
        // for the oracle.
        let mut seen = vec![false; (self.extent().1 / GRANULE) as usize];
        let mut members = Vec::new();
        let mut member = self.core.list_head();
        while !member.is_null() {
            members.push(member);
            let (Ok(next), Some(seen)) = (
                self.core.next(member),
                seen.get_mut((member.0 / GRANULE) as usize),
            ) else {
                break;
            };
            if std::mem::replace(seen, true) {
                break;
            }
            member = next;
        }
        Some(RootList {
            members,
            recorded: self.core.list_len(),
        })
    }

    fn unused(&self) -> Vec<(u32, &[u8])> {
        self.core.space.behind().into_iter().collect()
    }

    fn stats(&self) -> Stats {
        self.core.stats
    }

    fn free_list(&self) -> Option<Vec<Block>> {
        Some(self.core.free_list())
    }

    fn shown_roots(&self) -> Option<&ShownRoots> {
        self.shown.as_ref()
    }

    fn watch(&mut self, on: bool) {
        self.core.space.watch(on);
        self.shown = match on {
            true => Some(self.shown.take().unwrap_or_default()),
            false => None,
        };
    }

    fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        self.core.space.changes(visit)
    }

    fn forget_changes(&mut self) {
        self.core.space.forget_changes();
    }

    fn record(&mut self, on: bool) {
        self.core.space.record(on);
    }

    fn object_events(&self, r: GcRef, visit: &mut dyn FnMut(ObjectEvent)) -> bool {
        self.core.object_events(r, visit)
    }
}
