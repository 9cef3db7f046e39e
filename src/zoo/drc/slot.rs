//! Slots outside the heap: globals, tables, segments, handles, the pending
//! exception.

use super::faults;
use crate::heap::GcRef;
use crate::heap::drc::{Core, HeapResult, Policy};

faults! {
    /// B1, Wasmtime issue 14325: `table.fill` with null skips the barrier.
    NullTableFillSkipsBarrier,
    /// D1-slot: `table.copy` and `table.init` release the old references before
    /// they count the new ones.
    TableCopyReleasesOldFirst,
    /// D8: `table.fill` counts one owner too few.
    TableFillUndercounts,
    /// D8-grow: `table.grow` counts one owner too few.
    TableGrowUndercounts,
    /// G2: the initialising write of a slot (global, segment, handle, pending
    /// exception) does not count its reference.
    SlotInitSkipsCount,
    /// G3: `global.set` and `table.set` do not release the old reference.
    SlotWriteSkipsRelease,
    /// G5: dropping a segment or a handle empties its slots without releasing
    /// their references.
    SlotDropSkipsRelease,
}

impl Policy for NullTableFillSkipsBarrier {
    fn fill_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        let skipped = value.is_null();
        self.0
            .run(skipped && slots.iter().any(|old| GcRef(*old).is_object()));
        self.increment(core, value, slots.len() as u32)?;
        for slot in slots {
            let old = std::mem::replace(slot, value.0);
            core.count_overwrite(GcRef(old));
            if !skipped {
                self.decrement(core, GcRef(old), 1)?;
            }
        }
        self.free_dead(core)
    }
}

impl Policy for TableFillUndercounts {
    fn fill_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        self.0.run(value.is_object() && !slots.is_empty());
        self.increment(core, value, (slots.len() as u32).saturating_sub(1))?;
        for slot in slots {
            let old = std::mem::replace(slot, value.0);
            core.count_overwrite(GcRef(old));
            self.decrement(core, GcRef(old), 1)?;
        }
        self.free_dead(core)
    }
}

impl Policy for TableGrowUndercounts {
    fn grow_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        self.0.run(value.is_object() && !slots.is_empty());
        self.increment(core, value, (slots.len() as u32).saturating_sub(1))?;
        slots.fill(value.0);
        Ok(())
    }
}

impl Policy for TableCopyReleasesOldFirst {
    fn copy_slots(&mut self, core: &mut Core, dst: &mut [u32], src: &[u32]) -> HeapResult {
        for slot in &mut *dst {
            let old = std::mem::take(slot);
            core.count_overwrite(GcRef(old));
            self.decrement(core, GcRef(old), 1)?;
        }
        self.free_dead(core)?;
        let dead = |r: &u32| GcRef(*r).is_object() && !core.is_allocated(GcRef(*r));
        self.0.run(src.iter().any(dead));
        for (slot, new) in dst.iter_mut().zip(src) {
            self.increment(core, GcRef(*new), 1)?;
            *slot = *new;
        }
        Ok(())
    }
}

impl Policy for SlotInitSkipsCount {
    fn init_slot(&mut self, _: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        self.0.run(new.is_object());
        *slot = new.0;
        Ok(())
    }
}

impl Policy for SlotWriteSkipsRelease {
    fn write_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        self.increment(core, new, 1)?;
        let old = std::mem::replace(slot, new.0);
        core.count_overwrite(GcRef(old));
        self.0.run(GcRef(old).is_object());
        Ok(())
    }
}

impl Policy for SlotDropSkipsRelease {
    fn drop_slots(&mut self, _: &mut Core, slots: &mut [u32]) -> HeapResult {
        self.0.run(slots.iter().any(|old| GcRef(*old).is_object()));
        slots.fill(0);
        Ok(())
    }
}
