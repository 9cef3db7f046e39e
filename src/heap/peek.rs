//! Reads of objects for [`Inspect`](super::Inspect). Nothing is trusted, and a
//! value that does not exist is `None`.

use super::header::HEADER;
use super::space::Space;
use super::trace_info::element_offset;
use super::{Block, GcRef, Inspect, Place, Shape};
use crate::types::StorageKind;

/// [`Inspect::peek_elements`], element by element.
pub fn each<H: Inspect + ?Sized>(
    heap: &H,
    r: GcRef,
    kind: StorageKind,
    len: u32,
    out: &mut Vec<u8>,
) -> u32 {
    let width = kind.width() as usize;
    for index in 0..len {
        let place = Place::Element { index, kind };
        let Some(low) = heap.peek(r, place) else {
            return index;
        };
        if kind != StorageKind::B128 {
            out.extend_from_slice(&low.to_le_bytes()[..width]);
            continue;
        }
        let Some(high) = heap.peek_high(r, place) else {
            return index;
        };
        out.extend_from_slice([low, high].map(u64::to_le_bytes).as_flattened());
    }
    len
}

/// [`Inspect::peek_elements`], with the elements' bytes if they are available.
pub fn all<H: Inspect>(
    heap: &H,
    bytes: Option<&[u8]>,
    (r, kind, len): (GcRef, StorageKind, u32),
    out: &mut Vec<u8>,
) -> u32 {
    match bytes {
        Some(bytes) => {
            out.extend_from_slice(bytes);
            len
        }
        None => each(heap, r, kind, len, out),
    }
}

impl Space {
    /// The shape and length of the object at `r`, if one is allocated there.
    pub fn peek_shape(&self, r: GcRef) -> Option<(Option<Shape>, u32)> {
        self.object(r, u64::from(HEADER)).ok()?;
        let shape = self.shape(r).ok();
        Some((shape, self.array_len(r).unwrap_or(0)))
    }

    /// The whole value at a place.
    pub fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        let low = u128::from(self.peek(r, place)?);
        match place.kind() {
            StorageKind::B128 => Some(low | u128::from(self.peek_high(r, place)?) << 64),
            _ => Some(low),
        }
    }

    /// The value at a place; the low half of a vector.
    pub fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        let (offset, kind) = self.locate(r, place)?;
        self.load(r, offset, kind).ok()
    }

    /// The high half of the `v128` at a place.
    pub fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        match self.locate(r, place)? {
            (offset, StorageKind::B128) => self.load(r, offset + 8, StorageKind::B64).ok(),
            _ => None,
        }
    }

    /// The bytes of an array's first `len` elements, if it has that many.
    pub fn peek_elements(&self, r: GcRef, kind: StorageKind, len: u32) -> Option<&[u8]> {
        if len > self.array_len(r).ok()? {
            return None;
        }
        self.storage.slice(self.elements(r, 0, len, kind).ok()?)
    }

    /// The tag of an exception, or the host's number for an external value.
    pub fn peek_word(&self, r: GcRef) -> Option<u32> {
        let has_word = |s| matches!(s, Shape::Exception(_) | Shape::Extern);
        self.first_word(r, has_word).ok()
    }

    /// The bytes of a block.
    pub fn peek_bytes(&self, block: Block) -> Option<&[u8]> {
        self.bytes(block.start, block.size)
    }

    fn locate(&self, r: GcRef, place: Place) -> Option<(u64, StorageKind)> {
        match place {
            Place::Field(field) => Some((u64::from(field.offset), field.kind)),
            Place::Element { index, kind } => {
                (index < self.array_len(r).ok()?).then(|| (element_offset(index, kind), kind))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Heap;
    use crate::heap::copying::Copying;
    use crate::heap::drc::Drc;
    use crate::heap::model::Model;
    use crate::heap::null::Null;
    use crate::heap::testing::Kinds;
    use crate::types::TypeId;

    fn together_and_one_by_one<H: Heap>(mut heap: H) {
        let kinds = Kinds::new();
        heap.add_types(&kinds.types);
        heap.new_extern(1).unwrap();
        let array = |heap: &mut H, ty: TypeId, kind: StorageKind| {
            let registers = 5 * kind.registers() as u64;
            let values: Vec<u64> = (1..=registers).map(|i| i << 56 | i << 24 | i).collect();
            heap.new_array_fixed(ty, &values).unwrap()
        };
        for (ty, kind) in [
            (kinds.bytes, StorageKind::B8),
            (kinds.words, StorageKind::B32),
            (kinds.vectors, StorageKind::B128),
            (kinds.funcs, StorageKind::Func),
        ] {
            let r = array(&mut heap, ty, kind);
            heap.new_extern(2).unwrap();
            // Some elements, all, too many; with the right storage kind and wrong ones;
            // of references that are no array.
            for len in [0, 1, 5, 6, 100, u32::MAX] {
                for kind in [
                    StorageKind::B8,
                    StorageKind::B16,
                    StorageKind::B64,
                    StorageKind::B128,
                    kind,
                ] {
                    for r in [r, GcRef(r.0 + 1), GcRef(16), GcRef::NULL] {
                        let (mut a, mut b) = (vec![9], vec![9]);
                        let read = heap.peek_elements(r, kind, len, &mut a);
                        assert_eq!(each(&heap, r, kind, len, &mut b), read);
                        assert_eq!((&a, read <= 5), (&b, true));
                        assert_eq!(a.len(), 1 + (read * kind.width()) as usize);
                    }
                }
            }
            let mut bytes = Vec::new();
            assert_eq!(heap.peek_elements(r, kind, 5, &mut bytes), 5);
            assert_eq!(bytes[0], 1);
        }
    }

    /// Without this, heaps of bytes return the same elements, only slower.
    #[test]
    fn elements_are_at_hand_as_bytes() {
        let mut space = Space::new(4096);
        let r = space.bump(2).unwrap();
        space.set_header(r, Shape::Array(TypeId(0))).unwrap();
        space.set_array_len(r, 3).unwrap();
        space.write_data(r, 0, StorageKind::B8, &[7, 8, 9]).unwrap();
        assert_eq!(
            space.peek_elements(r, StorageKind::B8, 2),
            Some(&[7, 8][..])
        );
        assert_eq!(
            space.peek_elements(r, StorageKind::B8, 3),
            Some(&[7, 8, 9][..])
        );
        assert_eq!(space.peek_elements(r, StorageKind::B8, 4), None);
    }

    #[test]
    fn elements_are_the_same_together_and_one_by_one() {
        together_and_one_by_one(Null::new(1 << 16));
        together_and_one_by_one(Drc::new(1 << 16));
        together_and_one_by_one(Copying::new(1 << 16));
        together_and_one_by_one(Model::new(1 << 16));
    }
}
