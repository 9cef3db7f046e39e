//! Storage of memories, tables and globals in a store.

use super::limits::Resource;
use super::trap::Stop;
use crate::module::{GlobalType, MemoryType, TableType};

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

/// A global: its type and slot. The slot is in `Store::ref_globals` for a
/// reference, else in `Machine::num_globals`, where a `v128` takes two.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct GlobalSlot {
    pub ty: GlobalType,
    pub slot: u32,
}

/// The range `start .. start + len` within `total`, or `None` if it is out of bounds.
pub(super) fn range(start: u64, len: u64, total: usize) -> Option<std::ops::Range<usize>> {
    let end = start.checked_add(len)?;
    (end <= total as u64).then_some(start as usize..end as usize)
}

/// Number of elements from which an allocation is tried first.
const LARGE: usize = 1 << 20;

/// A vector of `len` zeros, or an error if there is not enough memory.
pub(super) fn zeros<T: Clone + Default>(len: u64) -> Result<Vec<T>, Stop> {
    let full = Stop::OverBudget(Resource::Memory);
    let len = usize::try_from(len).map_err(|_| full.clone())?;
    // `vec!` gets zeroed memory from the system untouched, but aborts if there
    // is none. So a fallible allocation of the same size is tried first.
    if len >= LARGE {
        let mut probe: Vec<T> = Vec::new();
        probe.try_reserve_exact(len).map_err(|_| full)?;
    }
    Ok(vec![T::default(); len])
}

/// The result of a failed `memory.grow` or `table.grow`.
pub(super) fn minus_one(index64: bool) -> u64 {
    match index64 {
        true => u64::MAX,
        false => u32::MAX.into(),
    }
}
