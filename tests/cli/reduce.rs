//! `gcdiff reduce --command`: the result is what the program has kept.

use crate::common::{Scratch, gcdiff};
use std::process::Command;

/// Reduces a file with a program. Returns the exit code and what was printed.
fn reduce(from: &str, to: &str, command: &str, more: &[&str]) -> (i32, String) {
    let args = ["reduce", from, "--out", to, "--command", command];
    let ran = gcdiff(&[&args[..], more].concat());
    (ran.code, ran.out + &ran.err)
}

/// Reduces text with a program. Returns the result, which the program keeps, and which it makes no
/// smaller.
fn reduced(folder: &Scratch, text: &str, command: &str, more: &[&str]) -> String {
    let input = folder.file("input.wat", text);
    let (out, again) = (folder.path("out.wat"), folder.path("again.wat"));
    let (code, said) = reduce(&input, &out, command, more);
    assert_eq!(code, 0, "{command}: {said}");
    // By hand, on the file that was written.
    let line = format!("{command} '{out}'");
    let kept = Command::new("sh").args(["-c", &line]).status().unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(kept.success(), "{command}: {text}");
    let (code, said) = reduce(&out, &again, command, &["--jobs", "1"]);
    assert_eq!(code, 0, "{command}: {said}");
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

/// A program that answers differently in the end loses nothing: the last case that it kept is on
/// disk.
#[test]
fn what_was_kept_is_on_disk_when_the_program_breaks() {
    let folder = Scratch::new("reduce-breaks");
    let calls = folder.path("calls");
    let script =
        format!("echo >> '{calls}'; [ $(wc -l < '{calls}') -le 3 ] && cp \"$1\" '{calls}.kept'");
    let script = folder.file("breaks.sh", script);
    let functions = "(func (nop) (nop) (nop))".repeat(9);
    let input = folder.file("input.wat", format!("(module {functions})"));
    let out = folder.path("out.wat");
    let (code, said) = reduce(&input, &out, &format!("sh '{script}'"), &["--jobs", "1"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("two answers") && said.contains("out.wat has that case"),
        "{said}"
    );
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&out), read(&format!("{calls}.kept")));
    assert!(read(&out).lines().count() < 20, "{}", read(&out));
}
