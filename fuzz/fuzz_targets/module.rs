#![no_main]
//! See `gcdiff::campaign::targets`: `Target::Module`.

use gcdiff::campaign::targets::{Harness, Target};
use std::sync::LazyLock;

static HARNESS: LazyLock<Harness> = LazyLock::new(|| Harness::from_environment(Target::Module));

libfuzzer_sys::fuzz_target!(
    init: { LazyLock::force(&HARNESS); },
    |bytes: &[u8]| HARNESS.check(bytes)
);
