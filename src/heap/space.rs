//! Object memory: bytes, the block table, and checked access to objects.
//!
//! Common to the byte-addressed heaps. Nothing here knows about counts,
//! barriers or freeing; a reference is a plain number.

use super::granules::Granules;
use super::header::{self, HEADER};
use super::storage::HeapBytes;
use super::trace_info::element_offset;
use super::write_record::Write;
use super::{Change, GRANULE, GcRef, HeapError, Place, Shape};
use crate::types::{ARRAY_ELEMENTS, StorageKind};
use std::ops::Range;

/// The least size of an array's block: header, length and padding.
const ARRAY: u64 = (HEADER + ARRAY_ELEMENTS) as u64;

/// Memory with objects in it.
pub struct Space {
    pub(super) storage: HeapBytes,
    granules: Granules,
    /// No block ends behind this granule.
    limit: u32,
    /// The highest limit that can be set.
    most: u32,
}

impl Space {
    /// An empty space whose addresses stay below `max_bytes`.
    pub fn new(max_bytes: u32) -> Space {
        Space {
            storage: HeapBytes::new(max_bytes),
            granules: Granules::new(),
            limit: max_bytes / GRANULE,
            most: max_bytes / GRANULE,
        }
    }

    /// Limits the memory that blocks take.
    pub fn set_capacity(&mut self, bytes: u32) {
        // Granule 0 is never in use.
        self.limit = self.most.min((bytes / GRANULE).saturating_add(1));
    }

    /// The most memory that blocks can ever take.
    pub fn most_bytes(&self) -> u64 {
        u64::from(self.most) * u64::from(GRANULE)
    }

    /// The block table.
    #[inline]
    pub fn granules(&self) -> &Granules {
        &self.granules
    }

    /// The block table, for writing.
    #[inline]
    pub fn granules_mut(&mut self) -> &mut Granules {
        &mut self.granules
    }

    /// Starts or stops the log of changes; see [`Inspect`](super::Inspect).
    pub fn watch(&mut self, on: bool) {
        self.storage.log.watch(on);
        self.granules.log.watch(on);
    }

    /// Starts or stops the record of writes.
    pub fn record(&mut self, on: bool) {
        self.storage.record = on.then(Default::default);
    }

