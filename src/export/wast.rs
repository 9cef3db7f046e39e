//! Scripts of the specification's test format.

use super::expected::{Expectations, Expected, Number};
use crate::engine::Trap;
use std::fmt::Write;

impl Expectations {
    /// The case as a script: the module, and an assertion for each call. `about` is a comment.
    pub fn wast(&self, about: &str) -> String {
        let mut text = String::new();
        for line in about.lines() {
            let _ = writeln!(text, ";; {}", crate::escape::Line(line));
        }
        let module = module(&self.exported.wasm);
        if let Some(trap) = self.not_instantiated {
            let _ = writeln!(text, "(assert_trap\n{module}\n  {:?})", message(Some(trap)));
            return text;
        }
        let _ = writeln!(text, "{module}\n");
        for (name, expected) in &self.calls {
            let _ = match expected {
                Expected::Returns(numbers) => {
                    let numbers = numbers.iter().map(|number| match number {
                        Number::I32(value) => format!(" (i32.const {:#x})", value),
                        Number::I64(value) => format!(" (i64.const {value:#x})"),
                    });
                    let numbers: String = numbers.collect();
                    writeln!(text, "(assert_return (invoke {name:?}){numbers})")
                }
                Expected::Traps(trap) => {
                    writeln!(text, "(assert_trap (invoke {name:?}) {:?})", message(*trap))
                }
                Expected::Throws => writeln!(text, "(assert_exception (invoke {name:?}))"),
            };
        }
        text
    }
}

/// The module as text, if the same bytes can be read from it.
fn module(wasm: &[u8]) -> String {
    if let Ok(text) = wasmprinter::print_bytes(wasm)
        && wat::parse_str(&text).is_ok_and(|read| read == wasm)
    {
        return text.trim_end().into();
    }
    let mut text = String::from("(module binary");
    for line in wasm.chunks(32) {
        text += "\n  \"";
        for byte in line {
            let _ = write!(text, "\\{byte:02x}");
        }
        text.push('"');
    }
    text + ")"
}

/// The words that scripts have for a trap. Runners compare prefixes or parts, so these are what
/// several engines have in common.
fn message(trap: Option<Trap>) -> &'static str {
    match trap {
        None => "",
        Some(Trap::Unreachable) => "unreachable",
        Some(Trap::MemoryOutOfBounds) => "out of bounds memory access",
        Some(Trap::TableOutOfBounds) => "out of bounds table access",
        Some(Trap::ArrayOutOfBounds) => "out of bounds array access",
        Some(Trap::UninitializedElement) => "uninitialized element",
        Some(Trap::SignatureMismatch) => "indirect call type mismatch",
        Some(Trap::DivisionByZero) => "integer divide by zero",
        Some(Trap::IntegerOverflow) => "integer overflow",
        Some(Trap::InvalidConversion) => "invalid conversion to integer",
        Some(Trap::NullReference) => "null",
        Some(Trap::CastFailure) => "cast failure",
        Some(_) => "",
    }
}
