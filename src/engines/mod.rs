//! Other engines as subjects: programs that run exported cases, in processes of their own.
//!
//! A *runner* is any program that reads requests, one JSON document a line, and answers each one
//! ([`protocol`]). It may die or hang at any time: that is a finding, and the next case begins with a
//! new process. An [`EngineSubject`] takes part in verdicts like a heap, with cases in their
//! [exported](crate::export) form, which shows its heap through numbers.

mod crash;
mod form;
mod process;
pub mod protocol;
mod subject;

pub use form::ExportedForm;
pub use subject::EngineSubject;
