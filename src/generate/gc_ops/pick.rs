//! Small choices of the compiler, generated from the bytes of an operation.

/// A sequence of choices.
#[derive(Copy, Clone, Debug)]
pub(super) struct Pick(u32);

impl Pick {
    /// Choices for a seed.
    pub(super) fn new(seed: u32) -> Pick {
        Pick(seed.wrapping_mul(0x9e37_79b9) ^ 0x85eb_ca6b)
    }

    /// Sixteen bits.
    pub(super) fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The low bits of such a sequence have a short period.
        self.0 >> 16
    }

    /// A number below `n`, or zero for zero.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.bits() as usize % n.max(1)
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: u32) -> bool {
        self.bits().is_multiple_of(n.max(1))
    }
}
