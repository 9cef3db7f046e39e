//! Memories and tables.

use crate::module::{MemoryType, TableType};

/// Bytes in a page.
pub const PAGE: u64 = 65_536;

/// A linear memory.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Its contents.
    pub bytes: Vec<u8>,
    /// Its type as declared.
    pub ty: MemoryType,
}

impl Memory {
    /// Its size in pages.
    pub fn pages(&self) -> u64 {
        self.bytes.len() as u64 / PAGE
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its elements: heap references, or store indices of functions plus one.
    pub elements: Vec<u32>,
    /// Its type as declared.
    pub ty: TableType,
    /// Whether the elements are references into the heap.
    pub gc: bool,
}

/// The part `start .. start + len` of something of length `total`, or `None`
/// if that is out of bounds.
pub(super) fn range(start: u64, len: u64, total: usize) -> Option<std::ops::Range<usize>> {
    let end = start.checked_add(len)?;
    (end <= total as u64).then_some(start as usize..end as usize)
}
