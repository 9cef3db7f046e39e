//! The stack: consecutive registers of all frames.
//!
//! An instruction names a register of its frame by sixteen bits. The stack
//! always extends that many registers beyond the last frame. So the
//! interpreter's view of it, a [`Window`], covers every possible index, and no
//! index needs a check. This makes a stack half a megabyte long. A dropped
//! store leaves its stack, cleared, to the next one on the same thread.

use super::limits::Resource;
use super::trap::{Stop, Trap};
use crate::pool::Spare;
use std::ops::{Deref, DerefMut};

/// Number of registers that an instruction can name.
const WINDOW: usize = 1 << 16;

/// The registers that an instruction can name: those of the running frame and above.
pub(super) type Window = [u64; WINDOW];

/// Registers available before the stack first grows.
const FIRST: usize = 256;

/// Maximum length, in registers, of a stack that is kept for another store.
const KEPT: usize = 4 * WINDOW;

thread_local! {
    /// Zeroed registers of a dropped stack, in their full length.
    static SPARE: Spare<Vec<u64>> = const { Spare::new() };
}

/// The registers of all frames; see the module's documentation.
#[derive(Debug)]
pub(super) struct Stack {
    registers: Vec<u64>,
    /// Number of registers available to frames so far.
    reserved: usize,
    /// Maximum number of registers available to frames.
    limit: usize,
}

impl Stack {
    /// A zeroed stack with up to `limit` registers for frames.
    pub(super) fn new(limit: usize) -> Stack {
        let mut stack = Stack {
            registers: Spare::take(&SPARE),
            reserved: 0,
            limit,
        };
        stack.extend(FIRST.min(limit));
        stack
    }

    /// Makes registers below `top` available, or traps if that exceeds the limit.
    #[inline]
    pub(super) fn reserve(&mut self, top: usize) -> Result<(), Stop> {
        match top <= self.reserved {
            true => Ok(()),
            false => self.grow(top),
        }
    }

    #[cold]
    fn grow(&mut self, top: usize) -> Result<(), Stop> {
        if top > self.limit {
            return Err(Trap::StackOverflow.into());
        }
        let most = (self.reserved * 2).min(self.limit).max(top);
        let missing = (most + WINDOW).saturating_sub(self.registers.len());
        match self.registers.try_reserve(missing) {
            Ok(()) => self.extend(most),
            Err(_) => return Err(Stop::OverBudget(Resource::Memory)),
        }
        Ok(())
    }

    fn extend(&mut self, reserved: usize) {
        self.reserved = reserved;
        let len = reserved + WINDOW;
        if len <= self.registers.len() {
            return;
        }
        match self.registers.is_empty() {
            // Zeroed memory from the allocator is not touched.
            true => self.registers = vec![0; len],
            false => self.registers.resize(len, 0),
        }
    }

    /// Bytes of memory that the stack needs. Its capacity may be larger,
    /// depending on earlier runs on this thread.
    pub(super) fn bytes(&self) -> u64 {
        ((self.reserved + WINDOW) * size_of::<u64>()) as u64
    }

    /// The window of a frame whose registers begin at `base`.
    #[inline]
    pub(super) fn window(&mut self, base: u32) -> &mut Window {
        let rest = &mut self.registers[base as usize..];
        rest.first_chunk_mut().expect("reserved")
    }
}

impl Deref for Stack {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.registers
    }
}

impl DerefMut for Stack {
    fn deref_mut(&mut self) -> &mut [u64] {
        &mut self.registers
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.registers.len() <= KEPT {
            self.registers[..self.reserved].fill(0);
            Spare::give(&SPARE, std::mem::take(&mut self.registers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs see only the limit. The steps of growth determine the cost.
    #[test]
    fn a_stack_doubles_up_to_its_limit() {
        let mut stack = Stack::new(1500);
        for (top, reserved) in [
            (0, 256),
            (1, 256),
            (256, 256),
            (257, 512),
            (512, 512),
            (1200, 1200),
            (1201, 1500),
            (1500, 1500),
        ] {
            assert_eq!(stack.reserve(top), Ok(()));
            assert_eq!(stack.reserved, reserved, "after registers below {top}");
            // The last frame may be empty and begin at the end.
            assert_eq!(stack.window(reserved as u32).len(), WINDOW);
        }
        assert_eq!(stack.reserve(1501), Err(Trap::StackOverflow.into()));
        // From fewer registers to the limit at once.
        let mut stack = Stack::new(1500);
        assert_eq!(stack.reserve(1501), Err(Trap::StackOverflow.into()));
        assert_eq!(stack.reserve(1500), Ok(()));
        // A limit below the first size.
        let mut stack = Stack::new(3);
        assert_eq!(stack.reserve(3), Ok(()));
        assert_eq!(stack.reserve(4), Err(Trap::StackOverflow.into()));
    }

    #[test]
    fn a_stack_that_was_used_before_is_all_zero() {
        let mut addresses = Vec::new();
        for used in [1, 256, 257, 70_000, 3] {
            let mut stack = Stack::new(1 << 20);
            addresses.push(stack.registers.as_ptr());
            assert!(stack.iter().all(|register| *register == 0));
            stack.reserve(used).unwrap();
            stack[..used].fill(u64::MAX);
        }
        // The second stack reuses the first one's memory, so the test is meaningful.
        assert_eq!(addresses[0], addresses[1]);
    }

    #[test]
    fn a_stack_that_has_grown_out_of_proportion_is_not_kept() {
        let mut stack = Stack::new(1 << 20);
        stack.reserve(KEPT).unwrap();
        drop(stack);
        assert_eq!(Spare::take(&SPARE).len(), 0);
    }
}
