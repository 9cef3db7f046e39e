//! Allocations that fail on purpose.

use super::HeapError;

/// The number of allocations that are yet to be refused.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Refusals(pub u32);

impl Refusals {
    /// Begins an allocation, which may be one to refuse.
    #[inline]
    pub fn pass(&mut self) -> Result<(), HeapError> {
        if self.0 == 0 {
            return Ok(());
        }
        self.0 -= 1;
        Err(HeapError::Full)
    }
}
