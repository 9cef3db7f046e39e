//! The scripts of this repository, under every heap, schedule and grain of
//! audit.

use gcdiff::engine::{Grain, Inspector, NoInspector, Schedule};
use gcdiff::heap::drc::Drc;
use gcdiff::oracle::{Auditor, Collector, Timing};
use gcdiff::script::{Auditing, Options, Reason, Report, run, run_under};
use gcdiff::zoo::{self, Probe};
use std::path::{Path, PathBuf};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    scripts
}

fn pass(collector: Collector, schedule: Schedule, timing: Timing) {
    for path in scripts() {
        let text = std::fs::read_to_string(&path).unwrap();
        let options = Options {
            schedule: schedule.clone(),
            ..Options::default()
        };
        let auditing = Auditing {
            layers: gcdiff::oracle::Layers::ALL,
            timing,
            policy: None,
        };
        let path = path.display();
        let report = run_under(&text, collector, auditing, &options)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(report.failures, [], "{path}: {collector}, {schedule:?}");
        assert_eq!(report.skipped, [], "{path}: {collector}, {schedule:?}");
        assert!(report.assertions > 0, "{path}");
    }
}

#[test]
fn every_script_passes_under_every_heap_and_schedule() {
    for collector in Collector::ALL {
        let timing = Timing::At(Grain::Collection);
        for schedule in [
            Schedule::Never,
            Schedule::EveryAllocation(1),
            Schedule::At(vec![3, 5, 8, 13, 21, 34]),
        ] {
            pass(collector, schedule, timing);
        }
    }
}

#[test]
fn every_script_passes_with_a_collection_everywhere_and_every_audit() {
    for collector in Collector::ALL {
        pass(
            collector,
            Schedule::EverySafepoint,
            Timing::At(Grain::Every),
        );
    }
}

/// Runs a script that copies an array onto itself, on a heap with the fault G15.
fn with_fault(inspector: &mut dyn Inspector<Drc<Box<dyn gcdiff::heap::drc::Policy>>>) -> Report {
    let text = r#"
        (module
          (type $a (array (mut anyref)))
          (func (export "f")
            (local $x (ref null $a))
            (local.set $x (array.new_default $a (i32.const 4)))
            (array.copy $a $a (local.get $x) (i32.const 1)
              (local.get $x) (i32.const 0) (i32.const 2))
            (array.set $a (local.get $x) (i32.const 0) (ref.null any))))
        (assert_return (invoke "f"))
        (assert_return (invoke "f"))
        (module)"#;
    let policy = zoo::fault("G15")
        .unwrap()
        .policy(&Probe::default())
        .unwrap()
        .make();
    let heap = Drc::with_policy(1 << 20, policy);
    run(text, heap, &Options::default(), inspector).unwrap()
}

#[test]
fn a_broken_heap_is_a_failure_whoever_finds_it() {
    let by_heap = with_fault(&mut NoInspector);
    let by_auditor = with_fault(&mut Auditor::new(Timing::At(Grain::Every)));
    for (report, wanted) in [
        (&by_heap, "the heap is corrupt: 0x10: "),
        (&by_auditor, "violation of law \"zero\" in heap drc: 0x10 "),
    ] {
        let [failure] = &report.failures[..] else {
            panic!("{report:?}")
        };
        assert_eq!(failure.line, 10);
        assert!(failure.message.starts_with(wanted), "{}", failure.message);
        // Nothing is tried on a broken heap, and nothing is forgotten.
        let skipped: Vec<_> = report.skipped.iter().map(|s| (s.line, s.reason)).collect();
        let reason = Reason::BrokenHeap;
        assert_eq!(skipped, [(11, reason), (12, reason)]);
        assert_eq!(report.passed, 1);
    }
}
