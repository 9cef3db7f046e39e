//! Exceptions: throwing, and finding the handler.

use super::flow::Then;
use super::vector;
use crate::engine::machine::Frame;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap, Place, RootSlot};
use crate::module::{CatchKind, Op};
use crate::types::{StorageKind, TypeId, registers};
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// `throw`: allocates and raises an exception.
    #[inline(never)]
    pub(super) fn throw(&mut self, op: Op, inspector: &mut dyn Inspector<H>) -> Result<Then, Stop> {
        let instance = self.machine.running.instance;
        let tag = self.instances[instance as usize].tags[op.imm as usize];
        let ty = self.tags[tag as usize];
        let first = usize::from(op.b);
        let payload = first..first + self.param_registers(ty);
        let new = self.allocate_here(ty, 0, inspector, |heap, machine| {
            heap.new_exception(ty, tag, &machine.registers()[payload.clone()])
        })?;
        self.raise(new)
    }

    /// `throw_ref`.
    #[inline(never)]
    pub(super) fn throw_ref(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<Then, Stop> {
        self.touch(inspector)?;
        let exception = GcRef::from_register(self.machine.register(op.b));
        if exception.is_null() {
            return Err(Trap::NullReference.into());
        }
        self.raise(exception)
    }

    /// Makes an exception pending.
    fn raise(&mut self, exception: GcRef) -> Result<Then, Stop> {
        self.heap
            .write_slot(RootSlot::Pending, &mut self.pending, exception)?;
        Err(Stop::Exception)
    }

    /// Number of registers for the parameters of a function type, or for the
    /// payload of an exception.
    pub(super) fn param_registers(&self, ty: TypeId) -> usize {
        registers(&self.types.func(ty).params)
    }

    /// Unwinds to the innermost handler of the pending exception, from the
    /// running frame down to the frame above `floor`. The handler's frame
    /// becomes the running frame, with the caught values in its registers.
    /// Nothing is pending afterwards.
    pub(super) fn unwind(&mut self, floor: usize) -> Result<(), Stop> {
        let exception = GcRef(self.pending);
        let tag = self.heap.exception_tag(exception)?;
        loop {
            let Frame {
                instance, pc, base, ..
            } = self.machine.running;
            let module = Arc::clone(&self.instances[instance as usize].module);
            for handler in module.handlers.around(pc) {
                for (kind, target) in handler.iter() {
                    self.machine.charge(1)?;
                    let (payload, reference) = match kind {
                        CatchKind::One(t) if self.is_tag(instance, t, tag) => (true, false),
                        CatchKind::OneRef(t) if self.is_tag(instance, t, tag) => (true, true),
                        CatchKind::All => (false, false),
                        CatchKind::AllRef => (false, true),
                        _ => continue,
                    };
                    let mut register = base as usize + usize::from(handler.register);
                    if payload {
                        register = self.load_payload(exception, tag, register)?;
                    }
                    self.heap.on_event(EngineEvent::Caught { reference });
                    if reference {
                        let exposed = self.heap.expose(RootSlot::Pending, exception)?;
                        self.machine.stack[register] = exposed.register();
                    }
                    self.heap
                        .write_slot(RootSlot::Pending, &mut self.pending, GcRef::NULL)?;
                    self.machine.running.pc = target;
                    return Ok(());
                }
            }
            if self.machine.frames.len() == floor {
                return Err(Stop::Exception);
            }
            self.machine.running = self.machine.pop();
        }
    }

    fn is_tag(&self, instance: u32, index: u32, tag: u32) -> bool {
        self.instances[instance as usize].tags[index as usize] == tag
    }

    /// Loads an exception's payload into registers from `register` on. Returns
    /// the register after the last.
    fn load_payload(
        &mut self,
        exception: GcRef,
        tag: u32,
        mut register: usize,
    ) -> Result<usize, Stop> {
        let ty = self.tags[tag as usize];
        let types = Arc::clone(&self.types);
        for field in &types.entry(ty).layout.fields {
            if field.kind == StorageKind::B128 {
                let value = self.heap.load(exception, Place::Field(*field))?;
                vector::put(&mut self.machine.stack[register..], 0, value);
            } else {
                self.machine.stack[register] = self.heap.get_field(exception, *field)?;
            }
            register += field.kind.registers();
        }
        Ok(register)
    }
}
