//! What a run takes of the machine that runs it: memory, and work that no fuel
//! pays for.
//!
//! Neither is the same under all heaps, so running out of one is not a trap that
//! a program sees, but the end of the run.

/// What an allocation is paid from, and what the host has on its books.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes of the heap that may be allocated beyond the current advance.
    pub reserve: u64,
    /// Bytes that the host keeps outside the store.
    pub noted: u64,
    /// The sum at which the footprint is looked at again.
    pub next_look: u64,
    /// Work that is left.
    pub work: u64,
}

/// The heap's budget is handed out in advances of so many bytes. The footprint
/// is looked at once for each, so that an allocation costs no more than before.
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
