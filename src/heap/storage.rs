//! Byte-addressed memory for objects.
//!
//! Memory starts empty and grows by a factor on demand, so an unused heap costs
//! next to nothing. Every access is checked; the caller turns a miss into an
//! error.

use super::log::Log;
use super::write_record::{Write, WriteRecord};
use crate::pool::Spare;
use crate::types::StorageKind;
use std::ops::Range;

/// The byte that fills memory without objects: freed blocks, and memory beyond
/// the last block.
///
/// Four of them read as a reference are `0xdadadada`: not an i31 (even) and not
/// the start of an object (no multiple of [`GRANULE`](super::GRANULE)). So a
/// reference read from freed memory is caught at its first use.
pub const POISON: u8 = 0xda;

/// The least memory taken from the system.
const FIRST: usize = 4096;

/// The size from which memory no longer doubles.
const LARGE: usize = 32 << 20;

// Addresses are 32 bits wide, offsets may be a little wider, and both are
// added as `usize` without a check.
const _: () = assert!(usize::BITS >= 64);

/// The largest memory that is kept for another heap.
const KEPT: usize = 1 << 20;

thread_local! {
    /// Empty memory of dropped heaps.
    static SPARE: Spare<Vec<u8>> = const { Spare::new() };
}

/// Bytes that grow up to a limit. New bytes are poison.
pub struct HeapBytes {
    bytes: Vec<u8>,
    max: usize,
    /// The writes, while the log is on.
    pub(super) log: Log,
    /// The writes with their values, while they are recorded.
    pub(super) record: Option<Box<WriteRecord>>,
}

impl HeapBytes {
    /// Empty memory that can grow to `max` bytes.
    pub fn new(max: u32) -> HeapBytes {
        HeapBytes {
            bytes: Spare::take(&SPARE),
            max: max as usize,
            log: Log::default(),
            record: None,
        }
    }

    /// Notes a write in the log and in the record, if they are on.
    #[inline]
    fn note(&mut self, at: usize, len: usize) {
        if !matches!(self.log, Log::Off) {
            self.note_down(at, len);
        }
    }

    #[cold]
    fn note_down(&mut self, at: usize, len: usize) {
        self.log.push(at as u32, len as u32);
        if let Some(record) = &mut self.record {
            record.note(at, len, &self.bytes);
        }
    }

    /// The writes that are on record, if a record is kept.
    pub fn writes(&self) -> Option<impl Iterator<Item = Write> + '_> {
        let record = self.record.as_ref()?;
        Some(record.writes(&self.bytes))
    }

    /// The current size in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Grows to at least `needed` bytes. Returns false, and changes nothing, if
    /// that is impossible.
    pub fn grow_to(&mut self, needed: usize) -> bool {
        if needed > self.max {
            return false;
        }
        let here = self.bytes.len();
        // Large memory grows by less than its size, or half of it might lie
        // idle.
        let more = match here < LARGE {
            true => here,
            false => here / 8,
        };
        let len = needed.max(here + more).max(FIRST).min(self.max);
        if self
            .bytes
            .try_reserve_exact(len - self.bytes.len())
            .is_err()
        {
            return false;
        }
        self.bytes.resize(len, POISON);
        true
    }

    /// Reads `N` bytes.
    #[inline]
    pub fn read<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at + N)?.first_chunk().copied()
    }

    /// Writes `N` bytes.
    #[inline]
    pub fn write<const N: usize>(&mut self, at: usize, bytes: [u8; N]) -> Option<()> {
        *self.bytes.get_mut(at..at + N)?.first_chunk_mut()? = bytes;
        self.note(at, N);
        Some(())
    }

    /// Reads a value, zero-extended; the low half of a `v128`.
    #[inline]
    pub fn load(&self, at: usize, kind: StorageKind) -> Option<u64> {
        Some(match kind {
            StorageKind::B8 => u64::from(u8::from_le_bytes(self.read(at)?)),
            StorageKind::B16 => u64::from(u16::from_le_bytes(self.read(at)?)),
            StorageKind::B32 | StorageKind::Gc | StorageKind::Func => {
                u64::from(u32::from_le_bytes(self.read(at)?))
            }
            StorageKind::B64 | StorageKind::B128 => u64::from_le_bytes(self.read(at)?),
        })
    }

    /// Writes a value, truncated; zero-extended to a `v128`.
    #[inline]
    pub fn store(&mut self, at: usize, kind: StorageKind, value: u64) -> Option<()> {
        put(&mut self.bytes, at, kind, value)?;
        self.note(at, kind.width() as usize);
        Some(())
    }

    /// The bytes of a range.
    pub fn slice(&self, range: Range<usize>) -> Option<&[u8]> {
        self.bytes.get(range)
    }

    /// The bytes of a range, for writing.
    #[inline]
    pub fn slice_mut(&mut self, range: Range<usize>) -> Option<&mut [u8]> {
        self.note(range.start, range.len());
        self.bytes.get_mut(range)
    }

    /// All bytes, for writing, if the log is off.
    pub fn unwatched(&mut self) -> Option<&mut [u8]> {
        match self.log {
            Log::Off => Some(&mut self.bytes),
            _ => None,
        }
    }

    /// Fills a range with copies of one value.
    pub fn fill(&mut self, range: Range<usize>, kind: StorageKind, value: u64) -> Option<()> {
        self.note(range.start, range.len());
        let slice = self.bytes.get_mut(range)?;
        match kind {
            StorageKind::B8 => slice.fill(value as u8),
            StorageKind::B16 => fill_chunks(slice, (value as u16).to_le_bytes()),
            StorageKind::B32 | StorageKind::Gc | StorageKind::Func => {
                fill_chunks(slice, (value as u32).to_le_bytes())
            }
            StorageKind::B64 => fill_chunks(slice, value.to_le_bytes()),
            StorageKind::B128 => fill_chunks(slice, u128::from(value).to_le_bytes()),
        }
        Some(())
    }

    /// Copies `len` bytes as if through a temporary copy.
    pub fn copy(&mut self, dst: usize, src: usize, len: usize) -> Option<()> {
        let here = self.bytes.len();
        if dst + len > here || src + len > here {
            return None;
        }
        self.note(dst, len);
        self.bytes.copy_within(src..src + len, dst);
        Some(())
    }

    /// Poisons the part of a range that exists.
    #[inline]
    pub fn poison(&mut self, range: Range<usize>) {
        self.note(range.start, range.len());
        let here = self.bytes.len();
        self.bytes[range.start.min(here)..range.end.min(here)].fill(POISON);
    }
}

