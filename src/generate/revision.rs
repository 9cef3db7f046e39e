//! The revision of the generators.
//!
//! A seed means the same cases only as long as the generators do not change. `tests/pinned.txt`
//! records what fixed inputs generate, and a test keeps it up to date, so a checksum of that file
//! identifies the revision: it changes exactly when the recorded inputs generate something else.

use super::Profile;
use std::sync::LazyLock;

/// The record of generated cases.
const RECORD: &str = include_str!("../../tests/pinned.txt");

/// The revision of the generators, as eight hexadecimal digits.
pub fn revision() -> String {
    // Line by line, so that line endings do not matter.
    let bytes = RECORD.lines().flat_map(|line| line.bytes().chain([b'\n']));
    let sum = checksum(bytes);
    format!("{:08x}", (sum >> 32) ^ (sum & 0xffff_ffff))
}

/// The version of the program and the revision of the generators. A seed means the same in two
/// programs that agree in both.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} (generators {})", env!("CARGO_PKG_VERSION"), revision()));
    &VERSION
}

/// FNV-1a: a short checksum, the same on every machine and in every version.
pub(crate) fn checksum(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Origin of a case, in words: everything needed to generate it again.
pub fn origin(profile: Profile, seed: u64, case: u64) -> String {
    let revision = revision();
    format!("case {case} of seed {seed}, generator {profile}, revision {revision}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Generator;

    #[test]
    fn the_revision_is_that_of_the_record() {
        assert!(RECORD.lines().count() > 10);
        let revision = revision();
        assert_eq!(revision.len(), 8);
        assert_eq!(
            origin(Generator::Smith.into(), 1, 5),
            format!("case 5 of seed 1, generator smith, revision {revision}")
        );
    }
}
