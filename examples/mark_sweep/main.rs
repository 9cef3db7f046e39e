//! A collector written from scratch under the harness:
//! `cargo run --release --example mark_sweep`.

mod heap;

use gcdiff::campaign::{Campaign, Progress, run};
use gcdiff::oracle::{Collector, HeapSubject, Options};
use heap::MarkSweep;
use std::time::Duration;

fn main() {
    // The heap is compared with one that never frees, and audited.
    let own = HeapSubject::shared(MarkSweep::default);
    let options = Options::fuzzing()
        .with_collectors([Collector::Null.into(), own])
        .with_sometimes([]);
    let campaign = Campaign::new(1, options)
        .with_cases(2_000)
        .with_stop_at_first(true)
        .with_timeout(Duration::from_secs(10));
    let outcome = run(&campaign, &Progress::default());
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.number, finding.shown());
    }
    println!("{}", outcome.statistics);
    assert!(outcome.findings.is_empty());
    // A heap that is always full finds nothing, either.
    assert!(outcome.statistics.agreed > 1_500);
}
