//! Instructions on whole arrays.
//!
//! Like all bulk operations these check their bounds, then charge fuel for
//! their length, then start; see [`memories`](super::memories).

use super::vector;
use crate::engine::storage::range;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap};
use crate::module::Op;
use crate::types::{StorageKind, TypeId};
use std::ops::Range;

impl<H: Heap> Store<H> {
    /// `array.new`.
    #[inline(never)]
    pub(super) fn array_new(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let (ty, len) = (TypeId(op.imm), self.machine.register(op.c) as u32);
        self.charge_elements(ty, len)?;
        let bytes = self.element_bytes(ty, len);
        let new = self.allocate_here(ty, bytes, inspector, |heap, machine| {
            heap.new_array(ty, len, machine.register(op.b))
        })?;
        self.machine.set_register(op.a, new.register());
        Ok(())
    }

    /// `array.new` of vectors.
    #[inline(never)]
    pub(super) fn array_new_wide(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let len = self.machine.register(op.c) as u32;
        // The destination may be one of these registers.
        let value = vector::get(self.machine.registers(), op.b);
        let array = self.new_elements(op, len, inspector)?;
        Ok(self.heap.fill(array, 0, len, StorageKind::B128, value)?)
    }

    /// `array.new_default`.
    #[inline(never)]
    pub(super) fn array_new_default(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let len = self.machine.register(op.b) as u32;
        self.new_elements(op, len, inspector)?;
        Ok(())
    }

    /// `array.new_fixed`.
    #[inline(never)]
    pub(super) fn array_new_fixed(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let ty = TypeId(op.imm);
        let len = u32::from(op.c) / self.element_registers(ty);
        let elements = usize::from(op.b)..usize::from(op.b) + usize::from(op.c);
        let bytes = self.element_bytes(ty, len);
        let new = self.allocate_here(ty, bytes, inspector, |heap, machine| {
            heap.new_array_fixed(ty, &machine.registers()[elements.clone()])
        })?;
        self.machine.set_register(op.a, new.register());
        Ok(())
    }

    /// `array.new_data`.
    #[inline(never)]
    pub(super) fn array_new_data(
        &mut self,
        op: Op,
        segment: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let instance = self.machine.running.instance;
        let ty = TypeId(op.imm);
        let offset = self.machine.register(op.b) as u32;
        let len = self.machine.register(op.c) as u32;
        let bytes = self.data_range(instance, segment, ty, offset, len)?;
        let array = self.new_elements(op, len, inspector)?;
        let kind = self.element_kind(ty);
        let wasm = &self.instances[instance as usize].module.wasm;
        Ok(self.heap.init_data(array, 0, kind, &wasm[bytes])?)
    }

    /// `array.new_elem`.
    #[inline(never)]
    pub(super) fn array_new_elem(
        &mut self,
        op: Op,
        segment: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let instance = self.machine.running.instance;
        let (offset, len) = (self.machine.register(op.b), self.machine.register(op.c));
        let (offset, len) = (offset as u32, len as u32);
        self.note_segment(instance, segment);
        let segment = segment as usize;
        let total = self.instances[instance as usize].elements[segment]
            .refs
            .len();
        let range = range(offset.into(), len.into(), total).ok_or(Trap::TableOutOfBounds)?;
        let array = self.new_elements(op, len, inspector)?;
        let kind = self.element_kind(TypeId(op.imm));
        let refs = &self.instances[instance as usize].elements[segment].refs;
        let references = &refs[range];
        self.heap.init_elements(array, 0, kind, references)?;
        if kind == StorageKind::Gc {
            self.heap
                .on_event(EngineEvent::SegmentCopied { references });
        }
        Ok(())
    }

