//! The part of a store that knows no heap: registers, frames, budgets, linear memories and numbers.
//!
//! The interpreter's loop works on its fields; whoever is called from there finds the running frame on record.

use super::limits::Limits;
use super::schedule::{Clock, Schedule};
use super::stack::Stack;
use super::storage::Memory;
use super::trap::Trap;

/// A frame: one that is waiting for a callee, or the running one.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Frame {
    /// The instance; of a host frame, the function's type.
    pub instance: u32,
    /// The body, or [`Frame::HOST`].
    pub body: u32,
    /// The instruction being executed; of the running frame, when the loop last
    /// let go of it.
    pub pc: u32,
    /// First register.
    pub base: u32,
    /// One past the last register.
    pub top: u32,
}

impl Frame {
    /// The body of frames that hold the arguments of a host call.
    pub const HOST: u32 = u32::MAX;
}

/// See the module's documentation.
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
    /// The values of globals that are no references; a `v128` has two.
    pub num_globals: Vec<u64>,
}

impl Machine {
    pub(super) fn new(limits: Limits, schedule: Schedule) -> Machine {
        Machine {
            // Frames keep the numbers of registers in 32 bits.
            stack: Stack::new(limits.registers.min(i32::MAX as usize)),
            frames: Vec::new(),
            running: Frame::default(),
            fuel: limits.fuel,
            clock: Clock::new(schedule),
            limits,
            memories: Vec::new(),
            num_globals: Vec::new(),
        }
    }

    /// The first register that no frame uses.
    pub(super) fn free_base(&self) -> usize {
        self.frames.last().map_or(0, |f| f.top as usize)
    }

    /// Takes the innermost waiting frame, which there must be.
    #[inline]
    pub(super) fn pop(&mut self) -> Frame {
        self.frames.pop().expect("above the floor")
    }

    /// The registers of the running frame.
    #[inline]
    pub(super) fn registers(&self) -> &[u64] {
        &self.stack[self.running.base as usize..self.running.top as usize]
    }

    /// The same, to be changed.
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

    /// Three operands in a row. An i32 is kept zero-extended, so addresses and
    /// lengths of either width read the same.
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

/// Takes `cost` from a supply of fuel.
#[inline]
pub(super) fn charge(fuel: &mut u64, cost: u64) -> Result<(), Trap> {
    // Taken first and looked at then: that is one instruction of the processor.
    let (left, overdrawn) = fuel.overflowing_sub(cost);
    *fuel = left;
    match overdrawn {
        true => Err(exhausted(fuel)),
        false => Ok(()),
    }
}

/// The last of a supply of fuel is gone.
#[cold]
#[inline(never)]
fn exhausted(fuel: &mut u64) -> Trap {
    *fuel = 0;
    Trap::OutOfFuel
}
