//! The stages of a verdict, each as a function over a set of generated cases.

use arbitrary::Unstructured;
use gcdiff::case::{self, Case, Plan, Run};
use gcdiff::engine::{Grain, NoInspector, Point};
use gcdiff::generate::{self, Pair, smith};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::observe::Observation;
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Names, Options, Timing, compare, judge, judge_module};
use std::hint::black_box;
use std::sync::Arc;
use wasmparser::{Parser, Payload};

/// The size limit of the heaps.
const MAX: u32 = !0xffff;

/// The final state of a run under the counting heap, and the observations of
/// two runs.
struct Left {
    store: Run<Drc>,
    seen: [Observation; 2],
}

/// The cases, and the starting points of all stages.
pub struct Set {
    inputs: Vec<Vec<u8>>,
    /// Modules of wasm-smith, with the input that enriches them.
    pairs: Vec<Pair>,
    cases: Vec<(Case, Arc<Module>)>,
    left: Vec<Left>,
}

impl Set {
    /// The first `cases` cases of a campaign.
    pub fn new(cases: u64) -> Set {
        let mut set = Set::without_runs(cases);
        set.left = set
            .cases
            .iter()
            .map(|(case, module)| left(case, module))
            .collect();
        set
    }

    /// The same set without runs, for stages that do not start from the state
    /// after a run.
    pub fn without_runs(cases: u64) -> Set {
        let inputs: Vec<_> = (0..cases).map(|i| generate::input(2026, i)).collect();
        let drawn = inputs.iter().filter_map(|input| generate::case(input).ok());
        let cases: Vec<_> = drawn.map(|drawn| (drawn.case, drawn.module)).collect();
        Set {
            left: Vec::new(),
            pairs: inputs
                .iter()
                .filter_map(|i| generate::pair(i).ok())
                .collect(),
            cases,
            inputs,
        }
    }
}

fn left(case: &Case, module: &Arc<Module>) -> Left {
    let null = case::run(case, module, Null::new(MAX), &mut NoInspector);
    let drc = case::run(case, module, Drc::new(MAX), &mut NoInspector);
    let seen = [null.observation, drc.observation.clone()];
    Left {
        store: drc,
        seen: seen.map(|seen| seen.expect("comes to its end")),
    }
}

pub fn wasm_smith(set: &mut Set) {
    for input in &set.inputs {
        let _ = black_box(smith::module(
            generate::Features::ALL,
            &mut Unstructured::new(input),
        ));
    }
}

pub fn enrich(set: &mut Set) {
    for pair in &set.pairs {
        let _ = black_box(pair.enriched());
    }
}

pub fn structured(set: &mut Set) {
    for input in &set.inputs {
        let program = generate::gc_ops::Program::generate(&mut Unstructured::new(input));
        black_box(program.compile());
    }
}

pub fn cases(set: &mut Set) {
    for input in &set.inputs {
        let _ = black_box(generate::case(input));
    }
}

/// Reads every section and every operator.
pub fn decode(set: &mut Set) {
    for (case, _) in &set.cases {
        for payload in Parser::new(0).parse_all(&case.wasm) {
            match payload.expect("well-formed") {
                Payload::TypeSection(section) => {
                    section.into_iter().for_each(|group| drop(black_box(group)));
                }
                Payload::CodeSectionEntry(body) => {
                    let mut operators = body.get_operators_reader().expect("well-formed");
                    while !operators.eof() {
                        black_box(operators.read().expect("well-formed"));
                    }
                }
                _ => {}
            }
        }
    }
}

pub fn validate(set: &mut Set) {
    for (case, _) in &set.cases {
        let _ = black_box(wasmparser::validate(&case.wasm));
    }
}

pub fn compile(set: &mut Set) {
    for (case, _) in &set.cases {
        let _ = black_box(Module::new(&case.wasm, &mut Arc::default()));
    }
}

/// A run that ends after instantiation.
pub fn instantiate(set: &mut Set) {
    for (case, module) in &mut set.cases {
        let plan = std::mem::replace(&mut case.plan, Plan::Steps(Vec::new()));
        let _ = black_box(case::run(case, module, Drc::new(MAX), &mut NoInspector).stats);
        case.plan = plan;
    }
}

fn run<H: Heap>(set: &Set, heap: impl Fn() -> H) {
    for (case, module) in &set.cases {
        let _ = black_box(case::run(case, module, heap(), &mut NoInspector).stats);
    }
}

pub fn run_null(set: &mut Set) {
    run(set, || Null::new(MAX));
}

pub fn run_drc(set: &mut Set) {
    run(set, || Drc::new(MAX));
}

pub fn run_copying(set: &mut Set) {
    run(set, || Copying::new(MAX));
}

pub fn run_model(set: &mut Set) {
    run(set, || Model::new(MAX));
}

/// An audit of the state after a run.
pub fn audit(set: &mut Set) {
    for left in &mut set.left {
        let mut auditor = Auditor::new(Timing::At(Grain::End));
        let _ = black_box(left.store.store.inspect(Point::End, &mut auditor));
    }
}

/// An observation of the state after a run.
pub fn observe(set: &mut Set) {
    for left in &set.left {
        let _ = black_box(gcdiff::observe::observe(&left.store.store));
    }
}

/// A comparison of the observations of two runs.
pub fn compared(set: &mut Set) {
    for (Left { seen, .. }, (_, module)) in set.left.iter().zip(&set.cases) {
        let [null, drc] = seen;
        let names = Names::new(module);
        let _ = black_box(compare(("null", null), ("drc", drc), &names));
    }
}

pub fn audited(set: &Set, timing: Timing) {
    for (case, module) in &set.cases {
        let mut auditor = Auditor::new(timing);
        let _ = black_box(case::run(case, module, Drc::new(MAX), &mut auditor).stats);
    }
}

/// From the bytes of a module to a verdict.
fn verdict(set: &Set, timing: Timing) {
    let options = Options::fuzzing()
        .with_timing(timing)
        .with_reschedule(false);
    for (case, _) in &set.cases {
        let _ = black_box(judge(case, &options));
    }
}

pub fn verdict_without_audit(set: &mut Set) {
    verdict(set, Timing::Never);
}

pub fn verdict_with_audits(set: &mut Set) {
    verdict(set, Timing::Sampled);
}

/// From the input of a fuzzer to a verdict.
pub fn whole(set: &mut Set) {
    for input in &set.inputs {
        if let Ok(drawn) = generate::case(input) {
            let options = Options::fuzzing().for_case(drawn.extra, drawn.reschedule);
            let _ = black_box(judge_module(&drawn.case, &drawn.module, &options));
        }
    }
}
