//! Reading objects for [`Inspect`](super::Inspect): nothing is trusted, and
//! what is not there is `None`.

use super::header::HEADER;
use super::layouts::element_offset;
use super::space::Space;
use super::{Block, GcRef, Place, Shape};
use crate::types::Lane;

impl Space {
    /// The shape and length of the object at `r`, if one is allocated there.
    pub fn peek_shape(&self, r: GcRef) -> Option<(Option<Shape>, u32)> {
        self.object(r, u64::from(HEADER)).ok()?;
        let shape = self.shape(r).ok();
        Some((shape, self.array_len(r).unwrap_or(0)))
    }

    /// The value at a place.
    pub fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        let (offset, lane) = self.locate(r, place)?;
        self.load(r, offset, lane).ok()
    }

    /// The high half of the `v128` at a place.
    pub fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        match self.locate(r, place)? {
            (offset, Lane::B128) => self.load(r, offset + 8, Lane::B64).ok(),
            _ => None,
        }
    }

    /// The tag of an exception, or the host's name of an external value.
    pub fn peek_word(&self, r: GcRef) -> Option<u32> {
        let has_word = |s| matches!(s, Shape::Exception(_) | Shape::Extern);
        self.first_word(r, has_word).ok()
    }

    /// The bytes of a block.
    pub fn peek_bytes(&self, block: Block) -> Option<&[u8]> {
        self.bytes(block.start, block.size)
    }

    fn locate(&self, r: GcRef, place: Place) -> Option<(u64, Lane)> {
        match place {
            Place::Field(field) => Some((u64::from(field.offset), field.lane)),
            Place::Element { index, lane } => {
                (index < self.array_len(r).ok()?).then(|| (element_offset(index, lane), lane))
            }
        }
    }
}
