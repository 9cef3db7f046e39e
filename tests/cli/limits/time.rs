//! Bounds on the time that small inputs take.

use super::File;
use crate::common::{gcdiff, refused};

/// Programs whose collections, audits or calls take far longer than their fuel
/// suggests.
#[test]
fn a_run_that_takes_too_long_says_so() {
    let node = "(type $n (struct (field (mut (ref null $n)))))
        (global $g (mut (ref null $n)) (ref.null $n))";
    for (name, options, text) in [
        (
            "audits",
            &["--audit", "every"][..],
            r#";;! schedule = "safepoints"
            (module (type $n (struct (field i32)))
              (func (export "f") (loop $l (drop (struct.new $n (i32.const 1))) (br $l))))"#
                .to_string(),
        ),
        (
            "audits-of-a-table",
            &["--audit", "every"],
            r#"(module (table 0 anyref) (func (export "f")
                (loop $l (drop (table.grow (ref.null any) (i32.const 7))) (br $l))))"#
                .to_string(),
        ),
        (
            "host-collects",
            &[],
            format!(
                r#";;! [[host]]
                ;;! collect = true
                (module (import "a" "b" (func $h)) {node}
                  (func (export "f") (loop $l
                    (global.set $g (struct.new $n (global.get $g))) (call $h) (br $l))))"#
            ),
        ),
        (
            "recursion",
            &[],
            r#";;! schedule = "allocations"
            (module (type $n (struct (field i32)))
              (func $f (export "f") (param (ref null $n))
                (call $f (struct.new $n (i32.const 1)))))"#
                .to_string(),
        ),
        (
            "calls",
            &[],
            format!(
                "(module (func $f (loop $l (br $l))) {})",
                (0..1000)
                    .map(|i| format!("(export \"{i}\" (func $f))"))
                    .collect::<String>()
            ),
        ),
    ] {
        let file = File::new(&format!("long-{name}.wat"), text);
        let args = [&["run", "--limits", "work=100m"], options, &[file.path()]].concat();
        refused(&args, "discard: too long");
        refused(&args, "--limits work=N");
    }
}

#[test]
fn text_that_is_too_long_is_refused_before_it_is_parsed() {
    let file = File::new("long-text.wat", " ".repeat((8 << 20) + 1));
    refused(&["run", file.path()], "bytes of text are more than");
    refused(&["wast", file.path()], "bytes of text are more than");
}

/// Lookups in lists of names and of steps must not take quadratic time.
#[test]
fn many_exports_and_many_functions_take_no_longer_than_they_should() {
    let exports: String = (0..50_000)
        .map(|i| format!("(export \"{i}\" (func $f))"))
        .collect();
    // Each exception is another reference that the host may keep.
    for body in ["", "(throw $t)"] {
        let text = format!("(module (tag $t) (func $f {body}) {exports})");
        let file = File::new("exports.wat", text);
        let ran = gcdiff(&["run", "-C", "collector=drc", file.path()]);
        assert!(ran.out.contains("\"49999\": "), "{}", ran.err);
    }
    // A host that looks for functions of a type that few functions have, or
    // none.
    let funcs = "(func (type $p))".repeat(50_000);
    let results = "(result (ref null $q))".repeat(500);
    let drops = "(drop)".repeat(500);
    let text = format!(
        r#"(module (type $p (func)) (type $q (func (param i32)))
            (import "a" "b" (func $h {results})) {funcs}
            (func (export "f") (local $i i32) (loop $l
              (call $h) {drops}
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (i32.const 1000))))))"#
    );
    let file = File::new("functions.wat", text);
    let ran = gcdiff(&["run", "-C", "collector=drc", file.path()]);
    assert!(ran.out.contains("\"f\": returned"), "{}", ran.err);
}

/// A program may take long under every heap alike.
#[test]
fn no_heap_is_blamed_for_a_long_program() {
    let operands = "(i64.const 0)".repeat(1000);
    let params = "i64 ".repeat(1000);
    let text = format!(
        r#"(module (func (export "f") {operands}
          (loop (param {params}) (i64.const 1) (br 0)) unreachable))"#
    );
    let file = File::new("long.wat", text);
    let limits = "fuel=1000000000,work=1000000000000";
    for command in ["run", "replay"] {
        let ran = gcdiff(&[command, "--timeout", "1", "--limits", limits, file.path()]);
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        let wanted = "no heap is much slower than another";
        assert!(ran.err.contains(wanted), "{}", ran.err);
    }
}
