#![no_main]
//! Judges a generated case; see `FuzzTarget::Differential` in
//! `gcdiff::campaign::targets`.

use gcdiff::campaign::targets::{FuzzTarget, Harness};
use std::sync::LazyLock;

static HARNESS: LazyLock<Harness> =
    LazyLock::new(|| Harness::from_environment(FuzzTarget::Differential));

libfuzzer_sys::fuzz_target!(
    init: { LazyLock::force(&HARNESS); },
    |bytes: &[u8]| HARNESS.check(bytes)
);
