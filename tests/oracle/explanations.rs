//! Explanations: the operation that caused a finding, and the history around it.

use gcdiff::case::{self, Case};
use gcdiff::explain::{Explanation, explain};
use gcdiff::module::Module;
use gcdiff::oracle::{Collector, Ledger, LedgerEvent, Options, Variant, Verdict};
use gcdiff::zoo::{self, Blame, FAULTS, Fault, Probe, blame_on};
use std::sync::Arc;

fn seed(name: &str) -> Case {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/regressions");
    let file = std::fs::read(format!("{folder}/{name}.wat"));
    case::read(&file.unwrap()).unwrap().0
}

fn fault(id: &str) -> Fault {
    zoo::fault(id).unwrap()
}

/// The explanation of what a fault shows on a seed.
fn explained(id: &str, name: &str) -> Explanation {
    let case = seed(name);
    let module = Module::new(&case.wasm, &mut Arc::default()).unwrap();
    let options = fault(id).switch_on(Options::default(), &Probe::default());
    explain(&case, &Arc::new(module), &options).unwrap()
}

/// The word for the culprit, and what it did.
fn cause(explanation: &Explanation) -> (String, String) {
    let cause = explanation.cause.as_ref().unwrap();
    (cause.place.to_string(), cause.words.clone())
}

fn ledger(explanation: &Explanation) -> &Ledger {
    explanation.histories[0].ledger.as_ref().unwrap()
}

/// Faults whose act and whose first visible effect are two operations, because what is wrong is in no
/// frame, slot or object that an operation could see in between.
const BETWEEN: &[&str] = &[
    // Allocation leaves a number in the object that only a read shows.
    "X11",     // The fault reports before the instruction that it is about.
    "X10-i31", // The result of a constant expression, on its way to a segment.
    "W27",     // The type of a value that the host keeps, which it looks up when it gets it.
    "X4",
];

/// The zoo's probes know when a fault acts. An explanation that blames another operation is wrong.
#[test]
fn the_culprit_is_where_the_fault_acts() {
    let matrix = include_str!("../../corpus/matrix.txt");
    let (mut later, mut wrong) = (0, Vec::new());
    for fault in FAULTS {
        let mut lines = matrix.lines().map(|line| line.split(' '));
        let witness = lines
            .find_map(|mut words| (words.next() == Some(fault.id)).then(|| words.next().unwrap()));
        let witness = witness.unwrap_or_else(|| panic!("{}: no witness", fault.id));
        let options = fault.switch_on(Options::default(), &Probe::default());
        let row = blame_on(*fault, &seed(witness), &options);
        let row = row.unwrap_or_else(|| panic!("{} on {witness}: no finding", fault.id));
        match row.blame {
            Blame::First => {}
            Blame::Later => later += 1,
            Blame::Elsewhere if BETWEEN.contains(&fault.id) => {}
            // A cast at the end of a call traps, and no state shows it.
            // So does a use of null in the place of an object.
            Blame::Nothing if ["X4", "X64", "X65"].contains(&fault.id) => {}
            _ => wrong.push((witness, row)),
        }
    }
    assert_eq!(wrong, [], "the culprit is elsewhere");
    assert!(later <= 5, "{later} are blamed on a later act");
}

#[test]
fn a_count_without_an_owner_is_the_culprit() {
    let explanation = explained("W1", "issue-10182");
    let (place, words) = cause(&explanation);
    assert!(place.starts_with("after array.copy in "), "{place}");
    assert!(words.ends_with("but no owner has come or gone"), "{words}");
    let ledger = ledger(&explanation);
    let culprit = ledger.culprit().unwrap();
    assert_eq!(culprit.count, Some(culprit.expected - 1), "{ledger:?}");
    let before = &ledger.entries[..ledger.culprit.unwrap()];
    assert!(before.iter().all(|entry| entry.breach.is_none()));
    assert!(
        before
            .iter()
            .all(|entry| entry.count == Some(entry.expected))
    );
    // The picture right after it shows the same.
    let history = &explanation.histories[0];
    let scene = &history.scenes[history.culprit.unwrap()];
    let focus = scene.objects.iter().find(|object| object.focus).unwrap();
    assert_eq!(
        (focus.count, focus.expected),
        (culprit.count, culprit.expected)
    );
    assert_eq!(scene.operation, culprit.operation);
    let before = &history.scenes[history.culprit.unwrap() - 1];
    let focus = before.objects.iter().find(|object| object.focus).unwrap();
    assert_eq!(focus.count, Some(focus.expected), "it is not wrong before");
}

