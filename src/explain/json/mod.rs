//! Explanations as JSON, for other programs.
//!
//! | key | what it is |
//! |---|---|
//! | `version` | 1; it grows when a reader of the old format would misread the new one |
//! | `verdict` | the verdict, as [`gcdiff run --json`](crate::oracle::json) prints it, without runs |
//! | `cause` | the operation that caused it, null if it is not known: `place`, `operation` and `safepoint`, their numbers (null if they are not known), `words`, what it did wrong, and `compared`, whether a comparison with another heap found it: then the ledger is of the object that the law is about, which may be another one |
//! | `unaudited` | how the bug shows without audits: a verdict; null if that was not tried |
//! | `unexplained` | why there is no explanation; null if there is one |
//! | `controls` | for an engine that shows only its end, the same case without one part at a time: `without`, in words, and `outcome`, `"clean"`, `"same"`, `"unknown"` or another fingerprint |
//! | `histories` | what happened in the blamed run; for a difference, then in one that is right |
//!
//! A history has `run`, its name; `operations` and `safepoints`, their numbers when it ended;
//! `ledger`, null if no object is concerned; `scenes`, the states around the culprit; and `culprit`,
//! the index of the scene right after it (null if there is none).
//!
//! A ledger has `type`, `heap`, `entries` and `culprit`, the index of the first entry with a `breach`.
//! `skipped` is the number of operations before the first one that was looked at, if the heap is too
//! large to look at all of them; an object that was there before begins with an event `"found"`.
//! An entry has `place`, `operation`, `safepoint`, `address`, `count` (null in a heap that does not
//! count), `expected`, `breach` (`"count"`, `"not-listed"`, `"in-use"` or null), and `events`, each
//! with its `kind` and its `text`, with `from` and `to` for `"counted"` and `"moved"`, `holder` for
//! `"gained"` and `"lost"`, and `type` for `"reused"`. Of many owners and steps of one entry, `"gained-more"`,
//! `"lost-more"` and `"more-steps"` have the number that is left out, as `more`.
//!
//! A scene has `place`, `operation`, `safepoint`, `frames` (innermost first, with their `registers`),
//! `roots`, `objects` and `freed`, numbers of objects; `more_frames`, `more_roots` and `more_objects`
//! are the numbers of what is left out. A value is `{"null": true}`,
//! `{"i31": N}`, `{"object": N}`, `{"stale": ADDRESS}` or `{"bits": "0x..."}`. `shown` says whether a
//! collection was shown the root; null if there was none.

mod scene;

use super::{Control, ControlVerdict, Explanation, RootCause};
use crate::oracle::json::{JsonPlace, JsonReport, ascii};
use crate::oracle::{Breach, History, Ledger, LedgerEntry, LedgerEvent};
use scene::JsonScene;
use serde::Serialize;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonExplanation {
    version: u32,
    verdict: JsonReport,
    cause: Option<JsonCause>,
    unaudited: Option<JsonReport>,
    unexplained: Option<String>,
    controls: Vec<JsonControl>,
    histories: Vec<JsonHistory>,
}

#[derive(Serialize)]
struct JsonControl {
    without: String,
    outcome: String,
}

#[derive(Serialize)]
struct JsonCause {
    place: JsonPlace,
    operation: Option<u64>,
    safepoint: Option<u64>,
    words: String,
    compared: bool,
}

#[derive(Serialize)]
struct JsonHistory {
    run: String,
    operations: u64,
    safepoints: u64,
    ledger: Option<JsonLedger>,
    scenes: Vec<JsonScene>,
    culprit: Option<usize>,
}

#[derive(Serialize)]
struct JsonLedger {
    r#type: String,
    heap: String,
    skipped: u64,
    entries: Vec<JsonEntry>,
    culprit: Option<usize>,
}

#[derive(Serialize)]
struct JsonEntry {
    place: Option<JsonPlace>,
    operation: u64,
    safepoint: u64,
    address: u32,
    count: Option<u32>,
    expected: u32,
    breach: Option<&'static str>,
    events: Vec<JsonEvent>,
}

#[derive(Default, Serialize)]
struct JsonEvent {
    kind: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<usize>,
}

