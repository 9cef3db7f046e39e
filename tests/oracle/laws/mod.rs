//! The oracle, tested by mutation: a sound heap passes; broken in one place, it
//! fails, and the law, the object, its counts and its owners are the right
//! ones. Each scene is made by a module, so that every kind of owner is a real
//! one, and audited before it is damaged.
//!
//! One file per law where the law is about the counting heap; one for each of
//! the other heaps; then what a verdict says besides: holders and paths, the
//! instruction to blame, and which heap is the odd one out.

mod account;
mod alarms;
mod blame;
mod blocks;
mod copying;
mod embedder;
mod exact;
mod exceptions;
mod garbage;
mod leak;
mod liar;
mod model;
mod odd;
mod overlooked;
mod poison;
mod report;
mod rescheduled;
mod roots;
mod scene;
mod types;
mod votes;
mod zero;
