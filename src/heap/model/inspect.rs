//! The model as seen by the oracle.

use super::Model;
use super::object::{Contents, Elements};
use super::value::Value;
use crate::heap::{
    Block, Change, GRANULE, GcRef, Header, Inspect, Place, Reclaims, RootList, Stats,
};

impl Inspect for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn extent(&self) -> (u32, u32) {
        (GRANULE, self.end())
    }

    fn footprint(&self) -> u64 {
        self.used
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut start = GRANULE;
        for _ in &self.objects {
            blocks.push(Block {
                start,
                size: GRANULE,
                free: false,
            });
            start += GRANULE;
        }
        blocks
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let object = self.object(r).ok()?;
        Some(Header {
            shape: Some(object.shape),
            len: object.elements().map_or(0, Elements::len),
            count: None,
            listed: false,
        })
    }

    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        Some(self.object(r).ok()?.get(place)?.bits())
    }

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        Some(self.object(r).ok()?.get(place)?.register())
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        match self.object(r).ok()?.get(place)? {
            Value::V128(bits) => Some((bits >> 64) as u64),
            _ => None,
        }
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        match self.object(r).ok()?.contents {
            Contents::Exception { tag, .. } => Some(tag),
            Contents::Extern { host } => Some(host),
            Contents::Struct { .. } | Contents::Array { .. } => None,
        }
    }

    fn bytes(&self, _block: Block) -> Option<&[u8]> {
        None
    }

    fn header_size(&self) -> Option<u32> {
        None
    }

    fn is_counting(&self) -> bool {
        false
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Nothing
    }

    fn root_list(&self) -> Option<RootList> {
        None
    }

    fn stats(&self) -> Stats {
        self.stats
    }

    fn watch(&mut self, on: bool) {
        self.log.watch(on);
    }

    fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        self.log.changes(visit)
    }

    fn forget_changes(&mut self) {
        self.log.forget();
    }
}
