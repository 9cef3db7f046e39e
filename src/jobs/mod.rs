//! Work on several threads, item by item, each within a time limit.
//!
//! A pool hands out items to its jobs, catches panics, and abandons items that do not end. A
//! [`Desk`] records what a job is working on, so that a report can name the heap that loops.
//! [`judge_generated`] judges a generated case for all callers.

mod cpu_clock;
mod desk;
mod judge;
mod pool;

pub(crate) use cpu_clock::CpuClock;
pub use desk::{Desk, Note};
pub(crate) use judge::judge_prepared;
pub use judge::{JudgedCase, judge_generated};
pub(crate) use pool::{Pool, Work, within};
