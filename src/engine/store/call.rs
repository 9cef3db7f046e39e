//! Calls between the host and the store.

use super::Store;
use super::context::{Context, HostCall, Inspector};
use crate::engine::actor::{Act, Deed, HostDeed};
use crate::engine::funcs::Func;
use crate::engine::inspection::{Grain, Point};
use crate::engine::limits::MAX_REENTRY;
use crate::engine::machine::Frame;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap, RootSlot};
use crate::types::{StorageKind, TypeId, registers};

/// Fuel, beyond the instruction's own, for a host call whose parameters and
/// results take `width` registers. Common signatures are free.
fn host_call_cost(width: u64) -> u64 {
    match width {
        0..=FREE_WIDTH => 0,
        _ => 16 * width,
    }
}

/// Maximum number of registers of a free signature; see [`host_call_cost`].
const FREE_WIDTH: u64 = 16;

/// Work of a host call, and of each register of its signature. Work of the host
/// on references is charged separately.
const HOST_CALL_WORK: u64 = 40;
const HOST_VALUE_WORK: u64 = 15;

impl<H: Heap> Store<H> {
    /// Calls a function of the store from outside, with a new supply of fuel.
    /// `args` are registers, two for a `v128`. [`Store::result`] returns the
    /// results until the store is used again.
    ///
    /// After [`Stop::Exception`] the exception is pending.
    /// [`Store::take_exception`] takes it.
    pub fn call(&mut self, func: u32, args: &[u64], cx: &mut Context<'_, H>) -> Result<(), Stop> {
        let outermost = self.depth == 0;
        if outermost {
            self.refuel();
        }
        self.inspect_operations = cx.inspector.grain() >= Grain::Every;
        let mut done = self.call_again(func, args, cx);
        if outermost {
            done = self.pay(done);
        }
        if self.inspect_operations && matches!(done, Ok(()) | Err(Stop::Trap(_) | Stop::Exception))
        {
            self.traps += u64::from(matches!(done, Err(Stop::Trap(_))));
            // From here on the actor is the embedder again.
            self.embedder_acts(cx.inspector)?;
        }
        done
    }

    /// Resets the fuel for a call.
    pub(super) fn refuel(&mut self) {
        self.machine.fuel = self.machine.limits.fuel;
        self.machine.clock.limit(self.machine.fuel);
    }

    /// Charges the fuel used since the last supply as work: each call has its
    /// own supply, but the number of calls is not limited.
    pub(super) fn pay<T>(&mut self, done: Result<T, Stop>) -> Result<T, Stop> {
        let used = self.machine.limits.fuel - self.machine.fuel;
        match done {
            Err(
                stop @ (Stop::Corrupt(_)
                | Stop::Inspector
                | Stop::RanAway
                | Stop::NotFull(_)
                | Stop::TooMuch(_)),
            ) => Err(stop),
            done => self.spend(used).and(done),
        }
    }

    /// Like [`Store::call`], with the remaining fuel.
    pub(super) fn call_again(
        &mut self,
        func: u32,
        args: &[u64],
        cx: &mut Context<'_, H>,
    ) -> Result<(), Stop> {
        if !self.is_callable(func) {
            return Err(Trap::NotAllocated.into());
        }
        match self.funcs[func as usize] {
            Func::Wasm { instance, body, ty } => {
                let mut args = args.to_vec();
                let mut register = 0;
                for param in &self.types.func(ty).params {
                    if let (StorageKind::Gc, Some(arg)) =
                        (param.storage_kind(), args.get_mut(register))
                    {
                        let r = GcRef::from_register(*arg);
                        *arg = self.heap.expose(RootSlot::Handle(0), r)?.register();
                    }
                    register += param.storage_kind().registers();
                }
                self.run_body(instance, body, &args, cx)
            }
            Func::Host { ty, id } => {
                let base = self.machine.free_base();
                let top = base + args.len() + registers(&self.types.func(ty).results);
                self.machine.stack.reserve(top)?;
                self.machine.stack[base..base + args.len()].copy_from_slice(args);
                // An export may be an import: the host calls itself.
                if self.is_too_deep() {
                    return Err(Trap::StackOverflow.into());
                }
                self.depth += 1;
                let done = self.call_host(ty, id, base, cx);
                self.depth -= 1;
                done
            }
        }
    }

    /// Whether the limit on active calls from the host is reached.
    fn is_too_deep(&self) -> bool {
        self.depth >= self.machine.limits.reentry.min(MAX_REENTRY)
    }

