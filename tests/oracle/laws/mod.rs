//! Mutation tests of the oracle. A sound heap passes. A heap broken in one
//! place fails with the right law, object, counts and owners. A module builds
//! each scene, so that every kind of owner is real, and the scene is audited
//! before it is damaged.
//!
//! The counting heap has one file per law, and each other heap one file. The
//! remaining files test the rest of a verdict: holders and paths, the
//! instruction to blame, and the odd heap out.

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
