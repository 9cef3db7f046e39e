//! The steps of `docs/own-collector.md`, one after the other in the place of `src/collect.rs`. The
//! environment variable `STEP` chooses one; the tests of the document set it.

mod fixed;
mod marks;
mod nothing;
mod sweeps;

use gcdiff::prelude::*;

type Collect<T> = fn(&mut [Option<T>], fn(&T) -> Vec<GcRef>, &mut dyn Roots) -> u64;

fn step<T>() -> (Reclaims, Collect<T>) {
    match std::env::var("STEP").as_deref() {
        Ok("nothing") => (nothing::reclaims(), nothing::collect),
        Ok("marks") => (marks::reclaims(), marks::collect),
        Ok("sweeps") => (sweeps::reclaims(), sweeps::collect),
        _ => (fixed::reclaims(), fixed::collect),
    }
}

pub fn reclaims() -> Reclaims {
    step::<()>().0
}

pub fn collect<T>(
    objects: &mut [Option<T>],
    references: fn(&T) -> Vec<GcRef>,
    roots: &mut dyn Roots,
) -> u64 {
    (step().1)(objects, references, roots)
}
