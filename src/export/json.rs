//! Exported cases as JSON, for runners of engines.
//!
//! | key | what it is |
//! |---|---|
//! | `version` | 1; it grows when a reader of the old format would misread the new one |
//! | `module` | the bytes of the module, in hexadecimal digits |
//! | `imports` | what it imports: none, or `[["wasmtime", "gc"]]`, a function without parameters and results that should collect |
//! | `instantiation` | `"returns"` or `"traps"` |
//! | `calls` | the exported functions to call, in order: `name`, `ends` (`"returns"`, `"traps"` or `"throws"`), and `results` or `trap` |
//!
//! A result is `{"i32": "0x..."}` or `{"i64": "0x..."}`; `trap` is null if any kind of trap will do.

use super::expected::{Expectations, Expected, Number};
use super::{COLLECT, hex};
use crate::engine::Trap;
use crate::oracle::json::ascii;
use serde::{Deserialize, Serialize};

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonExport {
    version: u32,
    module: String,
    imports: Vec<(&'static str, &'static str)>,
    instantiation: &'static str,
    calls: Vec<JsonCall>,
}

#[derive(Serialize)]
struct JsonCall {
    name: String,
    ends: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<JsonNumber>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<Option<Trap>>,
}

/// A number, as `0x` and hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonNumber {
    /// An i32.
    I32(String),
    /// An i64.
    I64(String),
}

impl JsonNumber {
    /// The bits. `None` if it is no number of this size.
    pub fn bits(&self) -> Option<u64> {
        let (text, most) = match self {
            JsonNumber::I32(text) => (text, u64::from(u32::MAX)),
            JsonNumber::I64(text) => (text, u64::MAX),
        };
        let bits = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
        (bits <= most).then_some(bits)
    }
}

impl From<Number> for JsonNumber {
    fn from(number: Number) -> JsonNumber {
        match number {
            Number::I32(value) => JsonNumber::I32(format!("{value:#x}")),
            Number::I64(value) => JsonNumber::I64(format!("{value:#x}")),
        }
    }
}

impl Expectations {
    /// The case as JSON with line breaks.
    pub fn json(&self) -> String {
        ascii(&JsonExport {
            version: VERSION,
            module: hex(&self.exported.wasm),
            imports: self
                .exported
                .collects
                .then_some(COLLECT)
                .into_iter()
                .collect(),
            instantiation: match self.not_instantiated {
                None => "returns",
                Some(_) => "traps",
            },
            calls: self.calls.iter().map(call).collect(),
        })
    }
}

fn call((name, expected): &(String, Expected)) -> JsonCall {
    let (ends, results, trap) = match expected {
        Expected::Returns(numbers) => {
            let numbers = numbers.iter().copied().map(JsonNumber::from);
            ("returns", Some(numbers.collect()), None)
        }
        Expected::Traps(trap) => ("traps", None, Some(*trap)),
        Expected::Throws => ("throws", None, None),
    };
    JsonCall {
        name: name.clone(),
        ends,
        results,
        trap,
    }
}
