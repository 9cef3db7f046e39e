//! The loop: every instruction has one arm of its `match`.

use super::float::{self, double, single};
use super::flow::{StretchEnd, Then};
use super::{branch, objects, vector};
use crate::engine::instance::Instance;
use crate::engine::machine::charge;
use crate::engine::stack::Window;
use crate::engine::store::Store;
use crate::engine::store::context::Context;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{EngineEvent, GcRef, Heap, HeapError, RootSlot};
use crate::module::{CastTarget, Code, Module, Op};
use crate::types::TypeId;

fn signed8(value: u64) -> u64 {
    u64::from(i32::from(value as i8) as u32)
}

fn signed16(value: u64) -> u64 {
    u64::from(i32::from(value as i16) as u32)
}

fn unsigned(value: u64) -> u64 {
    value
}

/// A small constant operand.
fn constant(value: u16) -> i32 {
    i32::from(value as i16)
}

/// The store index of an instance's memory.
#[inline]
fn memory_of(instance: &Instance, index: u16) -> usize {
    instance.memories[usize::from(index)] as usize
}

/// The slot of an instance's global.
#[inline]
fn slot_of(instance: &Instance, index: u32) -> usize {
    instance.global_slots[index as usize] as usize
}

impl<H: Heap> Store<H> {
    /// Runs until the running frame belongs to another instance, or the frame
    /// above the floor has returned.
    pub(super) fn stretch(
        &mut self,
        module: &Module,
        floor: usize,
        entering: bool,
        cx: &mut Context<'_, H>,
    ) -> Result<StretchEnd, Stop> {
        let id = self.machine.running.instance;
        let code = &module.ops[..];
        let memory0 = match self.instances[id as usize].memories.first() {
            Some(index) => *index as usize,
            None => usize::MAX,
        };
        // The code from this instruction on. Advancing a slice costs less than
        // advancing an index.
        let mut rest;
        let mut regs: &mut Window;
        macro_rules! pc {
            () => {
                (code.len() - rest.len()) as u32
            };
        }
        macro_rules! registers {
            () => {{ self.machine.stack.window(self.machine.running.base) }};
        }
        // Stores the running frame and stops.
        macro_rules! stop {
            ($stop:expr) => {{
                self.machine.running.pc = pc!();
                return Err($stop.into());
            }};
        }
        macro_rules! check {
            ($e:expr) => {
                match $e {
                    Ok(value) => value,
                    Err(stop) => stop!(stop),
                }
            };
        }
        // Evaluates an expression that may use the whole machine, with the
        // running frame stored.
        macro_rules! lend {
            ($e:expr) => {{
                self.machine.running.pc = pc!();
                $e?;
                regs = registers!();
            }};
        }
        // Enters the running frame's body.
        macro_rules! enter {
            () => {{
                let b = &module.bodies[self.machine.running.body as usize];
                rest = &code[b.entry as usize..];
                let top = self.machine.running.base + u32::from(b.frame);
                self.machine.running.top = top;
                check!(self.machine.stack.reserve(top as usize));
                regs = registers!();
                // Most bodies have no such locals, and skipping is quicker than
                // an empty fill.
                if b.locals > b.params {
                    regs[usize::from(b.params)..usize::from(b.locals)].fill(0);
                }
                check!(charge(&mut self.machine.fuel, u64::from(b.cost)));
                if self.machine.clock.safepoint() {
                    lend!(self.collect_at_entry(cx.inspector));
                }
            }};
        }
        if entering {
            enter!();
        } else {
            rest = &code[self.machine.running.pc as usize..];
            regs = registers!();
        }
        // One round per call and per taken jump; most jumps close a loop.
        'jumped: loop {
            // Executes the next instruction at once if it is a branch.
            macro_rules! then_branch {
                () => {
                    if let Some((op, behind)) = rest.split_first()
                        && let Some(taken) = branch::holds(op, regs)
                    {
                        rest = match taken {
                            true => &code[op.imm as usize..],
                            false => behind,
                        };
                        if taken {
                            continue 'jumped;
                        }
                    }
                };
            }
            // Executes the next instruction at once if it is an addition, and a
            // branch after it.
            macro_rules! then_add {
                () => {
                    if let Some((op, behind)) = rest.split_first()
                        && let Some(second) = match op.code {
                            Code::I32Add => Some(regs[usize::from(op.c)] as u32),
                            Code::I32AddImm => Some(op.imm),
                            _ => None,
                        }
                    {
                        regs[usize::from(op.a)] =
                            u64::from((regs[usize::from(op.b)] as u32).wrapping_add(second));
                        rest = behind;
                        then_branch!();
                    }
                };
            }
            if let Some((op, behind)) = rest.split_first()
                && op.code == Code::Loop
            {
                check!(charge(&mut self.machine.fuel, u64::from(op.imm)));
                if self.machine.clock.safepoint() {
                    lend!(self.collect_here(cx.inspector));
                }
                rest = behind;
            }
            then_branch!();
            'next: loop {
                let Some((op, mut behind)) = rest.split_first() else {
                    unreachable!("bodies end by returning")
                };
                // Leaves the frame. Its results are in its first registers.
                macro_rules! leave {
                    () => {{
                        if self.machine.frames.len() == floor {
                            return Ok(StretchEnd::Left);
                        }
                        let mut caller = self.machine.pop();
                        caller.pc += 1;
                        self.machine.running = caller;
                        if caller.instance != id {
                            return Ok(StretchEnd::Moved { entering: false });
                        }
                        rest = &code[caller.pc as usize..];
                        regs = registers!();
                        continue 'next;
                    }};
                }
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
                // Instructions often followed by a branch, or by an addition and a
                // branch. These continue without another round of the loop.
                macro_rules! before_branch {
                    ($done:expr) => {{
                        $done;
                        rest = behind;
                        then_branch!();
                        continue 'next;
                    }};
                }
                macro_rules! before_add {
                    ($done:expr) => {{
                        $done;
                        rest = behind;
                        then_add!();
                        continue 'next;
                    }};
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
                macro_rules! jump {
                    () => {{
                        rest = &code[op.imm as usize..];
                        continue 'jumped;
                    }};
                }
                // Adds a constant and branches on the sum.
                macro_rules! count {
                    ($taken:expr) => {{
                        let taken: fn(u32, &Op) -> bool = $taken;
                        let sum = (b!() as u32).wrapping_add(op.imm);
                        a!() = u64::from(sum);
                        let Some((branch, behind)) = behind.split_first() else {
                            unreachable!("a branch is behind")
                        };
                        if taken(sum, branch) {
                            rest = &code[branch.imm as usize..];
                            continue 'jumped;
                        }
                        rest = behind;
                        continue 'next;
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
                            index => memory_of(&self.instances[id as usize], index),
                        };
                        let at = b!() as u32 as usize + op.imm as usize;
                        let bytes = &self.machine.memories[memory].bytes;
                        let Some(bytes) = bytes.get(at..at + $n) else {
                            stop!(Trap::MemoryOutOfBounds);
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
                            index => memory_of(&self.instances[id as usize], index),
                        };
                        let at = b!() as u32 as usize + op.imm as usize;
                        let value = $value;
                        let bytes = &mut self.machine.memories[memory].bytes;
                        let Some(bytes) = bytes.get_mut(at..at + $n) else {
                            stop!(Trap::MemoryOutOfBounds);
                        };
                        bytes.copy_from_slice(&value.to_le_bytes());
                    }};
                }
                macro_rules! object {
                    ($register:expr) => {{
                        let r = GcRef::from_register($register);
                        if r.is_null() {
                            stop!(Trap::NullReference);
                        }
                        r
                    }};
                }
                // Runs before an instruction that touches the heap.
                macro_rules! touch {
                    () => {
                        if self.inspect_operations {
                            lend!(self.operation(cx.inspector));
                        }
                    };
                }
                macro_rules! struct_get {
                    ($kind:ident, $extend:expr) => {{
                        let heap = &mut self.heap;
                        let value = objects::get_field::<H, objects::$kind>(heap, b!(), op);
                        a!() = $extend(check!(value));
                    }};
                }
                macro_rules! struct_set {
                    ($kind:ident) => {{
                        touch!();
                        let heap = &mut self.heap;
                        let set = objects::set_field::<H, objects::$kind>;
                        check!(set(heap, b!(), op, a!()));
                    }};
                }
                macro_rules! array_get {
                    ($kind:ident, $extend:expr) => {{
                        let heap = &mut self.heap;
                        let value = objects::get_element::<H, objects::$kind>(heap, b!(), c!());
                        a!() = $extend(check!(value));
                    }};
                }
                macro_rules! array_set {
                    ($kind:ident) => {{
                        touch!();
                        let heap = &mut self.heap;
                        let set = objects::set_element::<H, objects::$kind>;
                        check!(set(heap, b!(), c!(), a!()));
                    }};
                }
                let then: Result<Then, Stop> = 'transfer: {
                    // Leaves the `match` with the continuation of an
                    // instruction that may change frames.
                    macro_rules! transfer {
                        ($then:expr) => {{
                            self.machine.running.pc = pc!();
                            break 'transfer $then;
                        }};
                    }
                    match op.code {
                        Code::Loop => continue 'jumped,
                        Code::Call => {
                            if self.machine.frames.len() >= self.machine.limits.frames {
                                stop!(Trap::StackOverflow);
                            }
                            let pc = pc!();
                            let running = &mut self.machine.running;
                            running.pc = pc;
                            self.machine.frames.push(*running);
                            running.base += u32::from(op.a);
                            running.body = op.imm;
                            enter!();
                            continue 'jumped;
                        }
                        Code::ReturnOne => {
                            regs[0] = b!();
                            leave!()
                        }
                        Code::ReturnMany => {
                            let from = usize::from(op.b);
                            regs.copy_within(from..from + op.imm as usize, 0);
                            leave!()
                        }
                        Code::MoveMany => {
                            let from = usize::from(op.b);
                            regs.copy_within(from..from + op.imm as usize, usize::from(op.a));
                        }
                        Code::GlobalSet => {
                            let slot = slot_of(&self.instances[id as usize], op.imm);
                            self.machine.num_globals[slot] = b!();
                        }
                        Code::GlobalSetWide => {
                            let slot = slot_of(&self.instances[id as usize], op.imm);
                            self.machine.num_globals[slot] = b!();
                            self.machine.num_globals[slot + 1] = regs[usize::from(op.b) + 1];
                        }
                        Code::GlobalGet => {
                            let slot = slot_of(&self.instances[id as usize], op.imm);
                            a!() = self.machine.num_globals[slot];
                        }
                        Code::GlobalGetWide => {
                            let slot = slot_of(&self.instances[id as usize], op.imm);
                            a!() = self.machine.num_globals[slot];
                            regs[usize::from(op.a) + 1] = self.machine.num_globals[slot + 1];
                        }
                        Code::RefFunc => {
                            a!() = u64::from(self.instances[id as usize].funcs[op.imm as usize]) + 1
                        }
                        Code::Unreachable => stop!(Trap::Unreachable),
                        Code::Br
                        | Code::BrIf
                        | Code::BrIfZero
                        | Code::BrI32Eq
                        | Code::BrI32Ne
                        | Code::BrI32LtS
                        | Code::BrI32LtU
                        | Code::BrI32GtS
                        | Code::BrI32GtU
                        | Code::BrI32LeS
                        | Code::BrI32LeU
                        | Code::BrI32GeS
                        | Code::BrI32GeU
                        | Code::BrI32EqImm
                        | Code::BrI32NeImm
                        | Code::BrI32LtSImm
                        | Code::BrI32LtUImm
                        | Code::BrI32GtSImm
                        | Code::BrI32GtUImm
                        | Code::BrI32LeSImm
                        | Code::BrI32LeUImm
                        | Code::BrI32GeSImm
                        | Code::BrI32GeUImm
                        | Code::BrI64Eq
                        | Code::BrI64Ne
                        | Code::BrI64LtS
                        | Code::BrI64LtU
                        | Code::BrI64GtS
                        | Code::BrI64GtU
                        | Code::BrI64LeS
                        | Code::BrI64LeU
                        | Code::BrI64GeS
                        | Code::BrI64GeU => {
                            if branch::holds(op, regs) == Some(true) {
                                jump!();
                            }
                        }
                        Code::BrTable => {
                            rest = &behind[(b!() as u32).min(op.imm) as usize..];
                            continue 'next;
                        }
                        Code::Return => leave!(),
                        Code::Address64 => {
                            let offset = u64::from(op.c) << 32 | u64::from(op.imm);
                            a!() = match b!().checked_add(offset) {
                                Some(at) if at <= u64::from(u32::MAX) => at,
                                _ => stop!(Trap::MemoryOutOfBounds),
                            };
                        }
                        Code::RefAsNonNull => {
                            object!(b!());
                        }
                        Code::Store8 => before_add!(store!(1, c!() as u8)),
                        Code::Store16 => store!(2, c!() as u16),
                        Code::Store32 => before_add!(store!(4, c!() as u32)),
                        Code::Store64 => store!(8, c!()),
                        Code::Store128 => store!(16, vector::get(regs, op.c)),
                        Code::Store8Imm => before_add!(store!(1, op.c as u8)),
                        Code::Store16Imm => store!(2, op.c),
                        Code::Store32Imm => before_add!(store!(4, constant(op.c))),
                        Code::Store64Imm => store!(8, i64::from(constant(op.c))),
                        Code::Const => a!() = op.bits(),
                        Code::Move => a!() = b!(),
                        Code::Select => {
                            a!() = if regs[op.imm as usize] != 0 {
                                b!()
                            } else {
                                c!()
                            };
                        }
                        Code::Load8 => before_branch!(load!(1, u8, v => u64::from(v))),
                        Code::Load16 => load!(2, u16, v => u64::from(v)),
                        Code::Load32 => before_branch!(load!(4, u32, v => u64::from(v))),
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
                        Code::RefIsNull | Code::I64Eqz => a!() = u64::from(b!() == 0),
                        Code::RefI31 => a!() = GcRef::i31(b!() as u32).register(),
                        Code::I31GetS => {
                            let r = object!(b!());
                            a!() = u64::from(r.i31_signed() as u32);
                        }
                        Code::I31GetU => {
                            let r = object!(b!());
                            a!() = u64::from(r.i31_unsigned());
                        }
                        Code::SelectWide => vector::select(*op, regs),
                        Code::VectorUnary => vector::unary(*op, regs),
                        Code::VectorBinary => vector::binary(*op, regs),
                        Code::VectorTernary => vector::ternary(*op, regs),
                        Code::VectorShift => vector::shift(*op, regs),
                        Code::VectorTest => vector::test(*op, regs),
                        Code::Splat => vector::splat(*op, regs),
                        Code::ExtractLane => vector::extract(*op, regs),
                        Code::ReplaceLane => vector::replace(*op, regs),
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
                        Code::I32Add => before_branch!(binary!(u32, u32, u32::wrapping_add)),
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
                        Code::I32CountIf => count!(|sum, _| sum != 0),
                        Code::I32CountNe => count!(|sum, branch| sum != branch.compared()),
                        Code::I32CountLtS => {
                            count!(|sum, branch| (sum as i32) < branch.compared() as i32)
                        }
                        Code::I32CountLtU => count!(|sum, branch| sum < branch.compared()),
                        Code::I32AddImm => before_branch!(immediate!(u32, u32, u32::wrapping_add)),
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
                                stop!(Trap::DivisionByZero);
                            }
                            let Some(quotient) = x.checked_div(y) else {
                                stop!(Trap::IntegerOverflow);
                            };
                            a!() = u64::from(quotient as u32);
                        }
                        Code::I64DivS => {
                            let (x, y) = (b!() as i64, c!() as i64);
                            if y == 0 {
                                stop!(Trap::DivisionByZero);
                            }
                            let Some(quotient) = x.checked_div(y) else {
                                stop!(Trap::IntegerOverflow);
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
                                stop!(Trap::DivisionByZero);
                            }
                            a!() = u64::from(x.wrapping_rem(y) as u32);
                        }
                        Code::I64RemS => {
                            let (x, y) = (b!() as i64, c!() as i64);
                            if y == 0 {
                                stop!(Trap::DivisionByZero);
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
                        // Sign operations work on bits: NaNs pass unchanged.
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
                        // Rust's casts saturate, and map NaN to zero.
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
                        // Frequent instructions on references and objects.
                        Code::RefCast | Code::RefTest | Code::BrOnCast | Code::BrOnCastFail => {
                            touch!();
                            let register = b!();
                            let target = CastTarget(op.imm);
                            let is = Self::is(&self.heap, &self.types, register, target, op.c);
                            let succeeded = check!(is);
                            let value = GcRef::from_register(register);
                            self.heap.on_event(EngineEvent::Cast { value, succeeded });
                            match op.code {
                                Code::RefTest => a!() = u64::from(succeeded),
                                Code::RefCast if succeeded => {}
                                Code::RefCast => stop!(Trap::CastFailure),
                                // Skip a branch that is not taken.
                                code if succeeded == (code == Code::BrOnCast) => {}
                                _ => behind = &behind[1..],
                            }
                        }
                        Code::TableGet => {
                            touch!();
                            let index = b!();
                            let value = check!(self.table_get(id, op.imm, index));
                            regs = registers!();
                            a!() = value;
                        }
                        Code::TableSet => {
                            touch!();
                            let (index, value) = (b!(), c!());
                            check!(self.table_set(id, op.imm, index, value));
                            regs = registers!();
                        }
                        Code::GlobalGetRef => {
                            touch!();
                            let instance = &self.instances[id as usize];
                            let value = GcRef(self.ref_globals[slot_of(instance, op.imm)]);
                            a!() = match op.c {
                                1 => {
                                    let slot = RootSlot::Global(instance.globals[op.imm as usize]);
                                    check!(self.heap.expose(slot, value)).register()
                                }
                                _ => value.register(),
                            };
                        }
                        Code::GlobalSetRef => {
                            touch!();
                            let instance = &self.instances[id as usize];
                            let slot = &mut self.ref_globals[slot_of(instance, op.imm)];
                            let value = GcRef::from_register(b!());
                            match op.c {
                                1 => {
                                    let kind = RootSlot::Global(instance.globals[op.imm as usize]);
                                    check!(self.heap.write_slot(kind, slot, value));
                                }
                                _ => *slot = value.0,
                            }
                        }
                        Code::StructNew => {
                            touch!();
                            let bytes = u64::from(self.object_bytes[op.imm as usize]);
                            match self.heap_left.checked_sub(bytes) {
                                Some(left) => self.heap_left = left,
                                None => lend!(self.charge_beyond(bytes)),
                            }
                            if self.machine.clock.allocation() || self.heap.wants_collection() {
                                lend!(self.special_allocation(cx.inspector));
                            }
                            let fields = usize::from(op.b)..usize::from(op.b) + usize::from(op.c);
                            let ty = TypeId(op.imm);
                            let mut new = self.heap.new_struct(ty, &regs[fields.clone()]);
                            let mut tries = 0;
                            while let Err(HeapError::Full) = new {
                                lend!(self.make_room_here(&mut tries, bytes, cx.inspector));
                                new = self.heap.new_struct(ty, &regs[fields.clone()]);
                            }
                            a!() = check!(new).register();
                        }
                        Code::ArrayLen => {
                            let r = object!(b!());
                            a!() = u64::from(check!(self.heap.array_len(r)));
                        }
                        Code::StructGetGc => {
                            touch!();
                            struct_get!(Gc, unsigned);
                        }
                        Code::ArrayGetGc => {
                            touch!();
                            array_get!(Gc, unsigned);
                        }
                        Code::StructSet8 => struct_set!(B8),
                        Code::StructSet16 => struct_set!(B16),
                        Code::StructSet32 => struct_set!(B32),
                        Code::StructSet64 => struct_set!(B64),
                        Code::StructSetGc => struct_set!(Gc),
                        Code::StructSetFunc => struct_set!(Func),
                        Code::ArraySet8 => array_set!(B8),
                        Code::ArraySet16 => array_set!(B16),
                        Code::ArraySet32 => array_set!(B32),
                        Code::ArraySet64 => array_set!(B64),
                        Code::ArraySetGc => array_set!(Gc),
                        Code::ArraySetFunc => array_set!(Func),
                        Code::StructGet8S => struct_get!(B8, signed8),
                        Code::StructGet8U => struct_get!(B8, unsigned),
                        Code::StructGet16S => struct_get!(B16, signed16),
                        Code::StructGet16U => struct_get!(B16, unsigned),
                        Code::StructGet32 => struct_get!(B32, unsigned),
                        Code::StructGet64 => struct_get!(B64, unsigned),
                        Code::StructGetFunc => struct_get!(Func, unsigned),
                        Code::ArrayGet8S => array_get!(B8, signed8),
                        Code::ArrayGet8U => array_get!(B8, unsigned),
                        Code::ArrayGet16S => array_get!(B16, signed16),
                        Code::ArrayGet16U => array_get!(B16, unsigned),
                        Code::ArrayGet32 => array_get!(B32, unsigned),
                        Code::ArrayGet64 => array_get!(B64, unsigned),
                        Code::ArrayGetFunc => array_get!(Func, unsigned),
                        // Rare instructions without a heap.
                        Code::Extra => {}
                        Code::RefTestFunc => {
                            let (funcs, types) = (&self.funcs, &self.types);
                            let is = Self::is_func(funcs, types, b!(), CastTarget(op.imm), op.c);
                            a!() = u64::from(is);
                        }
                        Code::RefCastFunc => {
                            let (funcs, types) = (&self.funcs, &self.types);
                            if !Self::is_func(funcs, types, b!(), CastTarget(op.imm), op.c) {
                                stop!(Trap::CastFailure);
                            }
                        }
                        // Skip a branch that is not taken.
                        Code::BrOnCastFunc => {
                            let (funcs, types) = (&self.funcs, &self.types);
                            if !Self::is_func(funcs, types, b!(), CastTarget(op.imm), op.c) {
                                behind = &behind[1..];
                            }
                        }
                        Code::BrOnCastFailFunc => {
                            let (funcs, types) = (&self.funcs, &self.types);
                            if Self::is_func(funcs, types, b!(), CastTarget(op.imm), op.c) {
                                behind = &behind[1..];
                            }
                        }
                        Code::MemorySize => {
                            let memory = memory_of(&self.instances[id as usize], op.imm as u16);
                            a!() = self.machine.memories[memory].pages();
                        }
                        Code::TableSize => {
                            let table = self.instances[id as usize].tables[op.imm as usize];
                            a!() = self.tables[table as usize].elements.len() as u64;
                        }
                        Code::DataDrop => {
                            self.instances[id as usize].dropped[op.imm as usize] = true;
                        }
                        // Each of the following is done by a function outside
                        // the loop.
                        Code::MemoryGrow => lend!(self.memory_grow(*op)),
                        Code::MemoryFill => lend!(self.memory_fill(*op)),
                        Code::MemoryCopy => lend!(self.memory_copy(*op)),
                        Code::MemoryInit => lend!(self.memory_init(*op)),
                        Code::TableGrow => lend!(self.run_table_grow(*op, cx.inspector)),
                        Code::TableFill => lend!(self.run_table_fill(*op, cx.inspector)),
                        Code::TableCopy => lend!(self.run_table_copy(*op, cx.inspector)),
                        Code::TableInit => lend!(self.run_table_init(*op, cx.inspector)),
                        Code::ElemDrop => lend!(self.run_elem_drop(*op, cx.inspector)),
                        Code::StructNewDefault => lend!(self.struct_new_default(*op, cx.inspector)),
                        Code::StructGetWide => lend!(self.struct_get_wide(*op)),
                        Code::StructSetWide => lend!(self.struct_set_wide(*op, cx.inspector)),
                        Code::ArrayGetWide => lend!(self.array_get_wide(*op)),
                        Code::ArraySetWide => lend!(self.array_set_wide(*op, cx.inspector)),
                        Code::ArrayNew => lend!(self.array_new(*op, cx.inspector)),
                        Code::ArrayNewWide => lend!(self.array_new_wide(*op, cx.inspector)),
                        Code::ArrayNewDefault => lend!(self.array_new_default(*op, cx.inspector)),
                        Code::ArrayNewFixed => lend!(self.array_new_fixed(*op, cx.inspector)),
                        Code::ArrayNewData => {
                            lend!(self.array_new_data(*op, behind[0].imm, cx.inspector))
                        }
                        Code::ArrayNewElem => {
                            lend!(self.array_new_elem(*op, behind[0].imm, cx.inspector))
                        }
                        Code::ArrayFill => lend!(self.array_fill(*op, cx.inspector)),
                        Code::ArrayCopy => lend!(self.array_copy(*op, cx.inspector)),
                        Code::ArrayInitData => {
                            lend!(self.array_init_data(*op, behind[0].imm, cx.inspector))
                        }
                        Code::ArrayInitElem => {
                            lend!(self.array_init_elem(*op, behind[0].imm, cx.inspector))
                        }
                        // These may change frames.
                        Code::CallImport => transfer!(self.call_import(*op, cx)),
                        Code::CallIndirect => transfer!(self.call_indirect(*op, cx)),
                        Code::CallRef => transfer!(self.call_ref(*op, cx)),
                        Code::ReturnCall => transfer!(Ok(self.return_call(*op, module))),
                        Code::ReturnCallImport => {
                            transfer!(self.return_call_import(*op, floor, cx))
                        }
                        Code::ReturnCallIndirect => {
                            transfer!(self.return_call_indirect(*op, floor, cx))
                        }
                        Code::ReturnCallRef => transfer!(self.return_call_ref(*op, floor, cx)),
                        Code::Throw => transfer!(self.throw(*op, cx.inspector)),
                        Code::ThrowRef => transfer!(self.throw_ref(*op, cx.inspector)),
                    }
                    rest = behind;
                    continue 'next;
                };
                match then? {
                    Then::Next => {}
                    Then::Enter if self.machine.running.instance == id => {
                        enter!();
                        continue 'next;
                    }
                    Then::Enter => return Ok(StretchEnd::Moved { entering: true }),
                    Then::Resume if self.machine.running.instance == id => {
                        behind = &code[self.machine.running.pc as usize..];
                    }
                    Then::Resume => return Ok(StretchEnd::Moved { entering: false }),
                    Then::Ended(ended) => return Ok(ended),
                }
                regs = registers!();
                rest = behind;
            }
        }
    }
}
