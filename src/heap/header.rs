//! The part of an object's header that all byte-addressed heaps share: the
//! first word, which encodes the object's run-time type.

use super::Shape;
use crate::types::TypeId;

/// Size in bytes of the header in front of the payload. The first four bytes
/// hold the shape, the others belong to the collector.
pub const HEADER: u32 = 16;

const KIND: u32 = 28;
const STRUCT: u32 = 1;
const ARRAY: u32 = 2;
const EXCEPTION: u32 = 3;
const EXTERN: u32 = 4;

/// The word that encodes a shape: its kind in the top four bits, its type in
/// the rest.
#[inline]
pub fn encode(shape: Shape) -> u32 {
    let (kind, ty) = match shape {
        Shape::Struct(ty) => (STRUCT, ty.0),
        Shape::Array(ty) => (ARRAY, ty.0),
        Shape::Exception(ty) => (EXCEPTION, ty.0),
        Shape::Extern => (EXTERN, 0),
    };
    kind << KIND | ty
}

/// The shape that a word encodes, if any. Poison encodes none.
#[inline]
pub fn decode(word: u32) -> Option<Shape> {
    let ty = TypeId(word & ((1 << KIND) - 1));
    match word >> KIND {
        STRUCT => Some(Shape::Struct(ty)),
        ARRAY => Some(Shape::Array(ty)),
        EXCEPTION => Some(Shape::Exception(ty)),
        EXTERN if ty.0 == 0 => Some(Shape::Extern),
        _ => None,
    }
}

/// Whether a word encodes the shape of an array.
#[inline]
pub fn is_array(word: u32) -> bool {
    word >> KIND == ARRAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::POISON;

    #[test]
    fn shapes_survive_and_poison_is_none() {
        for shape in [
            Shape::Struct(TypeId(0)),
            Shape::Array(TypeId(7)),
            Shape::Exception(TypeId((1 << 28) - 1)),
            Shape::Extern,
        ] {
            let word = encode(shape);
            assert_eq!(decode(word), Some(shape));
            assert_eq!(is_array(word), matches!(shape, Shape::Array(_)));
        }
        assert_eq!(decode(u32::from_le_bytes([POISON; 4])), None);
        assert_eq!(decode(0), None);
        let external = encode(Shape::Extern);
        assert_eq!(decode(external | 1), None, "they have no type");
    }
}
