//! The speedup of a campaign by a second job.

use gcdiff::campaign::{self, Campaign, Progress};
use gcdiff::oracle::Options;
use std::time::Instant;

/// The number of cases of each campaign.
const CASES: u64 = 3_000;

/// The number of rounds. The median is reported.
const ROUNDS: usize = 5;

/// Prints the table.
pub fn table() {
    let time = |jobs| {
        let campaign = Campaign::new(7, Options::fuzzing())
            .with_cases(CASES)
            .with_jobs(jobs);
        let start = Instant::now();
        let outcome = campaign::run(&campaign, &Progress::default());
        assert!(outcome.findings.is_empty(), "the engine is sound");
        start.elapsed().as_secs_f64()
    };
    let mut times = [[0.0; ROUNDS]; 2];
    for round in 0..ROUNDS {
        for (jobs, times) in (1..).zip(&mut times) {
            times[round] = time(jobs);
        }
    }
    let [one, two] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        CASES as f64 / times[ROUNDS / 2]
    });
    println!("| jobs | cases per second | ratio |\n|---|---:|---:|");
    println!(
        "| 1 | {one:.0} | 1.00 |\n| 2 | {two:.0} | {:.2} |",
        two / one
    );
}
