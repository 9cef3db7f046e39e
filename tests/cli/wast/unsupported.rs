//! Files that are no scripts, and what needs a proposal beyond WebAssembly 3.0.

use super::{ADDS, Script, fails, passes, refused, wast};

#[test]
fn files_that_are_no_scripts_are_refused() {
    let refuse = |name: &str, contents: &[u8], wanted: &str| {
        refused(&Script::new(name, contents), wanted);
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
    refused(&Script::new("mistake", wrong), "(line 2, column 10)");
}
