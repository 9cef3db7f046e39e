//! Calls that may leave the running body or reach a host.

use super::flow::{StretchEnd, Then};
use crate::engine::funcs::Func;
use crate::engine::machine::Frame;
use crate::engine::store::Store;
use crate::engine::store::context::Context;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, Heap};
use crate::module::{Module, Op};
use crate::types::TypeId;

impl<H: Heap> Store<H> {
    /// `call` of an imported function.
    #[inline(never)]
    pub(super) fn call_import(&mut self, op: Op, cx: &mut Context<'_, H>) -> Result<Then, Stop> {
        let func = self.imported(op);
        self.call_func(func, op.a, cx)
    }

    /// `call_indirect`.
    #[inline(never)]
    pub(super) fn call_indirect(&mut self, op: Op, cx: &mut Context<'_, H>) -> Result<Then, Stop> {
        let func = self.element(op)?;
        self.call_func(func, op.a, cx)
    }

    /// `call_ref`.
    #[inline(never)]
    pub(super) fn call_ref(&mut self, op: Op, cx: &mut Context<'_, H>) -> Result<Then, Stop> {
        let func = self.called(op)?;
        self.call_func(func, op.a, cx)
    }

    /// `return_call` of a function of the same module.
    #[inline(never)]
    pub(super) fn return_call(&mut self, op: Op, module: &Module) -> Then {
        let body = &module.bodies[op.imm as usize];
        let from = usize::from(op.a);
        let params = usize::from(body.params);
        let registers = self.machine.registers_mut();
        registers.copy_within(from..from + params, 0);
        if let Some(ty) = body.ty {
            self.heap.on_event(EngineEvent::TailCall { ty, registers });
        }
        self.machine.running.body = op.imm;
        Then::Enter
    }

    /// `return_call` of an imported function.
    #[inline(never)]
    pub(super) fn return_call_import(
        &mut self,
        op: Op,
        floor: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<Then, Stop> {
        let func = self.imported(op);
        self.tail_call_func(func, op.a, floor, cx)
    }

    /// `return_call_indirect`.
    #[inline(never)]
    pub(super) fn return_call_indirect(
        &mut self,
        op: Op,
        floor: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<Then, Stop> {
        let func = self.element(op)?;
        self.tail_call_func(func, op.a, floor, cx)
    }

    /// `return_call_ref`.
    #[inline(never)]
    pub(super) fn return_call_ref(
        &mut self,
        op: Op,
        floor: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<Then, Stop> {
        let func = self.called(op)?;
        self.tail_call_func(func, op.a, floor, cx)
    }

    /// The imported function named by an instruction.
    fn imported(&self, op: Op) -> u32 {
        let instance = self.machine.running.instance;
        self.instances[instance as usize].funcs[op.imm as usize]
    }

    /// The function of a reference. Traps on null.
    fn called(&self, op: Op) -> Result<u32, Trap> {
        let func = self.machine.register(op.b) as u32;
        func.checked_sub(1).ok_or(Trap::NullReference)
    }

    /// Calls a function of the store. Its arguments are in registers from `a` on.
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

    /// Replaces the running frame with a call of `func`.
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
        self.heap.on_event(EngineEvent::TailCall { ty, registers });
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
                    Ok(()) if floored => Ok(Then::Ended(StretchEnd::Left)),
                    Ok(()) => {
                        self.machine.running = self.machine.pop();
                        self.machine.running.pc += 1;
                        Ok(Then::Resume)
                    }
                    // The frame and its handlers are gone: the exception is
                    // raised at the caller's call.
                    Err(Stop::Exception) if floored => Ok(Then::Ended(StretchEnd::Threw)),
                    Err(Stop::Exception) => {
                        self.machine.running = self.machine.pop();
                        Err(Stop::Exception)
                    }
                    Err(stop) => Err(stop),
                }
            }
        }
    }

    /// The callee of `call_indirect`.
    #[inline]
    fn element(&self, op: Op) -> Result<u32, Trap> {
        let (index, ty) = (self.machine.register(op.b), TypeId(op.imm));
        let table = self.table(self.machine.running.instance, u32::from(op.c));
        let element = self.tables[table]
            .elements
            .get(index as usize)
            .ok_or(Trap::TableOutOfBounds)?;
        let func = element.checked_sub(1).ok_or(Trap::UninitializedElement)?;
        let found = self.funcs[func as usize].ty();
        match found == ty || self.types.is_subtype(found, ty) {
            true => Ok(func),
            false => Err(Trap::SignatureMismatch),
        }
    }
}
