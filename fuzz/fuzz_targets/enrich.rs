#![no_main]
//! See `gcdiff::campaign::targets`: `Target::Enrich`.

use gcdiff::campaign::targets::{Harness, Target};
use std::sync::LazyLock;

static HARNESS: LazyLock<Harness> = LazyLock::new(|| Harness::from_environment(Target::Enrich));

libfuzzer_sys::fuzz_target!(
    init: { LazyLock::force(&HARNESS); },
    |bytes: &[u8]| HARNESS.check(bytes)
);
