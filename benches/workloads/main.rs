//! The speed of long programs under every heap: the modules in `workloads/`.
//!
//! `cargo bench --bench workloads` prints medians of interleaved rounds, and the ratio of each heap to the null heap, which
//! is the cost of its collector. A name after `--` runs only that workload: `cargo bench --bench workloads -- a_list`.

mod programs;

use gcdiff::engine::{Context, Limits, NoHost, NoInspector, Schedule, Store};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::module::{ExportItem, Module};
use programs::{PROGRAMS, Program};
use std::sync::Arc;
use std::time::Instant;

/// The number of rounds. The median is reported.
const ROUNDS: usize = 5;

/// The size limit of the heaps.
const MAX: u32 = 0xffff_0000;

/// Limits that no run reaches.
const LIMITS: Limits = Limits {
    fuel: u64::MAX >> 1,
    frames: 10_000,
    registers: 1 << 20,
    heap_bytes: u64::MAX >> 1,
    table_elements: 1 << 20,
    memory_bytes: 1 << 30,
    reentry: 1,
    footprint: u64::MAX >> 1,
    work: u64::MAX >> 1,
    ..Limits::fuzzing()
};

/// Runs a workload, and returns the milliseconds that the call took, and its result.
fn run<H: Heap>(module: &Arc<Module>, heap: H, argument: u32) -> (f64, u32) {
    let mut store = Store::new(heap, LIMITS, Schedule::Never);
    let instance = store.link(module, &[]).expect("no imports");
    store
        .start(instance, &mut Context::new(&mut NoHost, &mut NoInspector))
        .expect("starts");
    let Some(ExportItem::Func(run)) = module.export("run") else {
        panic!("a workload exports `run`");
    };
    let start = Instant::now();
    let ended = store.call(
        run,
        &[argument.into()],
        &mut Context::new(&mut NoHost, &mut NoInspector),
    );
    let elapsed = start.elapsed().as_secs_f64() * 1e3;
    ended.expect("returns");
    (elapsed, store.result(0) as u32)
}

/// Runs a workload under one of the heaps.
type Run = fn(&Arc<Module>, u32) -> (f64, u32);

const HEAPS: [(&str, Run); 4] = [
    ("null", |module, argument| {
        run(module, Null::new(MAX), argument)
    }),
    ("drc", |module, argument| {
        run(module, Drc::new(MAX), argument)
    }),
    ("copying", |module, argument| {
        run(module, Copying::new(MAX), argument)
    }),
    ("model", |module, argument| {
        run(module, Model::new(MAX), argument)
    }),
];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    println!(
        "| workload | null, ms | drc, ms | copying, ms | model, ms | drc / null | copying / null |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for Program {
        name,
        text,
        argument,
        result,
    } in PROGRAMS
    {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == name) {
            continue;
        }
        let wasm = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&wasm, &mut Arc::default()).expect("valid"));
        let mut times = [[0.0; ROUNDS]; HEAPS.len()];
        for round in 0..ROUNDS {
            for (times, (heap, run)) in times.iter_mut().zip(HEAPS) {
                let (time, got) = run(&module, argument);
                assert_eq!(got, result, "{name} under {heap}");
                times[round] = time;
            }
        }
        let [null, drc, copying, model] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        println!(
            "| {name} | {null:.1} | {drc:.1} | {copying:.1} | {model:.1} | {:.2} | {:.2} |",
            drc / null,
            copying / null,
        );
    }
}
