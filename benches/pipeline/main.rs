//! The cost of each stage of a verdict, on a fixed set of generated cases.
//!
//! `cargo bench --bench pipeline` prints a table of ratios to wasm-smith, then criterion's time of each stage for the whole
//! set. The ratios are measured interleaved, so that drifting machine speed does not distort them.

mod stages;

use criterion::{Criterion, criterion_group};
use gcdiff::engine::Grain;
use gcdiff::oracle::Timing;
use stages::Set;
use std::time::{Duration, Instant};

/// The number of cases in the set.
const CASES: u64 = 200;

/// The stages: names, and functions that do the work on the whole set.
type Stage = (&'static str, fn(&mut Set));

const STAGES: [Stage; 23] = [
    ("generate: wasm-smith", stages::wasm_smith),
    ("generate: enrich", stages::enrich),
    ("generate: structured", stages::structured),
    ("generate: cases", stages::cases),
    ("decode (wasmparser alone)", stages::decode),
    ("decode and validate (wasmparser alone)", stages::validate),
    ("decode, validate and compile", stages::compile),
    ("instantiate: drc, and observe", stages::instantiate),
    ("run: null", stages::run_null),
    ("run: drc", stages::run_drc),
    ("run: copying", stages::run_copying),
    ("run: model", stages::run_model),
    ("audit: drc, once", stages::audit),
    ("observe: drc, once", stages::observe),
    ("compare: null and drc, once", stages::compared),
    ("run: drc, audit end", |set| {
        stages::audited(set, Timing::At(Grain::End));
    }),
    ("run: drc, audit auto", |set| {
        stages::audited(set, Timing::Sampled);
    }),
    ("run: drc, audit collection", |set| {
        stages::audited(set, Timing::At(Grain::Collection));
    }),
    ("run: drc, audit call", |set| {
        stages::audited(set, Timing::At(Grain::Call));
    }),
    ("run: drc, audit every", |set| {
        stages::audited(set, Timing::At(Grain::Every));
    }),
    (
        "verdict: null and drc, no audit",
        stages::verdict_without_audit,
    ),
    (
        "verdict: null and drc, audit auto",
        stages::verdict_with_audits,
    ),
    (
        "case: generate, verdict with what it asks for",
        stages::whole,
    ),
];

fn criterion(c: &mut Criterion) {
    let mut set = Set::new(CASES);
    let mut group = c.benchmark_group("pipeline");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for (name, work) in STAGES {
        group.bench_function(name, |b| b.iter(|| work(&mut set)));
    }
    group.finish();
}

/// The number of rounds for the table. The median is reported.
const ROUNDS: usize = 7;

fn table() {
    let mut set = Set::new(CASES);
    let mut times = vec![Vec::with_capacity(ROUNDS); STAGES.len()];
    for _ in 0..ROUNDS {
        for (times, (_, work)) in times.iter_mut().zip(STAGES) {
            let start = Instant::now();
            work(&mut set);
            times.push(start.elapsed().as_secs_f64() * 1e6 / CASES as f64);
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let medians: Vec<f64> = times.iter_mut().map(median).collect();
    println!("\n| stage | us per case | ratio to wasm-smith |\n|---|---:|---:|");
    for ((name, _), time) in STAGES.iter().zip(&medians) {
        println!("| {name} | {time:.1} | {:.2} |", time / medians[0]);
    }
    let of = |wanted: &str| STAGES.iter().position(|(name, _)| *name == wanted);
    let Some(none) = of("run: drc") else { return };
    println!("\n| audit | us per run | over none |\n|---|---:|---:|");
    for grain in ["never", "end", "auto", "collection", "call", "every"] {
        let stage = of(&format!("run: drc, audit {grain}")).unwrap_or(none);
        let time = medians[stage];
        println!("| `{grain}` | {time:.0} | {:.2} |", time / medians[none]);
    }
}

criterion_group!(benches, criterion);

fn main() {
    table();
    benches();
}
