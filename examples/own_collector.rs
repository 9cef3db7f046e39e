//! A custom collector under the harness: `cargo run --example own_collector`.
//!
//! This collector counts references like the crate's `drc`, with one
//! optimisation: when `array.copy` slides elements within an array, most
//! references stay in the array, so only those at the two ends are counted. It
//! was tested with insertions, which slide elements up, and never with
//! removals.

use gcdiff::campaign::{Campaign, CampaignReport, Progress, run};
use gcdiff::heap::GcRef;
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::oracle::{Collector, HeapSubject, Options};
use std::time::Duration;

/// A custom collector overrides the hooks of `Policy` where it differs from the
/// sound one. The default bodies are correct.
#[derive(Copy, Clone)]
struct Sliding {
    /// Without this, the collector has its bug.
    knows_removals: bool,
}

impl Policy for Sliding {
    fn name(&self) -> &'static str {
        "sliding"
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

/// Judges generated modules under a heap that never frees and under `policy`,
/// up to the first finding.
fn campaign(policy: Sliding, cases: u64) -> CampaignReport {
    // Every run gets a new heap. Any type that implements `Heap` will do.
    let mine = HeapSubject::shared(move || Drc::with_policy(16 << 20, policy));
    let options = Options::default().with_collectors([Collector::Null.into(), mine]);
    let campaign = Campaign::new(1, options)
        .with_cases(cases)
        .with_jobs(1)
        .with_stop_at_first(true)
        // An endless loop in a collector is a finding, as is a panic.
        .with_timeout(Duration::from_secs(10));
    run(&campaign, &Progress::default())
}

fn main() {
    const CASES: u64 = 1000;
    let [faulty, sound] = [false, true].map(|knows_removals| Sliding { knows_removals });

    let outcome = campaign(faulty, CASES);
    for (fingerprint, finding) in &outcome.findings {
        println!("case {}:", finding.number);
        // The law, the object, its count, its owners, a path to it, and the
        // instruction after which the law was first broken.
        println!("{}", finding.shown());
        // The same for all findings of one bug.
        println!("  fingerprint  {fingerprint}");
    }
    assert!(!outcome.findings.is_empty(), "the bug was missed");

    let outcome = campaign(sound, CASES);
    assert!(outcome.findings.is_empty(), "a false alarm");
    println!(
        "Without the bug, {} cases agree.",
        outcome.statistics.agreed
    );
}
