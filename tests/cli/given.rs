//! What a user gives a command, arguments and files, and how that is refused.

use crate::common::{Scratch, agrees, gcdiff, refused};
use crate::seed_bug;

#[test]
fn functions_are_invoked_with_arguments() {
    let folder = Scratch::new("invoke");
    let file = folder.file(
        "f.wat",
        r#"(module
            (func (export "add") (param i32 i32) (result i32)
              (i32.add (local.get 0) (local.get 1)))
            (func (export "half") (param f64) (result f64)
              (f64.mul (local.get 0) (f64.const 0.5)))
            (func (export "same") (param anyref) (result anyref) (local.get 0)))"#,
    );
    agrees(
        &["run", &file, "--invoke", "add", "-3", "10"],
        "\"add\": returned 7",
    );
    agrees(
        &["run", "--invoke", "same", "i31:-4", "--", &file],
        "returned i31 -4",
    );
    agrees(&["run", &file, "--invoke", "same", "null"], "returned null");
    agrees(
        &["run", &file, "--invoke", "half", "f64:3"],
        "returned 1.5 (0x3ff8000000000000)",
    );
    for (args, value) in [
        (["add", "-5", "4"].as_slice(), "-1 (0xffffffff)"),
        (&["add", "0xff", "1"], "256 (0x100)"),
        (&["add", "auto", "auto"], "0"),
        (&["half", "1.5"], "0.75 (0x3fe8000000000000)"),
        (&["half", "-3"], "-1.5 (0xbff8000000000000)"),
        (&["half", "nan:0x8000000000001"], "nan (0x7ff8000000000000)"),
    ] {
        let wanted = format!("returned {value}\n");
        agrees(&[&["run", &file, "--invoke"], args].concat(), &wanted);
    }
    for (args, wanted) in [
        (
            ["add", "1", "4294967296"].as_slice(),
            "argument 2 of \"add\" is an i32; 4294967296 does not fit",
        ),
        (
            &["add", "null", "1"],
            "argument 1 of \"add\" is an i32; null does not fit",
        ),
        (&["add", "1"], "takes 2 arguments, not 1: i32, i32; auto"),
        (&["half", "null"], "is an f64"),
        (
            &["same", "5"],
            "does not fit: expected null, i31:N of 31 bits, kept:N or auto",
        ),
    ] {
        refused(&[&["run", &file, "--invoke"], args].concat(), wanted);
    }
    let header = |lines: &str| {
        let text = format!("{lines}\n(module (func (export \"f\") (param i32)))");
        folder.file("h.wat", text)
    };
    let other = header(";;! [[steps]]\n;;! call = \"f\"\n;;! args = [\"4294967296\"]");
    refused(&["run", &other], "step 1: argument 1 of \"f\" is an i32");
    let other = header(";;! [[steps]]\n;;! call = \"f\"");
    refused(
        &["run", &other],
        "step 1: \"f\" takes 1 argument, not 0: i32",
    );
    refused(
        &["run", &file, "--invoke", "sub"],
        "exports no function \"sub\"",
    );
    refused(
        &["run", &file, "--invoke", "add", "1", "2", "3"],
        "takes 2 arguments, not 3: i32, i32",
    );
    refused(
        &["run", &file, "--invoke", "add", "x"],
        "\"x\" is no argument",
    );
}

