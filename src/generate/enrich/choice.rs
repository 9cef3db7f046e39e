//! Choices of the enrichment pass, expanded from a few bytes of input.
//!
//! The pass makes thousands of small choices. Drawing each from the input would use it up before
//! the module itself, and an exhausted input yields zeros for ever, that is, the same sequence
//! repeatedly. So a seed is drawn and expanded by a generator with a fixed algorithm: the same
//! bytes give the same module on every machine.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A deterministic source of small choices.
#[derive(Clone, Debug)]
pub(in crate::generate) struct Choice(Xoshiro256PlusPlus);

impl Choice {
    /// A source for `seed`, independent of other streams.
    ///
    /// Parts of a module (its layout, each body) use different streams, so that a changed seed of
    /// one part leaves the others alone, and so that exhausted input does not give every body the
    /// same sequences.
    pub(in crate::generate) fn new(seed: u64, stream: u64) -> Choice {
        let mixed = seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Choice(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// A number below `n`, which must not be zero.
    pub(in crate::generate) fn below(&mut self, n: u32) -> u32 {
        // Multiply and shift: the bias is far too small to matter in a test generator.
        (((self.0.next_u64() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub(in crate::generate) fn range(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True in `part` of `whole` cases.
    pub(in crate::generate) fn chance(&mut self, part: u32, whole: u32) -> bool {
        self.below(whole) < part
    }

    /// One of `items`, or `None` if there is none.
    pub(in crate::generate) fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        if items.is_empty() {
            return None;
        }
        items.get(self.below(items.len() as u32) as usize).copied()
    }

    /// Sixty-four bits.
    pub(in crate::generate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    #[test]
    fn stays_in_range_and_repeats() {
        let mut a = Choice::new(7, 1);
        let mut b = Choice::new(7, 1);
        for _ in 0..1_000 {
            let x = a.range(3, 5);
            assert!((3..=5).contains(&x));
            assert_eq!(x, b.range(3, 5));
        }
    }

    #[test]
    fn streams_differ() {
        assert_ne!(Choice::new(0, 1).bits(), Choice::new(0, 2).bits());
    }

    #[test]
    fn picks_nothing_from_nothing() {
        assert_eq!(Choice::new(0, 0).pick::<u8>(&[]), None);
    }
}
