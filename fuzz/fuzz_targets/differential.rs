#![no_main]
//! See `gcdiff::campaign::targets`: `Target::Differential`.

use gcdiff::campaign::targets::{Harness, Target};
use std::sync::LazyLock;

static HARNESS: LazyLock<Harness> =
    LazyLock::new(|| Harness::from_environment(Target::Differential));

libfuzzer_sys::fuzz_target!(
    init: { LazyLock::force(&HARNESS); },
    |bytes: &[u8]| HARNESS.check(bytes)
);
