//! One half of the memory, with its base address.

use crate::heap::header::{self, HEADER};
use crate::heap::space::Space;
use crate::heap::write_record::Write;
use crate::heap::{Block, GRANULE, GcRef, HeapError, ObjectEvent, POISON, Shape};
use crate::types::StorageKind;
use std::iter::StepBy;
use std::ops::Range;

/// Offset of the forwarding word in a header.
const FORWARDING: u32 = 4;
/// Tag of a forwarding word that holds an address. Addresses are multiples of a
/// granule, which leaves the bit free.
const FORWARDED: u32 = 1;

/// The error message for a reference that is null, or whose local address is 0.
const NULL: &str = "null is not an object";

/// A semi-space: memory whose *virtual* addresses, used in references, are its
/// *local* ones, counted from 0, plus a base.
///
/// Null is no virtual address of a semi-space, and granule 0 is never in use: a
/// block's virtual address is greater than the base.
pub struct Semispace {
    pub(in crate::heap::copying) space: Space,
    base: u32,
}

impl Semispace {
    /// An empty semi-space for `capacity` bytes of blocks.
    pub(super) fn new(capacity: u32) -> Semispace {
        Semispace {
            space: Space::new(capacity + GRANULE),
            base: 0,
        }
    }

    /// The virtual address of local address 0, a multiple of [`GRANULE`].
    pub fn base(&self) -> u32 {
        self.base
    }

    /// Removes all objects, poisons the memory in use, and sets another base.
    pub(super) fn reset(&mut self, base: u32) {
        self.space.clear();
        self.base = base;
    }

    /// The local address of `r`. If `r` is not the address of an object here,
    /// the result is arbitrary, but never the start of a block.
    #[inline]
    pub(in crate::heap::copying) fn local(&self, r: GcRef) -> GcRef {
        GcRef(r.0.wrapping_sub(self.base))
    }

    /// The virtual address.
    #[inline]
    fn global(&self, r: GcRef) -> GcRef {
        GcRef(r.0.wrapping_add(self.base))
    }

    /// Starts or stops the record of writes.
    pub(super) fn record(&mut self, on: bool) {
        self.space.record(on);
    }

    /// The events of the object at `r`, from the record of writes. Returns false if none is kept.
    pub(super) fn object_events(&self, r: GcRef, visit: &mut dyn FnMut(ObjectEvent)) -> bool {
        let Some(writes) = self.space.writes() else {
            return false;
        };
        let start = self.local(r).0;
        // References in a copy are updated after it was made, and in nothing else.
        let mut is_copy = false;
        for Write { at, len, word } in writes {
            let is_poisoned = word == u32::from_le_bytes([POISON; 4]);
            if at <= start && at + len >= start + HEADER && is_poisoned {
                visit(ObjectEvent::Freed);
                is_copy = false;
                continue;
            }
            match at.wrapping_sub(start) {
                0 if len > HEADER => is_copy = true,
                0 if len == HEADER => visit(ObjectEvent::Allocated),
                FORWARDING if len == 4 && word % GRANULE == FORWARDED => {
                    visit(ObjectEvent::Forwarded(GcRef(word - FORWARDED)));
                }
                offset if is_copy && (HEADER..self.block_end(r)).contains(&offset) => {
                    visit(ObjectEvent::Scanned);
                    is_copy = false;
                }
                _ => {}
            }
        }
        true
    }

    /// The size of the block at `r`, or 0.
    fn block_end(&self, r: GcRef) -> u32 {
        self.block_size(r).unwrap_or(0)
    }

    /// Runs an access by local addresses; an error names the virtual address.
    #[inline]
    pub(in crate::heap::copying) fn with<T>(
        &self,
        access: impl FnOnce(&Space) -> Result<T, HeapError>,
    ) -> Result<T, HeapError> {
        access(&self.space).map_err(|error| blame(self.base, error))
    }

    /// The same as [`Semispace::with`], for writing.
    #[inline]
    pub(in crate::heap::copying) fn with_mut<T>(
        &mut self,
        access: impl FnOnce(&mut Space) -> Result<T, HeapError>,
    ) -> Result<T, HeapError> {
        access(&mut self.space).map_err(|error| blame(self.base, error))
    }

    /// The addresses in use.
    pub fn extent(&self) -> (u32, u32) {
        let (start, end) = self.space.extent();
        (self.base + start, self.base + end)
    }

    /// Bytes in use.
    #[inline]
    pub fn in_use(&self) -> u32 {
        let (start, end) = self.space.extent();
        end - start
    }