#[test]
fn wrong_usage_is_refused() {
    let file = seed_bug();
    assert_eq!(gcdiff(&[]).code, 2);
    assert_eq!(gcdiff(&["walk"]).code, 2);
    assert_eq!(gcdiff(&["run"]).code, 2);
    for (option, value, wanted) in [
        ("-C", "collector=mark", "no collector \"mark\""),
        ("-C", "null", "expected collector="),
        ("-C", "collector=drc,drc", "named twice"),
        ("--fault", "W999", "no fault \"W999\""),
        ("--schedule", "hourly", "no schedule"),
        ("--schedule", "at:0", "counted from 1"),
        ("--schedule", "at:3,1", "ascending"),
        ("--reschedule", "maybe", "invalid value"),
        ("--audit", "hourly", "invalid value"),
    ] {
        let ran = gcdiff(&["run", &file, option, value]);
        assert_eq!(ran.code, 2, "{option} {value}");
        assert!(ran.err.contains(wanted), "{}", ran.err);
    }
    for (option, value) in [
        ("--jobs", "0"),
        ("--seconds", "soon"),
        ("--seconds", "0"),
        ("--cases", "-1"),
        ("--cases", "0"),
        ("--generator", "none"),
    ] {
        assert_eq!(gcdiff(&["fuzz", option, value]).code, 2, "{option} {value}");
    }
    assert_eq!(gcdiff(&["generate"]).code, 2);
    assert_eq!(gcdiff(&["zoo", "--cases", "0"]).code, 2);
    assert_eq!(gcdiff(&["zoo", "--seeds", "0"]).code, 2);
    assert_eq!(gcdiff(&["events", "--cases", "0"]).code, 2);
    let none = std::env::temp_dir();
    let none = none.to_str().unwrap();
    refused(
        &[
            "inputs", "--target", "module", "--cases", "0", "--out", none,
        ],
        "makes no inputs",
    );
    for command in ["run", "fuzz", "generate", "zoo"] {
        let ran = gcdiff(&[command, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("Usage: gcdiff"), "{}", ran.out);
    }
}

#[test]
fn bad_files_are_refused_in_one_line() {
    let folder = Scratch::new("bad");
    refused(&["run", "/no/such/file.wat"], "/no/such/file.wat: ");
    refused(&["run", folder.0.to_str().unwrap()], "directory");
    let refuse = |name: &str, contents: &[u8], wanted: &str| {
        let file = folder.file(name, contents);
        refused(&["run", &file], wanted);
    };
    refuse("empty.wasm", b"\0asm", "unexpected end");
    refuse("version.wasm", b"\0asm\x07\0\0\0", "version");
    refuse(
        "bytes.bin",
        b"\xff\xfe\xfd",
        "neither a binary module nor UTF-8",
    );
    refuse("open.wat", b"(module (func", "line 1, column");
    refuse("type.wat", b"(module (func (result i32)))", "type mismatch");
    refuse("header.wat", b";;! schedule = 3\n(module)", "header: ");
    refuse(
        "fault.wat",
        b";;! fault = \"W999\"\n(module)",
        "no fault \"W999\"",
    );
    refuse(
        "heaps.wat",
        b";;! collectors = []\n(module)",
        "no collector is named",
    );
    refuse(
        "import.wat",
        b"(module (import \"a\" \"b\" (global (ref none))))",
        "the host has no value",
    );
    refuse("component.wat", b"(component)", "this is a component");
    refuse("deep.wat", "(".repeat(500_000).as_bytes(), "line 1");
    let locals = b"(module (func (export \"f\") (local ".to_vec();
    let locals = [locals, b"i32 ".repeat(49_999), b")".to_vec()].concat();
    let pushes = b"(local.get 0) ".repeat(20_000);
    let drops = b"(drop) ".repeat(20_000);
    let wide = [locals, pushes, drops, b"))".to_vec()].concat();
    refuse("wide.wat", &wide, "65,535 registers");
}

#[test]
fn programs_without_end_or_measure_stop_at_a_limit() {
    let folder = Scratch::new("limits");
    let agree = |name: &str, module: &str, wanted: &str| {
        let file = folder.file(name, module);
        agrees(&["run", &file], wanted);
    };
    agree(
        "start-traps.wat",
        "(module (func $s unreachable) (start $s) (func (export \"f\")))",
        "instantiation: trapped: unreachable",
    );
    agree(
        "start-loops.wat",
        "(module (func $s (loop (br 0))) (start $s))",
        "instantiation: trapped: all fuel consumed",
    );
    agree(
        "recursion.wat",
        "(module (func $f (export \"f\") (call $f)))",
        "\"f\": trapped: call stack exhausted",
    );
    agree(
        "tail-recursion.wat",
        "(module (func $f (export \"f\") (return_call $f)))",
        "\"f\": trapped: all fuel consumed",
    );
    agree(
        "memory.wat",
        "(module (memory 65536))",
        "instantiation: trapped: table or memory too large",
    );
    agree(
        "table.wat",
        "(module (table 4294967295 anyref))",
        "instantiation: trapped: table or memory too large",
    );
    agree(
        "table-grow.wat",
        "(module (table 0 anyref) (func (export \"f\") (result i32)
            (table.grow (ref.null any) (i32.const 0x7fffffff))))",
        "\"f\": returned -1 (0xffffffff)",
    );
    for len in ["0x80000000", "-1"] {
        agree(
            "array.wat",
            &format!(
                "(module (type $a (array (mut i8)))
                   (func (export \"f\") (drop (array.new_default $a (i32.const {len})))))"
            ),
            "\"f\": trapped: ",
        );
    }
    agree(
        "garbage.wat",
        "(module (type $a (array (mut i64)))
           (func (export \"f\") (loop (drop (array.new_default $a (i32.const 100000))) (br 0))))",
        "\"f\": trapped: allocation budget exhausted",
    );
}

/// A module that needs a proposal beyond WebAssembly 3.0 is refused with its name.
#[test]
fn a_proposal_that_is_not_run_is_named() {
    let folder = Scratch::new("proposals");
    for (text, proposal) in [
        ("(module (memory 1 1 shared))", "needs threads: beyond 3.0"),
        (
            "(module (func try nop catch_all nop end))",
            "needs legacy exceptions, which WebAssembly 3.0 replaced",
        ),
        // The parser of texts does not know the folded form.
        (
            "(module (func (try (do nop) (catch_all nop))))",
            "needs legacy exceptions, which WebAssembly 3.0 replaced",
        ),
        (
            "(module (type $f (func)) (type (cont $f)))",
            "needs stack switching",
        ),
        ("(module (tag (result i32)))", "needs stack switching"),
        ("(component)", "needs components: out of scope"),
    ] {
        let file = folder.file("case.wat", text);
        refused(&["run", &file], proposal);
        let ran = gcdiff(&["replay", &file]);
        assert!(ran.err.contains(proposal), "{text}: {}", ran.err);
    }
    let file = folder.file("case.wat", "(module (func (try (do nop))))");
    let out = folder.0.join("out");
    let inputs = ["inputs", "--target", "module", "--from", &file, "--out"];
    let inputs = [&inputs[..], &[out.to_str().unwrap()]].concat();
    // The others would be read all the same; a line counts those that were not.
    let ran = gcdiff(&inputs);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("needs legacy exceptions"), "{}", ran.err);
    for text in [
        "(module (func i32.const 1))",
        "(module (memory 1 1 shared) (func i32.const 1))",
        "(module (func (trie (do nop))))",
    ] {
        let ran = gcdiff(&["run", &folder.file("case.wat", text)]);
        assert_eq!(ran.code, 2, "{text}");
        let threads = text.contains("shared");
        assert_eq!(ran.err.contains("; it needs"), threads, "{}", ran.err);
    }
}

/// Messages call types what the module calls them.
#[test]
fn types_have_the_names_of_the_module() {
    let folder = Scratch::new("type-names");
    let file = folder.file(
        "case.wat",
        r#"(module (type (struct (field i64))) (type $s (struct))
          (func (export "f") (param (ref null $s) (ref 0))))"#,
    );
    let invoke = ["run", &file, "--invoke", "f"];
    let with = |args: &[&'static str]| [&invoke[..], args].concat();
    let named = "argument 1 of \"f\" is a (ref null $s); i31:1 does not fit";
    refused(&with(&["i31:1", "auto"]), named);
    let numbered = "argument 2 of \"f\" is a (ref 0); null does not fit";
    refused(&with(&["null", "null"]), numbered);
    refused(&with(&["null"]), "not 1: (ref null $s), (ref 0); auto");
    let header = ";;! [[steps]]\n;;! call = \"f\"\n;;! args = [\"i31:1\", \"auto\"]\n";
    let text = std::fs::read_to_string(&file).unwrap();
    let file = folder.file("header.wat", format!("{header}{text}"));
    refused(&["run", &file], named);
    let endless = r#"(module (rec (type $endless (struct (field (ref $endless)))))
        (import "m" "g" (global (ref $endless))))"#;
    let file = folder.file("endless.wat", endless);
    let wanted = "the host has no value of type (ref $endless)";
    refused(&["run", &file], wanted);
}
