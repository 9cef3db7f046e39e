//! Each layer of the oracle misses something when it is left out.

use gcdiff::case;
use gcdiff::oracle::{Collector, Layer, Layers, Options, Reason, SharedSubject, Verdict, judge};
use gcdiff::zoo::{self, Probe};

fn verdict(fault: &str, text: &str, layers: Layers) -> Verdict {
    let options = Options::default().with_layers(layers);
    let fault = zoo::fault(fault).unwrap();
    let options = fault.switch_on(options, &Probe::default());
    let (case, _) = case::read(text.as_bytes()).unwrap();
    judge(&case, &options).unwrap().verdict
}

#[test]
fn an_element_that_nobody_reads_is_in_the_graph_only() {
    let text = r#"
        (module
          (type $a (array (mut i32)))
          (global $root (export "root") (mut (ref null $a)) (ref.null $a))
          (func (export "run")
            (global.set $root (array.new_default $a (i32.const 8)))
            (array.fill $a (global.get $root) (i32.const 1) (i32.const 7) (i32.const 3))))"#;
    let with = |layers| verdict("W39", text, layers);
    assert!(with(Layers::ALL).is_finding());
    assert!(with(Layers::RESULTS.with(Layer::Graph)).is_finding());
    assert_eq!(with(Layers::ALL.without(Layer::Graph)), Verdict::Agree);
}

#[test]
fn a_missing_root_without_a_collection_needs_the_second_run() {
    let text = r#"
        ;;! schedule = "never"
        (module
          (type $s (struct (field i32)))
          (func (export "run") (param i32) (result i32)
            (local $x (ref null $s))
            (local.set $x
              (select (result (ref null $s))
                (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2)) (local.get 0)))
            (drop (struct.new $s (i32.const 3)))
            (struct.get $s 0 (local.get $x))))"#;
    let text = text.trim_start();
    assert!(verdict("W20", text, Layers::ALL).is_finding());
    let once = Layers::ALL.without(Layer::Schedule);
    assert_eq!(verdict("W20", text, once), Verdict::Agree);
}

#[test]
fn without_votes_no_other_heaps_join() {
    let joined = |layers| {
        let options = Options::fuzzing().with_layers(layers);
        let chosen = options.for_case(u8::MAX, true).collectors;
        chosen
            .iter()
            .map(|s| s.name().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(joined(Layers::ALL), ["drc", "null", "copying", "model"]);
    let without = Layers::ALL.without(Layer::Votes);
    assert_eq!(joined(without), ["drc", "null"]);
}

/// The elements are copied until they are freed, and then read.
const READ_AGAIN: &str = r#"
    (module
      (type $s (struct (field i32)))
      (type $a (array (mut (ref null $s))))
      (global $g (mut (ref null $a)) (ref.null $a))
      (func (export "make")
        (global.set $g (array.new $a (struct.new $s (i32.const 5)) (i32.const 1))))
      (func $copy (export "copy")
        (array.copy $a $a (global.get $g) (i32.const 0) (global.get $g) (i32.const 0)
          (i32.const 1)))
      (func (export "read") (result i32)
        (call $copy)
        (struct.get $s 0 (array.get $a (global.get $g) (i32.const 0)))))"#;

#[test]
fn what_a_heap_notices_is_no_result() {
    let results = Layers::RESULTS;
    let Verdict::Discard(Reason::Noticed, detail) = verdict("W1", READ_AGAIN, results) else {
        panic!("{}", verdict("W1", READ_AGAIN, results))
    };
    assert!(detail.starts_with("drc at 0x10: "), "{detail}");
    let heap = verdict("W1", READ_AGAIN, results.with(Layer::Heap));
    let fingerprint = heap.fingerprint().unwrap();
    assert!(fingerprint.starts_with("poison:none:"), "{fingerprint}");
}

/// A violation that a heap notices itself does not hide the violation that
/// another layer finds.
#[test]
fn laws_are_checked_whether_or_not_a_heap_notices() {
    let exact = Layers::RESULTS.with(Layer::Law(gcdiff::oracle::Law::Exact));
    let expected = Some("exact:struct:array.copy:drc".to_string());
    assert_eq!(verdict("W1", READ_AGAIN, exact).fingerprint(), expected);
    let all = Layers::ALL.without(Layer::Heap);
    assert_eq!(verdict("W1", READ_AGAIN, all).fingerprint(), expected);
    // No other layer finds anything in this case.
    let votes = Layers::RESULTS.with(Layer::Votes);
    let votes = verdict("W1", READ_AGAIN, votes);
    assert!(matches!(votes, Verdict::Discard(Reason::Noticed, _)));
}

/// The other heaps are compared without it.
#[test]
fn a_heap_that_notices_hides_no_difference_between_the_others() {
    let text = r#"
        (module
          (type $s (struct (field i8)))
          (type $a (array (mut (ref null $s))))
          (global $x (export "x") (mut i32) (i32.const 0))
          (func (export "run") (local $a (ref null $a))
            (local.set $a (array.new $a (struct.new $s (i32.const 500)) (i32.const 4)))
            (global.set $x
              (struct.get_u $s 0 (array.get $a (local.get $a) (i32.const 1))))
            (array.copy $a $a (local.get $a) (i32.const 0) (local.get $a) (i32.const 0)
              (i32.const 4))
            (array.copy $a $a (local.get $a) (i32.const 0) (local.get $a) (i32.const 0)
              (i32.const 4))
            (drop (struct.get_u $s 0 (array.get $a (local.get $a) (i32.const 1))))))"#;
    let faulty = |id: &str, options: Options| {
        let fault = zoo::fault(id).unwrap();
        fault.switch_on(options, &Probe::default())
    };
    let options = Options::default().with_layers(Layers::RESULTS);
    let (case, _) = case::read(text.as_bytes()).unwrap();
    // X11 is in all heaps except the model, W1 only in the counting heap.
    let wrong = faulty("X11", options.clone()).collectors;
    let noticing = faulty("W1", options.clone()).collectors;
    let with = |collectors: Vec<SharedSubject>| {
        let options = options.clone().with_collectors(collectors);
        judge(&case, &options).unwrap().verdict
    };
    let drc = noticing[1].clone();
    let null = SharedSubject::from(Collector::Null);
    let verdict = with(vec![null, drc.clone()]);
    assert!(
        matches!(verdict, Verdict::Discard(Reason::Noticed, _)),
        "{verdict}"
    );
    let model = SharedSubject::from(Collector::Model);
    assert!(with(vec![wrong[0].clone(), drc, model]).is_finding());
}

#[test]
fn a_crash_is_a_result() {
    let crashes = [
        (
            "W47",
            include_str!("../../corpus/regressions/constant-expression-without-memory.wat"),
        ),
        (
            "W17",
            include_str!("../../corpus/regressions/long-array-dropped.wat"),
        ),
    ];
    for (fault, text) in crashes {
        for layers in [Layers::RESULTS, Layers::ALL] {
            let verdict = verdict(fault, text, layers);
            let message = verdict.to_string();
            assert!(verdict.is_finding(), "{fault}: {message}");
            let crashed = "the collector has crashed: ";
            assert!(message.contains(crashed), "{fault}: {message}");
        }
    }
}
