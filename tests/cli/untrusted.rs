//! Text from inputs cannot control a terminal or forge a line of output,
//! whatever the command. Tested with control characters and bidirectional
//! controls.

use crate::common::{Ran, Scratch, gcdiff};

/// C0, DEL, C1, bidirectional and zero-width controls, and a forged line.
const ODD: &str =
    "a\x07\x08\x1b[31m\r\x7f\u{85}\u{9b}1m\u{202e}\u{2066}\u{200f}\u{feff}\u{2028}\nforged: b";

/// The same text, escaped for a quoted string of the text format or of TOML.
fn quoted(escape: impl Fn(char) -> String) -> String {
    let text = ODD.chars().map(|c| match c {
        'a'..='z' | ':' | ' ' => c.to_string(),
        c => escape(c),
    });
    format!("\"{}\"", text.collect::<String>())
}

fn wat() -> String {
    quoted(|c| format!("\\u{{{:x}}}", c as u32))
}

fn toml() -> String {
    quoted(|c| format!("\\u{:04X}", c as u32))
}

/// Runs a command, and asserts that its output contains neither control
/// characters nor the forged line.
fn clean(args: &[&str]) -> Ran {
    let ran = gcdiff(args);
    for (stream, text) in [("out", &ran.out), ("err", &ran.err)] {
        let bad = |c: char| {
            (c.is_control() && c != '\n')
                || "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{feff}".contains(c)
                || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(!text.contains(bad), "{args:?}: {stream}: {text:?}");
        let forged = text
            .lines()
            .any(|line| line.trim_start().starts_with("forged"));
        assert!(!forged, "{args:?}: {stream}: {text}");
    }
    ran
}

/// Like [`clean`], and asserts that the output quotes the odd text.
fn quoting(args: &[&str]) {
    let ran = clean(args);
    let all = format!("{}{}", ran.out, ran.err);
    assert!(all.contains("forged"), "{args:?}: {all}");
}

#[test]
fn values_of_options_are_escaped() {
    let module = Scratch::new("untrusted-options");
    let module = module.path("none.wat");
    let run = |option: &str, value: &str| quoting(&["run", &module, option, value]);
    for option in [
        "--fault",
        "--schedule",
        "--audit",
        "--oracle",
        "--reschedule",
        "-C",
    ] {
        run(option, ODD);
    }
    run("-C", &format!("collector={ODD}"));
    quoting(&[ODD]);
    quoting(&["run", &module, &format!("--{ODD}")]);
    quoting(&["run", &module, ODD]);
    for (command, option) in [
        ("fuzz", "--cases"),
        ("fuzz", "--generator"),
        ("fuzz", "--jobs"),
        ("generate", "--seed"),
        ("generate", "--generator"),
        ("zoo", "--fault"),
        ("zoo", "--oracle"),
        ("zoo", "--seeds"),
        ("events", "--generator"),
        ("events", "--target"),
        ("inputs", "--target"),
        ("replay", "--target"),
        ("wast", "--schedule"),
    ] {
        quoting(&[command, option, ODD]);
    }
    quoting(&["wast", "--fault", ODD, "x"]);
}

#[test]
fn paths_are_escaped() {
    let folder = Scratch::new("untrusted-paths");
    let odd = |prefix: &str| format!("{prefix}{ODD}");
    for command in ["run", "wast", "replay"] {
        quoting(&[command, &folder.path(&odd("missing"))]);
    }
    let module = folder.file(&odd("module"), "(module (func (export \"f\")");
    quoting(&["run", &module]);
    quoting(&["wast", &module]);
    quoting(&["replay", &module]);
    let script = folder.file(&odd("script"), "(module)(assert_return (invoke \"f\"))");
    quoting(&["wast", &script]);
    let out = folder.path(&odd("out"));
    let found = clean(&["fuzz", "--fault", "canary", "--cases", "20", "--out", &out]);
    assert_eq!(found.code, 1, "{}", found.err);
    quoting(&["replay", &out]);
    let file = folder.file(&odd("file"), "");
    quoting(&["fuzz", "--cases", "1", "--out", &file]);
    let inputs = folder.path(&odd("inputs"));
    quoting(&[
        "inputs", "--target", "gc_ops", "--cases", "2", "--out", &inputs,
    ]);
    quoting(&[
        "inputs", "--target", "gc_ops", "--cases", "2", "--out", &file,
    ]);
    clean(&["replay", "--target", "gc_ops", &inputs]);
    clean(&["events", "--target", "gc_ops", "--inputs", &inputs]);
    quoting(&["events", "--inputs", &folder.path(&odd("missing"))]);
    quoting(&["zoo", "--report", &file]);
    let below = format!("{file}/below");
    quoting(&["events", "--cases", "1", "--report", &below]);
}

#[test]
fn modules_are_escaped() {
    let folder = Scratch::new("untrusted-modules");
    let name = wat();
    // As raw text, in strings, and in names of functions, exports and imports.
    let raw = folder.file("raw.wat", ODD);
    clean(&["run", &raw]);
    let raw = folder.file("comment.wat", format!("(module {ODD})"));
    clean(&["run", &raw]);
    for text in [
        format!("(module (func ${name} (export {name}) (result funcref) (ref.func ${name})))"),
        format!("(module (func (export {name}) (param i32) unreachable))"),
        format!(
            "(module (func (import {name} {name})) (global (import {name} {name}) (ref none)))"
        ),
        format!("(module (func call ${name}))"),
        format!("(module (memory (export {name}) 1) (data (i32.const 0) {name}))"),
        format!("(module (export {name} (func 7)))"),
        format!("(module (@custom {name} \"x\"))"),
        format!("(module (func $f (export {name}) (export {name})))"),
    ] {
        let file = folder.file("names.wat", &text);
        clean(&["run", &file]);
        clean(&["run", &file, "--invoke", ODD]);
        clean(&["run", &file, "--invoke", ODD, ODD]);
        clean(&["replay", &file]);
        clean(&["wast", &file]);
        let inputs = folder.path("inputs");
        clean(&[
            "inputs", "--target", "module", "--cases", "0", "--from", &file, "--out", &inputs,
        ]);
    }
    let file = folder.file("export.wat", format!("(module (func (export {name})))"));
    quoting(&["run", &file]);
    quoting(&["run", &file, "--invoke", ODD, "1"]);
    quoting(&["run", &file, "--invoke", &format!("{ODD}x")]);
}

#[test]
fn headers_are_escaped() {
    let folder = Scratch::new("untrusted-headers");
    let value = toml();
    for line in [
        format!("{value} = 1"),
        format!("fault = {value}"),
        format!("collectors = [{value}]"),
        format!("schedule = {value}"),
        format!("audit = {value}"),
        format!("oracle = {value}"),
        format!("limits = {{ {value} = 1 }}"),
        format!("steps = [{{ call = {value} }}]"),
        format!("steps = [{{ call = \"f\", args = [{value}] }}]"),
        format!("steps = [{{ table = {value} }}]"),
        format!("host = [{{ {value} = 1 }}]"),
        format!("fingerprint = {value}"),
    ] {
        let file = folder.file(
            "header.wat",
            format!(";;! {line}\n(module (func (export \"f\")))"),
        );
        quoting(&["run", &file]);
        quoting(&["replay", &file]);
        clean(&["wast", &file]);
    }
    let file = folder.file("raw.wat", format!(";;! about = \"{ODD}\"\n(module)"));
    clean(&["run", &file]);
    clean(&["wast", &file]);
    let file = folder.file("about.wat", format!(";;! about = {value}\n(module)"));
    clean(&["run", &file]);
}

#[test]
fn scripts_are_escaped() {
    let folder = Scratch::new("untrusted-scripts");
    let text = wat();
    for directive in [
        format!("(assert_trap (invoke \"f\") {text})"),
        format!("(assert_invalid (module) {text})"),
        format!("(assert_malformed (module quote {text}) {text})"),
        format!("(assert_malformed (module) {text})"),
        format!("(assert_unlinkable (module) {text})"),
        format!("(assert_unlinkable (module (import {text} {text} (func))) {text})"),
        format!("(assert_exhaustion (invoke \"f\") {text})"),
        format!("(assert_return (invoke {text}))"),
        format!("(assert_return (invoke \"f\" (i32.const 1)) (i32.const {text}))"),
        format!("(assert_return (get {text}))"),
        format!("(invoke ${text} \"f\")"),
        format!("(module (import {text} {text} (func)))"),
        format!("(register {text} ${text})"),
        format!("(module instance ${text} ${text})"),
        format!("({ODD})"),
    ] {
        let script = format!("(module (func (export \"f\")))\n{directive}\n");
        clean(&["wast", &folder.file("s.wast", script)]);
    }
    let script = format!("(module (func (export \"f\")))\n(assert_trap (invoke \"f\") {text})");
    quoting(&["wast", &folder.file("t.wast", script)]);
}
