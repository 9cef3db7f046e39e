//! Which revision of the generators this is.
//!
//! A seed means the same cases only as long as nothing changes that draws them.
//! What fixed inputs generate is on record in `tests/pinned.txt`, which a test
//! holds up to date, so a checksum of that file names the revision: it changes
//! when the same bytes make something else, and not otherwise.

use super::Generator;

/// The record of what fixed inputs generate.
const RECORD: &str = include_str!("../../tests/pinned.txt");

/// The revision of the generators, as eight hexadecimal digits.
pub fn revision() -> String {
    // Line by line, so that it does not matter how lines end.
    let bytes = RECORD.lines().flat_map(|line| line.bytes().chain([b'\n']));
    let sum = checksum(bytes);
    format!("{:08x}", (sum >> 32) ^ (sum & 0xffff_ffff))
}

/// FNV-1a: a short checksum, the same on every machine and in every version.
pub(crate) fn checksum(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Where a case comes from, in words: all that is needed to generate it again.
pub fn origin(generator: Generator, seed: u64, case: u64) -> String {
    let revision = revision();
    format!("case {case} of seed {seed}, generator {generator}, revision {revision}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_is_that_of_the_record() {
        assert!(RECORD.lines().count() > 10);
        let revision = revision();
        assert_eq!(revision.len(), 8);
        assert_eq!(
            origin(Generator::Smith, 1, 5),
            format!("case 5 of seed 1, generator smith, revision {revision}")
        );
    }
}