    /// Every block in order of address.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = self.space.granules().blocks();
        for block in &mut blocks {
            block.start += self.base;
        }
        blocks
    }

    /// The first block at or behind a virtual address, and the address behind
    /// that block.
    #[inline]
    pub fn next_block(&self, at: u32) -> Option<(GcRef, u32)> {
        let granule = at.wrapping_sub(self.base) / GRANULE;
        let (start, size) = self.space.granules().next_block(granule)?;
        let end = start.saturating_add(size.unsigned_abs());
        let r = self.global(GcRef(start * GRANULE));
        Some((r, self.base.saturating_add(end.saturating_mul(GRANULE))))
    }

    /// Allocates behind the last block. The memory is not cleared.
    #[inline]
    pub(super) fn bump(&mut self, granules: u32) -> Option<GcRef> {
        let r = self.space.bump(granules)?;
        Some(self.global(r))
    }

    /// Whether an allocated object starts at `r`.
    #[inline]
    pub fn is_allocated(&self, r: GcRef) -> bool {
        self.space.is_allocated(self.local(r))
    }

    /// The size of the object at `r` in bytes, header and rounding included.
    #[inline]
    pub fn block_size(&self, r: GcRef) -> Result<u32, HeapError> {
        let r = self.local(r);
        self.with(|s| s.object(r, u64::from(HEADER)))?;
        Ok(self.space.granules().at(r) as u32 * GRANULE)
    }

    /// The run-time type of the object at `r`.
    #[inline]
    pub fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.with(|s| s.shape(self.local(r)))
    }

    /// Raw: sets the run-time type of the object at `r`.
    pub fn set_shape(&mut self, r: GcRef, shape: Shape) -> Result<(), HeapError> {
        self.set_header_word(r, 0, header::encode(shape))
    }

    /// The length of the array at `r`.
    #[inline]
    pub fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.with(|s| s.array_len(self.local(r)))
    }

    /// The reference at a payload offset.
    #[inline]
    pub fn load_ref(&self, r: GcRef, offset: u64) -> Result<GcRef, HeapError> {
        let register = self.with(|s| s.load(self.local(r), offset, StorageKind::Gc))?;
        Ok(GcRef::from_register(register))
    }

    /// Overwrites the reference at a payload offset.
    #[inline]
    pub fn store_ref(&mut self, r: GcRef, offset: u64, value: GcRef) -> Result<(), HeapError> {
        let r = self.local(r);
        self.with_mut(|s| s.store(r, offset, StorageKind::Gc, value.register()))
    }

    /// The local addresses of elements of an array of references, for
    /// [`Semispace::word`], after one check for all of them.
    #[inline]
    pub fn element_words(
        &self,
        array: GcRef,
        start: u32,
        len: u32,
    ) -> Result<StepBy<Range<usize>>, HeapError> {
        let range = self.with(|s| s.elements(self.local(array), start, len, StorageKind::Gc))?;
        Ok(range.step_by(StorageKind::Gc.width() as usize))
    }

    /// The reference at a local address.
    #[inline]
    pub fn word(&self, at: usize) -> Result<GcRef, HeapError> {
        Ok(GcRef(self.with(|s| s.word(at))?))
    }

    /// Overwrites the word at a local address, whatever it holds.
    #[inline]
    pub fn set_word(&mut self, at: usize, word: u32) -> Result<(), HeapError> {
        self.with_mut(|s| s.set_word(at, word))
    }

    /// The address of the copy of the object at `r`, if it has moved; see
    /// [`Semispace::set_forwarding_word`].
    #[inline]
    pub fn forwarding(&self, r: GcRef) -> Result<Option<GcRef>, HeapError> {
        match self.header_word(r, FORWARDING)? {
            0 => Ok(None),
            word if word % GRANULE == FORWARDED => Ok(Some(GcRef(word - FORWARDED))),
            _ => Err(HeapError::corrupt(r.0, "its forwarding word is no address")),
        }
    }

    /// Stores the address of the copy in the object at `r`.
    #[inline]
    pub fn set_forwarding(&mut self, r: GcRef, to: GcRef) -> Result<(), HeapError> {
        self.set_forwarding_word(r, to.0 | FORWARDED)
    }

    /// Raw: sets the *forwarding word*, the second of a header. It is zero in
    /// an object that has not moved, otherwise the address of the copy with the
    /// lowest bit set. The third and the fourth word are always zero.
    #[inline]
    pub fn set_forwarding_word(&mut self, r: GcRef, word: u32) -> Result<(), HeapError> {
        self.set_header_word(r, FORWARDING, word)
    }

    #[inline]
    fn header_word(&self, r: GcRef, offset: u32) -> Result<u32, HeapError> {
        self.with(|s| {
            let at = s.object(self.local(r), u64::from(HEADER))?;
            s.word(at + offset as usize)
        })
    }

    #[inline]
    fn set_header_word(&mut self, r: GcRef, offset: u32, word: u32) -> Result<(), HeapError> {
        let r = self.local(r);
        self.with_mut(|s| {
            let at = s.object(r, u64::from(HEADER))?;
            s.set_word(at + offset as usize, word)
        })
    }
}

/// Converts an error about a local address to one about the virtual address.
#[cold]
#[inline(never)]
fn blame(base: u32, error: HeapError) -> HeapError {
    let HeapError::Corrupt(corruption) = error else {
        return error;
    };
    let address = corruption.address.wrapping_add(base);
    let what = match corruption.what {
        _ if address == GcRef::NULL.0 => NULL,
        NULL => "no object starts here",
        what => what,
    };
    HeapError::corrupt(address, what)
}
