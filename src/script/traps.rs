//! Traps by the messages of scripts.

use crate::engine::Trap;

/// Messages of the reference interpreter and of Wasmtime, by trap.
const MESSAGES: [(&str, Trap); 23] = [
    ("unreachable", Trap::Unreachable),
    ("wasm `unreachable` instruction executed", Trap::Unreachable),
    ("out of bounds memory access", Trap::MemoryOutOfBounds),
    ("out of bounds table access", Trap::TableOutOfBounds),
    ("table index out of bounds", Trap::TableOutOfBounds),
    ("undefined element", Trap::TableOutOfBounds),
    ("out of bounds array access", Trap::ArrayOutOfBounds),
    ("uninitialized element", Trap::UninitializedElement),
    ("indirect call type mismatch", Trap::SignatureMismatch),
    ("integer divide by zero", Trap::DivisionByZero),
    ("integer overflow", Trap::IntegerOverflow),
    ("invalid conversion to integer", Trap::InvalidConversion),
    ("null reference", Trap::NullReference),
    ("null function reference", Trap::NullReference),
    ("null i31 reference", Trap::NullReference),
    ("null structure reference", Trap::NullReference),
    ("null array reference", Trap::NullReference),
    ("null exception reference", Trap::NullReference),
    ("cast failure", Trap::CastFailure),
    ("call stack exhausted", Trap::StackOverflow),
    ("all fuel consumed by WebAssembly", Trap::OutOfFuel),
    ("allocation size too large", Trap::OutOfHeap),
    ("GC heap out of memory", Trap::OutOfHeap),
];

/// Whether `trap` is the one that a script describes as `message`: a message of the list, a prefix
/// of one, or one followed by more detail. An empty message stands for any trap. So does a message
/// that is not in the list, except for running out of fuel: the wording differs between engines.
pub(super) fn is_trap(trap: Trap, message: &str) -> bool {
    let mut known = MESSAGES
        .iter()
        .filter(|(text, _)| text.starts_with(message) || message.starts_with(text))
        .peekable();
    match known.peek() {
        Some(_) => known.any(|(_, kind)| *kind == trap),
        None => trap != Trap::OutOfFuel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_one_kind_of_trap_each() {
        for (message, trap) in [
            ("out of bounds memory access", Trap::MemoryOutOfBounds),
            ("uninitialized element 2", Trap::UninitializedElement),
            ("null", Trap::NullReference),
            ("undefined", Trap::TableOutOfBounds),
            ("integer overflow", Trap::IntegerOverflow),
            ("unreachable", Trap::Unreachable),
        ] {
            assert!(is_trap(trap, message), "{message}");
            assert!(!is_trap(Trap::CastFailure, message), "{message}");
        }
        assert!(!is_trap(Trap::IntegerOverflow, "integer divide by zero"));
        // Not in the list: wording of another engine for any trap.
        assert!(is_trap(Trap::Unreachable, "out of tea"));
        assert!(!is_trap(Trap::OutOfFuel, "out of tea"));
    }
}
