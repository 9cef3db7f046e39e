//! What small inputs may take: memory, time, and what they may ask for.
//!
//! Memory is bounded from outside, by the address space of the process, so that
//! what is not counted is found out, too.

mod common;

use common::gcdiff;
use std::path::PathBuf;

/// A file that is removed with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, contents: impl AsRef<[u8]>) -> File {
        let name = format!("gcdiff-limits-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, contents).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Asserts that the command fails with one line that contains `wanted`.
#[track_caller]
fn refused(args: &[&str], wanted: &str) {
    let ran = gcdiff(args);
    assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
    assert!(ran.err.contains(wanted), "{args:?}: {}", ran.err);
    assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
    assert_eq!(ran.out, "", "{args:?}");
}

/// Runs the command in an address space of so many megabytes.
#[cfg(target_os = "linux")]
fn within(megabytes: u64, args: &[&str]) -> common::Ran {
    let kilobytes = megabytes << 10;
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_gcdiff"))
        .args(args)
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    common::Ran {
        code: output
            .status
            .code()
            .unwrap_or_else(|| panic!("killed: {err}")),
        out: String::from_utf8(output.stdout).unwrap(),
        err,
    }
}

/// A section of a module, with a size that need not be that of its contents.
fn section(id: u8, size: &[u8], contents: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.push(id);
    module.extend(size);
    module.extend(contents);
    module
}

/// The largest number of 32 bits.
const MOST: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];

