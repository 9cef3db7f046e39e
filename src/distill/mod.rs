//! Distilling: a small set of cases that finds what many cases find.
//!
//! Real engines run tens of cases a second, not thousands. So a [matrix](Matrix) is made first, with
//! gcdiff's own heaps: which case reaches which [events](crate::events), how often, together with
//! which kinds of collections, and which [faults](crate::zoo) it detects. A greedy cover then
//! [picks](pick) cases until everything that some case does is done by several *witnesses* in the
//! set. The first witness of a column counts most, and each further one half as much, since a bug
//! that is not in the zoo may need another one.
//!
//! The worth of such a set is [measured](HeldOut) with faults that are left out of the matrix.

mod column;
mod cover;
mod held_out;
mod matrix;

pub use column::Column;
pub use cover::{Aim, pick};
pub use held_out::HeldOut;
pub use matrix::{Matrix, Row, Source, Work};
