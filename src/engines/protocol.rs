//! What gcdiff and a runner say to each other: lines of JSON on the runner's standard input and
//! output.
//!
//! gcdiff writes a request:
//!
//! ```json
//! {"version":1,"case":7,"module":"0061736d...","imports":[["wasmtime","gc"]],"calls":["step1","observe"]}
//! ```
//!
//! | key | what it is |
//! |---|---|
//! | `version` | 1; it grows when a runner for the old version would misread the new one |
//! | `case` | a number, which the answer repeats |
//! | `module` | the bytes of the module, in hexadecimal digits |
//! | `imports` | what it imports: nothing, or `wasmtime.gc`, a function without parameters and results that collects |
//! | `calls` | the exported functions to call, in order, each without arguments |
//! | `plan` | in place of calls, for a runner that is the host of a case; see below |
//!
//! The runner writes the line `start 7` before it does anything with the module, and an answer when
//! it is done:
//!
//! ```json
//! {"case":7,"instantiation":{"returns":[]},"calls":[{"traps":"unreachable"},{"returns":[{"i64":"0x1f"},{"i32":"0x2"}]}]}
//! ```
//!
//! A call `returns` its results, `traps` with a message or null, or `{"throws":true}`. Without an
//! instance there are no `calls`. An engine that does not take the module answers
//! `{"case":7,"refused":"why"}`: the case is discarded. Everything that a runner writes to standard
//! error is kept for the report of a crash, and other lines on its standard output are ignored.
//!
//! # Runners that are the host
//!
//! A request in the form [`Form::Embedder`](super::Form) has a plan:
//!
//! ```json
//! {"version":1,"case":8,"module":"0061736d...","imports":[["gcdiff","collect"],["host","give"]],"calls":[],
//!  "plan":{"steps":[{"call":"gcdiff.reset"},{"call":"f","args":["kept:0"]}],"host":[{"drop":1}],"reentry":4}}
//! ```
//!
//! Steps are written as in the header of a case. What they mean, and what the host answers, is in
//! [`case::embedder`](crate::case::embedder), which a runner in Rust calls. The answer is an observation in
//! its [JSON form](crate::observe::json), `{"case":8,"observation":{"version":1,...}}`. Kinds of traps are not
//! compared; `"unreachable"` stands for any.

use crate::case::{Case, Plan, Step, StepText};
use crate::export::hex;
use crate::export::json::JsonNumber;
use crate::observe::JsonObservation;
use serde::{Deserialize, Serialize};

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// A case to be run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`].
    pub version: u32,
    /// The number of the case.
    pub case: u64,
    /// The bytes of the module, in hexadecimal digits.
    pub module: String,
    /// The imports, by module and name.
    pub imports: Vec<(String, String)>,
    /// The functions to call.
    pub calls: Vec<String>,
    /// What the host does, if the runner is the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<HostPlan>,
}

/// The line of a request for a module. That of the request itself is empty.
pub(super) fn line(request: &Request, wasm: &[u8]) -> String {
    const EMPTY: &str = r#""module":""#;
    let mut line = serde_json::to_string(request).unwrap_or_default();
    // Only numbers come before it. Digits have no escapes, which a serializer would look for.
    if let Some(at) = line.find(EMPTY) {
        line.insert_str(at + EMPTY.len(), &hex(wasm));
    }
    line.push('\n');
    line
}

/// What the host of a case does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPlan {
    /// Its steps.
    pub steps: Vec<StepText>,
    /// Its acts during calls of imported functions.
    pub host: Vec<StepText>,
    /// The number of calls of the module that may be active at a time.
    pub reentry: usize,
}

impl HostPlan {
    /// The plan of a case. `None` if its steps are those of all exports.
    pub fn of(case: &Case) -> Option<HostPlan> {
        let Plan::Steps(steps) = &case.plan else {
            return None;
        };
        Some(HostPlan {
            steps: steps.iter().map(StepText::of).collect(),
            host: case.host.iter().map(StepText::of).collect(),
            reentry: case.limits.reentry,
        })
    }

    /// The steps and the acts.
    ///
    /// # Errors
    ///
    /// If one is no step.
    pub fn read(&self) -> Result<(Vec<Step>, Vec<Step>), String> {
        let read = |steps: &[StepText]| steps.iter().map(StepText::read).collect::<Result<_, _>>();
        Ok((read(&self.steps)?, read(&self.host)?))
    }
}

/// The answer to a request.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The number of the case.
    pub case: u64,
    /// Why the engine does not take the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// How instantiation ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instantiation: Option<CallEnd>,
    /// How the calls ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallEnd>,
    /// What a runner that is the host has observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<JsonObservation>,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallEnd {
    /// It returned these numbers.
    Returns(Vec<JsonNumber>),
    /// It trapped, with the engine's words for the trap.
    Traps(Option<String>),
    /// It threw an exception.
    Throws(bool),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_the_documentation_are_read() {
        let answer: Answer = serde_json::from_str(
            r#"{"case":7,"instantiation":{"returns":[]},"calls":[{"traps":"unreachable"},
                {"traps":null},{"throws":true},{"returns":[{"i64":"0x1f"},{"i32":"0x2"}]}]}"#,
        )
        .unwrap();
        assert_eq!(answer.case, 7);
        assert_eq!(answer.calls[1], CallEnd::Traps(None));
        let CallEnd::Returns(numbers) = &answer.calls[3] else {
            panic!("{answer:?}");
        };
        let bits: Vec<_> = numbers.iter().map(JsonNumber::bits).collect();
        assert_eq!(bits, [Some(31), Some(2)]);
        for bad in ["31", "0x", "0x1ffffffff", "0xg"] {
            assert_eq!(JsonNumber::I32(bad.into()).bits(), None, "{bad}");
        }
        let refused: Answer = serde_json::from_str(r#"{"case":1,"refused":"no"}"#).unwrap();
        assert_eq!(refused.refused.as_deref(), Some("no"));
    }
}
