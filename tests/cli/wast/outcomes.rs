//! What each directive expects, and what is said where it is something else.

use super::{ADDS, Script, fails, passes, wast};

#[test]
fn a_script_passes_under_each_collector() {
    let script = Script::new("passes", ADDS);
    let path = &script.path;
    let line = |collector: &str| format!("{path}: {collector}: 3 passed, 0 failed, 0 skipped\n");
    let all = ["null", "drc", "copying", "model"].map(line).concat();
    assert_eq!(passes(&script, &[]), all);
    assert_eq!(passes(&script, &["-C", "collector=drc"]), line("drc"));
    for audit in ["auto", "end", "collection", "call", "every"] {
        assert_eq!(passes(&script, &["--audit", audit]), all);
    }
    for schedule in ["never", "safepoints", "allocations/2", "at:1,3"] {
        assert_eq!(passes(&script, &["--schedule", schedule]), all);
    }
}

#[test]
fn failures_are_told_with_their_lines() {
    let text = format!(
        "{ADDS}
(assert_return (invoke \"add\" (i32.const 2) (i32.const 3)) (i32.const 6))
(assert_trap (invoke \"add\" (i32.const 2) (i32.const 3)) \"unreachable\")
(assert_trap (invoke \"trap\") \"integer overflow\")
(assert_return (invoke \"trap\"))
(assert_return (invoke \"sub\"))
(assert_return (invoke $nobody \"add\"))
(assert_return (invoke \"add\" (f32.const 1) (i32.const 2)) (i32.const 3))
(assert_invalid (module) \"type mismatch\")
(assert_unlinkable (module) \"unknown import\")
(module (import \"nobody\" \"f\" (func)))
(assert_return (invoke \"f\"))
(module (func (export \"f\") (result f32 f64) (f32.const 1.5) (f64.const -0)))
(assert_return (invoke \"f\") (f32.const nan:canonical) (f64.const 0))
"
    );
    let script = Script::new("fails", text);
    let out = fails(&script, &["-C", "collector=null"]);
    let path = &script.path;
    assert!(
        out.starts_with(&format!("{path}: null: 4 passed, 11 failed, 1 skipped\n")),
        "{out}"
    );
    for wanted in [
        ":8: returned i32 5, expected i32 6\n",
        ":9: returned i32 5, expected a trap: unreachable\n",
        ":10: trapped: unreachable, expected a trap: integer overflow\n",
        ":11: trapped: unreachable\n",
        ":12: there is no function \"sub\"\n",
        ":13: there is no instance $nobody\n",
        ":14: the arguments do not fit the function \"add\"\n",
        ":15: accepted, expected an invalid module: type mismatch\n",
        ":16: instantiated, expected a link error: unknown import\n",
        ":17: unknown import \"nobody\" \"f\"\n",
        ":20: returned f32 1.5 (0x3fc00000), f64 -0 (0x8000000000000000), \
         expected f32 nan:canonical, f64 0 (0x0000000000000000)\n",
    ] {
        assert!(out.contains(&format!("{path}{wanted}")), "{wanted}: {out}");
    }
    assert!(out.contains("1 skipped: its module was skipped or has failed"));
    // A passing script beside it changes nothing.
    let good = Script::new("fails-not", ADDS);
    assert_eq!(wast(&[&good.path, &script.path]).code, 1);
}

#[test]
fn each_assertion_says_what_kind_of_outcome_it_expects() {
    let script = Script::new(
        "kinds",
        r#"(module
  (tag $e)
  (func (export "f") (result i32) (i32.const 1))
  (func (export "throw") (throw $e)))
(assert_unlinkable (module (memory 0) (data (i32.const 1) "a")) "out of bounds memory access")
(assert_unlinkable (module (func)) "")
(assert_trap (invoke "throw") "unreachable")
(assert_trap (module (func)) "unreachable")
(assert_exception (invoke "f"))
(assert_exhaustion (invoke "f") "call stack exhausted")
(assert_malformed (module binary "\00asm\01\00\00\00") "unexpected end")
(assert_invalid (module) "type mismatch")
"#,
    );
    let out = fails(&script, &["-C", "collector=null"]);
    for wanted in [
        ":5: trapped: out of bounds memory access, \
         expected a link error: out of bounds memory access\n",
        ":6: instantiated, expected a link error\n",
        ":7: threw an exception, expected a trap: unreachable\n",
        ":8: instantiated, expected a trap: unreachable\n",
        ":9: returned i32 1, expected an exception\n",
        ":10: returned i32 1, expected an exhausted call stack: call stack exhausted\n",
        ":11: accepted, expected a malformed module: unexpected end\n",
        ":12: accepted, expected an invalid module: type mismatch\n",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
}

/// Types and vectors are shown as the text format has them.
#[test]
fn types_are_told_as_text() {
    let text = r#"
(module (type $s (struct))
  (func (export "f") (param i32))
  (func (export "v") (result v128) (v128.const i32x4 1 2 3 4))
  (global (export "g") i32 (i32.const 1)))
(register "m")
(assert_return (invoke "v") (v128.const i32x4 1 2 3 5))
(assert_return (invoke "v") (v128.const f32x4 nan:canonical 0.5 1 nan:arithmetic))
(module (type $s (struct)) (type $f (func (param (ref null $s)) (result i64)))
  (import "m" "f" (func (type $f))))
(module (type (struct)) (import "m" "g" (global (mut (ref null 0)))))
(module (import "m" "g" (memory i64 1 2)))"#;
    let script = Script::new("types", text);
    let out = fails(&script, &["-C", "collector=null"]);
    for wanted in [
        "expected v128 i32x4 1 2 3 5\n",
        "expected v128 f32x4 nan:canonical 0.5 1 nan:arithmetic\n",
        "incompatible import type, (func (type $f) (param (ref null $s)) (result i64)) is wanted\n",
        "incompatible import type, (global (mut (ref null 0))) is wanted\n",
        "incompatible import type, (memory i64 1 2) is wanted\n",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
}

#[test]
fn vectors_are_passed_returned_and_compared() {
    let module = r#"(module
      (global (export "g") v128 (v128.const i64x2 5 6))
      (func (export "turn") (param i32 v128 i64) (result i64 v128 i32)
        (local.get 2) (local.get 1) (local.get 0)))"#;
    let turn = "invoke \"turn\" (i32.const 1) (v128.const f32x4 1 2 nan 4) (i64.const 3)";
    let pass = format!(
        "{module}
        (assert_return (get \"g\") (v128.const i64x2 5 6))
        (assert_return ({turn})
          (i64.const 3) (v128.const f32x4 1 2 nan:canonical 4) (i32.const 1))
        (assert_return ({turn})
          (i64.const 3)
          (either (v128.const i64x2 0 0) (v128.const i32x4 0x3f800000 0x40000000 0x7fc00000 0x40800000))
          (i32.const 1))"
    );
    passes(&Script::new("vectors", pass), &[]);
    for wrong in [
        "(get \"g\") (v128.const i64x2 5 7)".to_string(),
        "(get \"g\") (v128.const i8x16 5 0 0 0 0 0 0 0 6 0 0 0 0 0 0 1)".to_string(),
        "(get \"g\") (i64.const 5)".to_string(),
        format!("({turn}) (i64.const 3) (v128.const f32x4 1 nan:canonical 3 4) (i32.const 1)"),
        format!("({turn}) (i64.const 3) (v128.const f32x4 1 2 nan:canonical 4) (i32.const 2)"),
        format!("({turn}) (i64.const 3)"),
    ] {
        let script = Script::new("vectors", format!("{module}(assert_return {wrong})"));
        fails(&script, &[]);
    }
}
