#![no_main]
//! Judges a typed program; see `FuzzTarget::GcOps` in
//! `gcdiff::campaign::targets`.

use gcdiff::campaign::targets::{FuzzTarget, Harness};
use gcdiff::generate::gc_ops;
use std::sync::LazyLock;

static HARNESS: LazyLock<Harness> = LazyLock::new(|| Harness::from_environment(FuzzTarget::GcOps));

libfuzzer_sys::fuzz_target!(
    init: { LazyLock::force(&HARNESS); },
    |bytes: &[u8]| HARNESS.check(bytes)
);

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    gc_ops::mutate(data, size, max_size, seed)
});