/// A list that grows makes each look at the heap longer than the last.
#[test]
fn of_a_long_run_with_a_large_heap_the_end_is_looked_at() {
    let list = |nodes: u32| {
        let text = format!(
            r#";;! [[steps]]
;;! call = "f"
(module
  (type $n (struct (field (mut (ref null $n)))))
  (global $first (mut (ref null $n)) (ref.null $n))
  (global $last (mut (ref null $n)) (ref.null $n))
  (func (export "f") (local $i i32)
    (global.set $first (struct.new_default $n))
    (loop $l
      (global.set $last (struct.new $n (global.get $last)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const {nodes}))))
    (struct.set $n 0 (global.get $last) (global.get $first))))"#
        );
        let case = case::read(text.as_bytes()).unwrap().0;
        let module = Module::new(&case.wasm, &mut Arc::default()).unwrap();
        let options = fault("canary").switch_on(Options::default(), &Probe::default());
        explain(&case, &Arc::new(module), &options).unwrap()
    };
    let (short, long) = (list(100), list(5_000));
    assert_eq!(ledger(&short).skipped, 0);
    assert_eq!(ledger(&short).entries[0].events[0], LedgerEvent::Allocated);
    let skipped = ledger(&long).skipped;
    assert!((10_000..15_000).contains(&skipped), "{skipped}");
    assert_eq!(ledger(&long).entries[0].events[0], LedgerEvent::Found);
    for explanation in [short, long] {
        let (place, words) = cause(&explanation);
        assert!(place.starts_with("after struct.set in "), "{place}");
        assert!(words.ends_with("but the count is unchanged"), "{words}");
    }
}

#[test]
fn a_missing_root_is_named_with_the_instruction_that_has_set_it() {
    for (id, name, by) in [
        ("W20", "select-then-collect", "select"),
        ("W21", "array-from-data-then-collect", "array.new_data"),
        ("W22", "array-from-elements-then-collect", "array.new_elem"),
    ] {
        let explanation = explained(id, name);
        let Verdict::Violation(violation) = &explanation.report.verdict else {
            panic!("{id}: {}", explanation.report.verdict);
        };
        let lost = violation.lost.as_ref().unwrap();
        let set_by = &lost.set_by.as_ref().unwrap().name;
        assert!(set_by.ends_with(by), "{id}: {set_by}");
        let (place, words) = cause(&explanation);
        assert!(place.starts_with("by a collection before "), "{place}");
        assert!(
            words.contains("the collector was shown no such root"),
            "{words}"
        );
        // The picture marks the register.
        let history = &explanation.histories[0];
        let scene = &history.scenes[history.culprit.unwrap()];
        let registers = scene.frames.iter().flat_map(|frame| &frame.registers);
        let missing = registers.filter(|register| register.shown == Some(false));
        assert!(missing.count() > 0, "{id}");
    }
    // A slot has no instruction.
    let explanation = explained("X2", "first-object");
    let (_, words) = cause(&explanation);
    assert!(words.contains("global"), "{words}");
}

#[test]
fn a_difference_is_blamed_on_the_first_operation_that_differs() {
    for (id, name, word) in [
        (
            "D4",
            "array-copy-of-the-only-reference",
            "after array.copy in ",
        ),
        (
            "X3",
            "empty-bulk-operations-out-of-bounds",
            "after array.fill in ",
        ),
        ("W40", "table-of-nulls-out-of-bounds", "after table.get in "),
        // The array is dead before the next operation, and only numbers differ.
        ("W39", "array-fill-in-the-middle", "after array.fill in "),
        // Only what is read differs, not the object that is read.
        (
            "X11",
            "packed-fields-out-of-range",
            "after struct.get_u in ",
        ),
        // A number that is returned at once.
        ("X10-i31", "null-is-a-null-i31", "after ref.test in "),
    ] {
        let explanation = explained(id, name);
        let (place, _) = cause(&explanation);
        assert!(place.starts_with(word), "{id}: {place}");
        // The wrong run and the right one.
        let [wrong, right] = &explanation.histories[..] else {
            panic!("{id}: {} histories", explanation.histories.len());
        };
        assert_ne!(wrong.run, right.run);
        assert!(!wrong.scenes.is_empty() && !right.scenes.is_empty(), "{id}");
    }
}