    /// The writes that are on record, if a record is kept.
    pub fn writes(&self) -> Option<impl Iterator<Item = Write> + '_> {
        self.storage.writes()
    }

    /// The memory behind the last block, which holds no object: its address and
    /// bytes.
    pub fn behind(&self) -> Option<(u32, &[u8])> {
        let (_, end) = self.extent();
        let bytes = self.storage.slice(end as usize..self.storage.len())?;
        (!bytes.is_empty()).then_some((end, bytes))
    }

    /// Calls `visit` with every logged change, or returns false if some were
    /// not kept.
    pub fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        self.granules.log.changes(visit) && self.storage.log.changes(visit)
    }

    /// Empties the log.
    pub fn forget_changes(&mut self) {
        self.storage.log.forget();
        if let Some(record) = &mut self.storage.record {
            record.forget();
        }
        self.granules.log.forget();
    }

    /// Bytes of memory taken by objects and the block table.
    pub fn footprint(&self) -> u64 {
        let table = self.granules.capacity() * size_of::<i32>();
        (self.storage.len() + table) as u64
    }

    /// The addresses in use.
    pub fn extent(&self) -> (u32, u32) {
        (GRANULE, self.granules.end() * GRANULE)
    }

    /// Allocates behind the last block.
    #[inline]
    pub fn bump(&mut self, granules: u32) -> Option<GcRef> {
        let start = self.granules.end();
        let end = u64::from(start) + u64::from(granules);
        if end > u64::from(self.limit) {
            return None;
        }
        let bytes = end as usize * GRANULE as usize;
        if bytes > self.storage.len() {
            self.grow(bytes)?;
        }
        self.granules.set(start, granules as i32);
        self.granules.set_end(end as u32);
        Some(GcRef(start * GRANULE))
    }

    #[cold]
    fn grow(&mut self, bytes: usize) -> Option<()> {
        if !self.storage.grow_to(bytes) {
            return None;
        }
        self.granules
            .reserve(self.storage.len().div_ceil(GRANULE as usize));
        Some(())
    }

    /// Fills `granules` granules from `r` on with poison.
    #[inline]
    pub fn poison(&mut self, r: GcRef, granules: u32) {
        let start = r.0 as usize;
        self.storage
            .poison(start..start + granules as usize * GRANULE as usize);
    }

    /// Ensures memory for the addresses below `bytes`. Returns false, and
    /// changes nothing, if that is impossible.
    pub fn reserve(&mut self, bytes: u32) -> bool {
        bytes as usize <= self.storage.len() || self.grow(bytes as usize).is_some()
    }

    /// Poisons the memory in use and removes all blocks. The memory is kept.
    pub fn clear(&mut self) {
        let (start, end) = self.extent();
        self.storage.poison(start as usize..end as usize);
        self.granules.clear();
    }

    /// The bytes of a range, if memory extends that far.
    pub fn bytes(&self, start: u32, size: u32) -> Option<&[u8]> {
        self.storage
            .slice(start as usize..start as usize + size as usize)
    }

    /// The address of the allocated object at `r`, whose block must have at
    /// least `end` bytes, header included.
    ///
    /// One load and one comparison reject null, i31s, wild, interior and stale
    /// references, and accesses beyond the object: the table has negative
    /// entries at free blocks, and zero wherever no block starts.
    #[inline]
    pub fn object(&self, r: GcRef, end: u64) -> Result<usize, HeapError> {
        let granules = self.granules.at(r);
        if (end as i64) <= i64::from(granules) * i64::from(GRANULE) {
            Ok(r.0 as usize)
        } else {
            Err(miss(r, granules))
        }
    }

    /// Whether an allocated object starts at `r`.
    #[inline]
    pub fn is_allocated(&self, r: GcRef) -> bool {
        self.granules.at(r) > 0
    }

    /// The 32-bit word at an address.
    #[inline]
    pub fn word(&self, at: usize) -> Result<u32, HeapError> {
        match self.storage.read(at) {
            Some(bytes) => Ok(u32::from_le_bytes(bytes)),
            None => Err(outside(at)),
        }
    }

    /// The number of equal 32-bit words in a row at the start of a range of
    /// words.
    pub fn equal_words(&self, range: Range<usize>) -> Result<u32, HeapError> {
        let at = range.start;
        let words = self
            .storage
            .slice(range)
            .map(|bytes| bytes.as_chunks::<4>().0);
        let Some([first, rest @ ..]) = words else {
            return Err(outside(at));
        };
        // Groups are faster than single words: without an exit in between,
        // several words are compared at a time.
        const GROUP: usize = 32;
        let word = u32::from_le_bytes(*first);
        let equal = |group: &[[u8; 4]; GROUP]| {
            let differ = |all, other: &[u8; 4]| all | (u32::from_le_bytes(*other) ^ word);
            group.iter().fold(0, differ) == 0
        };
        let groups = rest.as_chunks::<GROUP>().0.iter();
        let mut same = GROUP * groups.take_while(|group| equal(group)).count();
        same += rest[same..].iter().take_while(|w| *w == first).count();
        Ok(same as u32 + 1)
    }

    /// Writes the 32-bit word at an address.
    #[inline]
    pub fn set_word(&mut self, at: usize, word: u32) -> Result<(), HeapError> {
        self.storage
            .write(at, word.to_le_bytes())
            .ok_or_else(|| outside(at))
    }

    /// For each reference in a range of words, changes the header word `AT`
    /// bytes from the start of its object. Stops at the first special case: a
    /// reference to no object, a word that `change` rejects, a reference equal
    /// to the next one, the last reference. Changes nothing while the log is
    /// on. Returns the address of the first reference that is left.
    pub fn change_headers<const AT: usize>(
        &mut self,
        range: Range<usize>,
        change: impl Fn(u32) -> Option<u32>,
    ) -> usize {
        match self.storage.unwatched() {
            Some(bytes) => change_headers::<AT>(bytes, &self.granules, range, change),
            None => range.start,
        }
    }

    /// Writes consecutive words of a header.
    #[inline]
    pub fn set_words<const N: usize>(
        &mut self,
        at: usize,
        words: [u32; N],
    ) -> Result<(), HeapError> {
        let slice = self.storage.slice_mut(at..at + N * 4);
        let chunks = slice.ok_or_else(|| outside(at))?.as_chunks_mut().0;
        for (chunk, word) in chunks.iter_mut().zip(words) {
            *chunk = word.to_le_bytes();
        }
        Ok(())
    }

    /// Writes the header of a new object: the shape, then zeroes.
    #[inline]
    pub fn set_header(&mut self, r: GcRef, shape: Shape) -> Result<(), HeapError> {
        self.set_words(r.0 as usize, [header::encode(shape), 0, 0, 0])
    }

    /// The first word of the header.
    #[inline]
    fn shape_word(&self, r: GcRef) -> Result<u32, HeapError> {
        let at = self.object(r, u64::from(HEADER))?;
        self.word(at)
    }

    /// The shape of the object at `r`.
    #[inline]
    pub fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        header::decode(self.shape_word(r)?)
            .ok_or_else(|| HeapError::corrupt(r.0, "the header names no kind of object"))
    }

    /// The length of the array at `r`.
    #[inline]
    pub fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        let at = self.object(r, ARRAY)?;
        if !header::is_array(self.word(at)?) {
            return Err(HeapError::corrupt(r.0, "not an array"));
        }
        self.word(at + HEADER as usize)
    }

    /// Writes the length of a new array.
    #[inline]
    pub fn set_array_len(&mut self, r: GcRef, len: u32) -> Result<(), HeapError> {
        let at = self.object(r, ARRAY)?;
        self.set_word(at + HEADER as usize, len)
    }

    /// Reads the value at a payload offset.
    #[inline]
    pub fn load(&self, r: GcRef, offset: u64, kind: StorageKind) -> Result<u64, HeapError> {
        let offset = u64::from(HEADER) + offset;
        let at = self.object(r, offset + u64::from(kind.width()))? + offset as usize;
        self.storage.load(at, kind).ok_or_else(|| outside(at))
    }

    /// Writes the value at a payload offset.
    #[inline]
    pub fn store(
        &mut self,
        r: GcRef,
        offset: u64,
        kind: StorageKind,
        value: u64,
    ) -> Result<(), HeapError> {
        let offset = u64::from(HEADER) + offset;
        let at = self.object(r, offset + u64::from(kind.width()))? + offset as usize;
        self.storage
            .store(at, kind, value)
            .ok_or_else(|| outside(at))
    }

    /// Reads the `v128` at a place.
    pub fn load_vector(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        let at = self.vector(r, place)?;
        match self.storage.read(at) {
            Some(bytes) => Ok(u128::from_le_bytes(bytes)),
            None => Err(outside(at)),
        }
    }

    /// Writes the `v128` at a place.
    pub fn store_vector(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        let at = self.vector(r, place)?;
        self.storage
            .write(at, value.to_le_bytes())
            .ok_or_else(|| outside(at))
    }

    /// The value at a place.
    #[inline]
    pub fn load_value(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        match place.kind() {
            StorageKind::B128 => self.load_vector(r, place),
            kind => Ok(u128::from(self.load(r, place.offset(), kind)?)),
        }
    }

    /// Writes a value of any width at a place.
    #[inline]
    pub fn store_value(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        match place.kind() {
            StorageKind::B128 => self.store_vector(r, place, value),
            kind => self.store(r, place.offset(), kind, value as u64),
        }
    }

    /// The address of the `v128` at a place.
    fn vector(&self, r: GcRef, place: Place) -> Result<usize, HeapError> {
        let offset = u64::from(HEADER) + place.offset();
        let end = offset + u64::from(StorageKind::B128.width());
        Ok(self.object(r, end)? + offset as usize)
    }

    /// The addresses of `len` elements from `start` on.
    #[inline]
    pub fn elements(
        &self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
    ) -> Result<Range<usize>, HeapError> {
        let from = u64::from(HEADER) + element_offset(start, kind);
        let to = from + u64::from(len) * u64::from(kind.width());
        let at = self.object(r, to)?;
        Ok(at + from as usize..at + to as usize)
    }

    /// The first payload word of an object of a certain kind: an exception's
    /// tag, an external value's number.
    pub fn first_word(&self, r: GcRef, kind: fn(Shape) -> bool) -> Result<u32, HeapError> {
        if !kind(self.shape(r)?) {
            return Err(HeapError::corrupt(r.0, "an object of another kind"));
        }
        Ok(self.load(r, 0, StorageKind::B32)? as u32)
    }
}

