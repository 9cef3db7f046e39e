//! Exceptions: finding who catches.

use super::super::store::Store;
use super::super::trap::Stop;
use super::vector;
use crate::heap::{Fact, GcRef, Heap, Place, Slot};
use crate::module::CatchKind;
use crate::types::{Lane, TypeId, registers};
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// Registers taken by the arguments of a function of this type, or by the
    /// payload of an exception.
    pub(super) fn param_registers(&self, ty: TypeId) -> usize {
        registers(&self.types.func(ty).params)
    }

    /// Unwinds to the innermost handler of the pending exception, from the
    /// running frame, given by its parts, down to the frame above `floor`. The
    /// parts are then those of the frame that goes on; what was caught is in
    /// its registers, and nothing is pending.
    pub(super) fn unwind(
        &mut self,
        floor: usize,
        instance: &mut u32,
        body: &mut u32,
        base: &mut usize,
        top: &mut usize,
        pc: &mut usize,
    ) -> Result<(), Stop> {
        let exception = GcRef(self.pending);
        let tag = self.heap.exception_tag(exception)?;
        loop {
            let module = Arc::clone(&self.instances[*instance as usize].module);
            for handler in module.handlers.around(*pc as u32) {
                for (kind, target) in handler.iter() {
                    self.charge(1)?;
                    let (payload, reference) = match kind {
                        CatchKind::One(t) if self.is_tag(*instance, t, tag) => (true, false),
                        CatchKind::OneRef(t) if self.is_tag(*instance, t, tag) => (true, true),
                        CatchKind::All => (false, false),
                        CatchKind::AllRef => (false, true),
                        _ => continue,
                    };
                    let mut register = *base + usize::from(handler.register);
                    if payload {
                        register = self.load_payload(exception, tag, register)?;
                    }
                    self.heap.note(Fact::Caught { reference });
                    if reference {
                        let exposed = self.heap.expose(Slot::Pending, exception)?;
                        self.stack[register] = exposed.register();
                    }
                    self.heap
                        .write_slot(Slot::Pending, &mut self.pending, GcRef::NULL)?;
                    *pc = target as usize;
                    return Ok(());
                }
            }
            if self.frames.len() == floor {
                return Err(Stop::Exception);
            }
            let caller = self.frames.pop().expect("above the floor");
            *instance = caller.instance;
            *body = caller.body;
            *base = caller.base as usize;
            *top = caller.top as usize;
            *pc = caller.pc as usize;
        }
    }

    fn is_tag(&self, instance: u32, index: u32, tag: u32) -> bool {
        self.instances[instance as usize].tags[index as usize] == tag
    }

    /// Reads an exception's payload into registers from `register` on, and
    /// returns the one after the last.
    fn load_payload(
        &mut self,
        exception: GcRef,
        tag: u32,
        mut register: usize,
    ) -> Result<usize, Stop> {
        let ty = self.tags[tag as usize];
        let types = Arc::clone(&self.types);
        for field in &types.entry(ty).layout.fields {
            if field.lane == Lane::B128 {
                let value = self.heap.get_vector(exception, Place::Field(*field))?;
                vector::put(&mut self.stack[register..], 0, value);
            } else {
                self.stack[register] = self.heap.get_field(exception, *field)?;
            }
            register += field.lane.registers();
        }
        Ok(register)
    }
}
