//! Input files that a document cannot show, because they are not text or are
//! too long. The others are in `cases/`.

use crate::common::{Scratch, gcdiff, refused};

#[test]
fn every_command_has_help() {
    assert_eq!(gcdiff(&[]).code, 2);
    for command in [
        "run", "fuzz", "generate", "zoo", "wast", "replay", "events", "inputs",
    ] {
        let ran = gcdiff(&[command, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("Usage: gcdiff"), "{}", ran.out);
    }
}

#[test]
fn bad_files_are_refused_in_one_line() {
    let folder = Scratch::new("bad");
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
    refuse("deep.wat", "(".repeat(500_000).as_bytes(), "line 1");
    let locals = b"(module (func (export \"f\") (local ".to_vec();
    let locals = [locals, b"i32 ".repeat(49_999), b")".to_vec()].concat();
    let pushes = b"(local.get 0) ".repeat(20_000);
    let drops = b"(drop) ".repeat(20_000);
    let wide = [locals, pushes, drops, b"))".to_vec()].concat();
    refuse("wide.wat", &wide, "65,535 registers");
}

#[test]
fn files_that_are_no_scripts_are_refused() {
    let folder = Scratch::new("no-scripts");
    let refuse = |contents: &[u8], wanted: &str| {
        let script = folder.file("script.wast", contents);
        refused(&["wast", &script], wanted);
    };
    refuse(b"\0asm\x01\0\0\0", "script.wast: ");
    refuse(b"\xff\xfe", "not UTF-8");
    refuse("(".repeat(500_000).as_bytes(), "script.wast: ");
}
