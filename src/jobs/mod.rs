//! Work on several threads, item by item, each within a time.
//!
//! A pool hands out items to its jobs, hears of panics, and gives up items that do
//! not end. A [`Desk`] tells what a job is at, so that the heap that loops has a
//! name.

mod cpu_clock;
mod desk;
mod pool;

pub use desk::{Desk, Note};
pub(crate) use pool::{Pool, Work, within};
