#![no_main]
//! Judges any bytes as a module; see `FuzzTarget::Module` in
//! `gcdiff::campaign::targets`.

use gcdiff::campaign::targets::{FuzzTarget, Harness};
use std::sync::LazyLock;

static HARNESS: LazyLock<Harness> = LazyLock::new(|| Harness::from_environment(FuzzTarget::Module));

libfuzzer_sys::fuzz_target!(
    init: { LazyLock::force(&HARNESS); },
    |bytes: &[u8]| HARNESS.check(bytes)
);
