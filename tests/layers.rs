//! Each part of the oracle that can be left out is missed when it is.

use gcdiff::case;
use gcdiff::oracle::{Layer, Layers, Options, Subject, Verdict, judge};
use gcdiff::zoo::{self, Probe};

fn verdict(fault: &str, text: &str, layers: Layers) -> Verdict {
    let options = Options {
        layers,
        ..Options::default()
    };
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
        let options = Options {
            layers,
            ..Options::fuzzing()
        };
        let chosen = options.for_case(u8::MAX, true).collectors;
        chosen.iter().map(Subject::name).collect::<Vec<_>>()
    };
    assert_eq!(joined(Layers::ALL), ["null", "drc", "copying", "model"]);
    let without = Layers::ALL.without(Layer::Votes);
    assert_eq!(joined(without), ["null", "drc"]);
}
