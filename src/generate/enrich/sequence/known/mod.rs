//! Code whose outcome the language fixes, and that compares it: see
//! [`claims`](crate::case::claims).
//!
//! Its objects are in locals of its own, so that no sequence in between changes them.

mod bulk;
mod exceptions;
mod place;
mod types;

pub(super) use bulk::{copy, segment};
pub(super) use exceptions::exceptions;
pub(super) use place::{identity, numbers, old, place};
pub(super) use types::types;
