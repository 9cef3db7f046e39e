//! A custom collector with a bug, which this command finds, reduces and saves:
//!
//! ```console
//! $ cargo run --release --example own_collector -- fuzz -C collector=null,sliding --cases 300
//! ```
//!
//! With `sliding-fixed`, the same collector without the bug, all cases agree. Without `-C`, both are
//! judged together with the collectors of gcdiff.
//!
//! This collector counts references like the crate's `drc`, with one
//! optimisation: when `array.copy` slides elements within an array, most
//! references stay in the array, so only those at the two ends are counted. It
//! was tested with insertions, which slide elements up, and never with
//! removals.

use gcdiff::heap::GcRef;
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::oracle::HeapSubject;
use std::process::ExitCode;

/// A custom collector overrides the hooks of `Policy` where it differs from the
/// sound one. The default bodies are correct.
#[derive(Copy, Clone)]
struct Sliding {
    /// Without this, the collector has its bug.
    knows_removals: bool,
}

impl Policy for Sliding {
    fn name(&self) -> &'static str {
        match self.knows_removals {
            false => "sliding",
            true => "sliding-fixed",
        }
    }

    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        let shift = dst.1.abs_diff(src.1);
        if dst.0 != src.0 || shift >= len {
            return Sound.copy_array(core, dst, src, len);
        }
        // Elements `low .. low + len + shift` take part. If they slide up, the
        // first `shift` of them are duplicated, and the last `shift`
        // overwritten.
        let low = dst.1.min(src.1);
        let (mut doubled, mut lost) = (low, low + len);
        if dst.1 < src.1 && self.knows_removals {
            std::mem::swap(&mut doubled, &mut lost);
        }
        // New owners are counted before old ones are removed, and nothing is
        // freed before all is written. Otherwise an object may die while it is
        // being copied.
        for at in core.element_words(src.0, doubled, shift)? {
            let value = core.word(at)?;
            self.increment(core, value, 1)?;
        }
        self.decrement_elements(core, dst.0, lost, shift)?;
        core.copy_elements(dst, src, len)?;
        self.free_dead(core)
    }
}

fn main() -> ExitCode {
    // Every run gets a new heap. Any type that implements `Heap` will do.
    let subjects = [false, true].map(|knows_removals| {
        HeapSubject::shared(move || Drc::with_policy(16 << 20, Sliding { knows_removals }))
    });
    // All commands of gcdiff, which know these collectors by name.
    gcdiff::cli::main_with(subjects)
}
