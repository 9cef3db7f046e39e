//! Budgets for a run's use of the host machine: memory, and work.
//!
//! Both differ from heap to heap. So running out of one ends the run, instead
//! of being a trap that the program sees.

/// Balances of a run's budgets.
#[derive(Debug)]
pub(super) struct Budget {
    /// Heap bytes that may be allocated beyond the current advance.
    pub reserve: u64,
    /// Bytes that the host keeps outside the store.
    pub noted: u64,
    /// The value of `noted` at which the footprint is checked again.
    pub next_look: u64,
    /// Work left.
    pub work: u64,
}

/// Size in bytes of an advance. The heap's budget is handed out in advances,
/// and the footprint is checked once for each, so that the check does not slow
/// down each allocation.
pub(super) const ADVANCE: u64 = 1 << 20;

impl Budget {
    /// A budget, and the first advance on `heap_bytes`.
    pub(super) fn new(heap_bytes: u64, work: u64) -> (Budget, u64) {
        let advance = heap_bytes.min(ADVANCE);
        let budget = Budget {
            reserve: heap_bytes - advance,
            noted: 0,
            next_look: ADVANCE,
            work,
        };
        (budget, advance)
    }
}
