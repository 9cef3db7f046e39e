//! Exported cases: they hold on the sound engine, and show what the original shows.

use gcdiff::case;
use gcdiff::export::{Collect, Shown, export};
use gcdiff::generate;
use gcdiff::module::Module;
use gcdiff::oracle::{Collector, Options, judge, judge_module};
use gcdiff::script::{self, Auditing};
use gcdiff::zoo::{FAULTS, Probe};
use std::sync::Arc;

/// Faults in what an exported case does without: the engine's fuel (W46, W50), its limit of memory
/// (W47), and the handles of its host (G10).
const REPLACED: [&str; 4] = ["W46", "W47", "W50", "G10"];

/// Of the witnesses that show their fault in an observation, nearly all do so when they are exported.
#[test]
fn exported_witnesses_fail_under_their_faults() {
    let matrix = include_str!("../../corpus/matrix.txt");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/regressions");
    let (mut shown, mut silent) = (Vec::new(), Vec::new());
    for fault in FAULTS {
        let mut lines = matrix.lines().map(|line| line.split(' '));
        let witness = lines
            .find_map(|mut words| (words.next() == Some(fault.id)).then(|| words.next().unwrap()));
        let witness = witness.unwrap_or_else(|| panic!("{}: no witness", fault.id));
        let text = std::fs::read(format!("{folder}/{witness}.wat")).unwrap();
        let case = case::read(&text).unwrap().0;
        let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
        let with = |layers: &str| {
            let options = Options::default().with_layers(layers.parse().unwrap());
            fault.switch_on(options, &Probe::default())
        };
        let verdict = judge_module(&case, &module, &with("results+graph"))
            .unwrap()
            .verdict;
        if !verdict.is_finding() || REPLACED.contains(&fault.id) {
            continue;
        }
        let exported = export(&case, &module, Collect::Import).unwrap();
        let verdict = judge(&exported.case(), &with("results+heap"))
            .unwrap()
            .verdict;
        match verdict.is_finding() {
            true => shown.push(fault.id),
            false => silent.push((fault.id, witness, verdict.to_string())),
        }
    }
    let all = shown.len() + silent.len();
    assert!(all > 20, "{silent:#?}");
    assert!(shown.len() * 10 >= all * 9, "{silent:#?}");
}

/// What generated cases become holds on all heaps, as a script, too.
#[test]
fn exported_cases_hold_on_the_sound_engine() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let counts = std::thread::scope(|scope| {
        let check = |from: u64| {
            (from..CASES)
                .step_by(cores as usize)
                .map(holds)
                .sum::<u64>()
        };
        let threads: Vec<_> = (0..cores)
            .map(|from| scope.spawn(move || check(from)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum::<u64>()
    });
    assert!(
        counts * 100 >= CASES * 99,
        "{counts} of {CASES} are exported"
    );
}

const CASES: u64 = 2_000;

/// Whether the script of a case passes: 1, or 0 if the case has no script.
fn holds(index: u64) -> u64 {
    let drawn = generate::case(&generate::input(11, index)).unwrap();
    let exported = export(&drawn.case, &drawn.module, Collect::Import).unwrap();
    let Ok(expectations) = exported.expectations(&Options::default()) else {
        return 0;
    };
    let text = expectations.wast("a case");
    for collector in [Collector::Null, Collector::Drc, Collector::Copying] {
        let options = script::Options::default();
        let report = script::run_under(&text, collector, Auditing::default(), &options).unwrap();
        assert_eq!(report.failures, [], "case {index}, {collector:?}\n{text}");
        assert!(
            report.assertions > 0 && report.skipped.is_empty(),
            "case {index}"
        );
    }
    1
}

/// What it takes to notice a fault by an exported case.
#[test]
fn what_shows_a_fault_is_known() {
    let shown = |id: &str, text: &str| {
        let (case, _) = case::read(text.as_bytes()).unwrap();
        let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
        let exported = export(&case, &module, Collect::Import).unwrap();
        let fault = FAULTS.iter().find(|fault| fault.id == id).unwrap();
        let options = fault.switch_on(Options::default(), &Probe::default());
        exported.shown(&options).unwrap()
    };
    let copy = include_str!("../../corpus/regressions/issue-10182.wat");
    assert_eq!(shown("W1", copy), Shown::Assertions);
    let fill = include_str!("../../corpus/regressions/array-fill-in-the-middle.wat");
    assert_eq!(shown("W39", fill), Shown::Results);
    assert_eq!(shown("W1", fill), Shown::Nothing);
    // The last collection of a chain that nothing reads.
    let chain = include_str!("../../corpus/regressions/chain-dropped.wat");
    assert_eq!(shown("G3", chain), Shown::Audits);
}
