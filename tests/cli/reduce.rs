//! `gcdiff reduce --command`: the result is what the program has kept.

use crate::common::{Scratch, gcdiff};
use std::process::Command;

/// Reduces text with a program, in both forms. Returns the result as text.
fn reduced(folder: &Scratch, text: &str, command: &str, more: &[&str]) -> String {
    let input = folder.file("input.wat", text);
    let out = folder.path("out.wat");
    let args = [
        "reduce",
        &input,
        "--out",
        &out,
        "--jobs",
        "1",
        "--command",
        command,
    ];
    let ran = gcdiff(&[&args[..], more].concat());
    assert_eq!(ran.code, 0, "{command}: {}{}", ran.out, ran.err);
    // By hand, on the file that was written.
    let line = format!("{command} '{out}'");
    let kept = Command::new("sh").args(["-c", &line]).status().unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(kept.success(), "{command}: {text}");
    // It reads back, and is a fixpoint.
    let again = folder.path("again.wat");
    let args = [
        "reduce",
        &out,
        "--out",
        &again,
        "--jobs",
        "2",
        "--command",
        command,
    ];
    let ran = gcdiff(&args);
    assert_eq!(ran.code, 0, "{command}: {}{}", ran.out, ran.err);
    assert_eq!(std::fs::read_to_string(&again).unwrap(), text, "{command}");
    text
}

#[test]
fn the_program_keeps_the_file_that_is_written() {
    let folder = Scratch::new("reduce-command");
    let text = r#"(module
      (rec (type $list (struct (field (ref null $list)))) (type $f (func (param i32))))
      (type (func (result i64)))
      (type (sub (func)))
      (memory 1)
      (table 1 funcref)
      (data (i32.const 0) "see (;1;) there")
      (func $a (export "a") (result i64) (i64.const 7))
      (func $b (type 2) (drop (call_indirect (type 2) (i32.const 0))) (i64.const 1))
      (func $c (type $f) (drop (struct.new_default $list))))"#;
    for (pattern, wanted) in [
        ("(type (func", "(type (func"),
        ("(type 2)", "(type 2)"),
        ("(;1;) there", "(;1;) there"),
        ("call_indirect", "call_indirect"),
        ("(rec", "(rec"),
        ("(sub (func", "(sub (func"),
        ("struct.new_default", "struct.new_default"),
        ("(export \"a\"", "(func $a)"),
    ] {
        let pattern = pattern.replace('"', "\\\"");
        let text = reduced(&folder, text, &format!("grep -qF \"{pattern}\""), &[]);
        assert!(text.contains(wanted), "{pattern}: {text}");
        assert!(text.lines().count() < 14 && !text.contains(";;"), "{text}");
    }
    // Limits that only the command line may give are no part of what the program must read.
    let more = ["--limits", "fuel=999999999999"];
    reduced(&folder, text, "grep -qF i64.const", &more);
}