/// See [`Space::change_headers`]. Memory and block table are separate
/// parameters, so that the compiler knows that a write to one does not change
/// the other.
#[inline(never)]
fn change_headers<const AT: usize>(
    bytes: &mut [u8],
    granules: &Granules,
    range: Range<usize>,
    change: impl Fn(u32) -> Option<u32>,
) -> usize {
    const { assert!(AT + 4 <= HEADER as usize) };
    let (mut at, end) = (range.start, range.end.min(bytes.len()));
    let word = |bytes: &[u8], at: usize| {
        let word = bytes.get(at..at + 4)?.first_chunk()?;
        Some(u32::from_le_bytes(*word))
    };
    let Some(mut reference) = word(bytes, at) else {
        return at;
    };
    while at + 8 <= end
        && let Some(next) = word(bytes, at + 4)
        && next != reference
        && granules.at(GcRef(reference)) > 0
        && let header = reference as usize + AT
        && let Some(header) = bytes.get_mut(header..header + 4)
        && let Some(old) = header.first_chunk_mut()
        && let Some(new) = change(u32::from_le_bytes(*old))
    {
        *old = new.to_le_bytes();
        reference = next;
        at += 4;
    }
    at
}

/// The error for a missing object at `r`, or one that is too short.
#[cold]
#[inline(never)]
fn miss(r: GcRef, granules: i32) -> HeapError {
    let what = match granules {
        1.. => "access beyond the end of the object",
        0 if r.is_null() => "null is not an object",
        0 if r.is_i31() => "an i31 is not an object",
        0 => "no object starts here",
        _ => "the object was freed",
    };
    HeapError::corrupt(r.0, what)
}

#[cold]
#[inline(never)]
pub(super) fn outside(at: usize) -> HeapError {
    HeapError::corrupt(u32::try_from(at).unwrap_or(u32::MAX), "outside memory")
}

#[cfg(test)]
mod tests;
