//! `gcdiff wast`, end to end: what a user types, sees and gets back.

mod faults;
mod linking;
mod outcomes;
mod unsupported;

use crate::common::{Ran, Scratch, gcdiff};

/// A script in a folder that is removed with the test.
struct Script {
    path: String,
    /// Where it is.
    _folder: Scratch,
}

impl Script {
    fn new(name: &str, contents: impl AsRef<[u8]>) -> Script {
        let folder = Scratch::new(&format!("wast-{name}"));
        let path = folder.file("script.wast", contents);
        Script {
            path,
            _folder: folder,
        }
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
fn refused(script: &Script, wanted: &str) {
    crate::common::refused(&["wast", &script.path], wanted);
}

const ADDS: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "trap") unreachable))
(assert_return (invoke "add" (i32.const 2) (i32.const 3)) (i32.const 5))
(assert_trap (invoke "trap") "unreachable")
"#;
