//! What each stage of a verdict costs, on one fixed set of generated modules.
//!
//! `cargo bench` prints a time per stage for the whole set, and at the end a
//! table of ratios to generation, measured interleaved so that a machine whose
//! speed drifts does not distort them.

use arbitrary::Unstructured;
use criterion::{Criterion, criterion_group};
use gcdiff::case::{self, Case};
use gcdiff::engine::{Blind, Grain};
use gcdiff::generate;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Options, Timing, judge_module};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Modules in the set.
const CASES: u64 = 200;

/// Address space of the heaps.
const MAX: u32 = !0xffff;

struct Set {
    inputs: Vec<Vec<u8>>,
    cases: Vec<(Case, Arc<Module>)>,
}

impl Set {
    fn new() -> Set {
        let inputs: Vec<_> = (0..CASES).map(|i| generate::input(2026, i)).collect();
        let cases = inputs.iter().filter_map(|input| generate::case(input).ok());
        Set {
            cases: cases.collect(),
            inputs,
        }
    }
}

/// The stages: a name, and the work on the whole set.
type Stage = (&'static str, fn(&Set));

const STAGES: [Stage; 8] = [
    ("generate", |set| {
        for input in &set.inputs {
            let _ = black_box(generate::module(&mut Unstructured::new(input)));
        }
    }),
    ("validate (wasmparser alone)", |set| {
        for (case, _) in &set.cases {
            let _ = black_box(wasmparser::validate(&case.wasm));
        }
    }),
    ("validate and compile", |set| {
        for (case, _) in &set.cases {
            let _ = black_box(Module::new(&case.wasm, &mut Arc::default()));
        }
    }),
    ("run: null", |set| {
        for (case, module) in &set.cases {
            let _ = black_box(case::run(case, module, Null::new(MAX), &mut Blind).facts);
        }
    }),
    ("run: drc", |set| {
        for (case, module) in &set.cases {
            let _ = black_box(case::run(case, module, Drc::new(MAX), &mut Blind).facts);
        }
    }),
    ("run: drc, audit auto", |set| {
        for (case, module) in &set.cases {
            let mut auditor = Auditor::new(Timing::Sampled);
            let _ = black_box(case::run(case, module, Drc::new(MAX), &mut auditor).facts);
        }
    }),
    ("run: drc, audit collection", |set| {
        for (case, module) in &set.cases {
            let mut auditor = Auditor::new(Timing::At(Grain::Collection));
            let _ = black_box(case::run(case, module, Drc::new(MAX), &mut auditor).facts);
        }
    }),
    ("verdict: null and drc, audit auto", |set| {
        for (case, module) in &set.cases {
            let _ = black_box(judge_module(case, module, &Options::default()));
        }
    }),
];

fn stages(c: &mut Criterion) {
    let set = Set::new();
    let mut group = c.benchmark_group("pipeline");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    for (name, work) in STAGES {
        group.bench_function(name, |b| b.iter(|| work(&set)));
    }
    group.finish();
}

/// Rounds of the table; the median counts.
const ROUNDS: usize = 7;

fn table() {
    let set = Set::new();
    let mut times = vec![Vec::with_capacity(ROUNDS); STAGES.len()];
    for _ in 0..ROUNDS {
        for (i, (_, work)) in STAGES.iter().enumerate() {
            let start = Instant::now();
            work(&set);
            times[i].push(start.elapsed().as_secs_f64() * 1e6 / CASES as f64);
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let medians: Vec<f64> = times.iter_mut().map(median).collect();
    println!("\n| stage | us per module | ratio to generation |\n|---|---|---|");
    for ((name, _), time) in STAGES.iter().zip(&medians) {
        println!("| {name} | {time:.0} | {:.2} |", time / medians[0]);
    }
}

criterion_group!(benches, stages);

fn main() {
    table();
    benches();
}
