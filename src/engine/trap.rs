//! Reasons for execution to stop early.

use super::limits::Resource;
use crate::heap::{Corruption, HeapError};
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A trap, by kind. Traps from [`Trap::OutOfFuel`] on are logical limits of the
/// harness, so every heap meets them at the same instruction.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Trap {
    /// `unreachable` was executed.
    Unreachable,
    /// Out-of-bounds memory access or use of a data segment.
    MemoryOutOfBounds,
    /// Out-of-bounds table access or use of an element segment.
    TableOutOfBounds,
    /// Out-of-bounds array access.
    ArrayOutOfBounds,
    /// `call_indirect` on a null element.
    UninitializedElement,
    /// `call_indirect` on a function of another type.
    SignatureMismatch,
    /// Division by zero.
    DivisionByZero,
    /// A quotient or a converted float that does not fit.
    IntegerOverflow,
    /// A conversion of NaN to an integer.
    InvalidConversion,
    /// Use of a null reference.
    NullReference,
    /// `ref.cast` to a type that the value does not have.
    CastFailure,
    /// A host function could not produce a value of its result type.
    Host,
    /// A call from the host into an instance that was never completely allocated.
    NotAllocated,
    /// The call has used up its fuel.
    OutOfFuel,
    /// Too many frames or registers.
    StackOverflow,
    /// The run has used up its budget of allocated bytes.
    OutOfHeap,
    /// Tables or memories exceed the run's limit.
    TooLarge,
    /// An allocation that the run's limits let fail; see
    /// [`Limits::exhaust`](super::Limits::exhaust).
    HeapExhausted,
}

impl Trap {
    /// All traps.
    pub const ALL: [Trap; 18] = [
        Trap::Unreachable,
        Trap::MemoryOutOfBounds,
        Trap::TableOutOfBounds,
        Trap::ArrayOutOfBounds,
        Trap::UninitializedElement,
        Trap::SignatureMismatch,
        Trap::DivisionByZero,
        Trap::IntegerOverflow,
        Trap::InvalidConversion,
        Trap::NullReference,
        Trap::CastFailure,
        Trap::Host,
        Trap::NotAllocated,
        Trap::OutOfFuel,
        Trap::StackOverflow,
        Trap::OutOfHeap,
        Trap::TooLarge,
        Trap::HeapExhausted,
    ];

    /// Whether it is a logical limit of the harness.
    pub fn is_limit(self) -> bool {
        self >= Trap::OutOfFuel
    }
}

/// A set of traps.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Traps(u32);

impl Traps {
    /// Adds a trap.
    pub fn insert(&mut self, trap: Trap) {
        self.0 |= 1 << trap as u32;
    }

    /// Whether a trap is in the set.
    pub fn contains(self, trap: Trap) -> bool {
        self.0 & 1 << trap as u32 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Traps::default()
    }
}

/// Serialized as its message.
impl Serialize for Trap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Trap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Trap, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = Trap::ALL.into_iter().find(|trap| trap.to_string() == text);
        found.ok_or_else(|| de::Error::invalid_value(Unexpected::Str(&text), &"a kind of trap"))
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trap::Unreachable => "unreachable",
            Trap::MemoryOutOfBounds => "out of bounds memory access",
            Trap::TableOutOfBounds => "out of bounds table access",
            Trap::ArrayOutOfBounds => "out of bounds array access",
            Trap::UninitializedElement => "uninitialized element",
            Trap::SignatureMismatch => "indirect call type mismatch",
            Trap::DivisionByZero => "integer divide by zero",
            Trap::IntegerOverflow => "integer overflow",
            Trap::InvalidConversion => "invalid conversion to integer",
            Trap::NullReference => "null reference",
            Trap::CastFailure => "cast failure",
            Trap::Host => "host function cannot make a result",
            Trap::NotAllocated => "the instance was never completely allocated",
            Trap::OutOfFuel => "all fuel consumed",
            Trap::StackOverflow => "call stack exhausted",
            Trap::OutOfHeap => "allocation budget exhausted",
            Trap::TooLarge => "table or memory too large for the limits",
            Trap::HeapExhausted => "heap exhausted",
        })
    }
}

/// The reason why a run stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Stop {
    /// A trap.
    Trap(Trap),
    /// An uncaught exception, which is the store's pending one.
    Exception,
    /// The heap is full, although the logical budget is not used up.
    HeapFull,
    /// The heap says that it is full, although it is not: an allocation of so many bytes would
    /// fit.
    NotFull(u64),
    /// The heap has allocated an object with so many bytes, more than it can have.
    TooMuch(u64),
    /// A module is refused the exports of another one, whose types are equal to those of its imports.
    Unlinkable(String),
    /// The run exceeds its budget for a resource. This is inconclusive about
    /// its heap.
    OverBudget(Resource),
    /// The run has passed more safepoints than its fuel can pay for, and might
    /// never end.
    RanAway,
    /// The heap has found itself corrupt, or has crashed.
    Corrupt(Corruption),
    /// The inspector requested it.
    Inspector,
    /// The store cannot go on, for a reason of its own; for stores of other engines.
    GaveUp,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Trap(trap) => write!(f, "trapped: {trap}"),
            Stop::Exception => f.write_str("an exception that nobody caught"),
            Stop::HeapFull => {
                f.write_str("the heap is full, although the allocation budget is not")
            }
            Stop::NotFull(bytes) => write!(
                f,
                "the heap refuses an object of {bytes} bytes, but has a free block for it"
            ),
            Stop::TooMuch(bytes) => write!(
                f,
                "the heap has allocated an object of {bytes} bytes, which is more than it can have"
            ),
            Stop::Unlinkable(why) => {
                write!(
                    f,
                    "the exports of a module do not fit their own types: {why}"
                )
            }
            Stop::OverBudget(resource) => resource.fmt(f),
            Stop::RanAway => f.write_str("more safepoints than the fuel can pay for"),
            Stop::Corrupt(corruption) => corruption.fmt(f),
            Stop::Inspector => f.write_str("the inspector asked for it"),
            Stop::GaveUp => f.write_str("the store cannot go on"),
        }
    }
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Stop {
        Stop::Trap(trap)
    }
}

impl From<HeapError> for Stop {
    #[cold]
    fn from(error: HeapError) -> Stop {
        match error {
            HeapError::Full => Stop::HeapFull,
            HeapError::Corrupt(corruption) => Stop::Corrupt(corruption),
        }
    }
}
