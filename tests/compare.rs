//! What an embedder can see is compared part by part. Each pair of observations
//! below differs in one part; the difference must be found and named. They are
//! made by running modules that differ in one place, written `@`.

use gcdiff::case::{self, Observation, Seen};
use gcdiff::engine::{Blind, Schedule};
use gcdiff::heap::Heap;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::oracle::compare;
use std::sync::Arc;

const TYPES: &str = r#"
    (type $word (struct (field i32)))
    (type $float (struct (field f32)))
    (type $pair (struct (field anyref) (field anyref)))
    (type $refs (array (mut anyref)))
    (type $bytes (array i8))
"#;

fn observe(body: &str, heap: impl Heap, schedule: Schedule) -> Observation {
    let text = format!("(module {TYPES} {body})");
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = schedule;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let run = case::run(&case, &module, heap, &mut Blind);
    run.observation.unwrap()
}

fn seen(body: &str) -> Observation {
    observe(body, Null::new(1 << 20), Schedule::Never)
}

/// The path of the difference, and what each shows there.
fn difference(a: &Observation, b: &Observation) -> Option<(String, String, String)> {
    let there = compare(("a", a), ("b", b));
    let back = compare(("b", b), ("a", a));
    assert_eq!(there.is_some(), back.is_some());
    let there = there?;
    assert_eq!(there.collectors, ("a", "b"));
    Some((there.path, there.values.0, there.values.1))
}

/// Runs `body` with `@` replaced by each of two texts, and looks for the only
/// difference: where it is, and what each shows there.
#[track_caller]
fn differ(body: &str, texts: (&str, &str), path: &str, values: (&str, &str)) {
    let [a, b] = [texts.0, texts.1].map(|text| body.replace('@', text));
    for body in [&a, &b] {
        // The same on another heap, with other addresses: no difference.
        let other = observe(body, Drc::new(1 << 20), Schedule::EveryAllocation(1));
        assert_eq!(difference(&seen(body), &other), None);
    }
    let found = difference(&seen(&a), &seen(&b));
    let wanted = (path.into(), values.0.into(), values.1.into());
    assert_eq!(found, Some(wanted));
}

/// The same with an observation that no module of ours would show.
#[track_caller]
fn edited(body: &str, edit: impl Fn(&mut Observation), path: &str, values: (&str, &str)) {
    let a = seen(body);
    let mut b = a.clone();
    assert_eq!(difference(&a, &b), None);
    edit(&mut b);
    let wanted = (path.into(), values.0.into(), values.1.into());
    assert_eq!(difference(&a, &b), Some(wanted));
}

#[test]
fn results_and_endings() {
    let body = r#"(func (export "f")) (func (export "g") (result i32 i64) i32.const 1 @)"#;
    let texts = ("i64.const 7", "i64.const 18");
    differ(
        body,
        texts,
        r#"call 2 of "g" -> result 1"#,
        ("7", "18 (0x12)"),
    );

    let body = r#"(tag $t) (func (export "f") @)"#;
    let name = r#"call 1 of "f""#;
    let (returned, trapped) = ("returned 0 values", "trapped: unreachable");
    differ(body, ("nop", "unreachable"), name, (returned, trapped));
    let threw = "threw an exception";
    differ(body, ("throw $t", "unreachable"), name, (threw, trapped));
    let divide = "(drop (i32.div_u (i32.const 1) (i32.const 0)))";
    let values = (trapped, "trapped: integer divide by zero");
    differ(body, ("unreachable", divide), name, values);

    let body = r#"(func $start @) (start $start) (func (export "f"))"#;
    let values = (returned, trapped);
    differ(body, ("nop", "unreachable"), "instantiation", values);

    // No argument fits: the host has no exceptions.
    let body = r#"(func (export "f") (param (@)))"#;
    let values = (returned, "was not called: no argument fits");
    differ(body, ("ref any", "ref exn"), name, values);
}

#[test]
fn exceptions_are_told_apart() {
    let body = r#"
        (tag $t)
        (global $e (mut exnref) (ref.null exn))
        (func (export "f")
          (global.set $e
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $t)) (unreachable)))
          (throw_ref (global.get $e)))
        (func (export "g") @)"#;
    differ(
        body,
        ("(throw_ref (global.get $e))", "(throw $t)"),
        r#"call 2 of "g" -> exception"#,
        (
            "object 0: exception of tag 0",
            "object 1: exception of tag 0",
        ),
    );
}

