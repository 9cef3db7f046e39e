//! Packed values of an object: bytes, as wide as the language stores them.
//!
//! An unpacked value takes 24 bytes. An array of bytes, or a structure with
//! thousands of them, must not take 24 times its memory in a heap. So in a
//! graph every value is as wide as its storage kind, little-endian. References fit in
//! four bytes as in a heap: null is 0, an i31 is odd, and an object is its
//! number plus one, doubled. A function is its index plus one.

use super::value::ObservedValue;
use crate::heap::{GcRef, Shape};
use crate::types::StorageKind;
use std::collections::HashMap;

/// The layout of an object's packed values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Format {
    pub storage_kinds: StorageKinds,
    /// Whether one more value follows, which could not be read.
    pub cut: bool,
}

/// The formats of a graph: one for the complete objects of each shape, and one
/// for each value at which objects of a shape were cut off.
#[derive(Clone, Debug, Default)]
pub(super) struct Formats {
    numbers: HashMap<(Shape, Option<u32>), u32>,
    /// The format looked up last: usually the next one, too.
    last: Option<((Shape, Option<u32>), u32)>,
}

impl Formats {
    /// The index of a format in `formats`. If the format is new, `storage_kinds`
    /// returns the storage kinds of the readable values.
    #[inline]
    pub fn number(
        &mut self,
        formats: &mut Vec<Format>,
        (shape, cut): (Shape, Option<u32>),
        storage_kinds: impl FnOnce() -> StorageKinds,
    ) -> u32 {
        if let Some((_, number)) = self.last.filter(|last| last.0 == (shape, cut)) {
            return number;
        }
        let number = *self.numbers.entry((shape, cut)).or_insert_with(|| {
            formats.push(Format {
                storage_kinds: storage_kinds(),
                cut: cut.is_some(),
            });
            formats.len() as u32 - 1
        });
        self.last = Some(((shape, cut), number));
        number
    }
}

/// The storage kinds of an object's values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum StorageKinds {
    /// One storage kind for each value.
    Each(Box<[StorageKind]>),
    /// The same storage kind for all values.
    All(StorageKind),
}

impl Format {
    /// Calls `visit` with the number of each object that the values in `bytes`
    /// refer to.
    pub fn objects(&self, bytes: &[u8], mut visit: impl FnMut(u32)) {
        let mut word = |word: &[u8; 4]| match u32::from_le_bytes(*word) {
            0 | DANGLING => {}
            i31 if i31 & 1 == 1 => {}
            number => visit((number >> 1) - 1),
        };
        match &self.storage_kinds {
            StorageKinds::All(StorageKind::Gc) => bytes.as_chunks().0.iter().for_each(word),
            StorageKinds::All(_) => {}
            StorageKinds::Each(storage_kinds) => {
                let mut at = 0;
                for kind in storage_kinds {
                    if let (StorageKind::Gc, Some(bytes)) = (kind, bytes.get(at..)) {
                        bytes.first_chunk().into_iter().for_each(&mut word);
                    }
                    at += kind.width() as usize;
                }
            }
        }
    }

    /// The values in `bytes`.
    pub fn values<'a>(&'a self, bytes: &'a [u8]) -> Values<'a> {
        Values {
            storage_kinds: match &self.storage_kinds {
                StorageKinds::Each(storage_kinds) => Rest::Each(storage_kinds),
                StorageKinds::All(kind) => Rest::All(*kind),
            },
            bytes,
            cut: self.cut,
        }
    }
}

/// A reference to no object. No object has a number large enough to be packed
/// as this even word.
const DANGLING: u32 = u32::MAX - 1;

/// The storage kind for a value whose type is not known.
pub(super) fn storage_kind_of(value: ObservedValue) -> StorageKind {
    match value {
        ObservedValue::Bits(_) => StorageKind::B64,
        ObservedValue::Vector(_) => StorageKind::B128,
        ObservedValue::Func(_) => StorageKind::Func,
        ObservedValue::Null
        | ObservedValue::I31(_)
        | ObservedValue::Object(_)
        | ObservedValue::Dangling
        | ObservedValue::Dropped
        | ObservedValue::NotKept
        | ObservedValue::Reference => StorageKind::Gc,
    }
}

/// Appends a value in the storage kind given by [`storage_kind_of`].
pub(super) fn pack(value: ObservedValue, out: &mut Vec<u8>) {
    let word = match value {
        ObservedValue::Bits(bits) => return out.extend(bits.to_le_bytes()),
        ObservedValue::Vector(halves) => {
            return out.extend(halves.map(u64::to_le_bytes).as_flattened());
        }
        ObservedValue::Null => 0,
        ObservedValue::I31(value) => GcRef::i31(value as u32).0,
        ObservedValue::Func(index) => index.saturating_add(1),
        // A number beyond the size of any heap becomes dangling.
        ObservedValue::Object(number) => number.saturating_add(1).min(DANGLING >> 1) << 1,
        // Inside an object a reference is null, an i31, an object or dangling.
        ObservedValue::Dangling
        | ObservedValue::Dropped
        | ObservedValue::NotKept
        | ObservedValue::Reference => DANGLING,
    };
    out.extend(word.to_le_bytes());
}

