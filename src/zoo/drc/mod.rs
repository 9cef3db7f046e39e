//! Faults of the counting heap. Each overrides one hook of its policy with a
//! wrong count or a wrong write.

mod array;
mod barrier;
mod death;
mod exception;
mod list;
mod memory;
mod slot;
mod types;
mod value;

pub(super) use array::{D1, D2, D2New, G1, G15, W1};
pub(super) use barrier::{Canary, D10, X15};
pub(super) use death::{W11, W14, W17};
pub(super) use exception::{G6, G14};
pub(super) use list::{D5, D6, G4, W8, W16};
pub(super) use memory::{D14, W34, W35, W36, W37};
pub(super) use slot::{B1, D1Slot, D8, D8Grow, G2, G3, G5};
pub(super) use types::{W4, W13};
pub(super) use value::{W3, W5};

/// Defines faults that have only a probe.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(in crate::zoo) struct $name(pub crate::zoo::Probe);
    )*};
}
use faults;