impl Drop for HeapBytes {
    fn drop(&mut self) {
        self.bytes.clear();
        Spare::give_up_to(&SPARE, std::mem::take(&mut self.bytes), KEPT);
    }
}

/// Writes a value into bytes, truncated; zero-extended to a `v128`.
#[inline]
pub(super) fn put(bytes: &mut [u8], at: usize, kind: StorageKind, value: u64) -> Option<()> {
    #[inline]
    fn write<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) -> Option<()> {
        *bytes.get_mut(at..at + N)?.first_chunk_mut()? = value;
        Some(())
    }
    match kind {
        StorageKind::B8 => write(bytes, at, (value as u8).to_le_bytes()),
        StorageKind::B16 => write(bytes, at, (value as u16).to_le_bytes()),
        StorageKind::B32 | StorageKind::Gc | StorageKind::Func => {
            write(bytes, at, (value as u32).to_le_bytes())
        }
        StorageKind::B64 => write(bytes, at, value.to_le_bytes()),
        StorageKind::B128 => write(bytes, at, u128::from(value).to_le_bytes()),
    }
}

fn fill_chunks<const N: usize>(slice: &mut [u8], pattern: [u8; N]) {
    slice.as_chunks_mut().0.fill(pattern);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::testing::STORAGE_KINDS;
    use crate::heap::{GRANULE, GcRef};

    #[test]
    fn poison_is_no_reference() {
        let r = GcRef(u32::from_le_bytes([POISON; 4]));
        assert!(r.is_object() && !r.0.is_multiple_of(GRANULE));
    }

    #[test]
    fn memory_doubles_up_to_the_limit_and_starts_as_poison() {
        let mut s = HeapBytes::new(10_000);
        assert_eq!(s.len(), 0);
        assert!(s.grow_to(1));
        assert_eq!(s.len(), 4096);
        assert!(s.grow_to(4097));
        assert_eq!(s.len(), 8192);
        assert!(s.grow_to(9000));
        assert_eq!(s.len(), 10_000);
        assert!(!s.grow_to(10_001));
        assert!(s.slice(0..10_000).unwrap().iter().all(|b| *b == POISON));
        // No more is taken from the system than is used.
        assert!(s.bytes.capacity() < 2 * 10_000);
    }

    #[test]
    fn every_storage_kind_keeps_what_it_can_hold() {
        let value = 0x8182_8384_8586_8788;
        for kind in STORAGE_KINDS {
            let mut s = HeapBytes::new(4096);
            assert!(s.grow_to(64));
            s.store(3, kind, value).unwrap();
            let expected = match kind.width() {
                1 => value & 0xff,
                2 => value & 0xffff,
                4 => value & 0xffff_ffff,
                _ => value,
            };
            assert_eq!(s.load(3, kind), Some(expected));
            assert_eq!(s.slice(2..3).unwrap(), [POISON]);
            let end = 3 + kind.width() as usize;
            assert_eq!(s.slice(end..end + 1).unwrap(), [POISON]);
            let last = 4096 - kind.width() as usize;
            assert_eq!(s.store(last, kind, 0), Some(()));
            assert_eq!(s.store(last + 1, kind, 0), None);
            assert_eq!(s.load(last + 9, kind), None);
        }
    }

    #[test]
    fn a_fill_writes_what_single_stores_write() {
        for kind in STORAGE_KINDS {
            let width = kind.width() as usize;
            let (mut filled, mut stored) = (HeapBytes::new(4096), HeapBytes::new(4096));
            assert!(filled.grow_to(1) && stored.grow_to(1));
            let value = 0x0102_0304_0506_0708;
            filled.fill(16..16 + 5 * width, kind, value).unwrap();
            for i in 0..5 {
                stored.store(16 + i * width, kind, value).unwrap();
            }
            assert_eq!(filled.bytes, stored.bytes, "{kind:?}");
        }
    }

    #[test]
    fn ranges_outside_memory_are_refused() {
        let mut s = HeapBytes::new(4096);
        assert!(s.grow_to(1));
        assert_eq!(s.copy(0, 4000, 97), None);
        assert_eq!(s.copy(4000, 0, 97), None);
        s.fill(0..96, StorageKind::B8, 7).unwrap();
        assert_eq!(s.copy(4000, 0, 96), Some(()), "up to the end");
        assert_eq!(s.copy(0, 4000, 96), Some(()));
        assert_eq!(s.slice(4000..4096), Some(&[7; 96][..]));
        assert_eq!(s.fill(4000..4097, StorageKind::B8, 0), None);
        assert_eq!(s.slice(4096..4097), None);
        s.poison(4000..9000);
        s.poison(9000..9001);
    }
}
