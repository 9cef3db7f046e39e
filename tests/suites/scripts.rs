//! The scripts of this repository, under every heap and several schedules and
//! grains of audit.

use gcdiff::case::{self, Case, Plan, Step};
use gcdiff::engine::{Grain, Inspector, NoInspector, Schedule};
use gcdiff::heap::Heap;
use gcdiff::module::{ExportItem, Module};
use gcdiff::oracle::{Auditor, Collector, Timing, Variant};
use gcdiff::script::{Auditing, Options, Reason, Report, run, run_under};
use gcdiff::types::{HeapType, ValType};
use gcdiff::zoo::{self, Probe};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let options = Options::default().with_schedule(schedule.clone());
        let auditing = Auditing::default().with_timing(timing);
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

/// Runs a script that copies an array onto itself, on a heap with fault G15.
fn with_fault(inspector: &mut dyn Inspector<Box<dyn Heap>>) -> Report {
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
    let variants = zoo::fault("G15").unwrap().variants(&Probe::default());
    run(text, variants[0].heap(), &Options::default(), inspector).unwrap()
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
        // The commands after a broken heap are skipped, and each is reported.
        let skipped: Vec<_> = report.skipped.iter().map(|s| (s.line, s.reason)).collect();
        let reason = Reason::BrokenHeap;
        assert_eq!(skipped, [(11, reason), (12, reason)]);
        assert_eq!(report.passed, 1);
    }
}

/// A script that makes the same calls as the plan of a case. A script can pass
/// only numbers, external values and nulls.
fn script_of(case: &Case) -> Option<String> {
    let bytes = case.wasm.iter().map(|byte| format!("\\{byte:02x}"));
    let mut text = format!("(module binary \"{}\")\n", bytes.collect::<String>());
    let module = Module::new(&case.wasm, &mut Arc::default()).ok()?;
    let names: Vec<&str> = match &case.plan {
        Plan::EveryExport => module.exports.iter().map(|e| &*e.name).collect(),
        Plan::Steps(steps) => steps
            .iter()
            .filter_map(|step| match step {
                Step::Call(call) => Some(&*call.export),
                _ => None,
            })
            .collect(),
    };
    for name in names {
        let Some(ExportItem::Func(index)) = module.export(name) else {
            continue;
        };
        let params = module
            .types
            .func(module.funcs[index as usize])
            .params
            .iter();
        let args = params.zip(1..).map(|(ty, n)| match ty {
            ValType::I32 => format!(" (i32.const {n})"),
            ValType::I64 => format!(" (i64.const {n})"),
            ValType::Ref(r) if r.heap == HeapType::Extern => format!(" (ref.extern {n})"),
            _ => " (ref.null none)".into(),
        });
        // The command expects no result, so the report shows what was returned.
        let args: String = args.collect();
        text.push_str(&format!("(assert_return (invoke {name:?}{args}))\n"));
    }
    Some(text)
}

/// Faults that no script can show. `W1-host` needs a host function that takes
/// objects. In a script, the types that `W13` confuses are those of `spectest`.
const BEYOND_SCRIPTS: [&str; 2] = ["W1-host", "W13"];

/// A script for `W30` and `G10`. In their witnesses the host passes objects of
/// the module, which a script cannot do.
const EXTERNAL: &str = r#"(module
    (func (export "run") (param externref externref) (result externref)
      (local.get 0)))
  (assert_return (invoke "run" (ref.extern 1) (ref.extern 2)) (ref.extern 1))"#;

/// Every fault can be switched on for scripts, where the heap exists before any
/// module, and shows in a script made from one of its witnesses.
#[test]
fn faults_are_in_scripts_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let matrix = std::fs::read_to_string(root.join("matrix.txt")).unwrap();
    let witnesses = |fault: &str| -> Vec<PathBuf> {
        let rows = matrix
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>());
        let rows = rows.filter(|row| row[0] == fault);
        let files = rows.map(|row| root.join("regressions").join(row[1]).with_extension("wat"));
        files.collect()
    };
    let shows = |text: &str, options: &Options, variants: &[Variant]| {
        let report = |collector, variants: &[Variant]| {
            let auditing = Auditing::default().with_variants(variants.to_vec());
            run_under(text, collector, auditing, options).unwrap()
        };
        variants.iter().any(|variant| {
            let collector = variant.collector();
            let sound = report(collector, &[]);
            assert!(!sound.is_broken, "{text}");
            sound != report(collector, variants)
        })
    };
    let mut missed = Vec::new();
    for fault in zoo::FAULTS {
        let variants = fault.variants(&Probe::default());
        assert!(!variants.is_empty());
        let mut scripts: Vec<(String, Options)> = Vec::new();
        for path in witnesses(fault.id) {
            let (case, _) = case::read(&std::fs::read(path).unwrap()).unwrap();
            let (schedule, limits) = (case.schedule.clone(), case.limits);
            scripts.extend(script_of(&case).map(|text| {
                let options = Options::default()
                    .with_limits(limits)
                    .with_schedule(schedule);
                (text, options)
            }));
        }
        let everywhere = Options::default().with_schedule(Schedule::EverySafepoint);
        scripts.push((EXTERNAL.into(), everywhere));
        if !scripts
            .iter()
            .any(|(text, options)| shows(text, options, &variants))
        {
            missed.push(fault.id);
        }
    }
    assert_eq!(missed, BEYOND_SCRIPTS);
}
