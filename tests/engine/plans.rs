//! Steps other than calls, and hosts that act when they are called.

use gcdiff::case::{self, Case};
use gcdiff::engine::{Grain, Schedule};
use gcdiff::events::{self, Event, Sink};
use gcdiff::observe::{ObservedValue, StepOutcome};
use gcdiff::oracle::{Collector, JudgeReport, Options, Timing, Verdict, judge};

/// Judges under all heaps, with an audit at every operation.
fn judged(text: &str) -> JudgeReport {
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let options = Options::default().with_timing(Timing::At(Grain::Every));
    let judged = judge(&case, &options).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree);
    judged
}

fn outcomes(judged: &JudgeReport) -> Vec<&StepOutcome> {
    let seen = judged.observation().unwrap();
    seen.steps.iter().map(|step| &step.outcome).collect()
}

const NODE: &str = "(type $node (struct (field (mut i32)) (field (mut (ref null $node)))))";

#[test]
fn a_kept_reference_goes_into_globals_and_tables() {
    let judged = judged(&format!(
        r#"
        ;;! [[steps]]
        ;;! call = "make"
        ;;! args = ["7"]
        ;;! [[steps]]
        ;;! global = "g"
        ;;! value = "kept:0"
        ;;! [[steps]]
        ;;! table = "t"
        ;;! index = 1
        ;;! value = "kept:0"
        ;;! [[steps]]
        ;;! table = "t"
        ;;! index = 2
        ;;! value = "kept:0"
        ;;! [[steps]]
        ;;! drop = 0
        ;;! [[steps]]
        ;;! collect = true
        ;;! [[steps]]
        ;;! call = "read"
        ;;! [[steps]]
        ;;! global = "g"
        ;;! [[steps]]
        ;;! table = "t"
        ;;! index = 1
        (module
          {NODE}
          (global (export "g") (mut anyref) (ref.null any))
          (table (export "t") 2 (ref null $node))
          (func (export "make") (param i32) (result (ref $node))
            (struct.new $node (local.get 0) (ref.null $node)))
          (func (export "read") (result i32)
            (i32.and
              (ref.eq (ref.cast eqref (global.get 0)) (table.get 0 (i32.const 1)))
              (i32.eq (struct.get $node 0 (table.get 0 (i32.const 1))) (i32.const 7)))))"#
    ));
    let outcomes = outcomes(&judged);
    let number = StepOutcome::Returned(vec![ObservedValue::Bits(1)]);
    assert_eq!(outcomes[7], &number);
    assert!(
        matches!(outcomes[4], StepOutcome::Trapped(_)),
        "out of bounds"
    );
    let [
        StepOutcome::Returned(global),
        StepOutcome::Returned(element),
    ] = outcomes[8..]
    else {
        panic!("{outcomes:?}");
    };
    assert!(matches!(global[..], [ObservedValue::Object(_)]));
    assert_eq!(global, element);
    // The first reference is shown as dropped, or as an object if its handle
    // has been reused.
    assert!(
        matches!(outcomes[1], StepOutcome::Returned(v) if matches!(v[..], [ObservedValue::Object(_) | ObservedValue::Dropped]))
    );
}

#[test]
fn what_the_host_lets_go_of_is_freed() {
    let text = format!(
        r#"
        ;;! [[steps]]
        ;;! call = "make"
        ;;! [[steps]]
        ;;! drop = 5
        ;;! [[steps]]
        ;;! collect = true
        (module {NODE} (func (export "make") (result (ref $node)) (struct.new_default $node)))"#
    );
    let judged = judged(&text);
    let drc = judged
        .stats
        .iter()
        .find(|(name, _)| *name == "drc")
        .unwrap();
    assert_eq!((drc.1.heap.allocated, drc.1.heap.freed), (1, 1));
    let seen = judged.observation().cloned().unwrap();
    assert_eq!(seen.kept, [ObservedValue::Null]);
    assert!(
        matches!(&seen.steps[1].outcome, StepOutcome::Returned(v) if matches!(v[..], [ObservedValue::Dropped]))
    );
}

#[test]
fn the_host_calls_back_and_collects() {
    let text = format!(
        r#"
        ;;! [[host]]
        ;;! call = "inner"
        ;;! [[host]]
        ;;! collect = true
        ;;! [[host]]
        ;;! call = "nothing of this name"
        ;;! [[steps]]
        ;;! call = "outer"
        (module
          {NODE}
          (import "host" "f" (func $f (param (ref null $node))))
          (tag $tag (param (ref null $node)))
          (func (export "outer") (result i32)
            (local $a (ref null $node))
            (local.set $a (struct.new $node (i32.const 1) (struct.new_default $node)))
            (call $f (local.get $a))
            (call $f (local.get $a))
            (call $f (ref.null $node))
            (call $f (ref.null $node))
            (struct.get $node 0 (local.get $a)))
          (func (export "inner")
            (throw $tag (struct.new $node (i32.const 3) (struct.new_default $node)))))"#
    );
    let seen = judged(&text).observation().cloned().unwrap();
    let did: Vec<_> = seen.host_calls.iter().map(|call| &call.did).collect();
    // The exception ends the call made by the host, not the call of the host
    // function.
    assert!(
        matches!(did[0], Some(StepOutcome::Threw(ObservedValue::Object(_)))),
        "{did:?}"
    );
    assert_eq!(did[1], &Some(StepOutcome::Returned(vec![])));
    assert_eq!(did[2], &None);
    assert!(matches!(did[3], Some(StepOutcome::Threw(_))));
    assert_eq!(
        seen.steps[1].outcome,
        StepOutcome::Returned(vec![ObservedValue::Bits(1)])
    );

    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = Schedule::EveryAllocation(1);
    let sink = Sink::default();
    let options = Options::default().with_collectors([events::recorder(Collector::Drc, &sink)]);
    judge(&case, &options).unwrap();
    let tally = sink.take();
    for event in [
        Event::CollectInHost,
        Event::CollectInReentry,
        Event::CollectAcrossCall,
    ] {
        assert!(tally.of(event) > 0, "{}", event.name());
    }
}

