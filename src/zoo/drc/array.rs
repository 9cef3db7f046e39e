//! Bulk writes to arrays.

use super::faults;
use crate::heap::GcRef;
use crate::heap::drc::{Core, HeapResult, Policy, Sound};

faults! {
    /// W1, Wasmtime issue 10182, fixed by pull request 10374; releases up to 31.
    ///
    /// `array.copy` is a call into the runtime, which reads the elements one by
    /// one. It made a handle for each reference that it read without counting
    /// it, and every handle released one count at the end of the call. The
    /// handles of the two arrays were counted. Null and i31 have no count, so
    /// an array without objects is copied correctly.
    ArrayCopyReleasesSources,
    /// D1, CPython's guidance on `Py_SETREF`: `array.copy` releases the old
    /// references before it counts the new ones. If only the old ones kept the
    /// new ones alive, the array refers to freed objects.
    ArrayCopyReleasesOldFirst,
    /// D2: `array.fill` counts its value once, regardless of the number of copies.
    ArrayFillCountsOnce,
    /// D2-new: `array.new` counts its value once, regardless of the length.
    ArrayNewCountsOnce,
    /// G1: `array.init_elem` and `array.new_elem` take references from the segment
    /// without counting them, as if the segment handed over its own counts.
    ArrayInitElemSkipsCount,
    /// G15: `array.copy` releases a count of each of its two arrays without taking
    /// one. An array that only frames refer to has one count, that of the stack-root
    /// list, and its first copy frees it while it is still in use.
    ArrayCopyReleasesArrays,
}

impl Policy for ArrayCopyReleasesSources {
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        let words = core.element_words(src.0, src.1, len)?;
        let read: Result<Vec<GcRef>, _> = words.map(|at| core.word(at)).collect();
        let read = read?;
        self.0.run(read.iter().any(|r| r.is_object()));
        Sound.copy_array(core, dst, src, len)?;
        for handle in read {
            self.decrement(core, handle, 1)?;
        }
        self.free_dead(core)
    }
}

impl Policy for ArrayCopyReleasesArrays {
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        self.0.run(true);
        Sound.copy_array(core, dst, src, len)?;
        self.release(core, dst.0)?;
        self.release(core, src.0)
    }
}

impl Policy for ArrayCopyReleasesOldFirst {
    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        let words = core.element_words(src.0, src.1, len)?;
        let new: Result<Vec<GcRef>, _> = words.map(|at| core.word(at)).collect();
        let new = new?;
        for at in core.element_words(dst.0, dst.1, len)? {
            let old = core.word(at)?;
            core.set_word(at, 0)?;
            core.count_overwrite(old);
            self.decrement(core, old, 1)?;
        }
        self.free_dead(core)?;
        let dead = |r: &GcRef| r.is_object() && !core.is_allocated(*r);
        self.0.run(new.iter().any(dead));
        for (at, new) in core.element_words(dst.0, dst.1, len)?.zip(new) {
            self.increment(core, new, 1)?;
            core.set_word(at, new.0)?;
        }
        Ok(())
    }
}

impl Policy for ArrayFillCountsOnce {
    fn fill_array(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        len: u32,
        value: GcRef,
    ) -> HeapResult {
        self.0.run(value.is_object() && len > 1);
        self.increment(core, value, len.min(1))?;
        self.decrement_elements(core, array, start, len)?;
        core.fill_elements(array, start, len, value)?;
        self.free_dead(core)
    }
}

impl Policy for ArrayNewCountsOnce {
    fn init_array(&mut self, core: &mut Core, array: GcRef, len: u32, value: GcRef) -> HeapResult {
        self.0.run(value.is_object() && len > 1);
        self.increment(core, value, len.min(1))?;
        core.fill_elements(array, 0, len, value)
    }
}

impl Policy for ArrayInitElemSkipsCount {
    fn init_from_segment(
        &mut self,
        core: &mut Core,
        array: GcRef,
        start: u32,
        refs: &[u32],
    ) -> HeapResult {
        self.0.run(refs.iter().any(|r| GcRef(*r).is_object()));
        self.decrement_elements(core, array, start, refs.len() as u32)?;
        core.write_elements(array, start, refs)?;
        self.free_dead(core)
    }
}
