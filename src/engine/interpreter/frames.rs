//! Instructions that may change frames and meet a heap or a host on the way.

use super::{Ended, Then};
use crate::engine::actor::Actor;
use crate::engine::funcs::Func;
use crate::engine::inspection::Point;
use crate::engine::machine::Frame;
use crate::engine::store::Store;
use crate::engine::store::context::{Context, Inspector};
use crate::engine::trap::{Stop, Trap};
use crate::heap::{Fact, GcRef, Heap, HeapError, Slot};
use crate::module::{Code, Module, Op, Target};
use crate::types::TypeId;

impl<H: Heap> Store<H> {
    /// Executes `op`, the running frame's instruction, which is none of those in
    /// the loop.
    #[inline(never)]
    pub(super) fn other_op(
        &mut self,
        op: Op,
        module: &Module,
        floor: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<Then, Stop> {
        if self.object_op(op, module, cx.inspector)? {
            return Ok(Then::Next);
        }
        let instance = self.machine.running.instance;
        let then = match op.code {
            Code::CallImport => {
                let func = self.instances[instance as usize].funcs[op.imm as usize];
                self.call_func(func, op.a, cx)?
            }
            Code::CallIndirect => {
                let index = self.machine.register(op.b);
                let func = self.element(instance, op.c, index, TypeId(op.imm))?;
                self.call_func(func, op.a, cx)?
            }
            Code::CallRef => {
                let func = self.called(op)?;
                self.call_func(func, op.a, cx)?
            }
            Code::ReturnCall => {
                let body = &module.bodies[op.imm as usize];
                let from = usize::from(op.a);
                let params = usize::from(body.params);
                let registers = self.machine.registers_mut();
                registers.copy_within(from..from + params, 0);
                if let Some(ty) = body.ty {
                    self.heap.note(Fact::TailCall { ty, registers });
                }
                self.machine.running.body = op.imm;
                Then::Enter
            }
            Code::ReturnCallImport => {
                let func = self.instances[instance as usize].funcs[op.imm as usize];
                self.tail_call_func(func, op.a, floor, cx)?
            }
            Code::ReturnCallIndirect => {
                let index = self.machine.register(op.b);
                let func = self.element(instance, op.c, index, TypeId(op.imm))?;
                self.tail_call_func(func, op.a, floor, cx)?
            }
            Code::ReturnCallRef => {
                let func = self.called(op)?;
                self.tail_call_func(func, op.a, floor, cx)?
            }
            Code::Throw => return Err(self.throw(op, cx.inspector)?),
            Code::ThrowRef => {
                self.touch(cx.inspector)?;
                let exception = GcRef::from_register(self.machine.register(op.b));
                if exception.is_null() {
                    return Err(Trap::NullReference.into());
                }
                return Err(self.raise(exception)?);
            }
            Code::BrOnCastFunc | Code::BrOnCastFailFunc => {
                let is = self.is_func(self.machine.register(op.b), Target(op.imm), op.c);
                self.taken(is == (op.code == Code::BrOnCastFunc))
            }
            _ => unreachable!("{:?} is an instruction of the loop", op.code),
        };
        Ok(then)
    }

    /// The two ways on from a branch on a cast: to the instruction behind it,
    /// which jumps, or past that.
    fn taken(&self, taken: bool) -> Then {
        match taken {
            true => Then::Next,
            false => Then::At(self.machine.running.pc + 2),
        }
    }

    /// The function behind a reference, which must not be null.
    fn called(&self, op: Op) -> Result<u32, Trap> {
        let func = self.machine.register(op.b) as u32;
        func.checked_sub(1).ok_or(Trap::NullReference)
    }

    /// Calls a function of the store with arguments from register `a` on.
    fn call_func(&mut self, func: u32, a: u16, cx: &mut Context<'_, H>) -> Result<Then, Stop> {
        let running = self.machine.running;
        let base = running.base + u32::from(a);
        match self.funcs[func as usize] {
            Func::Wasm { instance, body, .. } => {
                if self.machine.frames.len() >= self.machine.limits.frames {
                    return Err(Trap::StackOverflow.into());
                }
                self.machine.frames.push(running);
                self.machine.running = Frame {
                    instance,
                    body,
                    pc: 0,
                    base,
                    top: base,
                };
                Ok(Then::Enter)
            }
            Func::Host { ty, id } => {
                self.machine.frames.push(running);
                let done = self.call_host(ty, id, base as usize, cx);
                self.machine.frames.pop();
                done?;
                Ok(Then::Next)
            }
        }
    }

    /// Replaces the running frame by a call of `func`.
    fn tail_call_func(
        &mut self,
        func: u32,
        a: u16,
        floor: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<Then, Stop> {
        let func = self.funcs[func as usize];
        let ty = func.ty();
        let params = self.param_registers(ty);
        let from = usize::from(a);
        let registers = self.machine.registers_mut();
        registers.copy_within(from..from + params, 0);
        self.heap.note(Fact::TailCall { ty, registers });
        match func {
            Func::Wasm { instance, body, .. } => {
                self.machine.running = Frame {
                    instance,
                    body,
                    ..self.machine.running
                };
                Ok(Then::Enter)
            }
            Func::Host { ty, id } => {
                let base = self.machine.running.base as usize;
                let done = self.call_host(ty, id, base, cx);
                let floored = self.machine.frames.len() == floor;
                match done {
                    Ok(()) if floored => Ok(Then::Ended(Ended::Left)),
                    Ok(()) => {
                        self.machine.running = self.machine.pop();
                        self.machine.running.pc += 1;
                        Ok(Then::Resume)
                    }
                    // The frame is gone, and its handlers with it: the exception
                    // is raised at the caller's call.
                    Err(Stop::Exception) if floored => Ok(Then::Ended(Ended::Threw)),
                    Err(Stop::Exception) => {
                        self.machine.running = self.machine.pop();
                        Err(Stop::Exception)
                    }
                    Err(stop) => Err(stop),
                }
            }
        }
    }

    /// Allocates and raises an exception.
    fn throw(&mut self, op: Op, inspector: &mut dyn Inspector<H>) -> Result<Stop, Stop> {
        self.touch(inspector)?;
        let instance = self.machine.running.instance;
        let tag = self.instances[instance as usize].tags[op.imm as usize];
        let ty = self.tags[tag as usize];
        let bytes = u64::from(self.object_bytes[ty.0 as usize]);
        self.charge_bytes(bytes)?;
        if self.machine.clock.allocation() || self.heap.wants_collection() {
            self.collect_here(inspector)?;
        }
        let first = usize::from(op.b);
        let payload = first..first + self.param_registers(ty);
        let registers = &self.machine.registers()[payload.clone()];
        let mut new = self.heap.new_exception(ty, tag, registers);
        if let Err(HeapError::Full) = new {
            self.collect_here(inspector)?;
            let registers = &self.machine.registers()[payload];
            new = self.heap.new_exception(ty, tag, registers);
        }
        self.raise(new?)
    }

    /// Makes an exception the pending one.
    fn raise(&mut self, exception: GcRef) -> Result<Stop, Stop> {
        self.heap
            .write_slot(Slot::Pending, &mut self.pending, exception)?;
        Ok(Stop::Exception)
    }

    /// Collects while the running frame is at a safepoint.
    #[cold]
    #[inline(never)]
    pub(super) fn collect_here(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let done = self.collect(inspector);
        self.current = None;
        done
    }

    /// Before an instruction that touches the heap.
    #[inline]
    fn touch(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        match self.inspect_operations {
            true => self.operation(inspector),
            false => Ok(()),
        }
    }

    /// Lets the inspector look before an instruction that touches the heap.
    #[cold]
    pub(super) fn operation(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let looked = self.inspect(Point::Operation, inspector);
        self.current = None;
        looked?;
        let location = self.location(&self.machine.running);
        self.last_actor = Some(Actor::Instruction(location));
        Ok(())
    }
}
