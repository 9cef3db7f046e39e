//! Verdicts as JSON, for other programs.
//!
//! | key | what it is |
//! |---|---|
//! | `version` | 1; see [`VERSION`] |
//! | `verdict` | `"agree"`, `"differ"`, `"violation"` or `"discard"` |
//! | `fingerprint` | what findings of one bug share; null if there is no finding |
//! | `text` | the verdict as it is printed for people |
//! | `violation` | for a violation: `law`, `subject`, `message`, and where they are known `object` (an address), `type`, `count` and `expected_count`, `owners` and `path` in words, `more_owners`, `place`, which first broke the law, `lost`, the root that a collection was not shown (`text`, `root`, `safepoint`, `set_by`, an instruction, and `whole_frame`, whether that holds for all of its frame), and `noticed`, the difference by which it was noticed |
//! | `place` | `text`, and for an instruction `function` (null in a constant expression), `offset` in the binary module, `instruction` and `line`; `collection` says whether a collection that it triggered is to blame |
//! | `difference` | for a difference: `kind`, `path`, `subjects` and `values` (two each), `wrong`, the wrong runs as far as they are known, `judge`: `"nobody"`, `"majority"` or `"model"`, and if it was found `first`, the operation after which the second subject first differs: its `place`, its number (`operation`), and `what` differs after it with both `values` |
//! | `discard` | for an inconclusive case: `reason` and `detail` |
//! | `runs` | the runs that completed: `subject`, `schedule` (null if it is the case's own), and `observation`, a number |
//! | `observations` | their observations, in [a separate format](crate::observe::json); equal ones appear once |
//!
//! A key that does not apply to the verdict is missing.

use super::broken_at::{BrokenAt, Instruction};
use super::judge::JudgeReport;
use super::verdict::{Difference, Judge, Verdict};
use super::violation::{LostRoot, Violation};
use crate::case::print_schedule;
use crate::module::Module;
use crate::observe::JsonObservation;
use serde::Serialize;

/// The version of the format. It grows when a reader of the old format would
/// misread the new one; adding a key does not change it.
pub const VERSION: u32 = 1;

/// A verdict as JSON, with the observations that led to it.
#[derive(Clone, Debug, Serialize)]
pub struct JsonReport {
    version: u32,
    verdict: &'static str,
    fingerprint: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<JsonViolation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<JsonDifference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discard: Option<JsonDiscard>,
    runs: Vec<JsonRun>,
    observations: Vec<JsonObservation>,
}

#[derive(Clone, Debug, Serialize)]
struct JsonViolation {
    law: &'static str,
    subject: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_count: Option<u32>,
    owners: Vec<String>,
    more_owners: usize,
    path: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<JsonPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<JsonLost>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noticed: Option<JsonDifference>,
}

#[derive(Clone, Debug, Serialize)]
struct JsonLost {
    text: String,
    root: String,
    safepoint: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<JsonInstruction>,
    whole_frame: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct JsonPlace {
    text: String,
    collection: bool,
    #[serde(flatten)]
    instruction: Option<JsonInstruction>,
}

#[derive(Clone, Debug, Serialize)]
struct JsonInstruction {
    function: Option<u32>,
    offset: u32,
    instruction: String,
    line: Option<u32>,
}

#[derive(Clone, Debug, Serialize)]
struct JsonDifference {
    kind: &'static str,
    path: String,
    subjects: [String; 2],
    values: [String; 2],
    wrong: Vec<String>,
    judge: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<JsonDivergence>,
}

#[derive(Clone, Debug, Serialize)]
struct JsonDivergence {
    place: JsonPlace,
    operation: u64,
    what: String,
    values: [String; 2],
}

#[derive(Clone, Debug, Serialize)]
struct JsonDiscard {
    reason: &'static str,
    detail: String,
}

#[derive(Clone, Debug, Serialize)]
struct JsonRun {
    subject: String,
    schedule: Option<String>,
    observation: usize,
}

impl JsonReport {
    /// A verdict without runs.
    pub fn new(verdict: &Verdict) -> JsonReport {
        JsonReport {
            version: VERSION,
            verdict: word(verdict),
            fingerprint: verdict.fingerprint(),
            text: verdict.to_string(),
            violation: match verdict {
                Verdict::Violation(violation) => Some(JsonViolation::new(violation)),
                _ => None,
            },
            difference: match verdict {
                Verdict::Differ(difference) => Some(JsonDifference::new(difference)),
                _ => None,
            },
            discard: match verdict {
                Verdict::Discard(reason, detail) => Some(JsonDiscard {
                    reason: reason.name(),
                    detail: detail.clone(),
                }),
                _ => None,
            },
            runs: Vec::new(),
            observations: Vec::new(),
        }
    }

