//! Collections inside bulk operations, as [`Limits::inside`](crate::engine::Limits::inside) asks for
//! them.
//!
//! An engine may collect in the middle of such an instruction: where it allocates what a segment
//! describes, calls out of generated code for a part, or is interrupted (WebKit issue 50893). The
//! operation runs in two parts with a collection in between. Its operands are in their registers,
//! where the collection finds and updates them, and a new array that has no register yet is a
//! handle.

use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::Stop;
use crate::heap::{EngineEvent, GcRef, Heap};
use std::ops::Range;

impl<H: Heap> Store<H> {
    /// Whether to collect inside an operation that passes `n` references, which begins now. An
    /// operation that lacks the fuel traps before it starts, as ever.
    pub(super) fn collects_inside(&mut self, n: u64) -> bool {
        n >= 2 && self.machine.fuel >= n && self.machine.clock.bulk()
    }

    /// The collection inside.
    pub(super) fn collect_inside(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.heap
            .on_event(EngineEvent::CollectsInside { new: false });
        self.collect_here(inspector)
    }

    /// Collects while a new array is nowhere but in the hands of the running instruction. Returns
    /// the array's address afterwards.
    pub(super) fn collect_inside_new(
        &mut self,
        array: GcRef,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<GcRef, Stop> {
        let before = self.handles();
        let handle = self.add_handle(array)?;
        self.heap
            .on_event(EngineEvent::CollectsInside { new: true });
        self.collect_here(inspector)?;
        let array = self.handle(handle);
        self.pop_handles(before)?;
        Ok(array)
    }
}

/// The two parts of an operation on `n` elements, in the order in which a copy from `from` to `to`
/// in one array or table has to run them.
pub(super) fn halves(n: u32, to: u64, from: u64) -> [Range<u32>; 2] {
    let half = n / 2;
    match to > from {
        true => [half..n, 0..half],
        false => [0..half, half..n],
    }
}
