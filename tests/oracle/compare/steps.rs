//! Steps: outcomes, results, exceptions, and calls of the host.

use super::{differ, edited};
use gcdiff::observe::{Observation, ObservedValue, StepOutcome};

#[test]
fn results_and_endings() {
    let body = r#"(func (export "f")) (func (export "g") (result i32 i64) i32.const 1 @)"#;
    let texts = ("i64.const 7", "i64.const 18");
    let line = r#"result 1 of call 2 "g": 7 / 18 (0x12)"#;
    differ(body, texts, "result", line);
    let lose = |o: &mut Observation| match &mut o.steps[2].outcome {
        StepOutcome::Returned(values) => values.truncate(1),
        _ => unreachable!(),
    };
    let line = r#"results of call 2 "g": 2 / 1"#;
    edited(&body.replace('@', texts.0), lose, "result", line);

    let body = r#"(tag $t) (func (export "f") @)"#;
    let texts = ("nop", "unreachable");
    let line = r#"call 1 "f": returned 0 values / trapped: unreachable"#;
    differ(body, texts, "trap", line);
    let line = r#"call 1 "f": threw exception $t / trapped: unreachable"#;
    differ(body, ("throw $t", "unreachable"), "trap", line);
    let line = r#"call 1 "f": threw exception $t / returned 0 values"#;
    differ(body, ("throw $t", "nop"), "exception", line);
    let divide = "(drop (i32.div_u (i32.const 1) (i32.const 0)))";
    let line = r#"call 1 "f": trapped: unreachable / trapped: integer divide by zero"#;
    differ(body, ("unreachable", divide), "trap", line);

    let body = r#"(func $start @) (start $start) (func (export "f"))"#;
    let line = "instantiation: returned 0 values / trapped: unreachable";
    differ(body, texts, "trap", line);

    // The host has no exceptions, so it has no argument of this type.
    let body = r#"(func (export "f") (param (@)))"#;
    let line = r#"call 1 "f": returned 0 values / was not called: no argument fits"#;
    differ(body, ("ref any", "ref exn"), "call", line);
}

#[test]
fn exceptions() {
    let body = r#"
        (tag $t)
        (global $e (mut exnref) (ref.null exn))
        (func (export "f")
          (global.set $e
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $t)) (unreachable)))
          (throw_ref (global.get $e)))
        (func (export "g") @)"#;
    let again = "(throw_ref (global.get $e))";
    let line = r#"exception of call 2 "g": exception $t, the same object as exception of call 1 "f" / exception $t, another object"#;
    differ(body, (again, "(throw $t)"), "exception", line);

    let body = r#"(tag $a (param i32)) (tag $b (param i32)) (tag $c (export "c") (param i32))
        (func (export "f") @)"#;
    let [a, b] = ["$a", "$b"].map(|tag| format!("(throw {tag} (i32.const 1))"));
    let line = r#"exception of call 1 "f": exception $a / exception $b"#;
    differ(body, (&a, &b), "exception", line);
    let line = r#"exception of call 1 "f" -> field 0: 1 / 2"#;
    differ(body, (&a, &a.replace('1', "2")), "heap", line);
    let body = r#"(tag (export "a")) (tag) (func (export "f") (throw @))"#;
    let line = r#"exception of call 1 "f": exception "a" / exception 1"#;
    differ(body, ("0", "1"), "exception", line);
}

#[test]
fn steps_are_the_same_calls() {
    let body = r#"(func (export "f")) (func (export "g"))"#;
    let rename = |o: &mut Observation| o.steps[2].export = Some("h\n".into());
    edited(body, rename, "call", r#"call 2: "g" / "h\n""#);
    let forget = |o: &mut Observation| o.steps[1].export = None;
    edited(body, forget, "call", r#"call 1: "f" / instantiation"#);
    let forget = |o: &mut Observation| o.steps.truncate(1);
    edited(body, forget, "call", "calls made: 3 / 1");
}

#[test]
fn calls_of_the_host() {
    let body = r#"
        (import "m" "a" (func $a (param i32 anyref)))
        (import "m" "b" (func $b (param i32 anyref)))
        (func (export "f")
          (call $a (i32.const 0) (ref.null any)) @)"#;
    let call = "(call $a (i32.const 1) (ref.null any))";
    for (other, line) in [
        (
            "(call $b (i32.const 1) (ref.null any))",
            r#"host call 1: "m" "a" / "m" "b""#,
        ),
        (
            "(call $a (i32.const 2) (ref.null any))",
            r#"argument 0 of host call 1 "m" "a": 1 / 2"#,
        ),
        (
            "(call $a (i32.const 1) (ref.i31 (i32.const 0)))",
            r#"argument 1 of host call 1 "m" "a": null / i31 0"#,
        ),
        ("", "calls to the host: 2 / 1"),
    ] {
        differ(body, (call, other), "host call", line);
    }
    let object = |n| format!("(call $a (i32.const 1) (struct.new $word (i32.const {n})))");
    let line = r#"argument 1 of host call 1 "m" "a" -> field 0: 3 / 4"#;
    differ(body, (&object(3), &object(4)), "heap", line);
    let body = body.replace('@', call);
    let lose = |o: &mut Observation| o.host_calls[0].args.truncate(1);
    let line = r#"arguments of host call 0 "m" "a": 2 / 1"#;
    edited(&body, lose, "host call", line);
    let lose = |o: &mut Observation| o.host_calls.truncate(1);
    let line = "calls to the host written down: 2 / 1";
    edited(&body, lose, "host call", line);
}

/// Results of the host's acts are typed like those of the plan's steps.
#[test]
fn results_of_the_host_s_acts() {
    let body = |act: &str| {
        let module = r#"
            (import "m" "f" (func $f)) (func (export "run") call $f)
            (func (export "act") (result i64 f32 anyref)
                (i64.const @) (f32.const 0.5) (struct.new $word (i32.const 3)))
            (global (export "g") i32 (i32.const @))"#;
        format!("\n;;! [[host]]\n;;! {act}\n;;! [[steps]]\n;;! call = \"run\"\n{module}")
    };
    let line = r#"result 0 of what the host did in host call 0 "m" "f": "#;
    for act in ["call = 'act'", "global = 'g'"] {
        let shown = match act {
            "global = 'g'" => "-1 (0xffffffff) / -2 (0xfffffffe)",
            _ => "-1 (0xffffffffffffffff) / -2 (0xfffffffffffffffe)",
        };
        differ(
            &body(act),
            ("-1", "-2"),
            "result",
            &format!("{line}{shown}"),
        );
    }
    let call = body("call = 'act'").replace('@', "7");
    let results =
        |o: &mut Observation, index: usize, value: ObservedValue| match &mut o.host_calls[0].did {
            Some(StepOutcome::Returned(values)) => values[index] = value,
            _ => unreachable!(),
        };
    let line = r#"result 1 of what the host did in host call 0 "m" "f": 0.5 (0x3f000000) / 2.0 (0x40000000)"#;
    let two = ObservedValue::Bits(0x4000_0000);
    edited(&call, |o| results(o, 1, two), "result", line);
    let line = r#"result 2 of what the host did in host call 0 "m" "f": struct $word / a reference that was dropped since"#;
    edited(
        &call,
        |o| results(o, 2, ObservedValue::Dropped),
        "result",
        line,
    );
    // A difference is found even if the act has no name.
    let nameless = |o: &mut Observation| {
        o.host_calls[0].act = None;
        results(o, 0, ObservedValue::Null);
    };
    let line = r#"result 0 of what the host did in host call 0 "m" "f": 7 / null"#;
    edited(&call, nameless, "result", line);
}
