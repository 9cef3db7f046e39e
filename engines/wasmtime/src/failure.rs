//! Why calls end without results.

use crate::state::HostStop;
use gcdiff::engine::Stop;
use wasmtime::{Error, GcHeapOutOfMemory, Trap};

/// Why a call ended without results.
pub enum CallFailure {
    /// A trap.
    Trapped(Trap),
    /// An exception, which is the store's pending one.
    Threw,
    /// The host stopped it.
    Host(Stop),
    /// A limit of the engine that a case does not have.
    Limit(String),
}

/// Reads an error of a call.
pub fn call_failure(error: &Error) -> CallFailure {
    if has_thrown(error) {
        return CallFailure::Threw;
    }
    if let Some(HostStop(stop)) = error.downcast_ref() {
        return CallFailure::Host(stop.clone());
    }
    if is_full(error) {
        return CallFailure::Limit("the heap is full".into());
    }
    use Trap::*;
    match error.downcast_ref::<Trap>() {
        Some(trap @ (StackOverflow | AllocationTooLarge)) => CallFailure::Limit(trap.to_string()),
        Some(
            trap @ (MemoryOutOfBounds
            | TableOutOfBounds
            | IndirectCallToNull
            | BadSignature
            | IntegerOverflow
            | IntegerDivisionByZero
            | BadConversionToInteger
            | UnreachableCodeReached
            | NullReference
            | ArrayOutOfBounds
            | CastFailure),
        ) => CallFailure::Trapped(*trap),
        // Wasmtime reports what it finds wrong with itself as an error, too, behind the frames of the call.
        _ => panic!("{}", error.root_cause()),
    }
}

/// An allocation that failed says what it was for.
fn is_full(error: &Error) -> bool {
    error.is::<GcHeapOutOfMemory<()>>() || error.is::<GcHeapOutOfMemory<u32>>()
}

#[cfg(feature = "recent")]
fn has_thrown(error: &Error) -> bool {
    error.is::<wasmtime::ThrownException>()
}

#[cfg(feature = "v31")]
fn has_thrown(_: &Error) -> bool {
    false
}