/// Unpacks a value.
fn unpack(kind: StorageKind, bytes: &[u8]) -> ObservedValue {
    let word = |at: usize| {
        let mut word = [0; 8];
        let bytes = &bytes[at.min(bytes.len())..];
        let n = bytes.len().min(8);
        word[..n].copy_from_slice(&bytes[..n]);
        u64::from_le_bytes(word)
    };
    match (kind, word(0)) {
        (StorageKind::Gc, 0) => ObservedValue::Null,
        (StorageKind::Gc, bits) => match bits as u32 {
            DANGLING => ObservedValue::Dangling,
            i31 if i31 & 1 == 1 => ObservedValue::I31(GcRef(i31).i31_signed()),
            number => ObservedValue::Object((number >> 1) - 1),
        },
        (kind, bits) => ObservedValue::plain(kind, bits, word(8)),
    }
}

/// Iterator over the fields, elements or payload of an object.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    storage_kinds: Rest<'a>,
    bytes: &'a [u8],
    cut: bool,
}

/// The storage kinds of the remaining values.
#[derive(Copy, Clone, Debug)]
enum Rest<'a> {
    Each(&'a [StorageKind]),
    All(StorageKind),
}

impl Values<'_> {
    /// Advances two arrays of numbers to the first element in which they
    /// differ, and returns the number of elements skipped. Does nothing for
    /// other values. Millions of numbers are compared as bytes at once; one by
    /// one they would take seconds.
    pub(crate) fn skip_equal_numbers(&mut self, other: &mut Self) -> u32 {
        let (Rest::All(kind), Rest::All(other_kind)) = (self.storage_kinds, other.storage_kinds)
        else {
            return 0;
        };
        if kind != other_kind || matches!(kind, StorageKind::Gc | StorageKind::Func) {
            return 0;
        }
        let (x, y) = (self.bytes, other.bytes);
        let equal = match x == y {
            true => x.len(),
            false => {
                let pairs = x.iter().zip(y);
                let first = pairs.clone().position(|(x, y)| x != y);
                first.unwrap_or(pairs.len())
            }
        };
        let width = kind.width() as usize;
        let skipped = equal / width;
        self.bytes = &x[skipped * width..];
        other.bytes = &y[skipped * width..];
        skipped as u32
    }
}

impl Iterator for Values<'_> {
    type Item = ObservedValue;

    #[inline]
    fn next(&mut self) -> Option<ObservedValue> {
        let kind = match &mut self.storage_kinds {
            Rest::All(kind) => Some(*kind),
            Rest::Each(storage_kinds) => storage_kinds.split_off_first().copied(),
        };
        if let Some(kind) = kind
            && let Some((value, rest)) = self.bytes.split_at_checked(kind.width() as usize)
        {
            self.bytes = rest;
            return Some(unpack(kind, value));
        }
        std::mem::take(&mut self.cut).then_some(ObservedValue::Dangling)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let whole = match self.storage_kinds {
            Rest::Each(storage_kinds) => storage_kinds.len(),
            Rest::All(kind) => self.bytes.len() / kind.width() as usize,
        };
        let len = whole + usize::from(self.cut);
        (len, Some(len))
    }
}

impl ExactSizeIterator for Values<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive() {
        let values = [
            ObservedValue::Bits(0),
            ObservedValue::Bits(u64::MAX),
            ObservedValue::Vector([1, u64::MAX - 1]),
            ObservedValue::Null,
            ObservedValue::I31(0),
            ObservedValue::I31(-1),
            ObservedValue::I31((1 << 30) - 1),
            ObservedValue::I31(-(1 << 30)),
            ObservedValue::Func(0),
            ObservedValue::Func(u32::MAX - 1),
            ObservedValue::Object(0),
            ObservedValue::Object(0x7fff_fffd),
            ObservedValue::Dangling,
        ];
        let mut bytes = Vec::new();
        for value in values {
            pack(value, &mut bytes);
        }
        let format = Format {
            storage_kinds: StorageKinds::Each(values.map(storage_kind_of).into()),
            cut: false,
        };
        assert!(format.values(&bytes).eq(values));
        assert_eq!(format.values(&bytes).len(), values.len());
        let mut bytes = Vec::new();
        pack(ObservedValue::Object(u32::MAX), &mut bytes);
        assert_eq!(unpack(StorageKind::Gc, &bytes), ObservedValue::Dangling);
    }

    #[test]
    fn equal_numbers_are_skipped_by_whole_elements() {
        let format = Format {
            storage_kinds: StorageKinds::All(StorageKind::B32),
            cut: false,
        };
        let skipped = |a: &[u8], b: &[u8]| {
            let (mut x, mut y) = (format.values(a), format.values(b));
            let skipped = x.skip_equal_numbers(&mut y);
            (skipped, x.next(), y.next())
        };
        let a = [1, 0, 0, 0, 2, 0, 0, 1];
        let b = [1, 0, 0, 0, 2, 0, 0, 2];
        let differ = (
            Some(ObservedValue::Bits(0x0100_0002)),
            Some(ObservedValue::Bits(0x0200_0002)),
        );
        assert_eq!(skipped(&a, &b), (1, differ.0, differ.1));
        assert_eq!(skipped(&a, &a), (2, None, None));
        assert_eq!(skipped(&a, &a[..4]), (1, differ.0, None));
    }
}