impl Explanation {
    /// The explanation as JSON with line breaks, in visible ASCII.
    pub fn json(&self) -> String {
        ascii(&self.document())
    }

    /// The same as data.
    pub(crate) fn document(&self) -> impl Serialize {
        JsonExplanation {
            version: VERSION,
            verdict: JsonReport::new(&self.report.verdict),
            cause: self.cause.as_ref().map(JsonCause::new),
            unaudited: self.without_audits.as_ref().map(JsonReport::new),
            unexplained: self.unexplained.clone(),
            controls: self.controls.iter().map(JsonControl::new).collect(),
            histories: self.histories.iter().map(JsonHistory::new).collect(),
        }
    }
}

impl JsonControl {
    fn new(control: &Control) -> JsonControl {
        JsonControl {
            without: control.part(),
            outcome: match &control.outcome {
                ControlVerdict::Clean => "clean".into(),
                ControlVerdict::Same => "same".into(),
                ControlVerdict::Other(fingerprint) => fingerprint.clone(),
                ControlVerdict::Unknown(_) => "unknown".into(),
            },
        }
    }
}

impl JsonCause {
    fn new(cause: &RootCause) -> JsonCause {
        JsonCause {
            place: JsonPlace::new(&cause.place),
            operation: cause.operation,
            safepoint: cause.safepoint,
            words: cause.words.clone(),
            compared: cause.is_compared,
        }
    }
}

impl JsonHistory {
    fn new(history: &History) -> JsonHistory {
        JsonHistory {
            run: history.run.clone(),
            operations: history.end.0,
            safepoints: history.end.1,
            ledger: history.ledger.as_ref().map(JsonLedger::new),
            scenes: history.scenes.iter().map(JsonScene::new).collect(),
            culprit: history.culprit,
        }
    }
}

impl JsonLedger {
    fn new(ledger: &Ledger) -> JsonLedger {
        JsonLedger {
            r#type: ledger.ty.clone(),
            heap: ledger.heap.clone(),
            skipped: ledger.skipped,
            entries: ledger.entries.iter().map(JsonEntry::new).collect(),
            culprit: ledger.culprit,
        }
    }
}

impl JsonEntry {
    fn new(entry: &LedgerEntry) -> JsonEntry {
        JsonEntry {
            place: entry.place.as_ref().map(JsonPlace::new),
            operation: entry.operation,
            safepoint: entry.safepoint,
            address: entry.address,
            count: entry.count,
            expected: entry.expected,
            breach: entry.breach.map(|breach| match breach {
                Breach::Count => "count",
                Breach::NotListed => "not-listed",
                Breach::InUse => "in-use",
            }),
            events: entry.events.iter().map(JsonEvent::new).collect(),
        }
    }
}

impl JsonEvent {
    fn new(event: &LedgerEvent) -> JsonEvent {
        let mut json = JsonEvent {
            text: event.to_string(),
            ..JsonEvent::default()
        };
        json.kind = match event {
            LedgerEvent::Found => "found",
            LedgerEvent::Allocated => "allocated",
            LedgerEvent::Counted(from, to) => {
                (json.from, json.to) = (Some(*from), Some(*to));
                "counted"
            }
            LedgerEvent::Listed => "listed",
            LedgerEvent::Unlisted => "unlisted",
            LedgerEvent::Gained(_, words) => {
                json.holder = Some(words.clone());
                "gained"
            }
            LedgerEvent::Lost(_, words) => {
                json.holder = Some(words.clone());
                "lost"
            }
            LedgerEvent::MoreGained(n) => {
                json.more = Some(*n);
                "gained-more"
            }
            LedgerEvent::MoreLost(n) => {
                json.more = Some(*n);
                "lost-more"
            }
            LedgerEvent::MoreSteps(n) => {
                json.more = Some(*n);
                "more-steps"
            }
            LedgerEvent::Moved(from, to) => {
                (json.from, json.to) = (Some(*from), Some(*to));
                "moved"
            }
            LedgerEvent::Marked => "marked",
            LedgerEvent::Scanned => "scanned",
            LedgerEvent::Freed => "freed",
            LedgerEvent::Reused(ty) => {
                json.r#type = Some(ty.clone());
                "reused"
            }
        };
        json
    }
}
