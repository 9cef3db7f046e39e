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
    let campaign = Campaign {
        seed: 1,
        cases: Some(2_000),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        generator: gcdiff::generate::Generator::Default,
        options: Options {
            collectors: vec![Collector::Null.into(), own],
            sometimes: Vec::new(),
            ..Options::fuzzing()
        },
        fault: None,
        stop_at_first: true,
        timeout: Some(Duration::from_secs(10)),
    };
    let outcome = run(&campaign, &Progress::default());
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.number, finding.evidence);
    }
    println!("{}", outcome.statistics);
    assert!(outcome.findings.is_empty());
}
