//! What the oracle asks of it.

use super::mark_sweep::{MarkSweep, address};
use super::object::Object;
use gcdiff::heap::{
    Block, GRANULE, GcRef, Header, Inspect, Place, Reclaims, RootList, Shape, Stats,
};

impl Inspect for MarkSweep {
    fn name(&self) -> &'static str {
        "mark-sweep"
    }

    fn extent(&self) -> (u32, u32) {
        (address(0), address(self.slots.len()))
    }

    fn blocks(&self) -> Vec<Block> {
        let slots = self.slots.iter().enumerate();
        let block = |(n, slot): (usize, &Option<Object>)| Block {
            start: address(n),
            size: GRANULE,
            free: slot.is_none(),
        };
        slots.map(block).collect()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let object = self.find(r)?;
        Some(Header {
            shape: Some(object.shape),
            len: match object.shape {
                Shape::Array(_) => object.values.len() as u32,
                _ => 0,
            },
            count: None,
            listed: false,
        })
    }

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        Some(self.find(r)?.get(place)? as u64)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        Some((self.find(r)?.get(place)? >> 64) as u64)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        let object = self.find(r)?;
        let has_word = matches!(object.shape, Shape::Exception(_) | Shape::Extern);
        has_word.then_some(object.word)
    }

    fn bytes(&self, _: Block) -> Option<&[u8]> {
        None
    }

    fn header_size(&self) -> Option<u32> {
        None
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

    fn stats(&self) -> Stats {
        self.stats
    }
}
