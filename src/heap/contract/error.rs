//! Errors of a heap.

use std::fmt;

/// Evidence that the heap's own state is wrong: the collector has a bug.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corruption {
    /// The address that was accessed; zero if none was.
    pub address: u32,
    /// What was found there.
    pub what: &'static str,
    /// One for a crash. Not a `bool`: the tags of every operation's result
    /// would be stored in its unused values, and whole runs would take 15 %
    /// more instructions. A third variant of [`HeapError`] costs the same.
    crash: u8,
}

impl Corruption {
    /// Whether this is a crash that no build of the collector survives, for
    /// example a stack overflow or an abort. A collector shipped without
    /// assertions may detect nothing else.
    pub fn is_crash(&self) -> bool {
        self.crash != 0
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_crash() {
            true => write!(f, "the collector has crashed: {}", self.what),
            false => write!(f, "{:#x}: {}", self.address, self.what),
        }
    }
}

/// A failure of a heap operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeapError {
    /// No room for the allocation. Collecting may help.
    Full,
    /// The heap has found its own state to be wrong, or has crashed.
    Corrupt(Corruption),
}

impl HeapError {
    /// Corruption at `address`, described by `what`.
    #[cold]
    pub fn corrupt(address: u32, what: &'static str) -> HeapError {
        HeapError::Corrupt(Corruption {
            address,
            what,
            crash: 0,
        })
    }

    /// A crash of the collector, described by `what`.
    #[cold]
    pub fn crash(what: &'static str) -> HeapError {
        HeapError::Corrupt(Corruption {
            address: 0,
            what,
            crash: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_written_with_its_address_and_a_crash_as_one() {
        let shown = |error| match error {
            HeapError::Corrupt(found) => found.to_string(),
            HeapError::Full => unreachable!(),
        };
        let noticed = HeapError::corrupt(0x110, "not an object");
        assert_eq!(shown(noticed), "0x110: not an object");
        let crash = HeapError::crash("no stack is left");
        assert_eq!(shown(crash), "the collector has crashed: no stack is left");
    }
}
