//! A run that would exceed its memory budget is discarded.

use super::File;
use crate::common::within;

/// Programs that take more memory than they seem to, each in a different way.
fn greedy() -> Vec<(&'static str, String)> {
    let list = "(type $n (struct (field (mut (ref null $n)))))
         (global $g (mut (ref null $n)) (ref.null $n))";
    let numbers = |what: &str| format!("({what}{})", " i64".repeat(1000));
    let constants = "(i64.const 1)".repeat(1000);
    let steps = ";;! [[steps]]\n;;! call = \"f\"\n".repeat(2000);
    let host_calls = format!(
        r#"(module (import "a" "b" (func $h {}))
           (func (export "f") (local $i i32) (loop $l
             {constants} (call $h)
             (local.set $i (i32.add (local.get $i) (i32.const 1)))
             (br_if $l (i32.lt_u (local.get $i) (i32.const 4000))))))"#,
        numbers("param")
    );
    vec![
        ("table", r#"(module (table 5000000 anyref))"#.into()),
        (
            "growing-table",
            r#"(module (table 0 anyref) (func (export "f")
                (drop (table.grow (ref.null any) (i32.const 5000000)))))"#
                .into(),
        ),
        ("memory", "(module (memory 2000))".into()),
        (
            "growing-memory",
            r#"(module (memory 1) (func (export "f") (drop (memory.grow (i32.const 2000)))))"#
                .into(),
        ),
        (
            "list",
            format!(
                r#"(module {list} (func (export "f") (loop $l
                    (global.set $g (struct.new $n (global.get $g))) (br $l))))"#
            ),
        ),
        (
            "garbage",
            r#"(module (type $n (struct)) (func (export "f") (loop $l
                (drop (struct.new $n)) (br $l))))"#
                .into(),
        ),
        (
            "array",
            r#"(module (type $a (array (mut i8))) (global $g (mut (ref null $a)) (ref.null $a))
                (func (export "f")
                  (global.set $g (array.new_default $a (i32.const 100000000)))))"#
                .into(),
        ),
        (
            "references",
            r#"(module (type $a (array (mut anyref))) (global $g (mut (ref null $a)) (ref.null $a))
                (func (export "f")
                  (global.set $g (array.new_default $a (i32.const 10000000)))))"#
                .into(),
        ),
        (
            "exceptions",
            r#"(module (tag $t (param i32)) (func (export "f")
                (loop $l
                  (block $h (result i32) (try_table (catch $t $h) (throw $t (i32.const 1)))
                    (unreachable))
                  (drop) (br $l))))"#
                .into(),
        ),
        ("host-calls", host_calls),
        (
            "results",
            format!(
                r#"{steps}(module (func (export "f") {} {constants}))"#,
                numbers("result")
            ),
        ),
    ]
}

#[test]
fn a_run_takes_no_more_memory_than_its_footprint() {
    for (name, text) in greedy() {
        let file = File::new(&format!("{name}.wat"), text);
        // The rest of the process takes about a hundred megabytes of address
        // space.
        let ran = within(350, &["run", "--limits", "footprint=64m", file.path()]);
        assert_eq!(ran.code, 2, "{name}: {}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("discard: too much memory") && ran.err.contains("--limits footprint"),
            "{name}: {}",
            ran.err
        );
        assert_eq!(ran.err.lines().count(), 1, "{name}: {}", ran.err);
    }
}

#[test]
fn a_run_has_a_footprint_whether_it_asks_for_one_or_not() {
    let (_, list) = greedy().swap_remove(4);
    let file = File::new("default-list.wat", list);
    let ran = within(1500, &["run", file.path()]);
    assert!(ran.err.contains("discard: too much memory"), "{}", ran.err);
    // A script that exceeds the budget is cut short. It counts neither as a
    // failure of the collector nor as a success.
    let script = r#"(module (type $n (struct (field i32)))
        (func (export "f") (loop $l (drop (struct.new $n (i32.const 1))) (br $l))))
        (invoke "f") (invoke "f")"#;
    let file = File::new("script.wast", script);
    let ran = within(1500, &["wast", "-C", "collector=model", file.path()]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("not all of it was run"), "{}", ran.err);
    let cut = "2 skipped: the script needs more memory";
    assert!(ran.out.contains(cut), "{}", ran.out);
    let args = ["wast", "--limits", "footprint=64m", file.path()];
    let ran = within(350, &args);
    assert_eq!(ran.out.matches(cut).count(), 2, "{}{}", ran.out, ran.err);
}
