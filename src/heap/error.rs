//! What can go wrong inside a heap.

use std::fmt;

/// Evidence that the heap's own state is wrong: the collector has a bug.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corruption {
    /// The address that was accessed.
    pub address: u32,
    /// What was found there.
    pub what: &'static str,
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}: {}", self.address, self.what)
    }
}

/// Why a heap operation did not happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeapError {
    /// No room for the allocation. Collecting may help.
    Full,
    /// The heap has noticed that its own state is wrong. A collector that is
    /// shipped without assertions may not notice.
    Corrupt(Corruption),
    /// The collector has come to an end that no build of it survives: a stack
    /// overflow, an abort.
    Crash(&'static str),
}

impl HeapError {
    /// The evidence `what` at `address`.
    #[cold]
    pub fn corrupt(address: u32, what: &'static str) -> HeapError {
        HeapError::Corrupt(Corruption { address, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_written_with_its_address() {
        let HeapError::Corrupt(found) = HeapError::corrupt(0x110, "not an object") else {
            unreachable!()
        };
        assert_eq!(found.to_string(), "0x110: not an object");
    }
}
