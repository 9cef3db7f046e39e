//! Scripts for JavaScript engines.

use super::expected::{Expectations, Expected, Number};
use super::hex;
use std::fmt::Write;

impl Expectations {
    /// The case as a script for the shell of a JavaScript engine, or for Node. It throws an error if
    /// a call does not end as expected. `about` is a comment.
    pub fn js(&self, about: &str) -> String {
        let mut text = String::new();
        for line in about.lines() {
            let _ = writeln!(text, "// {}", crate::escape::Line(line));
        }
        text += "const hex =";
        for (index, line) in self.exported.wasm.chunks(48).enumerate() {
            let plus = if index == 0 { "" } else { " +" };
            let _ = write!(text, "{plus}\n  \"{}\"", hex(line));
        }
        text += ";\nconst calls = [\n";
        for (name, expected) in &self.calls {
            let expected = match expected {
                Expected::Returns(numbers) => {
                    let numbers = numbers.iter().map(|number| match number {
                        Number::I32(value) => format!("{}", *value as i32),
                        Number::I64(value) => format!("{}n", *value as i64),
                    });
                    format!("returns {}", numbers.collect::<Vec<_>>().join(","))
                }
                Expected::Traps(_) => "traps".into(),
                Expected::Throws => "throws".into(),
            };
            let _ = writeln!(text, "  [{name:?}, {expected:?}],");
        }
        text += "];\n";
        let _ = writeln!(
            text,
            "const instantiates = {};",
            self.not_instantiated.is_none()
        );
        text + RUNNER
    }
}

/// Calls the functions and compares. Shells have `gc` with `--expose-gc` or without an option, or
/// have none.
const RUNNER: &str = r#"
const bytes = new Uint8Array(hex.match(/../g).map(byte => parseInt(byte, 16)));
const collect = typeof gc === "function" ? () => { gc(); } : () => {};
const words = value => typeof value === "bigint" ? `${value}n` : `${value}`;
function ended(call) {
  try {
    const results = call();
    return `returns ${(Array.isArray(results) ? results : [results]).map(words).join(",")}`;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "traps";
    if (typeof WebAssembly.Exception === "function" && error instanceof WebAssembly.Exception) return "throws";
    throw error;
  }
}
let instance;
const made = ended(() => {
  instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { wasmtime: { gc: collect } });
  return 0;
});
const wrong = [];
if ((made !== "traps") !== instantiates) wrong.push(`instantiation ${made}`);
if (instance) {
  for (const [name, expected] of calls) {
    const seen = ended(instance.exports[name]);
    if (seen !== expected) wrong.push(`${name} ${seen}, expected: ${expected}`);
  }
}
if (wrong.length > 0) throw new Error(wrong.join("; "));
"#;
