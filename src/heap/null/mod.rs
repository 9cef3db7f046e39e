//! The null collector: allocates, and never frees.
//!
//! Allocation moves a pointer (*bump allocation*), there are no barriers, and a
//! collection does nothing. As far as memory management goes, every observation
//! of this heap is what the language prescribes: real collectors are compared
//! with it.

mod inspect;
mod operations;
#[cfg(test)]
mod tests;

use super::header::HEADER;
use super::refusals::Refusals;
use super::space::Space;
use super::trace_info::TraceInfo;
use super::{GRANULE, GcRef, HeapError, Shape, Stats};

/// A heap that only grows.
pub struct Null {
    space: Space,
    trace_info: TraceInfo,
    stats: Stats,
    refusals: Refusals,
}

impl Null {
    /// An empty heap whose addresses stay below `max_bytes`.
    pub fn new(max_bytes: u32) -> Null {
        Null {
            space: Space::new(max_bytes),
            trace_info: TraceInfo::default(),
            stats: Stats::default(),
            refusals: Refusals::default(),
        }
    }

    /// Allocates an object with `payload` bytes behind its header.
    #[inline]
    fn allocate_block(&mut self, shape: Shape, payload: u64) -> Result<GcRef, HeapError> {
        self.refusals.pass()?;
        let granules = (u64::from(HEADER) + payload).div_ceil(u64::from(GRANULE));
        let r = u32::try_from(granules)
            .ok()
            .and_then(|granules| self.space.bump(granules))
            .ok_or(HeapError::Full)?;
        self.space.set_header(r, shape)?;
        self.stats.allocated += 1;
        Ok(r)
    }

    /// Allocates an array with room for `len` elements, and writes its length.
    #[inline]
    fn allocate_array(&mut self, shape: Shape, len: u32) -> Result<GcRef, HeapError> {
        let layout = self.trace_info.of(shape)?;
        let r = self.allocate_block(shape, layout.array_size(len))?;
        self.space.set_array_len(r, len)?;
        Ok(r)
    }

    /// Writes the fields of a new structure or exception.
    #[inline]
    fn init_fields(&mut self, r: GcRef, shape: Shape, registers: &[u64]) -> Result<(), HeapError> {
        let fields = self.trace_info.fields_of(self.trace_info.of(shape)?)?;
        self.space.init_fields(r, fields, registers)
    }
}
