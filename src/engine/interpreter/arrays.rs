//! Instructions on whole arrays.
//!
//! Like all bulk operations these check their bounds, then charge fuel for
//! their length, then start; see [`memories`](super::memories).

use super::inside::halves;
use super::vector;
use crate::engine::storage::range;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap};
use crate::module::Op;
use crate::types::{StorageKind, StorageType, TypeId, ValType};
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
        let bytes = self.element_bytes(ty, len);
        if bytes >= self.heap.most_bytes() {
            let init = self.machine.register(op.b);
            self.ask_too_much(bytes, |heap| heap.new_array(ty, len, init))?;
        }
        self.charge_elements(ty, len)?;
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
        if self.element_kind(ty) == StorageKind::Gc && self.collects_inside(len.into()) {
            return self.array_new_fixed_in_parts(op, len, inspector);
        }
        let new = self.allocate_here(ty, bytes, inspector, |heap, machine| {
            heap.new_array_fixed(ty, &machine.registers()[elements.clone()])
        })?;
        self.machine.set_register(op.a, new.register());
        Ok(())
    }

    /// `array.new_fixed` of references, with a collection before the second half of them is written.
    /// Until then these elements are the first one, since null may not be of their type.
    #[cold]
    fn array_new_fixed_in_parts(
        &mut self,
        op: Op,
        len: u32,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let ty = TypeId(op.imm);
        let bytes = self.element_bytes(ty, len);
        let mut array = self.allocate_here(ty, bytes, inspector, |heap, machine| {
            heap.new_array(ty, len, machine.register(op.b))
        })?;
        for (part, elements) in halves(len, 0, 0).into_iter().enumerate() {
            if part > 0 {
                array = self.collect_inside_new(array, inspector)?;
            }
            for i in elements {
                let value = self.machine.register(op.b + i as u16);
                self.heap.set_element(array, i, StorageKind::Gc, value)?;
            }
        }
        self.machine.set_register(op.a, array.register());
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
        let ty = TypeId(op.imm);
        let kind = self.element_kind(ty);
        // The second half is null until it is written.
        let takes_null = takes_null(self.types.element(ty).storage);
        if kind == StorageKind::Gc && takes_null && self.collects_inside(len.into()) {
            let array = self.new_elements(op, len, inspector)?;
            let array = self.init_elements_in_parts(segment, range.clone(), 0, array, inspector)?;
            self.machine.set_register(op.a, array.register());
            let references = &self.instances[instance as usize].elements[segment].refs[range];
            self.heap
                .on_event(EngineEvent::SegmentCopied { references });
            return Ok(());
        }
        let array = self.new_elements(op, len, inspector)?;
        let refs = &self.instances[instance as usize].elements[segment].refs;
        let references = &refs[range];
        self.heap.init_elements(array, 0, kind, references)?;
        if kind == StorageKind::Gc {
            self.heap
                .on_event(EngineEvent::SegmentCopied { references });
        }
        Ok(())
    }

    /// Writes references of a segment to an array, in two parts with a collection in between.
    #[cold]
    fn init_elements_in_parts(
        &mut self,
        segment: usize,
        from: Range<usize>,
        to: u32,
        mut array: GcRef,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<GcRef, Stop> {
        let instance = self.machine.running.instance as usize;
        for (part, i) in halves(from.len() as u32, 0, 0).into_iter().enumerate() {
            if part > 0 {
                array = self.collect_inside_new(array, inspector)?;
            }
            let refs = &self.instances[instance].elements[segment].refs[from.clone()];
            let references = &refs[i.start as usize..i.end as usize];
            self.heap
                .init_elements(array, to + i.start, StorageKind::Gc, references)?;
        }
        Ok(array)
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
        let bytes = self.element_bytes(ty, len);
        if bytes >= self.heap.most_bytes() {
            self.ask_too_much(bytes, |heap| heap.new_array_default(ty, len))?;
        }
        self.charge_elements(ty, len)?;
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
            StorageKind::Gc if self.collects_inside(n.into()) => {
                let [first, second] = halves(n, 0, 0);
                let value = u128::from(low);
                self.heap.fill(array, start, first.end, kind, value)?;
                self.collect_inside(inspector)?;
                let regs = &self.machine.registers()[usize::from(op.b)..];
                let (array, value) = (Self::array(regs[0])?, u128::from(regs[2]));
                let len = second.len() as u32;
                Ok(self
                    .heap
                    .fill(array, start + second.start, len, kind, value)?)
            }
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
        let kind = self.element_kind(TypeId(op.imm));
        if kind == StorageKind::Gc && self.collects_inside(n.into()) {
            self.machine.charge(u64::from(n))?;
            let [first, second] = halves(n, to.into(), from.into());
            let part = |i: &Range<u32>, dst, src| ((dst, to + i.start), (src, from + i.start));
            let (to, from) = part(&first, dst, src);
            self.heap.copy(to, from, first.len() as u32, kind)?;
            self.collect_inside(inspector)?;
            let regs = &self.machine.registers()[usize::from(op.b)..];
            let (dst, src) = (Self::array(regs[0])?, Self::array(regs[2])?);
            let (to, from) = part(&second, dst, src);
            return Ok(self.heap.copy(to, from, second.len() as u32, kind)?);
        }
        self.machine.charge(u64::from(n))?;
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
        let kind = self.element_kind(TypeId(op.imm));
        let inside = kind == StorageKind::Gc && self.collects_inside(n);
        self.machine.charge(n)?;
        if inside {
            let from = from.clone();
            self.init_elements_in_parts(segment as usize, from, to, array, inspector)?;
        }
        let refs = &self.instances[instance as usize].elements[segment as usize].refs;
        let references = &refs[from];
        if !inside {
            self.heap.init_elements(array, to, kind, references)?;
        }
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

/// Whether null is a value of a type.
fn takes_null(storage: StorageType) -> bool {
    matches!(storage, StorageType::Val(ValType::Ref(ty)) if ty.nullable)
}