#[test]
fn steps_are_the_same_calls() {
    let body = r#"(func (export "f")) (func (export "g"))"#;
    let rename = |o: &mut Observation| o.steps[2].export = Some("h".into());
    edited(body, rename, "call 2", (r#""g""#, r#""h""#));
    let forget = |o: &mut Observation| o.steps.truncate(1);
    edited(body, forget, "calls made", ("3", "1"));
}

#[test]
fn calls_of_the_host() {
    let body = r#"
        (import "" "a" (func $a (param i32 anyref)))
        (import "" "b" (func $b (param i32 anyref)))
        (func (export "f")
          (call $a (i32.const 0) (ref.null any)) @)"#;
    let call = "(call $a (i32.const 1) (ref.null any))";
    for (other, path, values) in [
        (
            "(call $b (i32.const 1) (ref.null any))",
            "host call 1",
            ("import 0", "import 1"),
        ),
        (
            "(call $a (i32.const 2) (ref.null any))",
            "host call 1 -> argument 0",
            ("1", "2"),
        ),
        (
            "(call $a (i32.const 1) (ref.i31 (i32.const 0)))",
            "host call 1 -> argument 1",
            ("null", "i31 0"),
        ),
        ("", "calls to the host", ("2", "1")),
    ] {
        differ(body, (call, other), path, values);
    }
}

#[test]
fn globals() {
    let body = "(elem declare func $f $g) (func $f) (func $g)
        (global i32 (i32.const 1)) (global anyref (ref.null any)) (global @)";
    for (texts, values) in [
        (
            ("f32 (f32.const 0)", "f32 (f32.const -0)"),
            ("0", "2147483648 (0x80000000)"),
        ),
        (
            ("i64 (i64.const 9)", "i64 (i64.const -1)"),
            ("9", "18446744073709551615 (0xffffffffffffffff)"),
        ),
        (
            ("anyref (ref.null any)", "anyref (ref.i31 (i32.const -1))"),
            ("null", "i31 -1"),
        ),
        (
            ("funcref (ref.func $f)", "funcref (ref.func $g)"),
            ("function 0", "function 1"),
        ),
        (
            (
                "anyref (ref.i31 (i32.const 1))",
                "anyref (struct.new_default $word)",
            ),
            ("i31 1", "object 0: struct $type0"),
        ),
        (
            (
                "anyref (struct.new_default $word)",
                "anyref (struct.new_default $float)",
            ),
            ("object 0: struct $type0", "object 0: struct $type1"),
        ),
    ] {
        differ(body, texts, "global 2", values);
    }
    differ(
        "@",
        ("", "(global i32 (i32.const 1))"),
        "globals",
        ("0", "1"),
    );
}

#[test]
fn tables() {
    let body = r#"
        (table 1 anyref) (table $t 2 anyref)
        (func (export "f") (drop (table.grow $t (ref.null any) (i32.const 1))) @)"#;
    let set = "(table.set $t (i32.const 1) (ref.i31 (i32.const 4)))";
    differ(body, ("", set), "table 1 -> element 1", ("null", "i31 4"));
    let grow = "(drop (table.grow $t (ref.null any) (i32.const 2)))";
    differ(body, ("", grow), "table 1 -> elements", ("3", "5"));
    differ("@", ("", "(table 1 anyref)"), "tables", ("0", "1"));
}

#[test]
fn memories() {
    let body = r#"(memory 1) (memory $m 1 3) (func (export "f") @)"#;
    let store = "(i32.store8 $m (i32.const 0x1f0) (i32.const 7))";
    differ(
        body,
        ("", store),
        "memory 1 -> byte 0x1f0",
        ("0x00", "0x07"),
    );
    let grow = "(drop (memory.grow $m (i32.const 1)))";
    differ(body, ("", grow), "memory 1 -> size", ("65536", "131072"));
    differ("@", ("", "(memory 1)"), "memories", ("0", "1"));
}

#[test]
fn kept_references() {
    let body = r#"(func (export "f") (result anyref) (struct.new_default $word))"#;
    let lose = |o: &mut Observation| o.kept[0] = Seen::Null;
    let shown = ("object 0: struct $type0", "null");
    edited(body, lose, "kept reference 0", shown);
    let more = |o: &mut Observation| o.kept.push(Seen::I31(1));
    edited(body, more, "kept references", ("1", "2"));
}

/// Two words, which look the same but are two.
const WORDS: &str = "(global $a (ref $word) (struct.new $word (i32.const 5)))
    (global $b (ref $word) (struct.new $word (i32.const 5)))";

#[test]
fn the_payload_of_objects() {
    let held = |object: &str| format!("(global anyref (ref.null any)) (global anyref ({object}))");
    let path = "heap -> global 1 -> field 0";
    let body = held("struct.new $word (i32.const @)");
    differ(&body, ("3", "4"), path, ("3", "4"));
    let body = held("struct.new $pair (ref.i31 (i32.const @)) (ref.null any)");
    differ(&body, ("3", "4"), path, ("i31 3", "i31 4"));
    let body = held("array.new_fixed $bytes 3 (i32.const 0) (i32.const 0) (i32.const @)");
    let path = "heap -> global 1 -> element 2";
    differ(&body, ("255", "127"), path, ("255 (0xff)", "127 (0x7f)"));
    let body = held("array.new $bytes (i32.const 1) (i32.const @)");
    differ(&body, ("3", "4"), "heap -> global 1 -> length", ("3", "4"));
}

#[test]
fn the_shape_of_objects() {
    let body = "(global anyref
        (struct.new $pair (ref.null any) (array.new $refs (@) (i32.const 2))))";
    differ(
        body,
        ("struct.new_default $word", "struct.new_default $float"),
        "heap -> global 0 -> field 1 -> element 0",
        ("object 2: struct $type0", "object 2: struct $type1"),
    );
    differ(
        body,
        (
            "array.new_default $refs (i32.const 1)",
            "array.new_default $bytes (i32.const 1)",
        ),
        "heap -> global 0 -> field 1 -> element 0",
        ("object 2: array $type3 of 1", "object 2: array $type4 of 1"),
    );
    let body = r#"
        (tag $a) (tag $b) (global $e (mut exnref) (ref.null exn))
        (func (export "f")
          (global.set $e
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw @)) (unreachable))))"#;
    let shown = (
        "object 0: exception of tag 0",
        "object 0: exception of tag 1",
    );
    differ(body, ("$a", "$b"), "heap -> global 0", shown);
}