    /// Runs a body until it returns, traps or throws.
    pub(super) fn run_body(
        &mut self,
        instance: u32,
        body: u32,
        args: &[u64],
        cx: &mut Context<'_, H>,
    ) -> Result<(), Stop> {
        if self.is_too_deep() {
            return Err(Trap::StackOverflow.into());
        }
        self.inspect_operations = cx.inspector.grain() >= Grain::Every;
        let base = self.machine.free_base();
        self.machine.stack.reserve(base + args.len())?;
        self.machine.stack[base..base + args.len()].copy_from_slice(args);
        self.depth += 1;
        let floor = self.machine.frames.len();
        let (outer, running) = (self.current.take(), self.machine.running);
        let done = self.execute(instance, body, base, cx);
        self.machine.frames.truncate(floor);
        self.current = outer;
        self.machine.running = running;
        self.depth -= 1;
        done
    }

    /// Calls a host function. Its arguments are in registers from `base` on,
    /// where its results replace them.
    pub(in crate::engine) fn call_host(
        &mut self,
        ty: TypeId,
        id: u32,
        base: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<(), Stop> {
        let func = self.types.func(ty);
        let results = base + registers(&func.params);
        let top = results + registers(&func.results);
        let width = (top - base) as u64;
        self.machine.charge(host_call_cost(width))?;
        self.spend(HOST_CALL_WORK + HOST_VALUE_WORK * width)?;
        self.machine.stack.reserve(top)?;
        if self.machine.frames.len() >= self.machine.limits.frames {
            return Err(Trap::StackOverflow.into());
        }
        // The host frame makes arguments and results roots during the call.
        // Results come after the arguments.
        self.machine.stack[results..top].fill(0);
        self.machine.frames.push(Frame {
            instance: ty.0,
            body: Frame::HOST,
            pc: 0,
            base: base as u32,
            top: top as u32,
        });
        let done = match self.inspect_operations {
            true => self.answer(HostCall { id, ty, base }, cx),
            false => self.answer_unseen(HostCall { id, ty, base }, cx),
        };
        if let Err(stop) = &done {
            self.inspect_corruption(stop, cx.inspector);
        }
        self.machine.frames.pop();
        self.machine.stack.copy_within(results..top, base);
        done
    }

    /// Lets the host answer a call. Its frame must have been pushed.
    fn answer_unseen(&mut self, call: HostCall, cx: &mut Context<'_, H>) -> Result<(), Stop> {
        if self.machine.clock.safepoint() {
            self.collect(cx.inspector)?;
        }
        let done = cx.host.call(self, call, cx.inspector);
        let end = call.base + registers(&self.types.func(call.ty).params);
        let arguments = &self.machine.stack[call.base..end];
        let ty = call.ty;
        self.heap
            .on_event(EngineEvent::HostReturned { ty, arguments });
        done
    }

    /// Like [`Store::answer_unseen`], with inspections before and after it, so
    /// that changes by the host are attributed to the host.
    #[cold]
    fn answer(&mut self, call: HostCall, cx: &mut Context<'_, H>) -> Result<(), Stop> {
        let outer = self.deed;
        self.deed = Deed {
            act: Act::Call,
            host_call: Some(HostDeed {
                func: call.id,
                act: None,
            }),
            ..outer
        };
        self.embedder_acts(cx.inspector)?;
        let done = self.answer_unseen(call, cx);
        if matches!(done, Ok(()) | Err(Stop::Trap(_) | Stop::Exception)) {
            self.inspect(Point::Operation, cx.inspector)?;
        }
        self.deed = outer;
        done
    }

    /// The register of an argument of a host call. For a `v128`, the low half.
    pub fn argument(&self, call: HostCall, index: usize) -> u64 {
        let register = self.types.register_of(call.ty, index);
        self.machine.stack[call.base + register]
    }

    /// The high half of a `v128` argument.
    pub fn argument_high(&self, call: HostCall, index: usize) -> u64 {
        let register = self.types.register_of(call.ty, index);
        self.machine.stack[call.base + register + 1]
    }

    /// The type of a host call.
    pub fn call_type(&self, call: HostCall) -> &crate::types::FuncType {
        self.types.func(call.ty)
    }

    /// Sets a result of a host call to a register's value. For a `v128`, sets
    /// the low half.
    pub fn set_result(&mut self, call: HostCall, index: usize, value: u64) -> Result<(), Stop> {
        let func = self.types.func(call.ty);
        let value_index = func.params.len() + index;
        let register = call.base + self.types.register_of(call.ty, value_index);
        self.machine.stack[register] = match func.results[index].is_gc() {
            true => {
                let r = GcRef::from_register(value);
                self.heap.expose(RootSlot::Handle(0), r)?.register()
            }
            false => value,
        };
        Ok(())
    }

    /// A register of the results of the last call from outside. Results are in
    /// consecutive registers; a `v128` takes two.
    pub fn result(&self, index: usize) -> u64 {
        self.machine.stack[self.machine.free_base() + index]
    }

    /// Calls the inspector after a call, if its grain includes that.
    pub fn inspect_call(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        match inspector.grain() >= Grain::Call {
            true => self.inspect(Point::Call, inspector),
            false => Ok(()),
        }
    }
}