#[test]
fn calling_back_for_ever_ends() {
    let text = r#"
        ;;! [[host]]
        ;;! call = "f"
        (module
          (import "host" "f" (func $f))
          (func (export "f") (call $f) (call $f)))"#;
    let judged = judged(text);
    let seen = judged.observation().cloned().unwrap();
    assert!(seen.host_call_count > 1);
    assert!(
        seen.host_calls
            .iter()
            .any(|call| matches!(call.did, Some(StepOutcome::Trapped(_))))
    );
}

/// No limit in a header lets a host exhaust the native stack.
#[test]
fn no_limit_lets_calls_back_use_up_the_native_stack() {
    let text = r#"
        ;;! [limits]
        ;;! reentry = 6
        ;;! frames = 1000000
        ;;! [[host]]
        ;;! call = "f"
        (module
          (import "host" "f" (func $f (param anyref) (result anyref)))
          (func (export "f") (param anyref) (result anyref) (call $f (local.get 0))))"#;
    // A larger limit than the native stack has room for is refused.
    let more = text.replace("reentry = 6", "reentry = 7");
    assert!(case::read(more.as_bytes()).is_err());
    let seen = judged(text).observation().cloned().unwrap();
    assert!(seen.host_call_count < 100);
    assert!(
        seen.host_calls
            .iter()
            .any(|call| matches!(call.did, Some(StepOutcome::Trapped(_))))
    );
}

#[test]
fn a_host_that_calls_itself_ends() {
    let text = r#"
        ;;! [[host]]
        ;;! call = "f"
        (module
          (import "host" "f" (func $f))
          (export "f" (func $f)))"#;
    assert!(judged(text).observation().cloned().unwrap().host_call_count > 1);
}

#[test]
fn a_plan_that_does_not_fit_says_why() {
    for (steps, wanted) in [
        ("global = \"t\"", "no global \"t\""),
        ("global = \"i\"\n;;! value = \"1\"", "immutable"),
        ("table = \"i\"", "no table \"i\""),
        ("table = \"none\"", "nothing by the name of \"none\""),
    ] {
        let text = format!(
            ";;! [[steps]]\n;;! {steps}\n(module (table (export \"t\") 1 anyref) (global (export \"i\") i32 (i32.const 1)))"
        );
        let (case, _): (Case, _) = case::read(text.as_bytes()).unwrap();
        let message = judge(&case, &Options::default()).unwrap_err().to_string();
        assert!(message.contains(wanted), "{steps}: {message}");
    }
}

#[test]
fn the_host_makes_up_what_an_import_must_not_be_null() {
    let judged = judged(
        r#"
        ;;! schedule = "safepoints"
        (module
          (type $sum (func (param i32 i32) (result i32)))
          (type $node (struct (field (mut i32))))
          (import "host" "sum" (global $sum (ref $sum)))
          (import "host" "any" (global $any (ref func)))
          (import "host" "node" (global $node (ref $node)))
          (import "host" "sums" (table $sums 3 (ref $sum)))
          (import "host" "nodes" (table $nodes 2 (ref $node)))
          (import "host" "empty" (table $empty 0 (ref $none)))
          (type $none (struct (field (ref $node))))
          (func (export "call") (result i32)
            (call_ref $sum (i32.const 1) (i32.const 2) (global.get $sum)))
          (func (export "call_indirect") (result i32)
            (call_indirect $sums (type $sum) (i32.const 3) (i32.const 4) (i32.const 2)))
          (func (export "same") (result i32)
            (struct.set $node 0 (table.get $nodes (i32.const 0)) (i32.const 7))
            (i32.and
              (ref.eq (table.get $nodes (i32.const 0)) (table.get $nodes (i32.const 1)))
              (struct.get $node 0 (table.get $nodes (i32.const 1))))))
        "#,
    );
    let steps = outcomes(&judged);
    assert!(
        steps.iter().all(|o| matches!(o, StepOutcome::Returned(_))),
        "{steps:?}"
    );
    assert_eq!(
        *steps[3],
        StepOutcome::Returned(vec![ObservedValue::Bits(1)])
    );
    // Each call made by the host is recorded under the number of its import.
    let seen = judged.observation().cloned().unwrap();
    let calls: Vec<(u32, usize)> = seen
        .host_calls
        .iter()
        .map(|c| (c.import, c.args.len()))
        .collect();
    assert_eq!(calls, [(0, 2), (3, 2)]);
    // A value that the host cannot make is still a reason to discard the case.
    let text = r#"(module
        (type $a (struct (field (ref $a))))
        (import "host" "a" (global (ref $a))))"#;
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let Verdict::Discard(_, message) = judge(&case, &Options::default()).unwrap().verdict else {
        panic!("it is not discarded");
    };
    assert!(message.contains("\"host\" \"a\""), "{message}");
}
