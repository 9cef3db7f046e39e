//! gcdiff: verdicts, and runs under each of its heaps.

use super::{Engine, Execute, LIMITS, Run};
use gcdiff::case::{Case, Plan};
use gcdiff::engine::{Context, Limits, NoHost, NoInspector, Schedule, Store};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::module::{ExportItem, Module};
use gcdiff::oracle::{Options, judge};
use std::sync::Arc;
use std::time::Instant;

/// The size limit of the heaps.
const MAX: u32 = 0xffff_0000;

/// Judges a module under the null and the counting heap, with audits.
fn verdict(schedule: Schedule) -> Execute {
    let options = Options::fuzzing().with_reschedule(false);
    Box::new(move |wasm| {
        let case = Case {
            wasm: wasm.to_vec(),
            plan: Plan::EveryExport,
            host: Vec::new(),
            schedule: schedule.clone(),
            limits: LIMITS,
        };
        judge(&case, &options)
            .map(|judged| drop(judged.verdict))
            .map_err(|e| e.to_string())
    })
}

/// Verdicts with the collections that the heap asks for, as in the other engines, and with a collection before every
/// allocation.
pub fn verdicts() -> Vec<Engine<Execute>> {
    vec![
        Engine::new("gcdiff verdict", verdict(Schedule::Never)),
        Engine::new(
            "gcdiff verdict, a collection before every allocation",
            verdict(Schedule::EveryAllocation(1)),
        ),
    ]
}

/// Limits that no program reaches.
const NONE: Limits = Limits {
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

fn program<H: Heap>(heap: impl Fn() -> H + 'static) -> Run {
    Box::new(move |wasm, argument| {
        let module = Arc::new(Module::new(wasm, &mut Arc::default()).expect("valid"));
        let mut store = Store::new(heap(), NONE, Schedule::Never);
        let instance = store.link(&module, &[]).expect("no imports");
        store
            .start(instance, &mut Context::new(&mut NoHost, &mut NoInspector))
            .expect("starts");
        let Some(ExportItem::Func(run)) = module.export("run") else {
            panic!("a program exports `run`");
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
    })
}

/// The engines for long programs.
pub fn runs() -> Vec<Engine<Run>> {
    vec![
        Engine::new("gcdiff null", program(|| Null::new(MAX))),
        Engine::new("gcdiff drc", program(|| Drc::new(MAX))),
        Engine::new("gcdiff copying", program(|| Copying::new(MAX))),
        Engine::new("gcdiff model", program(|| Model::new(MAX))),
    ]
}
