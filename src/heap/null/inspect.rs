//! What the null collector shows to the oracle.

use super::Null;
use crate::heap::header::HEADER;
use crate::heap::{Block, GcRef, Header, Inspect, Place, RootList, Stats};

impl Inspect for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn extent(&self) -> (u32, u32) {
        self.space.extent()
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

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        self.space.peek(r, place)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        self.space.peek_high(r, place)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.space.peek_word(r)
    }

    fn bytes(&self, block: Block) -> Option<&[u8]> {
        self.space.peek_bytes(block)
    }

    fn header_size(&self) -> u32 {
        HEADER
    }

    fn collects(&self) -> bool {
        false
    }

    fn is_counting(&self) -> bool {
        false
    }

    fn root_list(&self) -> Option<RootList> {
        None
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}
