//! Other engines as subjects: programs that run exported cases, in processes of their own.
//!
//! A *runner* is any program that reads requests, one JSON document a line, and answers each one
//! ([`protocol`]). It may die or hang at any time: that is a finding, and the next case begins with a
//! new process. An [`EngineSubject`] takes part in verdicts like a heap. Cases have one of two forms
//! ([`Form`]): [exported](crate::export), they show the heap through numbers, which any engine can return;
//! and [for an embedder](crate::case::embedder), the runner is the host and reads the heap itself.

mod crash;
mod form;
mod interrupt;
mod process;
pub mod protocol;
mod subject;

pub use form::Form;
pub use interrupt::Interrupt;
pub use subject::EngineSubject;
