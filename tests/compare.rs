//! What an embedder can see is compared part by part. Each pair of observations
//! below differs in one part; the difference must be found and named. They are
//! made by running modules that differ in one place, written `@`.

use gcdiff::case::{self, Observation, Seen};
use gcdiff::engine::{NoInspector, Schedule};
use gcdiff::heap::Heap;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::oracle::{Difference, Names, compare};
use std::sync::Arc;

const TYPES: &str = r#"
    (type $word (struct (field i32)))
    (type $float (struct (field f32)))
    (type $pair (struct (field anyref) (field anyref)))
    (type $refs (array (mut anyref)))
    (type $bytes (array i8))
    (type $node (struct (field i32) (field (mut (ref null $node)))))
"#;

type Ran = (Observation, Arc<Module>);

fn observe(body: &str, heap: impl Heap, schedule: Schedule) -> Ran {
    // Before the first parenthesis there may be a header.
    let (header, body) = body.split_at(body.find('(').unwrap_or(0));
    let text = format!("{header}(module {TYPES} {body})");
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = schedule;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let run = case::run(&case, &module, heap, &mut NoInspector);
    (run.observation.unwrap(), module)
}

fn seen(body: &str) -> Ran {
    observe(body, Null::new(1 << 20), Schedule::Never)
}

/// The difference, which must be the same from the other side.
#[track_caller]
fn difference(a: &Observation, b: &Observation, names: &Names<'_>) -> Option<Difference> {
    let there = compare(("a", a), ("b", b), names);
    let back = compare(("b", b), ("a", a), names).map(|back| Difference {
        collectors: (back.collectors.1, back.collectors.0),
        values: (back.values.1, back.values.0),
        ..back
    });
    assert_eq!(there, back);
    if let Some(there) = &there {
        assert_eq!(there.collectors, ("a".to_string(), "b".to_string()));
    }
    there
}

#[track_caller]
fn assert_found(found: Option<Difference>, kind: &str, line: &str) {
    let found = found.expect("no difference");
    assert_eq!((found.kind, found.to_string()), (kind, line.to_string()));
}

/// Runs `body` with `@` replaced by each of two texts, and looks for the only
/// difference: its kind, and where it is and what each shows there, in a line.
#[track_caller]
fn differ(body: &str, texts: (&str, &str), kind: &str, line: &str) {
    let [a, b] = [texts.0, texts.1].map(|text| body.replace('@', text));
    for body in [&a, &b] {
        // The same on another heap, with other addresses: no difference.
        let other = observe(body, Drc::new(1 << 20), Schedule::EveryAllocation(1));
        assert_eq!(difference(&seen(body).0, &other.0, &Names::none()), None);
    }
    let (a, module) = seen(&a);
    assert_found(
        difference(&a, &seen(&b).0, &Names::new(&module)),
        kind,
        line,
    );
}

/// The same with an observation that no module of ours would show.
#[track_caller]
fn edited(body: &str, edit: impl Fn(&mut Observation), kind: &str, line: &str) {
    let (a, module) = seen(body);
    let mut b = a.clone();
    let names = Names::new(&module);
    assert_eq!(difference(&a, &b, &names), None);
    edit(&mut b);
    assert_found(difference(&a, &b, &names), kind, line);
}