    /// Sets the destination to a new array of `len` zeros or nulls. Charges
    /// fuel for the initialisation.
    #[inline]
    fn new_elements(
        &mut self,
        op: Op,
        len: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<GcRef, Stop> {
        let ty = TypeId(op.imm);
        self.charge_elements(ty, len)?;
        let bytes = self.element_bytes(ty, len);
        let new = self.allocate_here(ty, bytes, inspector, |heap, _| {
            heap.new_array_default(ty, len)
        })?;
        self.machine.set_register(op.a, new.register());
        Ok(new)
    }

    /// `array.fill`.
    #[inline(never)]
    pub(super) fn array_fill(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let kind = self.element_kind(TypeId(op.imm));
        let regs = &self.machine.registers()[usize::from(op.b)..];
        let array = Self::array(regs[0])?;
        let (start, low, n) = (regs[1] as u32, regs[2], regs[2 + kind.registers()] as u32);
        let vector = vector::get(regs, 2);
        self.array_range(array, start, n)?;
        self.machine.charge(u64::from(n))?;
        match kind {
            StorageKind::B128 => Ok(self.heap.fill(array, start, n, kind, vector)?),
            _ => Ok(self.heap.fill(array, start, n, kind, low.into())?),
        }
    }

    /// `array.copy`.
    #[inline(never)]
    pub(super) fn array_copy(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let regs = &self.machine.registers()[usize::from(op.b)..];
        let (dst, src) = (Self::array(regs[0])?, Self::array(regs[2])?);
        let (to, from, n) = (regs[1] as u32, regs[3] as u32, regs[4] as u32);
        self.array_range(dst, to, n)?;
        self.array_range(src, from, n)?;
        self.machine.charge(u64::from(n))?;
        let kind = self.element_kind(TypeId(op.imm));
        Ok(self.heap.copy((dst, to), (src, from), n, kind)?)
    }

    /// `array.init_data`.
    #[inline(never)]
    pub(super) fn array_init_data(
        &mut self,
        op: Op,
        segment: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let instance = self.machine.running.instance;
        let array = Self::array(self.machine.register(op.b))?;
        let [to, from, n] = self.machine.three(op.b + 1);
        let ty = TypeId(op.imm);
        let (to, len) = (to as u32, n as u32);
        self.array_range(array, to, len)?;
        let bytes = self.data_range(instance, segment, ty, from as u32, len)?;
        self.charge_elements(ty, len)?;
        let kind = self.element_kind(ty);
        let wasm = &self.instances[instance as usize].module.wasm;
        Ok(self.heap.init_data(array, to, kind, &wasm[bytes])?)
    }

    /// `array.init_elem`.
    #[inline(never)]
    pub(super) fn array_init_elem(
        &mut self,
        op: Op,
        segment: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let instance = self.machine.running.instance;
        let array = Self::array(self.machine.register(op.b))?;
        let [to, from, n] = self.machine.three(op.b + 1);
        let (to, len) = (to as u32, n as u32);
        self.note_segment(instance, segment);
        self.array_range(array, to, len)?;
        let total = self.instances[instance as usize].elements[segment as usize]
            .refs
            .len();
        let from = range(from, n, total).ok_or(Trap::TableOutOfBounds)?;
        self.machine.charge(n)?;
        let refs = &self.instances[instance as usize].elements[segment as usize].refs;
        let kind = self.element_kind(TypeId(op.imm));
        let references = &refs[from];
        self.heap.init_elements(array, to, kind, references)?;
        if kind == StorageKind::Gc {
            self.heap
                .on_event(EngineEvent::SegmentCopied { references });
        }
        Ok(())
    }

    /// The storage of an array type's elements.
    #[inline]
    fn element_kind(&self, ty: TypeId) -> StorageKind {
        self.types.element(ty).storage.storage_kind()
    }

    /// Bytes charged for `len` elements of an array type.
    #[inline]
    fn element_bytes(&self, ty: TypeId, len: u32) -> u64 {
        u64::from(self.element_kind(ty).width()) * u64::from(len)
    }

    /// Number of registers that an element of an array type takes.
    fn element_registers(&self, ty: TypeId) -> u32 {
        self.element_kind(ty).registers() as u32
    }

    /// Charges fuel for initialising `len` elements.
    #[inline]
    fn charge_elements(&mut self, ty: TypeId, len: u32) -> Result<(), Trap> {
        self.machine.charge(self.element_bytes(ty, len) / 16)
    }

    /// The range in the module of the bytes of `len` elements from `offset` on.
    fn data_range(
        &self,
        instance: u32,
        segment: u32,
        ty: TypeId,
        offset: u32,
        len: u32,
    ) -> Result<Range<usize>, Trap> {
        self.data(
            instance,
            segment,
            offset.into(),
            self.element_bytes(ty, len),
        )
        .ok_or(Trap::MemoryOutOfBounds)
    }

    /// An array operand. Traps on null.
    fn array(register: u64) -> Result<GcRef, Trap> {
        match GcRef::from_register(register) {
            r if r.is_null() => Err(Trap::NullReference),
            r => Ok(r),
        }
    }

    /// Checks that an array has elements `start` to `start + n`.
    fn array_range(&self, r: GcRef, start: u32, n: u32) -> Result<(), Stop> {
        let len = self.heap.array_len(r)?;
        match u64::from(start) + u64::from(n) <= u64::from(len) {
            true => Ok(()),
            false => Err(Trap::ArrayOutOfBounds.into()),
        }
    }
}
