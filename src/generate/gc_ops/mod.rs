//! A structured generator: typed programs of operations on the heap, which a fuzzer can edit.
//!
//! A [`Program`] has recursion groups of struct and array types, tables, globals, segments, tags,
//! imports, functions, and the actions of the host. A function is a flat list of operations on
//! typed slots: each reads its operands from slots of fitting types and writes its result to one.
//! So an operation can be inserted or removed anywhere, and the program is repaired after a
//! mutation.
//!
//! ```
//! use arbitrary::Unstructured;
//! use gcdiff::generate::gc_ops::Program;
//!
//! let program = Program::generate(&mut Unstructured::new(b"some bytes"));
//! wasmparser::validate(&program.compile()).expect("always valid");
//! assert_eq!(Program::decode(&program.encode()), Some(program));
//! ```

mod compile;
mod draw;
mod drawn;
mod edits;
mod generate;
mod lattice;
mod mutate;
mod pick;
mod program;
mod repair;
mod restrict;
#[cfg(test)]
mod tests;

pub use drawn::case;
pub(super) use drawn::drawn;
pub use mutate::mutate;
pub use program::Program;
