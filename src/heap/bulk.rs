//! Bulk access to the elements of arrays, without barriers.

use super::space::{Space, outside};
use super::{GcRef, HeapError};
use crate::types::StorageKind;

impl Space {
    /// `array.fill`, without barriers.
    pub fn fill(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        let range = self.elements(r, start, len, kind)?;
        let at = range.start;
        if kind == StorageKind::B128 {
            let slice = self.storage.slice_mut(range).ok_or_else(|| outside(at))?;
            slice.as_chunks_mut().0.fill(value.to_le_bytes());
            return Ok(());
        }
        self.storage
            .fill(range, kind, value as u64)
            .ok_or_else(|| outside(at))
    }

    /// `array.copy`, without barriers.
    pub fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        let to = self.elements(dst.0, dst.1, len, kind)?;
        let from = self.elements(src.0, src.1, len, kind)?;
        self.storage
            .copy(to.start, from.start, from.len())
            .ok_or_else(|| outside(to.start))
    }

    /// Writes raw bytes over the elements from `start` on.
    pub fn write_data(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        data: &[u8],
    ) -> Result<(), HeapError> {
        if kind == StorageKind::Gc {
            return Err(HeapError::corrupt(r.0, "raw bytes into references"));
        }
        let from = self.elements(r, start, 0, kind)?.start;
        self.object(r, (from - r.0 as usize) as u64 + data.len() as u64)?;
        self.storage
            .slice_mut(from..from + data.len())
            .ok_or_else(|| outside(from))?
            .copy_from_slice(data);
        Ok(())
    }

    /// Writes references over the elements from `start` on.
    pub fn write_words(
        &mut self,
        r: GcRef,
        start: u32,
        kind: StorageKind,
        words: &[u32],
    ) -> Result<(), HeapError> {
        if !matches!(kind, StorageKind::Gc | StorageKind::Func) {
            return Err(HeapError::corrupt(r.0, "references into numbers"));
        }
        let len = u32::try_from(words.len()).unwrap_or(u32::MAX);
        let range = self.elements(r, start, len, kind)?;
        let at = range.start;
        let slice = self.storage.slice_mut(range).ok_or_else(|| outside(at))?;
        for (chunk, word) in slice.as_chunks_mut().0.iter_mut().zip(words) {
            *chunk = word.to_le_bytes();
        }
        Ok(())
    }
}
