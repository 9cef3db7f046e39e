//! `gcdiff wast`, end to end: what a user types, sees and gets back.

mod common;

use common::{Ran, gcdiff};
use std::path::PathBuf;

/// A script in a folder that is removed with the test.
struct Script {
    folder: PathBuf,
    path: String,
}

impl Script {
    fn new(name: &str, contents: impl AsRef<[u8]>) -> Script {
        let process = std::process::id();
        let folder = std::env::temp_dir().join(format!("gcdiff-wast-{process}-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("script.wast");
        std::fs::write(&path, contents).unwrap();
        let path = path.to_str().unwrap().to_string();
        Script { folder, path }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn wast(args: &[&str]) -> Ran {
    gcdiff(&[&["wast"], args].concat())
}

/// Asserts that the script passes with these arguments, and returns the output.
fn passes(script: &Script, args: &[&str]) -> String {
    let ran = wast(&[args, &[&script.path]].concat());
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
    ran.out
}

/// Asserts that a finding is reported with these arguments, and returns the
/// output.
fn fails(script: &Script, args: &[&str]) -> String {
    let ran = wast(&[args, &[&script.path]].concat());
    assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out, ran.err);
    assert_eq!(ran.err, "", "{args:?}");
    ran.out
}

/// Asserts that the script is refused in one line that contains `wanted`.
fn refused(script: &Script, args: &[&str], wanted: &str) {
    let ran = wast(&[args, &[&script.path]].concat());
    assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
    assert!(ran.err.contains(wanted), "{}", ran.err);
    assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
    assert_eq!(ran.out, "");
}

const ADDS: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "trap") unreachable))
(assert_return (invoke "add" (i32.const 2) (i32.const 3)) (i32.const 5))
(assert_trap (invoke "trap") "unreachable")
"#;

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
fn files_that_are_no_scripts_are_refused() {
    let refuse = |name: &str, contents: &[u8], wanted: &str| {
        refused(&Script::new(name, contents), &[], wanted);
    };
    refuse("open", b"(module\n  (func", "(line 2, column 8)");
    refuse("word", b"(module)\n(assert_nothing)", "(line 2, column 2)");
    refuse("bytes", b"\0asm\x01\0\0\0", "script.wast: ");
    refuse("utf8", b"\xff\xfe", "not UTF-8");
    refuse("schedule", b";;! schedule = \"hourly\"\n", "no schedule");
    refuse("heaps", b";;! collectors = [\"mark\"]\n", "no collector");
    refuse("fault", b";;! fault = \"W999\"\n", "no fault");
    refuse("deep", "(".repeat(500_000).as_bytes(), "script.wast: ");
    let ran = wast(&["/no/such/script.wast"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("/no/such/script.wast: "), "{}", ran.err);
    assert_eq!(wast(&[]).code, 2);
    assert_eq!(wast(&["--help"]).code, 0);
    // The others are run all the same.
    let good = Script::new("refused-not", ADDS);
    let ran = wast(&["/no/such/script.wast", &good.path]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("3 passed"), "{}", ran.out);
}

#[test]
fn what_is_not_supported_is_skipped_with_its_reason() {
    let legacy = "legacy exceptions, which WebAssembly 3.0 replaced";
    let stacks = "stack switching (cont types, tags with results): beyond 3.0";
    let compact = "compact imports: beyond 3.0";
    for (module, reason) in [
        ("(module (memory 1 1 shared))", "threads: beyond 3.0"),
        ("(module (type (shared (struct))))", "threads: beyond 3.0"),
        ("(component)", "components: out of scope"),
        (
            "(module (func (result stringref) unreachable))",
            "stringref: beyond 3.0",
        ),
        (
            "(module (func (drop (string.const \"x\"))))",
            "stringref: beyond 3.0",
        ),
        (
            "(module (func (param (ref null string))))",
            "stringref: beyond 3.0",
        ),
        (
            "(module (func (drop (stringview_wtf16.length (local.get 0)))))",
            "stringref: beyond 3.0",
        ),
        ("(module (type $f (func)) (type (cont $f)))", stacks),
        ("(module (tag (result i32)))", stacks),
        (
            "(module (import \"a\" \"t\" (tag (param i64) (result i32))))",
            stacks,
        ),
        ("(module (memory 1 (pagesize 1)))", "a proposal beyond 3.0"),
        ("(module (func try end))", legacy),
        ("(module (func (try (do nop) (catch_all))))", legacy),
        ("(module $m (func (try (do) (delegate 0))))", legacy),
        ("(module (import \"a\" (item \"b\" (func))))", compact),
        (
            "(module (import \"a\" (item \"b\") (item \"c\") (func)))",
            compact,
        ),
    ] {
        let text = format!("{module}\n(assert_return (invoke \"f\"))");
        let script = Script::new("skipped", text);
        let out = passes(&script, &["-C", "collector=null"]);
        assert!(out.contains(": nothing was run, all 2 skipped\n"), "{out}");
        assert!(
            out.contains(&format!("2 skipped: {reason}")),
            "{module}: {out}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_skipped_where_it_stands() {
    let script = Script::new(
        "unreadable",
        r#"(module $a (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))
(module $b
  (tag $e)
  (func (export "f") (result i32) (try (result i32) (do (throw $e)) (catch $e (i32.const 2)))))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke $b "f") (i32.const 2))
(assert_invalid (module (func (try (do (i32.const 0)) (catch_all)))) "type mismatch")
(module (import "b" "f" (func (result i32))))
(assert_return (invoke $a "f") (i32.const 1))
(assert_return (invoke $a "f") (i32.const 3))
(assert_invalid (module (tag (result i32))) "non-empty tag result type")
"#,
    );
    let out = fails(&script, &["-C", "collector=drc"]);
    assert!(
        out.contains("drc: 4 passed, 1 failed, 5 skipped\n"),
        "{out}"
    );
    assert!(out.contains("5 skipped: legacy exceptions"), "{out}");
    assert!(
        out.contains("script.wast:11: returned i32 1, expected i32 3\n"),
        "{out}"
    );
    // Anything else that cannot be read is a mistake of the script.
    let wrong = "(module (func (try (do) (catch_all))))\n(module (fun))";
    refused(&Script::new("mistake", wrong), &[], "(line 2, column 10)");
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

#[test]
fn a_named_module_can_be_imported_from_by_its_name() {
    let script = Script::new(
        "named",
        r#"(module $a
  (type $f (func (result i32)))
  (func $f (export "f") (type $f) (i32.const 1))
  (global (export "g") (ref $f) (ref.func $f))
  (table (export "t") 2 (ref func) (ref.func $f)))
(module
  (type $f (func (result i32)))
  (import "a" "f" (func (result i32)))
  (import "a" "g" (global $g (ref $f)))
  (import "a" "t" (table 2 (ref func)))
  (func (export "call") (result i32) (call_ref $f (global.get $g))))
(assert_return (invoke "call") (i32.const 1))
(assert_unlinkable (module (import "a" "no" (func))) "unknown import")
(module $b (func (export "f") (result i32) (i32.const 2)))
(register "a" $b)
(module (import "a" "f" (func $f (result i32))) (export "f" (func $f)))
(assert_return (invoke "f") (i32.const 2))
(module definition $d (func (export "f") (result i32) (i32.const 3)))
(module instance $c $d)
(module (import "c" "f" (func $f (result i32))) (export "f" (func $f)))
(assert_return (invoke "f") (i32.const 3))
(assert_unlinkable (module (import "d" "f" (func (result i32)))) "unknown import")
"#,
    );
    assert!(passes(&script, &[]).contains("drc: 13 passed, 0 failed, 0 skipped\n"));
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

#[test]
fn modules_are_linked_with_each_other_and_with_the_host() {
    let script = Script::new(
        "linked",
        r#"
        (module $counter
          (type $box (struct (field (mut i32))))
          (global $box (ref $box) (struct.new $box (i32.const 0)))
          (func (export "box") (result (ref $box)) (global.get $box))
          (func (export "next") (result i32)
            (struct.set $box 0 (global.get $box)
              (i32.add (struct.get $box 0 (global.get $box)) (i32.const 1)))
            (struct.get $box 0 (global.get $box)))
          (global (export "start") i64 (i64.const 7)))
        (register "counter" $counter)
        (module $user
          (type $box (struct (field (mut i32))))
          (import "counter" "box" (func $box (result (ref $box))))
          (import "spectest" "print_i32" (func $print (param i32)))
          (import "spectest" "memory" (memory 1))
          (import "spectest" "table" (table 10 funcref))
          (import "spectest" "global_i32" (global $i i32))
          (func (export "peek") (result i32)
            (call $print (i32.const 1))
            (struct.get $box 0 (call $box)))
          (func (export "host") (result i32) (global.get $i)))
        (assert_return (invoke $counter "next") (i32.const 1))
        (assert_return (invoke "peek") (i32.const 1))
        (assert_return (invoke $counter "next") (i32.const 2))
        (assert_return (invoke $user "peek") (i32.const 2))
        (assert_return (invoke "host") (i32.const 666))
        (assert_return (get $counter "start") (i64.const 7))
        (module definition $twice
          (global $n (mut i32) (i32.const 0))
          (func (export "up") (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (global.get $n)))
        (module instance $one $twice)
        (module instance $two $twice)
        (assert_return (invoke $one "up") (i32.const 1))
        (assert_return (invoke $one "up") (i32.const 2))
        (assert_return (invoke $two "up") (i32.const 1))
        (assert_unlinkable
          (module
            (type $box (struct (field i32)))
            (import "counter" "box" (func (result (ref $box)))))
          "incompatible import type")"#,
    );
    let out = passes(&script, &["--schedule", "safepoints", "--audit", "every"]);
    assert_eq!(
        out.matches("16 passed, 0 failed, 0 skipped").count(),
        4,
        "{out}"
    );
}

#[test]
fn a_script_can_collect() {
    let script = Script::new(
        "gc",
        r#"
        (module
          (import "wasmtime" "gc" (func $gc))
          (type $s (struct (field i32)))
          (type $a (array (mut (ref null $s))))
          (func (export "survive") (result i32)
            (local $a (ref $a))
            (local.set $a (array.new_fixed $a 2 (struct.new $s (i32.const 7)) (ref.null $s)))
            (call $gc)
            (array.set $a (local.get $a) (i32.const 1) (array.get $a (local.get $a) (i32.const 0)))
            (array.set $a (local.get $a) (i32.const 0) (ref.null $s))
            (call $gc)
            (struct.get $s 0 (array.get $a (local.get $a) (i32.const 1)))))
        (assert_return (invoke "survive") (i32.const 7))
        (assert_unlinkable
          (module (import "wasmtime" "gc" (func (param i32))))
          "incompatible import type")"#,
    );
    passes(&script, &["--audit", "every"]);
    // With the barrier broken, a collection is what makes it show.
    let out = fails(&script, &["--fault", "canary"]);
    assert!(out.contains(": null: 3 passed, 0 failed"), "{out}");
    assert!(out.contains("first broken after array.set"), "{out}");
}

const ONTO_ITSELF: &str = r#"(module
  (type $refs (array (mut anyref)))
  (func (export "run") (result i32)
    (local $a (ref null $refs))
    (local.set $a (array.new_default $refs (i32.const 4)))
    (array.copy $refs $refs (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 3))
    (array.len (local.get $a))))
(assert_return (invoke "run") (i32.const 4))
(assert_return (invoke "run") (i32.const 4))
"#;

#[test]
fn a_fault_is_a_failure_and_the_end_of_the_script() {
    let script = Script::new("g15", ONTO_ITSELF);
    passes(&script, &[]);
    let path = &script.path;
    for audit in ["auto", "end", "collection", "call", "every"] {
        let out = fails(&script, &["--fault", "G15", "--audit", audit]);
        assert!(
            out.contains(": null: 3 passed, 0 failed, 0 skipped"),
            "{out}"
        );
        assert!(
            out.contains(": drc: 1 passed, 1 failed, 1 skipped"),
            "{out}"
        );
        assert!(out.contains("1 skipped: the heap was found broken before"));
        assert!(out.contains(&format!("{path}:8: ")), "{out}");
    }
    let out = fails(&script, &["--fault", "G15", "--audit", "every"]);
    for wanted in [
        "law \"zero\" in heap drc: 0x10 is supposedly live; should have nonzero ref count",
        "first broken after array.copy in function \"run\" at line 6 (offset 0x",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    passes(&script, &["--fault", "G15", "-C", "collector=null"]);
}

/// What a heap notices by itself is a layer of the oracle. Without it the script
/// ends there, and nothing has failed.
#[test]
fn what_a_heap_notices_can_be_left_out() {
    let script = Script::new("noticed", ONTO_ITSELF);
    let fault = ["--fault", "G15", "--audit", "never", "--oracle"];
    let with = |oracle: &'static str| [&fault[..], &[oracle]].concat();
    let out = passes(&script, &with("results"));
    assert!(
        out.contains(": drc: 1 passed, 0 failed, 2 skipped"),
        "{out}"
    );
    assert!(out.contains("1 skipped: the heap noticed by itself that it is corrupt"));
    for oracle in ["results+heap", "results+zero", "all"] {
        let out = fails(&script, &with(oracle));
        assert!(
            out.contains(": drc: 1 passed, 1 failed, 1 skipped"),
            "{out}"
        );
    }
}

#[test]
fn lines_at_the_top_are_directives_of_ours_or_comments() {
    let ours = Script::new(
        "ours",
        format!(";;! fault = \"G15\"\n;;! collectors = [\"drc\"]\n{ONTO_ITSELF}"),
    );
    let out = fails(&ours, &[]);
    assert!(out.contains("script.wast:10: "), "{out}");
    assert!(!out.contains("null: "), "{out}");
    passes(&ours, &["-C", "collector=null"]);
    // Another engine's.
    let theirs = Script::new(
        "theirs",
        format!(";;! gc = true\n;;! reference_types = true\n\n{ONTO_ITSELF}"),
    );
    passes(&theirs, &[]);
    // A script that runs out of fuel says so.
    let fuel = Script::new(
        "fuel",
        ";;! [limits]\n;;! fuel = 1000\n
        (module (func (export \"f\") (loop (br 0))))\n(assert_return (invoke \"f\"))",
    );
    assert!(fails(&fuel, &[]).contains("trapped: all fuel consumed"));
}

#[test]
fn a_broken_heap_is_located_whatever_the_audits() {
    let script = Script::new(
        "located",
        r#"(module
  (type $s (struct))
  (type $r (array (mut (ref null $s))))
  (global $g (mut (ref null $r)) (ref.null $r))
  (func (export "make") (global.set $g (array.new $r (struct.new $s) (i32.const 3))))
  (func (export "copy")
    (array.copy $r $r (global.get $g) (i32.const 1) (global.get $g) (i32.const 0) (i32.const 2)))
  (func (export "nop")))
(assert_return (invoke "make"))
(assert_return (invoke "copy"))
(assert_return (invoke "nop"))
(assert_return (invoke "nop"))
"#,
    );
    for audit in ["auto", "end", "call", "every"] {
        let args = ["-C", "collector=drc", "--fault", "W1", "--audit", audit];
        let out = fails(&script, &args);
        assert!(
            out.contains("script.wast:10: violation of law"),
            "{audit}: {out}"
        );
        let wanted = "first broken after array.copy in function \"copy\" at line 7";
        assert!(out.contains(wanted), "{audit}: {out}");
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
