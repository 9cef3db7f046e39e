//! A heap with a bug, and the directives at the top of a script.

use super::{Script, fails, passes};

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