/// The register of the number is used for a reference before the next operation, and its address
/// depends on the heap.
#[test]
fn a_register_that_is_written_to_again_is_no_number() {
    let text = r#"
(module
  (type $s (struct (field eqref) (field anyref)))
  (type $list (array (mut eqref)))
  (global $g (mut anyref) (ref.null none))
  (func (export "g") (local $r anyref)
    (drop (struct.new_default $s))
    (local.set $r (struct.new_default $s))
    (drop (i32.add (i32.const 0) (ref.test (ref any) (ref.null none))))
    (drop (struct.new $s (ref.null none) (local.get $r))))
  (func (export "h") (local $a (ref null $list))
    (global.set $g (local.tee $a (array.new_default $list (i32.const 4))))
    (loop
      (array.fill $list (local.get $a) (i32.const 0) (struct.new_default $s)
        (array.len (local.get $a)))
      (br 0))))"#;
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = case::parse_schedule("at:3").unwrap();
    case.limits.fuel = 7446;
    let module = Module::new(&case.wasm, &mut Arc::default()).unwrap();
    let options = Options::default().with_reschedule(false);
    let options = fault("W50").switch_on(options, &Probe::default());
    let explanation = explain(&case, &Arc::new(module), &options).unwrap();
    let (place, _) = cause(&explanation);
    assert!(place.starts_with("after array.fill in "), "{place}");
}

/// The picture of the culprit is that of the cause.
#[test]
fn pictures_show_the_cause() {
    let matrix = include_str!("../../corpus/matrix.txt");
    for id in ["W1", "W20", "W24", "W28", "D4", "X1", "X7", "W42", "G13"] {
        let of_fault = |line: &&str| line.split(' ').next() == Some(id);
        let line = matrix.lines().find(of_fault).unwrap();
        let explanation = explained(id, line.split(' ').nth(1).unwrap());
        let cause = explanation.cause.as_ref().unwrap();
        let history = &explanation.histories[0];
        let scene = &history.scenes[history.culprit.unwrap()];
        assert_eq!(scene.place.as_ref(), Some(&cause.place), "{line}");
        assert!(
            cause.safepoint.is_none_or(|n| n == scene.safepoint),
            "{line}"
        );
    }
}

#[test]
fn a_corrupt_free_list_is_blamed_on_the_operation_that_corrupts_it() {
    let explanation = explained("D14", "two-objects-die-in-one-sweep");
    let message = explanation.report.verdict.to_string();
    assert!(
        message.contains("in the free list has a block") || message.contains("twice"),
        "{message}"
    );
    let (place, _) = cause(&explanation);
    assert!(place.starts_with("by a collection before "), "{place}");
}

/// What the audit notices is often nothing that a release build would.
#[test]
fn the_same_without_audits_is_part_of_it() {
    let explanation = explained("canary", "struct-set-reference");
    let unaudited = explanation.without_audits.as_ref().unwrap();
    assert_ne!(*unaudited, explanation.report.verdict, "no law is audited");
    let explanation = explained("D4", "array-copy-of-the-only-reference");
    assert_eq!(explanation.without_audits, None, "results differ anyway");
}

/// The run is repeated, and with it the panic.
#[test]
fn a_collector_that_panics_is_a_finding_without_a_history() {
    let case = seed("issue-10182");
    let module = Module::new(&case.wasm, &mut Arc::default()).unwrap();
    let panics = Variant::new(Collector::Drc, || Collector::Drc.heap());
    let panics = panics.with_edit(|_| panic!("on purpose"));
    let options = Options::default().with_collectors([panics.subject()]);
    let explanation = explain(&case, &Arc::new(module), &options).unwrap();
    let verdict = explanation.report.verdict.to_string();
    assert!(verdict.contains("on purpose"), "{verdict}");
    assert!(explanation.histories.is_empty());
}

#[test]
fn what_agrees_has_nothing_to_explain() {
    let case = seed("issue-10182");
    let module = Module::new(&case.wasm, &mut Arc::default()).unwrap();
    let explanation = explain(&case, &Arc::new(module), &Options::default()).unwrap();
    assert_eq!(explanation.report.verdict, Verdict::Agree);
    assert_eq!(explanation.cause, None);
    assert!(explanation.histories.is_empty());
}