#[test]
fn external_values_have_names() {
    let body = r#"(func (export "f") (param externref) (result externref) (local.get 0))"#;
    let a = seen(body);
    let name = a.graph.nodes[0].word;
    let rename = |o: &mut Observation| o.graph.nodes[0].word += 1;
    let [old, new] = [name, name + 1].map(|name| format!("object 0: extern {name}"));
    edited(body, rename, "heap -> kept reference 0", (&old, &new));
}

#[test]
fn identity_and_sharing() {
    let body = format!("{WORDS} (global anyref (struct.new $pair (global.get $a) (global.get @)))");
    let path = "heap -> global 2 -> field 1";
    let shown = ("object 0: struct $type0", "object 1: struct $type0");
    differ(&body, ("$a", "$b"), path, shown);
    let body = format!(
        "{WORDS} (table 1 anyref (ref.null any))
        (func (export \"f\") (result anyref anyref) (global.get $b) (global.get @))"
    );
    differ(&body, ("$a", "$b"), r#"call 1 of "f" -> result 1"#, shown);

    // A cycle, and an array that looks like it from above.
    let body = r#"
        (global $g (mut (ref null $refs)) (ref.null $refs))
        (func (export "f")
          (global.set $g (array.new_default $refs (i32.const 1)))
          (array.set $refs (global.get $g) (i32.const 0) @))"#;
    let texts = ("(global.get $g)", "(array.new_default $refs (i32.const 1))");
    let shown = ("object 0: array $type3 of 1", "object 1: array $type3 of 1");
    differ(body, texts, "heap -> global 0 -> element 0", shown);
}

#[test]
fn paths_start_where_an_embedder_does() {
    let body = r#"(table 2 anyref)
        (func (export "f") (table.set 0 (i32.const 1) (struct.new $word (i32.const @))))"#;
    differ(
        body,
        ("3", "4"),
        "heap -> table 0 -> element 1 -> field 0",
        ("3", "4"),
    );
    let body = r#"(func (export "f") (result anyref) (struct.new $word (i32.const @)))"#;
    differ(
        body,
        ("3", "4"),
        "heap -> kept reference 0 -> field 0",
        ("3", "4"),
    );

    let list = |n| {
        "(struct.new $pair (ref.null any) ".repeat(n) + "(ref.i31 (i32.const @))" + &")".repeat(n)
    };
    let path = |n| format!("heap -> global 0{}", " -> field 1".repeat(n));
    let body = format!("(global anyref {})", list(17));
    differ(&body, ("3", "4"), &path(17), ("i31 3", "i31 4"));
    let body = format!("(global anyref {})", list(18));
    let path = path(17).replace("global 0", "...");
    differ(&body, ("3", "4"), &path, ("i31 3", "i31 4"));
}
