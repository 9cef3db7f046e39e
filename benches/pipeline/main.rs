//! What each stage of a verdict costs, on one fixed set of generated modules.
//!
//! `cargo bench` prints a time per stage for the whole set, and at the end a
//! table of ratios to wasm-smith, measured interleaved so that a machine whose
//! speed drifts does not distort them.

use arbitrary::Unstructured;
use criterion::{Criterion, criterion_group};
use gcdiff::case::{self, Case};
use gcdiff::engine::{Blind, Grain};
use gcdiff::generate::{self, Pair, smith};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Options, Timing, judge, judge_module};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Modules in the set.
const CASES: u64 = 200;

/// Address space of the heaps.
const MAX: u32 = !0xffff;

struct Set {
    inputs: Vec<Vec<u8>>,
    /// Modules of wasm-smith, and what the enrichment makes of them.
    pairs: Vec<Pair>,
    cases: Vec<(Case, Arc<Module>)>,
}

impl Set {
    fn new() -> Set {
        let inputs: Vec<_> = (0..CASES).map(|i| generate::input(2026, i)).collect();
        let cases = inputs.iter().filter_map(|input| generate::case(input).ok());
        Set {
            cases: cases.map(|drawn| (drawn.case, drawn.module)).collect(),
            pairs: inputs
                .iter()
                .filter_map(|i| generate::pair(i).ok())
                .collect(),
            inputs,
        }
    }
}

/// The stages: a name, and the work on the whole set.
type Stage = (&'static str, fn(&Set));

const STAGES: [Stage; 18] = [
    ("generate: wasm-smith", |set| {
        for input in &set.inputs {
            let _ = black_box(smith::module(&mut Unstructured::new(input)));
        }
    }),
    ("generate: enrich", |set| {
        for pair in &set.pairs {
            let _ = black_box(pair.enriched());
        }
    }),
    ("generate: structured", |set| {
        for input in &set.inputs {
            let program = generate::ops::Program::generate(&mut Unstructured::new(input));
            black_box(program.compile());
        }
    }),
    ("generate: cases", |set| {
        for input in &set.inputs {
            let _ = black_box(generate::case(input));
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
    ("run: null", |set| run(set, || Null::new(MAX))),
    ("run: drc", |set| run(set, || Drc::new(MAX))),
    ("run: copying", |set| run(set, || Copying::new(MAX))),
    ("run: model", |set| run(set, || Model::new(MAX))),
    ("run: drc, audit end", |set| {
        audited(set, Timing::At(Grain::End))
    }),
    ("run: drc, audit auto", |set| audited(set, Timing::Sampled)),
    ("run: drc, audit collection", |set| {
        audited(set, Timing::At(Grain::Collection));
    }),
    ("run: drc, audit call", |set| {
        audited(set, Timing::At(Grain::Call))
    }),
    ("run: drc, audit every", |set| {
        audited(set, Timing::At(Grain::Every))
    }),
    ("verdict: null and drc, no audit", |set| {
        verdict(set, Timing::Never)
    }),
    ("verdict: null and drc, audit auto", |set| {
        verdict(set, Timing::Sampled);
    }),
    ("case: generate, verdict with what it asks for", |set| {
        for input in &set.inputs {
            if let Ok(drawn) = generate::case(input) {
                let options = Options::fuzzing().for_case(drawn.extra, drawn.reschedule);
                let _ = black_box(judge_module(&drawn.case, &drawn.module, &options));
            }
        }
    }),
];

fn run<H: Heap>(set: &Set, heap: impl Fn() -> H) {
    for (case, module) in &set.cases {
        let _ = black_box(case::run(case, module, heap(), &mut Blind).facts);
    }
}

fn audited(set: &Set, timing: Timing) {
    for (case, module) in &set.cases {
        let mut auditor = Auditor::new(timing);
        let _ = black_box(case::run(case, module, Drc::new(MAX), &mut auditor).facts);
    }
}

/// From bytes to a verdict.
fn verdict(set: &Set, timing: Timing) {
    let options = Options {
        timing,
        reschedule: false,
        ..Options::fuzzing()
    };
    for (case, _) in &set.cases {
        let _ = black_box(judge(case, &options));
    }
}

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
    println!("\n| stage | us per module | ratio to wasm-smith |\n|---|---|---|");
    for ((name, _), time) in STAGES.iter().zip(&medians) {
        println!("| {name} | {time:.0} | {:.2} |", time / medians[0]);
    }
    let of = |wanted: &str| STAGES.iter().position(|(name, _)| *name == wanted);
    let Some(none) = of("run: drc") else { return };
    println!("\n| audit | us per run | over none |\n|---|---|---|");
    for grain in ["never", "end", "auto", "collection", "call", "every"] {
        let stage = of(&format!("run: drc, audit {grain}")).unwrap_or(none);
        let time = medians[stage];
        println!("| `{grain}` | {time:.0} | {:.2} |", time / medians[none]);
    }
}

criterion_group!(benches, stages);

fn main() {
    table();
    benches();
}