#[test]
#[cfg(target_os = "linux")]
fn numbers_that_nothing_backs_take_no_memory() {
    for id in 0..=13 {
        let contents = [&MOST[..], &[0; 20]].concat();
        for (name, module) in [
            ("size", section(id, &MOST, &[0])),
            ("size-and-count", section(id, &MOST, &contents)),
            ("count", section(id, &[contents.len() as u8], &contents)),
        ] {
            let file = File::new(&format!("{name}-{id}.wasm"), module);
            let ran = within(200, &["run", file.path()]);
            assert_eq!(ran.code, 2, "{name} of section {id}: {}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        }
    }
    // Claims further inside: locals of a body, targets of a `br_table`, items of
    // a segment, members of a group, fields, parameters, catches.
    let function = |body: &[u8]| {
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
        let code = [&[1, body.len() as u8], body].concat();
        module.extend([10, code.len() as u8]);
        module.extend(code);
        module
    };
    let claims: [(&str, Vec<u8>); 8] = [
        (
            "locals",
            function(&[&[1][..], &MOST, &[0x7f, 0x0b]].concat()),
        ),
        ("runs", function(&[&MOST[..], &[1, 0x7f, 0x0b]].concat())),
        (
            "br_table",
            function(&[&[0, 0x41, 0, 0x0e][..], &MOST, &[0, 0x0b]].concat()),
        ),
        (
            "catches",
            function(&[&[0, 0x1f, 0x40][..], &MOST, &[0, 0x0b, 0x0b]].concat()),
        ),
        (
            "items",
            section(9, &[9], &[&[1, 1, 0][..], &MOST, &[0]].concat()),
        ),
        (
            "group",
            section(1, &[8], &[&[1, 0x4e][..], &MOST, &[0x5f]].concat()),
        ),
        (
            "fields",
            section(1, &[8], &[&[1, 0x5f][..], &MOST, &[0x7f]].concat()),
        ),
        (
            "parameters",
            section(1, &[8], &[&[1, 0x60][..], &MOST, &[0x7f]].concat()),
        ),
    ];
    for (name, module) in claims {
        let file = File::new(&format!("{name}.wasm"), module);
        let ran = within(200, &["run", file.path()]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{name}: {}", ran.err);
    }
}

/// Programs that take more memory than they seem to, each in another way.
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
#[cfg(target_os = "linux")]
fn a_run_takes_no_more_memory_than_its_footprint() {
    for (name, text) in greedy() {
        let file = File::new(&format!("{name}.wat"), text);
        // What else a process takes is about a hundred megabytes of addresses.
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
#[cfg(target_os = "linux")]
fn a_run_has_a_footprint_whether_it_asks_for_one_or_not() {
    let (_, list) = greedy().swap_remove(4);
    let file = File::new("default-list.wat", list);
    let ran = within(1500, &["run", file.path()]);
    assert!(ran.err.contains("discard: too much memory"), "{}", ran.err);
    // A script is cut short. That is no failure of a collector, and no success.
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

#[test]
fn headers_ask_for_no_more_than_the_ceiling() {
    for (limit, parts) in [
        (
            "table_elements = 1152921504606846976",
            "(table i64 1152921504606846975 anyref)",
        ),
        (
            "memory_bytes = 18446744073709551615",
            "(memory i64 281474976710656)",
        ),
        // Twice its bytes are more than there are.
        (
            "memory_bytes = 18446744073709551615",
            "(memory i64 140737488355328)",
        ),
        ("registers = 1152921504606846976", ""),
        ("frames = 1152921504606846976", ""),
        ("heap_bytes = 1152921504606846976", ""),
        ("fuel = 1152921504606846976", ""),
        ("footprint = 1152921504606846976", ""),
        ("work = 1152921504606846976", ""),
    ] {
        let text = format!(";;! [limits]\n;;! {limit}\n(module {parts})");
        let file = File::new("greedy-header.wat", &text);
        let wanted = format!("--limits {}", limit.replace(" = ", "="));
        refused(&["run", file.path()], &wanted);
        refused(&["wast", file.path()], &wanted);
        let ran = gcdiff(&["replay", file.path()]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(&wanted), "{}", ran.err);
        // The user may ask for it; what cannot be had is a trap then.
        let raised = limit.replace(" = ", "=");
        let ran = gcdiff(&["run", "--limits", &raised, file.path()]);
        assert!(matches!(ran.code, 0 | 2), "{}{}", ran.out, ran.err);
        if ran.code == 2 {
            assert!(ran.err.contains("discard: too much memory"), "{}", ran.err);
        }
    }
    for (bad, wanted) in [
        ("fuel", "expected NAME=N"),
        ("speed=1", "there are fuel, frames"),
        ("frames=0", "at least 1"),
        ("fuel=1,fuel=1", "given twice"),
    ] {
        let ran = gcdiff(&["run", "--limits", bad, "x.wat"]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(wanted), "{bad}: {}", ran.err);
    }
}

#[test]
fn a_limit_of_the_command_line_goes_before_a_header() {
    let text = ";;! [limits]\n;;! fuel = 10\n
        (module (func (export \"f\") (local $i i32) (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))))";
    let file = File::new("fuel.wat", text);
    let ran = gcdiff(&["run", file.path()]);
    assert!(
        ran.out.contains("trapped: all fuel consumed"),
        "{}",
        ran.out
    );
    let ran = gcdiff(&["run", "--limits", "fuel=1k", file.path()]);
    assert!(ran.out.contains("\"f\": returned"), "{}", ran.out);
    // Directives of another engine are comments, and do not undo an option.
    let script = ";;! gc = true\n(module (func (export \"f\") (loop $l (br $l))))
        (assert_return (invoke \"f\"))";
    let file = File::new("foreign.wast", script);
    let ran = gcdiff(&["wast", "--limits", "fuel=1k", file.path()]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("trapped: all fuel consumed"),
        "{}",
        ran.out
    );
}

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
    let file = File::new("long.wat", " ".repeat((8 << 20) + 1));
    refused(&["run", file.path()], "bytes of text are more than");
    refused(&["wast", file.path()], "bytes of text are more than");
}

/// Lists of names and of steps are looked things up in; that must not take the
/// square of their length.
#[test]
fn many_exports_and_many_functions_take_no_longer_than_they_should() {
    let exports: String = (0..50_000)
        .map(|i| format!("(export \"{i}\" (func $f))"))
        .collect();
    // Each exception is one more that the host may hold on to.
    for body in ["", "(throw $t)"] {
        let text = format!("(module (tag $t) (func $f {body}) {exports})");
        let file = File::new("exports.wat", text);
        let ran = gcdiff(&["run", "-C", "collector=drc", file.path()]);
        assert!(ran.out.contains("\"49999\": "), "{}", ran.err);
    }
    // A host that makes up functions of a type that few or none have.
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

/// Objects that are copied again and again soon take more than the originals.
#[test]
fn a_collector_that_copies_without_end_takes_no_more_memory_than_another() {
    let text = r#"(module (type $a (array (mut anyref)))
        (global $g (mut anyref) (ref.null any))
        (func (export "f") (local $i i32)
          (loop $l (global.set $g (array.new $a (global.get $g) (i32.const 2)))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
              (i32.const 40))))))"#;
    let file = File::new("copies.wat", text);
    let ran = within(350, &["run", "--fault", "X7", file.path()]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("in heap copying"), "{}", ran.out);
}

/// Types take many times as much memory as their text, and are there before
/// anything runs.
#[cfg(target_os = "linux")]
#[test]
fn a_module_is_part_of_the_footprint() {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let mut types = vec![0xe8, 0x07];
    for _ in 0..1000 {
        types.extend([0x60, 0xe8, 0x07]);
        types.extend([0x7f; 1000]);
        types.push(0);
    }
    module.extend([1, 0x80 | (types.len() & 0x7f) as u8]);
    module.push(0x80 | (types.len() >> 7 & 0x7f) as u8);
    module.push((types.len() >> 14) as u8);
    module.extend(&types);
    let file = File::new("types.wasm", &module);
    let small = ["run", "--limits", "footprint=64m", file.path()];
    let ran = within(200, &small);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let wanted = "the module needs more memory than it may have, some ";
    assert!(ran.err.contains(wanted), "{}", ran.err);
    let ran = within(350, &["run", file.path()]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// A header takes more still.
#[test]
fn a_header_cannot_be_of_any_size() {
    let acts = "{drop=1},".repeat(600_000);
    let file = File::new("acts.wat", format!(";;! host = [{acts}]\n(module)"));
    refused(&["run", file.path()], "bytes, and may have 4194304");
}

/// Modules of a script, and their instances, stay until its end.
#[cfg(target_os = "linux")]
#[test]
fn instances_are_part_of_the_footprint() {
    let file = File::new("instances.wast", "(module)\n".repeat(20_000));
    let args = ["wast", "-C", "collector=null", file.path()];
    let small = [&args[..], &["--limits", "footprint=32m"]].concat();
    let ran = within(350, &small);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("more memory"), "{}", ran.out);
    assert_eq!(within(350, &args).code, 0);
}

/// A program may take long, and every heap with it.
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
