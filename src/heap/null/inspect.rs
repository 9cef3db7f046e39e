//! The null collector as seen by the oracle.

use super::Null;
use crate::heap::header::HEADER;
use crate::heap::peek;
use crate::heap::{Block, Change, GcRef, Header, Inspect, Place, Reclaims, RootList, Stats};
use crate::types::StorageKind;

impl Inspect for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn extent(&self) -> (u32, u32) {
        self.space.extent()
    }

    fn footprint(&self) -> u64 {
        self.space.footprint()
    }

    fn blocks(&self) -> Vec<Block> {
        self.space.granules().blocks()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let (shape, len) = self.space.peek_shape(r)?;
        Some(Header {
            shape,
            len,
            count: None,
            listed: false,
        })
    }

    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        self.space.peek_value(r, place)
    }

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        self.space.peek(r, place)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        self.space.peek_high(r, place)
    }

    fn peek_elements(&self, r: GcRef, kind: StorageKind, len: u32, out: &mut Vec<u8>) -> u32 {
        let bytes = self.space.peek_elements(r, kind, len);
        peek::all(self, bytes, (r, kind, len), out)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.space.peek_word(r)
    }

    fn bytes(&self, block: Block) -> Option<&[u8]> {
        self.space.peek_bytes(block)
    }

    fn size_of_block(&self, r: GcRef) -> Option<u32> {
        self.space.granules().size_of_block(r)
    }

    fn header_size(&self) -> Option<u32> {
        Some(HEADER)
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Nothing
    }

    fn is_counting(&self) -> bool {
        false
    }

    fn root_list(&self) -> Option<RootList> {
        None
    }

    fn unused(&self) -> Vec<(u32, &[u8])> {
        self.space.behind().into_iter().collect()
    }

    fn stats(&self) -> Stats {
        self.stats
    }

    fn watch(&mut self, on: bool) {
        self.space.watch(on);
    }

    fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        self.space.changes(visit)
    }

    fn forget_changes(&mut self) {
        self.space.forget_changes();
    }
}
