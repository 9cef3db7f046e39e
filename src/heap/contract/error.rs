//! What can go wrong inside a heap.

use std::fmt;

/// Evidence that the heap's own state is wrong: the collector has a bug.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corruption {
    /// The address that was accessed; zero if none was.
    pub address: u32,
    /// What was found there.
    pub what: &'static str,
    /// One for a crash. Not a `bool`: its unused values would become the tags of
    /// every operation's result, and whole runs take 15 % more instructions then,
    /// as they do with a third kind of [`HeapError`].
    crash: u8,
}

impl Corruption {
    /// Whether the collector has come to an end that no build of it survives: a
    /// stack overflow, an abort. One that is shipped without assertions may not
    /// notice anything else.
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

/// Why a heap operation did not happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeapError {
    /// No room for the allocation. Collecting may help.
    Full,
    /// The heap has noticed that its own state is wrong, or has crashed.
    Corrupt(Corruption),
}

impl HeapError {
    /// The evidence `what` at `address`.
    #[cold]
    pub fn corrupt(address: u32, what: &'static str) -> HeapError {
        HeapError::Corrupt(Corruption {
            address,
            what,
            crash: 0,
        })
    }

    /// The end of the collector, because of `what`.
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