#[test]
fn results_and_endings() {
    let body = r#"(func (export "f")) (func (export "g") (result i32 i64) i32.const 1 @)"#;
    let texts = ("i64.const 7", "i64.const 18");
    let line = r#"result 1 of call 2 "g": 7 / 18 (0x12)"#;
    differ(body, texts, "result", line);
    let lose = |o: &mut Observation| match &mut o.steps[2].outcome {
        case::Outcome::Returned(values) => values.truncate(1),
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

    // No argument fits: the host has no exceptions.
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

#[test]
fn globals() {
    let body = r#"(elem declare func $f 1 2 3) (func $f) (func (export "x") (export "y")) (func) (func)
        (global i32 (i32.const 1)) (global anyref (ref.null any)) (global (export "g") @)"#;
    for (texts, values) in [
        (
            ("f32 (f32.const 0)", "f32 (f32.const -0)"),
            "0.0 (0x00000000) / -0.0 (0x80000000)",
        ),
        (
            ("i64 (i64.const 9)", "i64 (i64.const -1)"),
            "9 / -1 (0xffffffffffffffff)",
        ),
        (
            ("anyref (ref.null any)", "anyref (ref.i31 (i32.const -1))"),
            "null / i31 -1",
        ),
        (
            ("funcref (ref.func $f)", "funcref (ref.func 1)"),
            r#"function $f / function "x""#,
        ),
        (
            ("funcref (ref.func 2)", "funcref (ref.func 3)"),
            "function 2 / function 3",
        ),
        (
            (
                "anyref (ref.i31 (i32.const 1))",
                "anyref (struct.new_default $word)",
            ),
            "i31 1 / struct $word",
        ),
        (
            (
                "anyref (struct.new_default $word)",
                "anyref (struct.new_default $float)",
            ),
            "struct $word / struct $float",
        ),
        (
            (
                "anyref (array.new_default $refs (i32.const 5))",
                "anyref (array.new_default $refs (i32.const 4))",
            ),
            "array $refs of 5 / array $refs of 4",
        ),
    ] {
        differ(body, texts, "global", &format!("global \"g\": {values}"));
    }
    let texts = ("", "(global i32 (i32.const 1))");
    differ("@", texts, "global", "globals: 0 / 1");
}

#[test]
fn places_have_names() {
    let value = "(i32.const @)";
    for (global, name) in [
        (format!("(global i32 {value})"), "0"),
        (format!("(global $g i32 {value})"), "$g"),
        (format!("(global $g (export \"e\") i32 {value})"), "\"e\""),
    ] {
        let line = format!("global {name}: 3 / 4");
        differ(&global, ("3", "4"), "global", &line);
    }
    let body = r#"(import "m" "n" (global $g (mut i32)))
        (func (export "f") (global.set $g (i32.const @)))"#;
    differ(body, ("3", "4"), "global", r#"global "m" "n": 3 / 4"#);
}

#[test]
fn tables() {
    let body = r#"
        (table 1 anyref) (table $t (export "t") 2 anyref)
        (func (export "f") (drop (table.grow $t (ref.null any) (i32.const 1))) @)"#;
    let set = "(table.set $t (i32.const 1) (ref.i31 (i32.const 4)))";
    let line = r#"table "t" -> element 1: null / i31 4"#;
    differ(body, ("", set), "table", line);
    let grow = "(drop (table.grow $t (ref.null any) (i32.const 2)))";
    differ(body, ("", grow), "table", r#"table "t" -> size: 3 / 5"#);
    let texts = ("", "(table 1 anyref)");
    differ("@", texts, "table", "tables: 0 / 1");
    let body = r#"(table 2 anyref)
        (func (export "f") (table.set 0 (i32.const 1) (struct.new $word (i32.const @))))"#;
    let line = "table 0 -> element 1 -> field 0: 3 / 4";
    differ(body, ("3", "4"), "heap", line);
}

#[test]
fn memories() {
    let body = r#"(memory (export "m") 1) (memory $n 1 3) (func (export "f") @)"#;
    let store = "(i32.store8 (i32.const 0x1f0) (i32.const 7))";
    let line = r#"memory "m" -> byte 0x1f0: 0x00 / 0x07"#;
    differ(body, ("", store), "memory", line);
    let grow = "(drop (memory.grow $n (i32.const 1)))";
    let line = "memory $n -> size: 65536 / 131072";
    differ(body, ("", grow), "memory", line);
    differ("@", ("", "(memory 1)"), "memory", "memories: 0 / 1");
}

#[test]
fn kept_references() {
    let body = r#"(func (export "f") (result anyref) (struct.new_default $word))"#;
    let lose = |o: &mut Observation| o.kept[0] = Seen::Null;
    edited(body, lose, "kept", "kept reference 0: struct $word / null");
    let more = |o: &mut Observation| o.kept.push(Seen::I31(1));
    edited(body, more, "kept", "kept references: 1 / 2");
}

#[test]
fn the_inside_of_objects() {
    let held = |object: &str| format!("(global anyref (ref.null any)) (global anyref ({object}))");
    for (object, line) in [
        ("struct.new $word (i32.const @)", "field 0: 3 / 4"),
        (
            "struct.new $pair (ref.i31 (i32.const @)) (ref.null any)",
            "field 0: i31 3 / i31 4",
        ),
        (
            "array.new_fixed $bytes 3 (i32.const 0) (i32.const 0) (i32.const 2@)",
            "element 2: 23 (0x17) / 24 (0x18)",
        ),
    ] {
        let line = format!("global 1 -> {line}");
        differ(&held(object), ("3", "4"), "heap", &line);
    }
    let body = r#"(func (export "f") (result anyref) (struct.new $word (i32.const @)))"#;
    let line = r#"result 0 of call 1 "f" -> field 0: 3 / 4"#;
    differ(body, ("3", "4"), "heap", line);
}

/// The example of the documentation.
#[test]
fn a_path_ends_where_the_difference_is() {
    let body = r#"
        (type $t (struct))
        (type $three (struct (field i32) (field i32) (field anyref)))
        (global (export "g") (ref $three)
          (struct.new $three (i32.const 0) (i32.const 0)
            (array.new_fixed $refs 6
              (ref.null any) (ref.null any) (ref.null any) (ref.null any) (ref.null any)
              @)))"#;
    let texts = ("(ref.i31 (i32.const 7))", "(struct.new $t)");
    let line = r#"global "g" -> field 2 -> element 5: i31 7 / struct $t"#;
    differ(body, texts, "heap", line);
}

#[test]
fn places_outside_come_first() {
    // The object in the first global differs inside; so does the last table.
    let body = r#"
        (global anyref (struct.new $word (i32.const @)))
        (table 1 anyref (ref.i31 (i32.const @)))"#;
    let line = "table 0 -> element 0: i31 3 / i31 4";
    differ(body, ("3", "4"), "table", line);
    let body = r#"
        (global anyref (struct.new $word (i32.const @)))
        (func (export "f") (if (i32.eq (i32.const @) (i32.const 4)) (then unreachable)))"#;
    let line = r#"call 1 "f": returned 0 values / trapped: unreachable"#;
    differ(body, ("3", "4"), "trap", line);
    // Nearer places come first, whatever leads to them.
    let body = "
        (global anyref
          (struct.new $pair (struct.new $word (i32.const @)) (ref.null any)))
        (global anyref (struct.new $word (i32.const @)))";
    differ(body, ("3", "4"), "heap", "global 1 -> field 0: 3 / 4");
}

#[test]
fn external_values_compare_by_name() {
    let body = r#"(func (export "f") (param externref) (result externref) (local.get 0))"#;
    let (a, _) = seen(body);
    let name = a.graph.nodes[0].word;
    let rename = |o: &mut Observation| o.graph.nodes[0].word += 1;
    let line = format!(
        "result 0 of call 1 \"f\": extern {name} / extern {}",
        name + 1
    );
    edited(body, rename, "result", &line);
}

#[test]
fn identity_and_sharing() {
    // Two words, which look the same but are two.
    let words = r#"(global $a (export "a") (ref $word) (struct.new $word (i32.const 5)))
        (global $b (ref $word) (struct.new $word (i32.const 5)))"#;
    let body = format!("{words} (global anyref (struct.new $pair (global.get $a) (global.get @)))");
    let line = r#"global 2 -> field 1: struct $word, the same object as global "a" / struct $word, the same object as global $b"#;
    differ(&body, ("$a", "$b"), "heap", line);
    let body = format!("{words} (global anyref @)");
    let texts = ("(global.get $a)", "(struct.new $word (i32.const 5))");
    let line =
        r#"global 2: struct $word, the same object as global "a" / struct $word, another object"#;
    differ(&body, texts, "global", line);
    let body = format!(
        "{words} (table 1 anyref (ref.null any))
        (func (export \"f\") (result anyref anyref) (global.get $b) (global.get @))"
    );
    let line = r#"result 1 of call 1 "f": struct $word, another object / struct $word, the same object as result 0 of call 1 "f""#;
    differ(&body, ("$a", "$b"), "result", line);

    // A cycle, and an array that looks like it from above.
    let body = r#"
        (global $g (mut (ref null $refs)) (ref.null $refs))
        (func (export "f")
          (global.set $g (array.new_default $refs (i32.const 1)))
          (array.set $refs (global.get $g) (i32.const 0) @))"#;
    let texts = ("(global.get $g)", "(array.new_default $refs (i32.const 1))");
    let line = "global $g -> element 0: array $refs of 1, the same object as global $g / array $refs of 1, another object";
    differ(body, texts, "heap", line);
}

/// What the host did when it was called is typed as what the plan does.
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
    let results = |o: &mut Observation, index: usize, value: Seen| match &mut o.host_calls[0].did {
        Some(case::Outcome::Returned(values)) => values[index] = value,
        _ => unreachable!(),
    };
    let line = r#"result 1 of what the host did in host call 0 "m" "f": 0.5 (0x3f000000) / 2.0 (0x40000000)"#;
    let two = Seen::Bits(0x4000_0000);
    edited(&call, |o| results(o, 1, two), "result", line);
    let line = r#"result 2 of what the host did in host call 0 "m" "f": struct $word / a reference that was dropped since"#;
    edited(&call, |o| results(o, 2, Seen::DROPPED), "result", line);
    // Without a name for the act there is still a difference.
    let nameless = |o: &mut Observation| {
        o.host_calls[0].act = None;
        results(o, 0, Seen::Null);
    };
    let line = r#"result 0 of what the host did in host call 0 "m" "f": 7 / null"#;
    edited(&call, nameless, "result", line);
}

/// A list in a global: `length` nodes, of which the last holds a number; its
/// end is linked to what `end` says.
fn list(length: &str, last: &str, end: &str) -> String {
    format!(
        r#"(global $list (mut (ref null $node)) (ref.null $node))
        (func (export "f") (local $n i32) (local $last (ref null $node))
          (global.set $list (struct.new $node (i32.const {last}) (ref.null $node)))
          (local.set $last (global.get $list))
          (local.set $n (i32.const {length}))
          (loop $more
            (if (i32.gt_u (local.get $n) (i32.const 1)) (then
              (global.set $list (struct.new $node (i32.const 0) (global.get $list)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $more))))
          (struct.set $node 1 (local.get $last) {end}))"#
    )
}

#[test]
fn cycles_of_different_lengths() {
    let body = list("@", "0", "(global.get $list)");
    let line = "global $list -> field 1 -> field 1: struct $node, the same object as global $list / struct $node, another object";
    differ(&body, ("2", "3"), "heap", line);
    differ(&list("2", "@", "(global.get $list)"), ("3", "4"), "heap", {
        "global $list -> field 1 -> field 0: 3 / 4"
    });
}

#[test]
fn long_paths_are_cut() {
    let path = |n| format!("global $list{} -> field 0: 3 / 4", " -> field 1".repeat(n));
    let null = "(ref.null $node)";
    differ(&list("9", "@", null), ("3", "4"), "heap", &path(8));
    let four = " -> field 1".repeat(4);
    let three = " -> field 1".repeat(3);
    let line = format!("global $list{four} -> ... 2 steps ...{three} -> field 0: 3 / 4");
    differ(&list("10", "@", null), ("3", "4"), "heap", &line);
}

#[test]
fn a_million_nodes() {
    let big = |length: &str, last: &str| {
        let body = list(length, last, "(ref.null $node)");
        observe(&body, Null::new(1 << 28), Schedule::Never)
    };
    let (a, module) = big("1000000", "3");
    let names = Names::new(&module);
    assert_eq!(a.graph.nodes.len(), 1_000_000);
    assert_eq!(difference(&a, &a.clone(), &names), None);
    let four = " -> field 1".repeat(4);
    let three = " -> field 1".repeat(3);
    let line = format!("global $list{four} -> ... 999992 steps ...{three} -> field 0: 3 / 4");
    let (b, _) = big("1000000", "4");
    assert_found(difference(&a, &b, &names), "heap", &line);
    let (b, _) = big("999999", "3");
    let line = format!("global $list{four} -> ... 999991 steps ...{three} -> field 0: 0 / 3");
    assert_found(difference(&a, &b, &names), "heap", &line);
}
