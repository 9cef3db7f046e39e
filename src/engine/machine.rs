//! The part of a store that is independent of the heap: registers, frames,
//! fuel, memories and numeric globals.
//!
//! The interpreter's loop works on its fields. Functions called from the loop
//! find the running frame stored here.

use super::limits::Limits;
use super::schedule::{Clock, Schedule};
use super::stack::Stack;
use super::storage::Memory;
use super::trap::Trap;
use crate::heap::CodePoint;

/// A frame: waiting for a callee, or running.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Frame {
    /// The instance. In a host frame, the function's type.
    pub instance: u32,
    /// The body, or [`Frame::HOST`].
    pub body: u32,
    /// The instruction being executed. In the running frame, the one at which
    /// the loop last stored it.
    pub pc: u32,
    /// First register.
    pub base: u32,
    /// One past the last register.
    pub top: u32,
}

impl Frame {
    /// The body of frames that hold the arguments of a host call.
    pub const HOST: u32 = u32::MAX;

    /// The instruction being executed. `None` in a host frame.
    pub fn code_point(&self) -> Option<CodePoint> {
        (self.body != Frame::HOST).then_some(CodePoint {
            instance: self.instance,
            body: self.body,
            pc: self.pc,
        })
    }
}

/// Registers, frames, fuel, memories and numeric globals; see the module's
/// documentation.
#[derive(Debug)]
pub(super) struct Machine {
    /// Registers of all frames.
    pub stack: Stack,
    /// Frames below the running one, outermost first.
    pub frames: Vec<Frame>,
    /// The running frame, while a function runs.
    pub running: Frame,
    /// Fuel left.
    pub fuel: u64,
    pub clock: Clock,
    pub limits: Limits,
    pub memories: Vec<Memory>,
    /// The values of numeric globals. A `v128` takes two.
    pub num_globals: Vec<u64>,
}

impl Machine {
    pub(super) fn new(limits: Limits, schedule: Schedule) -> Machine {
        Machine {
            // Frames store register indices in 32 bits.
            stack: Stack::new(limits.registers.min(i32::MAX as usize)),
            frames: Vec::new(),
            running: Frame::default(),
            fuel: limits.fuel,
            clock: Clock::new(schedule, &limits),
            limits,
            memories: Vec::new(),
            num_globals: Vec::new(),
        }
    }

    /// The first register that no frame uses.
    pub(super) fn free_base(&self) -> usize {
        self.frames.last().map_or(0, |f| f.top as usize)
    }

    /// Pops the innermost waiting frame, which must exist.
    #[inline]
    pub(super) fn pop(&mut self) -> Frame {
        self.frames.pop().expect("above the floor")
    }

    /// The registers of the running frame.
    #[inline]
    pub(super) fn registers(&self) -> &[u64] {
        &self.stack[self.running.base as usize..self.running.top as usize]
    }

    /// The registers of the running frame, mutable.
    #[inline]
    pub(super) fn registers_mut(&mut self) -> &mut [u64] {
        &mut self.stack[self.running.base as usize..self.running.top as usize]
    }

    /// A register of the running frame.
    #[inline]
    pub(super) fn register(&self, index: u16) -> u64 {
        self.stack[self.running.base as usize + usize::from(index)]
    }

    /// Sets a register of the running frame.
    #[inline]
    pub(super) fn set_register(&mut self, index: u16, value: u64) {
        self.stack[self.running.base as usize + usize::from(index)] = value;
    }

    /// Three consecutive operands. An i32 is zero-extended, so addresses and
    /// lengths of both widths read the same.
    pub(super) fn three(&self, first: u16) -> [u64; 3] {
        let regs = &self.registers()[usize::from(first)..];
        [regs[0], regs[1], regs[2]]
    }

    /// Charges fuel.
    #[inline]
    pub(super) fn charge(&mut self, fuel: u64) -> Result<(), Trap> {
        charge(&mut self.fuel, fuel)
    }
}

/// Subtracts `cost` from a supply of fuel.
#[inline]
pub(super) fn charge(fuel: &mut u64, cost: u64) -> Result<(), Trap> {
    // Subtract first and check then: one machine instruction.
    let (left, overdrawn) = fuel.overflowing_sub(cost);
    *fuel = left;
    match overdrawn {
        true => Err(exhausted(fuel)),
        false => Ok(()),
    }
}

/// Empties a supply of fuel that is overdrawn.
#[cold]
#[inline(never)]
fn exhausted(fuel: &mut u64) -> Trap {
    *fuel = 0;
    Trap::OutOfFuel
}
