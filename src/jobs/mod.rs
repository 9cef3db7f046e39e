//! Work on several threads, item by item, each within a time.
//!
//! A pool hands out items to its jobs, hears of panics, and gives up items that do
//! not end. A [`Desk`] tells what a job is at, so that the heap that loops has a
//! name. [`judge_generated`] is how all of them judge a generated case.

mod cpu_clock;
mod desk;
mod judge;
mod pool;

pub use desk::{Desk, Note};
pub use judge::{JudgedCase, judge_generated};
pub(crate) use pool::{Pool, Work, within};
