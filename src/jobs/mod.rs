//! Work on several threads, item by item, each within a time.
//!
//! What is done with an item is up to whoever has the work: [`Pool`] hands items
//! out, hears of panics, and gives up items that do not end. A [`Desk`] tells
//! what a job is at, so that the heap that loops has a name.

mod cpu_clock;
mod desk;
mod pool;

pub use desk::{Desk, Note};
pub(crate) use pool::{Pool, Work, within};