    /// The report as text, with line breaks. It is all visible ASCII, so that
    /// no name in a module can affect a terminal.
    pub fn text(&self) -> String {
        ascii(self)
    }

    /// The same report with the runs of `judged`, a case of `module`.
    #[must_use]
    pub fn with_runs(self, judged: &JudgeReport, module: &Module) -> JsonReport {
        let runs = judged.runs.iter().map(|run| JsonRun {
            subject: run.subject.clone(),
            schedule: run.schedule.as_ref().map(print_schedule),
            observation: run.observation,
        });
        let observations = judged.observations.iter();
        JsonReport {
            runs: runs.collect(),
            observations: observations
                .map(|seen| JsonObservation::new(seen, module))
                .collect(),
            ..self
        }
    }
}

/// The kind of a verdict.
pub(crate) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Agree => "agree",
        Verdict::Differ(_) => "differ",
        Verdict::Violation(_) => "violation",
        Verdict::Discard(..) => "discard",
    }
}

/// Data as JSON with line breaks, otherwise all visible ASCII.
pub(crate) fn ascii(data: &impl Serialize) -> String {
    visible(&serde_json::to_string_pretty(data).unwrap_or_default())
}

/// Data as JSON on one line, all visible ASCII.
pub(crate) fn ascii_line(data: &impl Serialize) -> String {
    visible(&serde_json::to_string(data).unwrap_or_default())
}

/// JSON with escapes for all characters but line breaks and visible ASCII.
fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' | ' '..='~' => text.push(c),
            // Other characters occur only in strings, where they may be escaped.
            _ => {
                let units = c.encode_utf16(&mut [0; 2]).to_vec();
                units
                    .iter()
                    .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    text
}

impl JsonViolation {
    fn new(violation: &Violation) -> JsonViolation {
        let words = |holders: &[super::Holder]| {
            let words = holders.iter().map(|holder| violation.holder(holder));
            words.collect()
        };
        JsonViolation {
            law: violation.law.name(),
            subject: violation.collector.clone(),
            message: violation.message.clone(),
            object: violation.object,
            r#type: violation.ty.clone(),
            count: violation.actual,
            expected_count: violation.expected,
            owners: words(&violation.owners),
            more_owners: violation.more_owners,
            path: words(&violation.path),
            place: violation.place.as_ref().map(JsonPlace::new),
            lost: violation.lost.as_deref().map(JsonLost::new),
            noticed: violation.noticed.as_deref().map(JsonDifference::new),
        }
    }
}

impl JsonLost {
    fn new(lost: &LostRoot) -> JsonLost {
        JsonLost {
            text: lost.to_string(),
            root: lost.words.clone(),
            safepoint: lost.safepoint,
            set_by: lost.set_by.as_ref().map(JsonInstruction::new),
            whole_frame: lost.whole_frame,
        }
    }
}

impl JsonInstruction {
    fn new(at: &Instruction) -> JsonInstruction {
        JsonInstruction {
            function: at.func,
            offset: at.offset,
            instruction: at.name.clone(),
            line: at.line,
        }
    }
}

impl JsonPlace {
    pub(crate) fn new(place: &BrokenAt) -> JsonPlace {
        JsonPlace {
            text: place.to_string(),
            collection: place.collection,
            instruction: place.instruction().map(JsonInstruction::new),
        }
    }
}

impl JsonDifference {
    fn new(difference: &Difference) -> JsonDifference {
        let (a, b) = &difference.collectors;
        let (x, y) = &difference.values;
        JsonDifference {
            kind: difference.kind,
            path: difference.path.clone(),
            subjects: [a.clone(), b.clone()],
            values: [x.clone(), y.clone()],
            wrong: difference.wrong.clone(),
            judge: match difference.judge {
                Judge::Nobody => "nobody",
                Judge::Majority => "majority",
                Judge::Model => "model",
            },
            first: difference.first.as_deref().map(|first| JsonDivergence {
                place: JsonPlace::new(&first.place),
                operation: first.operation,
                what: first.what.clone(),
                values: [first.values.0.clone(), first.values.1.clone()],
            }),
        }
    }
}
