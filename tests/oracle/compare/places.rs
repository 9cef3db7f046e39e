//! Places visible from outside: globals, tables, memories, kept references.

use super::{differ, edited, seen};
use gcdiff::observe::{Observation, ObservedValue};

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
    let lose = |o: &mut Observation| o.kept[0] = ObservedValue::Null;
    edited(body, lose, "kept", "kept reference 0: struct $word / null");
    let more = |o: &mut Observation| o.kept.push(ObservedValue::I31(1));
    edited(body, more, "kept", "kept references: 1 / 2");
}

#[test]
fn places_outside_come_first() {
    // The object in the first global differs inside, and so does the last
    // table.
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
    // The place nearest to a root is reported, whichever root that is.
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
