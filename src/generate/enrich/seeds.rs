//! The part of the input used by the pass.

use arbitrary::Unstructured;

/// Maximum number of input bytes that [`enrich`](super::enrich) uses.
pub const INPUT: usize = 8 + 4 + 4 * BODIES;

/// Number of bodies with separate seeds; further ones share these.
pub(super) const BODIES: usize = 8;

/// Seeds drawn from the input, one for each part, so that a change of a few bytes changes one part.
pub(super) struct Seeds {
    /// For the appended items and the kinds of sequences.
    pub(super) layout: u64,
    /// For the appended functions.
    pub(super) helpers: u64,
    pub(super) bodies: [u32; BODIES],
}

impl Seeds {
    pub(super) fn draw(u: &mut Unstructured<'_>) -> arbitrary::Result<Seeds> {
        let layout = u.arbitrary()?;
        let helpers = u64::from(u.arbitrary::<u32>()?);
        let mut bodies = [0; BODIES];
        for body in &mut bodies {
            *body = u.arbitrary()?;
        }
        Ok(Seeds {
            layout,
            helpers,
            bodies,
        })
    }

    pub(super) fn body(&self, index: usize) -> u64 {
        u64::from(self.bodies[index % BODIES])
    }
}
