//! Calls between the host and the store.

use super::Store;
use super::context::{Context, HostCall, Inspector};
use crate::engine::actor::{Act, Deed, HostDeed};
use crate::engine::funcs::Func;
use crate::engine::inspection::{Grain, Point};
use crate::engine::limits::MAX_REENTRY;
use crate::engine::machine::Frame;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap, Slot};
use crate::types::{Lane, TypeId, registers};

/// Fuel for a call of the host whose parameters and results take `width`
/// registers, besides that of the instruction. Common signatures are free.
fn host_call_cost(width: u64) -> u64 {
    match width {
        0..=FREE_WIDTH => 0,
        _ => 16 * width,
    }
}

/// See [`host_call_cost`].
const FREE_WIDTH: u64 = 16;

/// Work of a call of the host, and for each register of its signature. What the
/// host does with references comes on top.
const HOST_CALL_WORK: u64 = 40;
const HOST_VALUE_WORK: u64 = 15;

impl<H: Heap> Store<H> {
    /// Calls a function of the store from outside, with arguments in
    /// registers, a `v128` in two, and a fresh supply of fuel. The results are
    /// in [`Store::result`] until the store is used again.
    ///
    /// After [`Stop::Exception`] the exception is pending; take it with
    /// [`Store::take_exception`].
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
            // From here on the embedder acts again.
            self.embedder_acts(cx.inspector)?;
        }
        done
    }

    /// A fresh supply of fuel.
    pub(super) fn refuel(&mut self) {
        self.machine.fuel = self.machine.limits.fuel;
        self.machine.clock.limit(self.machine.fuel);
    }

    /// Takes the fuel that was used since the last supply from the work that the
    /// run may do: each call has a supply of its own, but there may be many.
    pub(super) fn pay<T>(&mut self, done: Result<T, Stop>) -> Result<T, Stop> {
        let used = self.machine.limits.fuel - self.machine.fuel;
        match done {
            Err(stop @ (Stop::Corrupt(_) | Stop::Inspector | Stop::RanAway)) => Err(stop),
            done => self.spend(used).and(done),
        }
    }

    /// Like [`Store::call`], on the fuel that is left.
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
                    if let (Lane::Gc, Some(arg)) = (param.lane(), args.get_mut(register)) {
                        let r = GcRef::from_register(*arg);
                        *arg = self.heap.expose(Slot::Handle(0), r)?.register();
                    }
                    register += param.lane().registers();
                }
                self.run_body(instance, body, &args, cx)
            }
            Func::Host { ty, id } => {
                let base = self.machine.free_base();
                let top = base + args.len() + registers(&self.types.func(ty).results);
                self.machine.stack.reserve(top)?;
                self.machine.stack[base..base + args.len()].copy_from_slice(args);
                // An export may be an import: then the host calls itself.
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

    /// Whether no further call from the host may be made now.
    fn is_too_deep(&self) -> bool {
        self.depth >= self.machine.limits.reentry.min(MAX_REENTRY)
    }

    /// Runs a body to its end.
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

    /// Calls a host function whose arguments are in registers from `base` on.
    /// Its results replace them.
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
        // Arguments and results are roots while the host runs: its frame has
        // the ones before the others.
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

    /// Has the host answer a call, on a frame that is there already.
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

    /// The same, with a look before and behind, so that the host is blamed for
    /// what it breaks.
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

    /// An argument of a host call, as a register; of a `v128`, the low half.
    pub fn argument(&self, call: HostCall, index: usize) -> u64 {
        let register = self.types.register_of(call.ty, index);
        self.machine.stack[call.base + register]
    }

    /// The high half of an argument that is a `v128`.
    pub fn argument_high(&self, call: HostCall, index: usize) -> u64 {
        let register = self.types.register_of(call.ty, index);
        self.machine.stack[call.base + register + 1]
    }

    /// The type of a host call.
    pub fn call_type(&self, call: HostCall) -> &crate::types::FuncType {
        self.types.func(call.ty)
    }

    /// Sets a result of a host call to the value in a register; of a `v128`,
    /// the low half.
    pub fn set_result(&mut self, call: HostCall, index: usize, value: u64) -> Result<(), Stop> {
        let func = self.types.func(call.ty);
        let value_index = func.params.len() + index;
        let register = call.base + self.types.register_of(call.ty, value_index);
        self.machine.stack[register] = match func.results[index].is_gc() {
            true => {
                let r = GcRef::from_register(value);
                self.heap.expose(Slot::Handle(0), r)?.register()
            }
            false => value,
        };
        Ok(())
    }

    /// Register `index` of the results of the last call from outside. Results
    /// are in consecutive registers, a `v128` in two of them.
    pub fn result(&self, index: usize) -> u64 {
        self.machine.stack[self.machine.free_base() + index]
    }

    /// Lets the inspector look after a call, if it wants to.
    pub fn inspect_call(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        match inspector.grain() >= Grain::Call {
            true => self.inspect(Point::Call, inspector),
            false => Ok(()),
        }
    }
}
