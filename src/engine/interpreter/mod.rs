//! The interpreter: one loop over register code, monomorphised per heap.
//!
//! What the loop needs often is in local variables: the code, the position, the
//! registers of the running frame. Whatever may look at the stack as a whole
//! (collections, audits, the host) gets it back first, together with a record
//! of the running frame. Instructions that are long or rare live in the other
//! files of this folder.

mod bulk;
mod cast;
mod float;
mod throw;
mod vector;

use super::host::Host;
use super::inspector::{Inspector, Point};
use super::storage::range;
use super::store::{Frame, Func, Store};
use super::trap::{Stop, Trap};
use crate::heap::{Fact, GcRef, Heap, HeapError, Place, Slot};
use crate::module::{Code, Target};
use crate::types::{Field, Lane, TypeId};
use float::{double, single};
use std::sync::Arc;

fn signed8(value: u64) -> u64 {
    u64::from(i32::from(value as i8) as u32)
}

fn signed16(value: u64) -> u64 {
    u64::from(i32::from(value as i16) as u32)
}

fn unsigned(value: u64) -> u64 {
    value
}

impl<H: Heap> Store<H> {
    /// Runs a body whose arguments are in registers from `base` on, until it
    /// returns; its results are there then.
    pub(super) fn execute(
        &mut self,
        mut instance: u32,
        mut body: u32,
        mut base: usize,
        host: &mut dyn Host<H>,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let floor = self.frames.len();
        let mut entering = true;
        let mut pc = 0;
        let mut top = base;
        let mut raised: Option<Stop> = None;
        // One round per change of instance, and per exception.
        'outer: loop {
            let module = Arc::clone(&self.instances[instance as usize].module);
            let code = &module.ops[..];
            let memory0 = match self.instances[instance as usize].memories.first() {
                Some(index) => *index as usize,
                None => usize::MAX,
            };
            if let Some(Stop::Exception) = raised {
                match self.unwind(
                    floor,
                    &mut instance,
                    &mut body,
                    &mut base,
                    &mut top,
                    &mut pc,
                ) {
                    Ok(()) => raised = None,
                    Err(stop) => return Err(stop),
                }
                continue 'outer;
            }
            let mut stack = std::mem::take(&mut self.stack);
            let mut regs: &mut [u64];
            macro_rules! frame {
                () => {
                    Frame {
                        instance,
                        body,
                        pc: pc as u32,
                        base: base as u32,
                        top: top as u32,
                    }
                };
            }
            // Lends the stack to `$body`, with the running frame on record.
            macro_rules! lend {
                ($body:expr) => {{
                    self.current = Some(frame!());
                    self.stack = stack;
                    let done = $body;
                    stack = std::mem::take(&mut self.stack);
                    self.current = None;
                    #[allow(unused_assignments)]
                    {
                        regs = &mut stack[base..top];
                    }
                    done
                }};
            }
            let stop: Stop = 'run: {
                macro_rules! check {
                    ($e:expr) => {
                        match $e {
                            Ok(value) => value,
                            Err(error) => break 'run error.into(),
                        }
                    };
                }
                // Enters `body` at `base`.
                macro_rules! enter {
                    () => {{
                        let b = &module.bodies[body as usize];
                        pc = b.entry as usize;
                        top = base + usize::from(b.frame);
                        if top > stack.len() {
                            self.stack = stack;
                            let grown = self.reserve(top);
                            stack = std::mem::take(&mut self.stack);
                            check!(grown);
                        }
                        regs = &mut stack[base..top];
                        regs[usize::from(b.params)..usize::from(b.locals)].fill(0);
                        check!(self.charge(u64::from(b.cost)));
                        if self.clock.safepoint() {
                            check!(lend!(self.collect(inspector)));
                        }
                    }};
                }
                if entering {
                    entering = false;
                    enter!();
                } else {
                    regs = &mut stack[base..top];
                }
                loop {
                    let op = code[pc];
                    macro_rules! a {
                        () => {
                            regs[usize::from(op.a)]
                        };
                    }
                    macro_rules! b {
                        () => {
                            regs[usize::from(op.b)]
                        };
                    }
                    macro_rules! c {
                        () => {
                            regs[usize::from(op.c)]
                        };
                    }
                    // Before an instruction that touches the heap.
                    macro_rules! touch {
                        () => {
                            if self.inspect_operations {
                                check!(lend!(self.operation(inspector)));
                            }
                        };
                    }
                    macro_rules! unary {
                        ($get:ty, $f:expr) => {{
                            let f: fn($get) -> _ = $f;
                            a!() = f(b!() as $get) as u64;
                        }};
                    }
                    macro_rules! binary {
                        ($t:ty, $u:ty, $f:expr) => {{
                            let f: fn($t, $t) -> _ = $f;
                            a!() = f(b!() as $t, c!() as $t) as $u as u64;
                        }};
                    }
                    macro_rules! immediate {
                        ($t:ty, $u:ty, $f:expr) => {{
                            let f: fn($t, $t) -> _ = $f;
                            a!() = f(b!() as $t, op.imm as i32 as $t) as $u as u64;
                        }};
                    }
                    macro_rules! branch_if {
                        ($t:ty, $f:expr) => {{
                            let f: fn(&$t, &$t) -> bool = $f;
                            if f(&(b!() as $t), &(c!() as $t)) {
                                pc = op.imm as usize;
                                continue;
                            }
                        }};
                    }
                    macro_rules! branch_if_imm {
                        ($t:ty, $f:expr) => {{
                            let f: fn(&$t, &$t) -> bool = $f;
                            if f(&(b!() as $t), &(op.c as i16 as i32 as $t)) {
                                pc = op.imm as usize;
                                continue;
                            }
                        }};
                    }
                    macro_rules! float1 {
                        ($m:ident, $f:expr) => {
                            a!() = $m::put($f($m::get(b!())))
                        };
                    }
                    macro_rules! float2 {
                        ($m:ident, $f:expr) => {
                            a!() = $m::put($f($m::get(b!()), $m::get(c!())))
                        };
                    }
                    macro_rules! float_compare {
                        ($m:ident, $op:tt) => {
                            a!() = u64::from($m::get(b!()) $op $m::get(c!()))
                        };
                    }
                    macro_rules! truncate {
                        ($m:ident, $range:ident, $t:ty, $u:ty) => {{
                            let (low, high) = float::$range;
                            let value = float::truncate($m::get(b!()).into(), low, high);
                            a!() = check!(value) as $t as $u as u64;
                        }};
                    }
                    macro_rules! load {
                        ($n:literal, $t:ty, $value:ident => $extended:expr) => {{
                            let memory = match op.c {
                                0 => memory0,
                                _ => self.memory(instance, op.c),
                            };
                            let at = b!() as u32 as usize + op.imm as usize;
                            let bytes = &self.memories[memory].bytes;
                            let Some(bytes) = bytes.get(at..at + $n) else {
                                break 'run Trap::MemoryOutOfBounds.into();
                            };
                            let bytes: [u8; $n] = bytes.try_into().expect("of this length");
                            let $value = <$t>::from_le_bytes(bytes);
                            a!() = $extended;
                        }};
                    }
                    macro_rules! store {
                        ($n:literal, $value:expr) => {{
                            let memory = match op.a {
                                0 => memory0,
                                _ => self.memory(instance, op.a),
                            };
                            let at = b!() as u32 as usize + op.imm as usize;
                            let value = $value;
                            let bytes = &mut self.memories[memory].bytes;
                            let Some(bytes) = bytes.get_mut(at..at + $n) else {
                                break 'run Trap::MemoryOutOfBounds.into();
                            };
                            bytes.copy_from_slice(&value.to_le_bytes());
                        }};
                    }
                    macro_rules! object {
                        ($register:expr) => {{
                            let r = GcRef::from_register($register);
                            if r.is_null() {
                                break 'run Trap::NullReference.into();
                            }
                            r
                        }};
                    }
                    macro_rules! cast {
                        () => {{
                            let succeeded = check!(self.is(b!(), Target(op.imm), op.c));
                            let value = GcRef::from_register(b!());
                            self.heap.note(Fact::Cast { value, succeeded });
                            succeeded
                        }};
                    }
                    macro_rules! struct_get {
                        ($lane:ident, $extend:expr) => {{
                            let r = object!(b!());
                            let field = Field {
                                index: u32::from(op.c),
                                offset: op.imm,
                                lane: Lane::$lane,
                            };
                            a!() = $extend(check!(self.heap.get_field(r, field)));
                        }};
                    }
                    macro_rules! struct_set {
                        ($lane:ident) => {{
                            touch!();
                            let r = object!(b!());
                            let field = Field {
                                index: u32::from(op.c),
                                offset: op.imm,
                                lane: Lane::$lane,
                            };
                            check!(self.heap.set_field(r, field, a!()));
                        }};
                    }
                    macro_rules! array_get {
                        ($lane:ident, $extend:expr) => {{
                            let r = object!(b!());
                            let index = c!() as u32;
                            if index >= check!(self.heap.array_len(r)) {
                                break 'run Trap::ArrayOutOfBounds.into();
                            }
                            let value = check!(self.heap.get_element(r, index, Lane::$lane));
                            a!() = $extend(value);
                        }};
                    }
                    macro_rules! array_set {
                        ($lane:ident) => {{
                            touch!();
                            let r = object!(b!());
                            let index = c!() as u32;
                            if index >= check!(self.heap.array_len(r)) {
                                break 'run Trap::ArrayOutOfBounds.into();
                            }
                            check!(self.heap.set_element(r, index, Lane::$lane, a!()));
                        }};
                    }
                    macro_rules! field_of_vector {
                        () => {
                            Place::Field(Field {
                                index: u32::from(op.c),
                                offset: op.imm,
                                lane: Lane::B128,
                            })
                        };
                    }
                    macro_rules! element_of_vectors {
                        ($r:expr) => {{
                            let index = c!() as u32;
                            if index >= check!(self.heap.array_len($r)) {
                                break 'run Trap::ArrayOutOfBounds.into();
                            }
                            Place::Element {
                                index,
                                lane: Lane::B128,
                            }
                        }};
                    }
                    // Prepares an allocation of type `op.imm` with `$more` bytes
                    // of elements: audit, budget, safepoint.
                    macro_rules! allocation {
                        ($more:expr) => {{
                            touch!();
                            let bytes = u64::from(self.object_bytes[op.imm as usize]);
                            check!(self.charge_bytes(bytes + $more));
                            if self.clock.allocation() || self.heap.wants_collection() {
                                check!(lend!(self.collect(inspector)));
                            }
                        }};
                    }
                    // Allocates, after a collection if there is no room.
                    macro_rules! allocate {
                        ($new:expr) => {{
                            let mut new = $new;
                            if let Err(HeapError::Full) = new {
                                check!(lend!(self.collect(inspector)));
                                new = $new;
                            }
                            a!() = check!(new).register();
                        }};
                    }
                    // Calls `func` of the store with arguments from `$a` on.
                    macro_rules! call_func {
                        ($func:expr, $a:expr) => {{
                            match self.funcs[$func as usize] {
                                Func::Wasm {
                                    instance: to,
                                    body: callee,
                                    ..
                                } => {
                                    if self.frames.len() >= self.limits.frames {
                                        break 'run Trap::StackOverflow.into();
                                    }
                                    self.frames.push(frame!());
                                    base += usize::from($a);
                                    body = callee;
                                    if to != instance {
                                        instance = to;
                                        entering = true;
                                        self.stack = stack;
                                        continue 'outer;
                                    }
                                    enter!();
                                    continue;
                                }
                                Func::Host { ty, id } => {
                                    let first = base + usize::from($a);
                                    self.frames.push(frame!());
                                    self.stack = stack;
                                    let done = self.call_host(ty, id, first, host, inspector);
                                    stack = std::mem::take(&mut self.stack);
                                    self.frames.pop();
                                    regs = &mut stack[base..top];
                                    check!(done);
                                }
                            }
                        }};
                    }
                    // Leaves the frame; its results are in its first registers.
                    macro_rules! leave {
                        () => {{
                            if self.frames.len() == floor {
                                self.stack = stack;
                                return Ok(());
                            }
                            let caller = self.frames.pop().expect("above the floor");
                            body = caller.body;
                            base = caller.base as usize;
                            top = caller.top as usize;
                            pc = caller.pc as usize + 1;
                            if caller.instance != instance {
                                instance = caller.instance;
                                self.stack = stack;
                                continue 'outer;
                            }
                            regs = &mut stack[base..top];
                            continue;
                        }};
                    }
                    // Replaces the frame by a call of `$func`.
                    macro_rules! tail_call_func {
                        ($func:expr) => {{
                            let func = self.funcs[$func as usize];
                            let n = self.param_registers(func.ty());
                            let from = usize::from(op.a);
                            regs.copy_within(from..from + n, 0);
                            self.heap.note(Fact::TailCall {
                                ty: func.ty(),
                                registers: regs,
                            });
                            match func {
                                Func::Wasm {
                                    instance: to,
                                    body: callee,
                                    ..
                                } => {
                                    body = callee;
                                    if to != instance {
                                        instance = to;
                                        entering = true;
                                        self.stack = stack;
                                        continue 'outer;
                                    }
                                    enter!();
                                    continue;
                                }
                                Func::Host { ty, id } => {
                                    self.stack = stack;
                                    let done = self.call_host(ty, id, base, host, inspector);
                                    // The frame is gone, and its handlers with it: an
                                    // exception is raised at the caller's call.
                                    if done == Err(Stop::Exception) {
                                        if self.frames.len() == floor {
                                            return done;
                                        }
                                        let caller = self.frames.pop().expect("above the floor");
                                        instance = caller.instance;
                                        body = caller.body;
                                        base = caller.base as usize;
                                        top = caller.top as usize;
                                        pc = caller.pc as usize;
                                        stack = std::mem::take(&mut self.stack);
                                        break 'run Stop::Exception;
                                    }
                                    stack = std::mem::take(&mut self.stack);
                                    check!(done);
                                    leave!();
                                }
                            }
                        }};
                    }
                    match op.code {
                        Code::Unreachable => break 'run Trap::Unreachable.into(),
                        Code::Loop => {
                            check!(self.charge(u64::from(op.imm)));
                            if self.clock.safepoint() {
                                check!(lend!(self.collect(inspector)));
                            }
                        }
                        Code::Br => {
                            pc = op.imm as usize;
                            continue;
                        }
                        Code::BrIf => {
                            if b!() != 0 {
                                pc = op.imm as usize;
                                continue;
                            }
                        }
                        Code::BrIfZero => {
                            if b!() == 0 {
                                pc = op.imm as usize;
                                continue;
                            }
                        }
                        Code::BrI32Eq => branch_if!(u32, u32::eq),
                        Code::BrI32Ne => branch_if!(u32, u32::ne),
                        Code::BrI32LtS => branch_if!(i32, i32::lt),
                        Code::BrI32LtU => branch_if!(u32, u32::lt),
                        Code::BrI32GtS => branch_if!(i32, i32::gt),
                        Code::BrI32GtU => branch_if!(u32, u32::gt),
                        Code::BrI32LeS => branch_if!(i32, i32::le),
                        Code::BrI32LeU => branch_if!(u32, u32::le),
                        Code::BrI32GeS => branch_if!(i32, i32::ge),
                        Code::BrI32GeU => branch_if!(u32, u32::ge),
                        Code::BrI32EqImm => branch_if_imm!(u32, u32::eq),
                        Code::BrI32NeImm => branch_if_imm!(u32, u32::ne),
                        Code::BrI32LtSImm => branch_if_imm!(i32, i32::lt),
                        Code::BrI32LtUImm => branch_if_imm!(u32, u32::lt),
                        Code::BrI32GtSImm => branch_if_imm!(i32, i32::gt),
                        Code::BrI32GtUImm => branch_if_imm!(u32, u32::gt),
                        Code::BrI32LeSImm => branch_if_imm!(i32, i32::le),
                        Code::BrI32LeUImm => branch_if_imm!(u32, u32::le),
                        Code::BrI32GeSImm => branch_if_imm!(i32, i32::ge),
                        Code::BrI32GeUImm => branch_if_imm!(u32, u32::ge),
                        Code::BrI64Eq => branch_if!(u64, u64::eq),
                        Code::BrI64Ne => branch_if!(u64, u64::ne),
                        Code::BrI64LtS => branch_if!(i64, i64::lt),
                        Code::BrI64LtU => branch_if!(u64, u64::lt),
                        Code::BrI64GtS => branch_if!(i64, i64::gt),
                        Code::BrI64GtU => branch_if!(u64, u64::gt),
                        Code::BrI64LeS => branch_if!(i64, i64::le),
                        Code::BrI64LeU => branch_if!(u64, u64::le),
                        Code::BrI64GeS => branch_if!(i64, i64::ge),
                        Code::BrI64GeU => branch_if!(u64, u64::ge),
                        Code::BrTable => {
                            pc += 1 + (b!() as u32).min(op.imm) as usize;
                            continue;
                        }
                        Code::BrOnCast | Code::BrOnCastFail => {
                            touch!();
                            if cast!() != (op.code == Code::BrOnCast) {
                                pc += 2;
                                continue;
                            }
                        }
                        Code::BrOnCastFunc | Code::BrOnCastFailFunc => {
                            let is = self.is_func(b!(), Target(op.imm), op.c);
                            if is != (op.code == Code::BrOnCastFunc) {
                                pc += 2;
                                continue;
                            }
                        }
                        Code::Return => leave!(),
                        Code::ReturnOne => {
                            regs[0] = b!();
                            leave!()
                        }
                        Code::ReturnMany => {
                            let from = usize::from(op.b);
                            regs.copy_within(from..from + op.imm as usize, 0);
                            leave!()
                        }
                        Code::Call => {
                            if self.frames.len() >= self.limits.frames {
                                break 'run Trap::StackOverflow.into();
                            }
                            self.frames.push(frame!());
                            base += usize::from(op.a);
                            body = op.imm;
                            enter!();
                            continue;
                        }
                        Code::CallImport => {
                            let func = self.instances[instance as usize].funcs[op.imm as usize];
                            call_func!(func, op.a);
                        }
                        Code::CallIndirect => {
                            let func = check!(self.element(instance, op.c, b!(), TypeId(op.imm)));
                            call_func!(func, op.a);
                        }
                        Code::CallRef => {
                            let Some(func) = (b!() as u32).checked_sub(1) else {
                                break 'run Trap::NullReference.into();
                            };
                            call_func!(func, op.a);
                        }
                        Code::ReturnCall => {
                            let n = usize::from(module.bodies[op.imm as usize].params);
                            let from = usize::from(op.a);
                            regs.copy_within(from..from + n, 0);
                            if let Some(ty) = module.bodies[op.imm as usize].ty {
                                let registers = &*regs;
                                self.heap.note(Fact::TailCall { ty, registers });
                            }
                            body = op.imm;
                            enter!();
                            continue;
                        }
                        Code::ReturnCallImport => {
                            let func = self.instances[instance as usize].funcs[op.imm as usize];
                            tail_call_func!(func);
                        }
                        Code::ReturnCallIndirect => {
                            let func = check!(self.element(instance, op.c, b!(), TypeId(op.imm)));
                            tail_call_func!(func);
                        }
                        Code::ReturnCallRef => {
                            let Some(func) = (b!() as u32).checked_sub(1) else {
                                break 'run Trap::NullReference.into();
                            };
                            tail_call_func!(func);
                        }
                        Code::Throw => {
                            touch!();
                            let tag = self.instances[instance as usize].tags[op.imm as usize];
                            let ty = self.tags[tag as usize];
                            let bytes = u64::from(self.object_bytes[ty.0 as usize]);
                            check!(self.charge_bytes(bytes));
                            if self.clock.allocation() || self.heap.wants_collection() {
                                check!(lend!(self.collect(inspector)));
                            }
                            let n = self.param_registers(ty);
                            let from = usize::from(op.b);
                            let mut new = self.heap.new_exception(ty, tag, &regs[from..from + n]);
                            if let Err(HeapError::Full) = new {
                                check!(lend!(self.collect(inspector)));
                                new = self.heap.new_exception(ty, tag, &regs[from..from + n]);
                            }
                            let exception = check!(new);
                            check!(self.heap.write_slot(
                                Slot::Pending,
                                &mut self.pending,
                                exception
                            ));
                            break 'run Stop::Exception;
                        }
                        Code::ThrowRef => {
                            touch!();
                            let exception = object!(b!());
                            check!(self.heap.write_slot(
                                Slot::Pending,
                                &mut self.pending,
                                exception
                            ));
                            break 'run Stop::Exception;
                        }
                        Code::Address64 => {
                            let offset = u64::from(op.c) << 32 | u64::from(op.imm);
                            a!() = match b!().checked_add(offset) {
                                Some(at) if at <= u64::from(u32::MAX) => at,
                                _ => break 'run Trap::MemoryOutOfBounds.into(),
                            };
                        }
                        Code::MoveMany => {
                            let from = usize::from(op.b);
                            regs.copy_within(from..from + op.imm as usize, usize::from(op.a));
                        }
                        Code::Extra => {}
                        Code::RefAsNonNull => {
                            object!(b!());
                        }
                        Code::RefCast => {
                            touch!();
                            if !cast!() {
                                break 'run Trap::CastFailure.into();
                            }
                        }
                        Code::RefCastFunc => {
                            if !self.is_func(b!(), Target(op.imm), op.c) {
                                break 'run Trap::CastFailure.into();
                            }
                        }
                        Code::GlobalSet => {
                            let slot = self.global_slot(instance, op.imm);
                            self.num_globals[slot] = b!();
                        }
                        Code::GlobalSetRef => {
                            touch!();
                            let value = b!();
                            check!(self.global_set_ref(instance, op.imm, value));
                        }
                        Code::GlobalSetWide => {
                            let slot = self.global_slot(instance, op.imm);
                            self.num_globals[slot] = b!();
                            self.num_globals[slot + 1] = regs[usize::from(op.b) + 1];
                        }
                        Code::GlobalGetWide => {
                            let slot = self.global_slot(instance, op.imm);
                            a!() = self.num_globals[slot];
                            regs[usize::from(op.a) + 1] = self.num_globals[slot + 1];
                        }
                        Code::GlobalGet => {
                            let slot = self.global_slot(instance, op.imm);
                            a!() = self.num_globals[slot];
                        }
                        Code::GlobalGetRef => {
                            touch!();
                            a!() = check!(self.global_get_ref(instance, op.imm));
                        }
                        Code::Store8 => store!(1, c!() as u8),
                        Code::Store16 => store!(2, c!() as u16),
                        Code::Store32 => store!(4, c!() as u32),
                        Code::Store64 => store!(8, c!()),
                        Code::Store128 => store!(16, vector::get(regs, op.c)),
                        Code::MemoryFill => {
                            check!(self.memory_fill(instance, op, regs));
                        }
                        Code::MemoryCopy => {
                            check!(self.memory_copy(instance, op, regs));
                        }
                        Code::MemoryInit => {
                            check!(self.memory_init(instance, op, regs));
                        }
                        Code::DataDrop => {
                            self.instances[instance as usize].dropped[op.imm as usize] = true;
                        }
                        Code::TableSet => {
                            touch!();
                            let (index, value) = (b!(), c!());
                            check!(self.table_set(instance, op.imm, index, value));
                        }
                        Code::TableFill => {
                            touch!();
                            check!(self.table_fill(instance, op, regs));
                        }
                        Code::TableCopy => {
                            touch!();
                            check!(self.table_copy(instance, op, regs));
                        }
                        Code::TableInit => {
                            touch!();
                            let [to, from, n] = bulk::three(op.b, regs);
                            let table = u32::from(op.a);
                            check!(self.table_init(instance, table, op.imm, to, from, n));
                        }
                        Code::ElemDrop => {
                            touch!();
                            check!(self.elem_drop(instance, op.imm));
                        }
                        Code::StructSet8 => struct_set!(B8),
                        Code::StructSet16 => struct_set!(B16),
                        Code::StructSet32 => struct_set!(B32),
                        Code::StructSet64 => struct_set!(B64),
                        Code::StructSetWide => {
                            touch!();
                            let r = object!(b!());
                            let value = vector::get(regs, op.a);
                            check!(self.heap.set_vector(r, field_of_vector!(), value));
                        }
                        Code::StructSetGc => struct_set!(Gc),
                        Code::StructSetFunc => struct_set!(Func),
                        Code::ArraySet8 => array_set!(B8),
                        Code::ArraySet16 => array_set!(B16),
                        Code::ArraySet32 => array_set!(B32),
                        Code::ArraySet64 => array_set!(B64),
                        Code::ArraySetWide => {
                            touch!();
                            let r = object!(b!());
                            let place = element_of_vectors!(r);
                            check!(self.heap.set_vector(r, place, vector::get(regs, op.a)));
                        }
                        Code::ArraySetGc => array_set!(Gc),
                        Code::ArraySetFunc => array_set!(Func),
                        Code::ArrayFill => {
                            touch!();
                            check!(self.array_fill(op, regs));
                        }
                        Code::ArrayCopy => {
                            touch!();
                            check!(self.array_copy(op, regs));
                        }
                        Code::ArrayInitData => {
                            touch!();
                            let segment = code[pc + 1].imm;
                            check!(self.array_init_data(instance, op, segment, regs));
                        }
                        Code::ArrayInitElem => {
                            touch!();
                            let segment = code[pc + 1].imm;
                            check!(self.array_init_elem(instance, op, segment, regs));
                        }

                        Code::Const => a!() = op.bits(),
                        Code::Move => a!() = b!(),
                        Code::Select => {
                            a!() = if regs[op.imm as usize] != 0 {
                                b!()
                            } else {
                                c!()
                            };
                        }
                        Code::Load8 => load!(1, u8, v => u64::from(v)),
                        Code::Load16 => load!(2, u16, v => u64::from(v)),
                        Code::Load32 => load!(4, u32, v => u64::from(v)),
                        Code::Load64 => load!(8, u64, v => v),
                        Code::Load128 => load!(16, u128, v => {
                            vector::put(regs, op.a, v);
                            v as u64
                        }),
                        Code::Load8S32 => load!(1, i8, v => u64::from(i32::from(v) as u32)),
                        Code::Load16S32 => load!(2, i16, v => u64::from(i32::from(v) as u32)),
                        Code::Load8S64 => load!(1, i8, v => i64::from(v) as u64),
                        Code::Load16S64 => load!(2, i16, v => i64::from(v) as u64),
                        Code::Load32S64 => load!(4, i32, v => i64::from(v) as u64),
                        Code::MemorySize => {
                            let memory = self.memory(instance, op.imm as u16);
                            a!() = self.memories[memory].pages();
                        }
                        Code::MemoryGrow => {
                            let memory = self.memory(instance, op.imm as u16);
                            a!() = check!(self.memory_grow(memory, b!()));
                        }
                        Code::TableGet => {
                            touch!();
                            a!() = check!(self.table_get(instance, op.imm, b!()));
                        }
                        Code::TableSize => {
                            let table = self.table(instance, op.imm);
                            a!() = self.tables[table].elements.len() as u64;
                        }
                        Code::TableGrow => {
                            touch!();
                            let table = self.table(instance, op.imm);
                            let grown = self.table_grow(table, b!(), c!());
                            a!() = check!(grown);
                        }
                        Code::RefFunc => {
                            let func = self.instances[instance as usize].funcs[op.imm as usize];
                            a!() = u64::from(func) + 1;
                        }
                        Code::RefIsNull | Code::I64Eqz => a!() = u64::from(b!() == 0),
                        Code::RefTest => {
                            touch!();
                            a!() = u64::from(cast!());
                        }
                        Code::RefTestFunc => {
                            a!() = u64::from(self.is_func(b!(), Target(op.imm), op.c));
                        }
                        Code::RefI31 => a!() = GcRef::i31(b!() as u32).register(),
                        Code::I31GetS => {
                            let r = object!(b!());
                            a!() = u64::from(r.i31_signed() as u32);
                        }
                        Code::I31GetU => {
                            let r = object!(b!());
                            a!() = u64::from(r.i31_unsigned());
                        }
                        Code::StructNew => {
                            allocation!(0);
                            let fields = usize::from(op.b)..usize::from(op.b) + usize::from(op.c);
                            let ty = TypeId(op.imm);
                            allocate!(self.heap.new_struct(ty, &regs[fields.clone()]));
                        }
                        Code::StructNewDefault => {
                            allocation!(0);
                            allocate!(self.heap.new_struct_default(TypeId(op.imm)));
                        }
                        Code::StructGet8S => struct_get!(B8, signed8),
                        Code::StructGet8U => struct_get!(B8, unsigned),
                        Code::StructGet16S => struct_get!(B16, signed16),
                        Code::StructGet16U => struct_get!(B16, unsigned),
                        Code::StructGet32 => struct_get!(B32, unsigned),
                        Code::StructGet64 => struct_get!(B64, unsigned),
                        Code::StructGetWide => {
                            let r = object!(b!());
                            let value = check!(self.heap.get_vector(r, field_of_vector!()));
                            vector::put(regs, op.a, value);
                        }
                        Code::StructGetGc => {
                            touch!();
                            struct_get!(Gc, unsigned);
                        }
                        Code::StructGetFunc => struct_get!(Func, unsigned),
                        Code::ArrayNew => {
                            let len = c!() as u32;
                            let ty = TypeId(op.imm);
                            check!(self.charge_elements(ty, len));
                            allocation!(self.element_bytes(ty, len));
                            allocate!(self.heap.new_array(ty, len, b!()));
                        }
                        Code::ArrayNewWide => {
                            let len = c!() as u32;
                            let ty = TypeId(op.imm);
                            check!(self.charge_elements(ty, len));
                            allocation!(self.element_bytes(ty, len));
                            // The array's register may be one of these two.
                            let value = vector::get(regs, op.b);
                            allocate!(self.heap.new_array_default(ty, len));
                            let r = GcRef::from_register(a!());
                            check!(self.heap.fill_vector(r, 0, len, value));
                        }
                        Code::ArrayNewDefault => {
                            let len = b!() as u32;
                            let ty = TypeId(op.imm);
                            check!(self.charge_elements(ty, len));
                            allocation!(self.element_bytes(ty, len));
                            allocate!(self.heap.new_array_default(ty, len));
                        }
                        Code::ArrayNewFixed => {
                            let ty = TypeId(op.imm);
                            let len = u32::from(op.c) / self.element_registers(ty);
                            allocation!(self.element_bytes(ty, len));
                            let elements = usize::from(op.b)..usize::from(op.b) + usize::from(op.c);
                            allocate!(self.heap.new_array_fixed(ty, &regs[elements.clone()]));
                        }
                        Code::ArrayNewData => {
                            let ty = TypeId(op.imm);
                            let (offset, len) = (b!() as u32, c!() as u32);
                            let segment = code[pc + 1].imm;
                            let bytes = check!(self.data_range(instance, segment, ty, offset, len));
                            check!(self.charge_elements(ty, len));
                            allocation!(self.element_bytes(ty, len));
                            allocate!(self.heap.new_array_default(ty, len));
                            let r = GcRef::from_register(a!());
                            let lane = self.element_lane(ty);
                            check!(self.heap.init_data(r, 0, lane, &module.wasm[bytes]));
                        }
                        Code::ArrayNewElem => {
                            let ty = TypeId(op.imm);
                            let (offset, len) = (b!() as u32, c!() as u32);
                            let segment = code[pc + 1].imm as usize;
                            self.note_segment(instance, segment as u32);
                            let total = self.instances[instance as usize].elements[segment]
                                .refs
                                .len();
                            let Some(range) = range(offset.into(), len.into(), total) else {
                                break 'run Trap::TableOutOfBounds.into();
                            };
                            check!(self.charge_elements(ty, len));
                            allocation!(self.element_bytes(ty, len));
                            allocate!(self.heap.new_array_default(ty, len));
                            let r = GcRef::from_register(a!());
                            let lane = self.element_lane(ty);
                            let refs = &self.instances[instance as usize].elements[segment].refs;
                            check!(self.heap.init_elements(r, 0, lane, &refs[range]));
                        }
                        Code::ArrayGet8S => array_get!(B8, signed8),
                        Code::ArrayGet8U => array_get!(B8, unsigned),
                        Code::ArrayGet16S => array_get!(B16, signed16),
                        Code::ArrayGet16U => array_get!(B16, unsigned),
                        Code::ArrayGet32 => array_get!(B32, unsigned),
                        Code::ArrayGet64 => array_get!(B64, unsigned),
                        Code::ArrayGetWide => {
                            let r = object!(b!());
                            let place = element_of_vectors!(r);
                            let value = check!(self.heap.get_vector(r, place));
                            vector::put(regs, op.a, value);
                        }
                        Code::ArrayGetGc => {
                            touch!();
                            array_get!(Gc, unsigned);
                        }
                        Code::ArrayGetFunc => array_get!(Func, unsigned),
                        Code::ArrayLen => {
                            let r = object!(b!());
                            a!() = u64::from(check!(self.heap.array_len(r)));
                        }

                        Code::SelectWide => vector::select(op, regs),
                        Code::VectorUnary => vector::unary(op, regs),
                        Code::VectorBinary => vector::binary(op, regs),
                        Code::VectorTernary => vector::ternary(op, regs),
                        Code::VectorShift => vector::shift(op, regs),
                        Code::VectorTest => vector::test(op, regs),
                        Code::Splat => vector::splat(op, regs),
                        Code::ExtractLane => vector::extract(op, regs),
                        Code::ReplaceLane => vector::replace(op, regs),

                        Code::I32Eq => a!() = u64::from(b!() as u32 == c!() as u32),
                        Code::I32Ne => a!() = u64::from(b!() as u32 != c!() as u32),
                        Code::I32LtS => a!() = u64::from((b!() as i32) < c!() as i32),
                        Code::I32LtU => a!() = u64::from((b!() as u32) < c!() as u32),
                        Code::I32GtS => a!() = u64::from(b!() as i32 > c!() as i32),
                        Code::I32GtU => a!() = u64::from(b!() as u32 > c!() as u32),
                        Code::I32LeS => a!() = u64::from(b!() as i32 <= c!() as i32),
                        Code::I32LeU => a!() = u64::from(b!() as u32 <= c!() as u32),
                        Code::I32GeS => a!() = u64::from(b!() as i32 >= c!() as i32),
                        Code::I32GeU => a!() = u64::from(b!() as u32 >= c!() as u32),
                        Code::I32EqImm => a!() = u64::from(b!() as u32 == op.imm),
                        Code::I32NeImm => a!() = u64::from(b!() as u32 != op.imm),
                        Code::I32LtSImm => a!() = u64::from((b!() as i32) < op.imm as i32),
                        Code::I32LtUImm => a!() = u64::from((b!() as u32) < op.imm),
                        Code::I32GtSImm => a!() = u64::from(b!() as i32 > op.imm as i32),
                        Code::I32GtUImm => a!() = u64::from(b!() as u32 > op.imm),
                        Code::I32LeSImm => a!() = u64::from(b!() as i32 <= op.imm as i32),
                        Code::I32LeUImm => a!() = u64::from(b!() as u32 <= op.imm),
                        Code::I32GeSImm => a!() = u64::from(b!() as i32 >= op.imm as i32),
                        Code::I32GeUImm => a!() = u64::from(b!() as u32 >= op.imm),
                        Code::I64Eq => a!() = u64::from(b!() == c!()),
                        Code::I64Ne => a!() = u64::from(b!() != c!()),
                        Code::I64LtS => a!() = u64::from((b!() as i64) < c!() as i64),
                        Code::I64LtU => a!() = u64::from(b!() < c!()),
                        Code::I64GtS => a!() = u64::from(b!() as i64 > c!() as i64),
                        Code::I64GtU => a!() = u64::from(b!() > c!()),
                        Code::I64LeS => a!() = u64::from(b!() as i64 <= c!() as i64),
                        Code::I64LeU => a!() = u64::from(b!() <= c!()),
                        Code::I64GeS => a!() = u64::from(b!() as i64 >= c!() as i64),
                        Code::I64GeU => a!() = u64::from(b!() >= c!()),
                        Code::F32Eq => float_compare!(single, ==),
                        Code::F32Ne => float_compare!(single, !=),
                        Code::F32Lt => float_compare!(single, <),
                        Code::F32Gt => float_compare!(single, >),
                        Code::F32Le => float_compare!(single, <=),
                        Code::F32Ge => float_compare!(single, >=),
                        Code::F64Eq => float_compare!(double, ==),
                        Code::F64Ne => float_compare!(double, !=),
                        Code::F64Lt => float_compare!(double, <),
                        Code::F64Gt => float_compare!(double, >),
                        Code::F64Le => float_compare!(double, <=),
                        Code::F64Ge => float_compare!(double, >=),

                        Code::I32Clz => unary!(u32, u32::leading_zeros),
                        Code::I32Ctz => unary!(u32, u32::trailing_zeros),
                        Code::I32Popcnt => unary!(u32, u32::count_ones),
                        Code::I32Extend8S => unary!(i8, |x| i32::from(x) as u32),
                        Code::I32Extend16S => unary!(i16, |x| i32::from(x) as u32),
                        Code::I64Clz => unary!(u64, u64::leading_zeros),
                        Code::I64Ctz => unary!(u64, u64::trailing_zeros),
                        Code::I64Popcnt => unary!(u64, u64::count_ones),
                        Code::I64Extend8S => unary!(i8, i64::from),
                        Code::I64Extend16S => unary!(i16, i64::from),
                        Code::I64Extend32S | Code::I64ExtendI32S => unary!(i32, i64::from),
                        Code::I32WrapI64 => unary!(u32, |x| x),
                        Code::I32Add => binary!(u32, u32, u32::wrapping_add),
                        Code::I32Sub => binary!(u32, u32, u32::wrapping_sub),
                        Code::I32Mul => binary!(u32, u32, u32::wrapping_mul),
                        Code::I32And => binary!(u32, u32, |x, y| x & y),
                        Code::I32Or => binary!(u32, u32, |x, y| x | y),
                        Code::I32Xor => binary!(u32, u32, |x, y| x ^ y),
                        Code::I32Shl => binary!(u32, u32, |x, y| x.wrapping_shl(y)),
                        Code::I32ShrS => binary!(i32, u32, |x, y| x.wrapping_shr(y as u32)),
                        Code::I32ShrU => binary!(u32, u32, |x, y| x.wrapping_shr(y)),
                        Code::I32Rotl => binary!(u32, u32, |x, y| x.rotate_left(y & 31)),
                        Code::I32Rotr => binary!(u32, u32, |x, y| x.rotate_right(y & 31)),
                        Code::I64Add => binary!(u64, u64, u64::wrapping_add),
                        Code::I64Sub => binary!(u64, u64, u64::wrapping_sub),
                        Code::I64Mul => binary!(u64, u64, u64::wrapping_mul),
                        Code::I64And => binary!(u64, u64, |x, y| x & y),
                        Code::I64Or => binary!(u64, u64, |x, y| x | y),
                        Code::I64Xor => binary!(u64, u64, |x, y| x ^ y),
                        Code::I64Shl => binary!(u64, u64, |x, y| x.wrapping_shl(y as u32)),
                        Code::I64ShrS => binary!(i64, u64, |x, y| x.wrapping_shr(y as u32)),
                        Code::I64ShrU => binary!(u64, u64, |x, y| x.wrapping_shr(y as u32)),
                        Code::I64Rotl => binary!(u64, u64, |x, y| x.rotate_left(y as u32 & 63)),
                        Code::I64Rotr => binary!(u64, u64, |x, y| x.rotate_right(y as u32 & 63)),
                        Code::I32AddImm => immediate!(u32, u32, u32::wrapping_add),
                        Code::I32MulImm => immediate!(u32, u32, u32::wrapping_mul),
                        Code::I32AndImm => immediate!(u32, u32, |x, y| x & y),
                        Code::I32OrImm => immediate!(u32, u32, |x, y| x | y),
                        Code::I32XorImm => immediate!(u32, u32, |x, y| x ^ y),
                        Code::I32ShlImm => immediate!(u32, u32, |x, y| x.wrapping_shl(y)),
                        Code::I32ShrSImm => immediate!(i32, u32, |x, y| x.wrapping_shr(y as u32)),
                        Code::I32ShrUImm => immediate!(u32, u32, |x, y| x.wrapping_shr(y)),
                        Code::I64AddImm => immediate!(u64, u64, u64::wrapping_add),
                        Code::I64MulImm => immediate!(u64, u64, u64::wrapping_mul),
                        Code::I64AndImm => immediate!(u64, u64, |x, y| x & y),
                        Code::I64OrImm => immediate!(u64, u64, |x, y| x | y),
                        Code::I64XorImm => immediate!(u64, u64, |x, y| x ^ y),
                        Code::I64ShlImm => immediate!(u64, u64, |x, y| x.wrapping_shl(y as u32)),
                        Code::I64ShrSImm => immediate!(i64, u64, |x, y| x.wrapping_shr(y as u32)),
                        Code::I64ShrUImm => immediate!(u64, u64, |x, y| x.wrapping_shr(y as u32)),
                        Code::I32DivS => {
                            let (x, y) = (b!() as i32, c!() as i32);
                            if y == 0 {
                                break 'run Trap::DivisionByZero.into();
                            }
                            let Some(quotient) = x.checked_div(y) else {
                                break 'run Trap::IntegerOverflow.into();
                            };
                            a!() = u64::from(quotient as u32);
                        }
                        Code::I64DivS => {
                            let (x, y) = (b!() as i64, c!() as i64);
                            if y == 0 {
                                break 'run Trap::DivisionByZero.into();
                            }
                            let Some(quotient) = x.checked_div(y) else {
                                break 'run Trap::IntegerOverflow.into();
                            };
                            a!() = quotient as u64;
                        }
                        Code::I32DivU => {
                            let quotient = (b!() as u32).checked_div(c!() as u32);
                            a!() = u64::from(check!(quotient.ok_or(Trap::DivisionByZero)));
                        }
                        Code::I64DivU => {
                            a!() = check!(b!().checked_div(c!()).ok_or(Trap::DivisionByZero));
                        }
                        Code::I32RemS => {
                            let (x, y) = (b!() as i32, c!() as i32);
                            if y == 0 {
                                break 'run Trap::DivisionByZero.into();
                            }
                            a!() = u64::from(x.wrapping_rem(y) as u32);
                        }
                        Code::I64RemS => {
                            let (x, y) = (b!() as i64, c!() as i64);
                            if y == 0 {
                                break 'run Trap::DivisionByZero.into();
                            }
                            a!() = x.wrapping_rem(y) as u64;
                        }
                        Code::I32RemU => {
                            let rest = (b!() as u32).checked_rem(c!() as u32);
                            a!() = u64::from(check!(rest.ok_or(Trap::DivisionByZero)));
                        }
                        Code::I64RemU => {
                            a!() = check!(b!().checked_rem(c!()).ok_or(Trap::DivisionByZero));
                        }

                        // Signs are bits: NaNs pass through unchanged.
                        Code::F32Abs => a!() = b!() & 0x7fff_ffff,
                        Code::F32Neg => a!() = b!() ^ 0x8000_0000,
                        Code::F32Copysign => {
                            a!() = (b!() & 0x7fff_ffff) | (c!() & 0x8000_0000);
                        }
                        Code::F64Abs => a!() = b!() & !(1 << 63),
                        Code::F64Neg => a!() = b!() ^ (1 << 63),
                        Code::F64Copysign => a!() = (b!() & !(1 << 63)) | (c!() & (1 << 63)),
                        Code::F32Ceil => float1!(single, f32::ceil),
                        Code::F32Floor => float1!(single, f32::floor),
                        Code::F32Trunc => float1!(single, f32::trunc),
                        Code::F32Nearest => float1!(single, f32::round_ties_even),
                        Code::F32Sqrt => float1!(single, f32::sqrt),
                        Code::F32Add => float2!(single, |x: f32, y: f32| x + y),
                        Code::F32Sub => float2!(single, |x: f32, y: f32| x - y),
                        Code::F32Mul => float2!(single, |x: f32, y: f32| x * y),
                        Code::F32Div => float2!(single, |x: f32, y: f32| x / y),
                        Code::F32Min => float2!(single, single::min),
                        Code::F32Max => float2!(single, single::max),
                        Code::F64Ceil => float1!(double, f64::ceil),
                        Code::F64Floor => float1!(double, f64::floor),
                        Code::F64Trunc => float1!(double, f64::trunc),
                        Code::F64Nearest => float1!(double, f64::round_ties_even),
                        Code::F64Sqrt => float1!(double, f64::sqrt),
                        Code::F64Add => float2!(double, |x: f64, y: f64| x + y),
                        Code::F64Sub => float2!(double, |x: f64, y: f64| x - y),
                        Code::F64Mul => float2!(double, |x: f64, y: f64| x * y),
                        Code::F64Div => float2!(double, |x: f64, y: f64| x / y),
                        Code::F64Min => float2!(double, double::min),
                        Code::F64Max => float2!(double, double::max),

                        Code::I32TruncF32S => truncate!(single, I32, i32, u32),
                        Code::I32TruncF32U => truncate!(single, U32, u32, u32),
                        Code::I32TruncF64S => truncate!(double, I32, i32, u32),
                        Code::I32TruncF64U => truncate!(double, U32, u32, u32),
                        Code::I64TruncF32S => truncate!(single, I64, i64, u64),
                        Code::I64TruncF32U => truncate!(single, U64, u64, u64),
                        Code::I64TruncF64S => truncate!(double, I64, i64, u64),
                        Code::I64TruncF64U => truncate!(double, U64, u64, u64),
                        // Rust's casts saturate, and take NaN to zero.
                        Code::I32TruncSatF32S => {
                            a!() = u64::from(single::get(b!()) as i32 as u32);
                        }
                        Code::I32TruncSatF32U => a!() = u64::from(single::get(b!()) as u32),
                        Code::I32TruncSatF64S => {
                            a!() = u64::from(double::get(b!()) as i32 as u32);
                        }
                        Code::I32TruncSatF64U => a!() = u64::from(double::get(b!()) as u32),
                        Code::I64TruncSatF32S => a!() = single::get(b!()) as i64 as u64,
                        Code::I64TruncSatF32U => a!() = single::get(b!()) as u64,
                        Code::I64TruncSatF64S => a!() = double::get(b!()) as i64 as u64,
                        Code::I64TruncSatF64U => a!() = double::get(b!()) as u64,
                        Code::F32ConvertI32S => a!() = single::put(b!() as i32 as f32),
                        Code::F32ConvertI32U => a!() = single::put(b!() as u32 as f32),
                        Code::F32ConvertI64S => a!() = single::put(b!() as i64 as f32),
                        Code::F32ConvertI64U => a!() = single::put(b!() as f32),
                        Code::F32DemoteF64 => a!() = single::put(double::get(b!()) as f32),
                        Code::F64ConvertI32S => a!() = double::put(f64::from(b!() as i32)),
                        Code::F64ConvertI32U => a!() = double::put(f64::from(b!() as u32)),
                        Code::F64ConvertI64S => a!() = double::put(b!() as i64 as f64),
                        Code::F64ConvertI64U => a!() = double::put(b!() as f64),
                        Code::F64PromoteF32 => a!() = double::put(f64::from(single::get(b!()))),
                    }
                    pc += 1;
                }
            };
            self.stack = stack;
            self.stopped_at = Some(self.location(&frame!()));
            if let Stop::Corrupt(_) = stop {
                // While the frames are still there, the oracle may find out what
                // has happened; the run is over either way.
                self.current = Some(frame!());
                let _ = self.inspect(Point::Corruption, inspector);
                self.current = None;
            }
            if stop != Stop::Exception {
                return Err(stop);
            }
            raised = Some(stop);
        }
    }

    /// Lets the inspector look before an instruction that touches the heap.
    #[cold]
    fn operation(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.inspect(Point::Operation, inspector)?;
        self.last_operation = self.current.as_ref().map(|f| self.location(f));
        Ok(())
    }

    #[inline]
    fn memory(&self, instance: u32, index: u16) -> usize {
        self.instances[instance as usize].memories[usize::from(index)] as usize
    }

    #[inline]
    fn table(&self, instance: u32, index: u32) -> usize {
        self.instances[instance as usize].tables[index as usize] as usize
    }

    #[inline]
    fn global_slot(&self, instance: u32, index: u32) -> usize {
        self.instances[instance as usize].global_slots[index as usize] as usize
    }
}
