//! What the counting collector shows to the oracle.

use super::{Drc, Policy};
use crate::heap::header::HEADER;
use crate::heap::{Block, GRANULE, GcRef, Header, Inspect, Place, RootList, Stats};

impl<P: Policy> Inspect for Drc<P> {
    fn name(&self) -> &'static str {
        "drc"
    }

    fn extent(&self) -> (u32, u32) {
        self.core.space.extent()
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

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        self.core.space.peek(r, place)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        self.core.space.peek_high(r, place)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.core.space.peek_word(r)
    }

    fn bytes(&self, block: Block) -> Option<&[u8]> {
        self.core.space.peek_bytes(block)
    }

    fn header_size(&self) -> u32 {
        HEADER
    }

    fn collects(&self) -> bool {
        true
    }

    fn is_counting(&self) -> bool {
        true
    }

    fn root_list(&self) -> Option<RootList> {
        // A member seen twice closes a circle; one that is not allocated leads
        // nowhere. Either is shown, since that is what the oracle is after, and
        // ends the walk.
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

    fn stats(&self) -> Stats {
        self.core.stats
    }
}
