//! The part of a store that knows no heap: registers, frames, budgets, linear memories and numbers.
//!
//! The interpreter's loop works on its fields; whoever is called from there finds the running frame on record.

use super::limits::Limits;
use super::schedule::{Clock, Schedule};
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
    pub stack: Vec<u64>,
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
            stack: Vec::new(),
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

    /// Makes registers below `top` available.
    #[inline]
    pub(super) fn reserve(&mut self, top: usize) -> Result<(), Trap> {
        if top > self.stack.len() {
            return self.grow(top);
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, top: usize) -> Result<(), Trap> {
        if top > self.limits.registers {
            return Err(Trap::StackOverflow);
        }
        // Not `clamp`: the limit may be below the first size.
        let len = (self.stack.len() * 2).max(256).min(self.limits.registers);
        self.stack.resize(len.max(top), 0);
        Ok(())
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
    match fuel.checked_sub(cost) {
        Some(left) => {
            *fuel = left;
            Ok(())
        }
        None => {
            *fuel = 0;
            Err(Trap::OutOfFuel)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs see no more of this than the limit; the rest is what it costs.
    #[test]
    fn the_stack_doubles_up_to_the_limit() {
        let limits = Limits {
            registers: 1500,
            ..Limits::default()
        };
        let mut machine = Machine::new(limits, Schedule::Never);
        for (top, len) in [
            (0, 0),
            (1, 256),
            (256, 256),
            (257, 512),
            (512, 512),
            (1200, 1200),
            (1201, 1500),
            (1500, 1500),
        ] {
            assert_eq!(machine.reserve(top), Ok(()));
            assert_eq!(machine.stack.len(), len, "after registers below {top}");
        }
        assert_eq!(machine.reserve(1501), Err(Trap::StackOverflow));
        // All there are at once, when there were fewer.
        let mut machine = Machine::new(limits, Schedule::Never);
        assert_eq!(machine.reserve(1501), Err(Trap::StackOverflow));
        assert_eq!(machine.reserve(1500), Ok(()));
    }
}
