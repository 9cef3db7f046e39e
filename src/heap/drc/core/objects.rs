//! Payloads: references in objects, without barriers.

use super::Core;
use crate::heap::{GcRef, HeapError, Shape};
use crate::types::StorageKind;
use std::iter::StepBy;
use std::ops::Range;

impl Core {
    /// The run-time type of the object at `r`.
    #[inline]
    pub fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.space.shape(r)
    }

    /// The length of the array at `r`.
    #[inline]
    pub fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.array_len(r)
    }

    /// The reference at a payload offset. No barrier.
    #[inline]
    pub fn load_ref(&self, r: GcRef, offset: u64) -> Result<GcRef, HeapError> {
        let register = self.space.load(r, offset, StorageKind::Gc)?;
        Ok(GcRef::from_register(register))
    }

    /// Overwrites the reference at a payload offset. No barrier.
    #[inline]
    pub fn store_ref(&mut self, r: GcRef, offset: u64, value: GcRef) -> Result<(), HeapError> {
        self.space
            .store(r, offset, StorageKind::Gc, value.register())
    }

    /// Overwrites the reference at a payload offset and returns the old one. No
    /// barrier.
    #[inline]
    pub fn replace_ref(&mut self, r: GcRef, offset: u64, value: GcRef) -> Result<GcRef, HeapError> {
        let old = self.load_ref(r, offset)?;
        self.store_ref(r, offset, value)?;
        Ok(old)
    }

    /// The addresses of elements of an array of references, for [`Core::word`],
    /// after one check for all of them.
    #[inline]
    pub fn element_words(
        &self,
        array: GcRef,
        start: u32,
        len: u32,
    ) -> Result<StepBy<Range<usize>>, HeapError> {
        let range = self.space.elements(array, start, len, StorageKind::Gc)?;
        Ok(range.step_by(StorageKind::Gc.width() as usize))
    }

    /// The addresses of `len` elements of an array of references from `start`
    /// on, for [`Core::next_run`].
    #[inline]
    pub fn element_range(
        &self,
        array: GcRef,
        start: u32,
        len: u32,
    ) -> Result<Range<usize>, HeapError> {
        self.space.elements(array, start, len, StorageKind::Gc)
    }

    /// Removes a run of equal references from the start of a range of
    /// addresses: the reference, and the length of the run. `None` if the range
    /// is empty.
    #[inline]
    pub fn next_run(&self, range: &mut Range<usize>) -> Result<Option<(GcRef, u32)>, HeapError> {
        if range.start >= range.end {
            return Ok(None);
        }
        let word = self.space.word(range.start)?;
        range.start += StorageKind::Gc.width() as usize;
        // Usually the next reference differs. If it does not, a long run is
        // likely.
        let mut count = 1;
        if range.start < range.end && self.space.word(range.start)? == word {
            let more = self.space.equal_words(range.clone())?;
            range.start += more as usize * StorageKind::Gc.width() as usize;
            count += more;
        }
        Ok(Some((GcRef(word), count)))
    }

    /// The reference at an address. No barrier.
    #[inline]
    pub fn word(&self, at: usize) -> Result<GcRef, HeapError> {
        Ok(GcRef(self.space.word(at)?))
    }

    /// Raw: overwrites the word at an address, for faults that write to a wrong
    /// place.
    pub fn set_word(&mut self, at: usize, word: u32) -> Result<(), HeapError> {
        self.space.set_word(at, word)
    }

    /// Fills elements of an array of references. No barrier.
    pub fn fill_elements(
        &mut self,
        array: GcRef,
        start: u32,
        len: u32,
        value: GcRef,
    ) -> Result<(), HeapError> {
        self.space.fill(
            array,
            start,
            len,
            StorageKind::Gc,
            u128::from(value.register()),
        )
    }

    /// Copies elements between arrays of references, as if through a temporary
    /// copy. No barrier.
    pub fn copy_elements(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> Result<(), HeapError> {
        self.space.copy(dst, src, len, StorageKind::Gc)
    }

    /// Writes references over the elements from `start` on. No barrier.
    pub fn write_elements(
        &mut self,
        array: GcRef,
        start: u32,
        refs: &[u32],
    ) -> Result<(), HeapError> {
        self.space.write_words(array, start, StorageKind::Gc, refs)
    }
}
