//! The table of all faults.

use super::drc::*;
use super::{Fault, Kind};

/// An issue or pull request of Wasmtime.
macro_rules! wasmtime {
    ($number:literal) => {
        concat!(
            "https://github.com/bytecodealliance/wasmtime/issues/",
            $number
        )
    };
}

/// A line of the table.
macro_rules! fault {
    ($id:literal, $policy:ident, $source:expr, $mechanism:literal) => {
        Fault {
            id: $id,
            mechanism: $mechanism,
            source: $source,
            kind: Kind::Counting(|probe| Box::new($policy(probe))),
        }
    };
}

/// Sources that are no links.
const ANALOGY: &str = "by analogy";
const OWN: &str = "this project";

/// All faults.
pub const FAULTS: &[Fault] = &[
    fault!(
        "canary",
        Canary,
        OWN,
        "struct.set and array.set do not count the reference they store"
    ),
    fault!(
        "W1",
        W1,
        wasmtime!(10182),
        "array.copy gives up a count for each array it is handed, without taking one"
    ),
    fault!(
        "W3",
        W3,
        wasmtime!(10171),
        "negative i31 values are taken for objects"
    ),
    fault!(
        "W5",
        W5,
        wasmtime!(13307),
        "the decrement takes an i31 for an object"
    ),
    fault!(
        "W8",
        W8,
        wasmtime!(13037),
        "a reference is counted each time it enters a frame"
    ),
    fault!(
        "W11",
        W11,
        wasmtime!(9701),
        "an object that is freed does not give up its references"
    ),
    fault!(
        "W14",
        W14,
        wasmtime!(13326),
        "exceptions are not searched for references"
    ),
    fault!(
        "W16",
        W16,
        wasmtime!(13403),
        "nothing leaves the stack-root list"
    ),
    fault!(
        "W17",
        W17,
        wasmtime!(12958),
        "a stack of a thousand objects to be freed overflows"
    ),
    fault!(
        "W39",
        W39,
        wasmtime!(10467),
        "array.fill of references uses its offset as its length"
    ),
    fault!(
        "D1",
        D1,
        "https://docs.python.org/3/c-api/refcounting.html",
        "array.copy gives up the old references before it counts the new ones"
    ),
    fault!(
        "D1-slot",
        D1Slot,
        "https://docs.python.org/3/c-api/refcounting.html",
        "table.copy and table.init give up the old references before they count the new ones"
    ),
    fault!(
        "D2",
        D2,
        ANALOGY,
        "array.fill counts one owner for all its copies"
    ),
    fault!(
        "D2-new",
        D2New,
        ANALOGY,
        "array.new counts one owner for all its copies"
    ),
    fault!(
        "D4",
        D4,
        ANALOGY,
        "an overlapping array.copy of references runs in the wrong direction"
    ),
    fault!("D5", D5, ANALOGY, "marks are not taken away after a sweep"),
    fault!(
        "D6",
        D6,
        ANALOGY,
        "what leaves the stack-root list still says that it is in it"
    ),
    fault!(
        "D8",
        D8,
        wasmtime!(14325),
        "table.fill counts one owner too few"
    ),
    fault!(
        "D8-grow",
        D8Grow,
        wasmtime!(14325),
        "table.grow counts one owner too few"
    ),
    fault!("D10", D10, ANALOGY, "the count has eight bits, and wraps"),
    fault!(
        "X15",
        X15,
        "Go runtime, WebAssembly port",
        "the write barrier gives up the container instead of the old value"
    ),
    fault!(
        "B1",
        B1,
        wasmtime!(14325),
        "table.fill with null gives up nothing"
    ),
    fault!(
        "G1",
        G1,
        OWN,
        "array.init_elem and array.new_elem do not count"
    ),
    fault!(
        "G2",
        G2,
        OWN,
        "the first reference in a slot is not counted"
    ),
    fault!(
        "G3",
        G3,
        OWN,
        "global.set and table.set do not give up the old reference"
    ),
    fault!(
        "G4",
        G4,
        OWN,
        "what leaves the stack-root list keeps the list's count"
    ),
    fault!("G5", G5, OWN, "what is dropped is not given up"),
];
