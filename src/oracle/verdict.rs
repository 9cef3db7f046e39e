//! Verdicts.

use super::violation::Violation;
use std::fmt;

/// A difference between two runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The runs that disagree, by the names of their heaps.
    pub collectors: (String, String),
    /// The run that all others outvote, if there are enough to tell.
    pub odd: Option<String>,
    /// What kind of place it is in: `call`, `result`, `trap`, `exception`,
    /// `host call`, `global`, `table`, `memory`, `kept`, or `heap` for the inside
    /// of an object.
    pub kind: &'static str,
    /// Where in the observation: `global "g" -> field 2`.
    pub path: String,
    /// What each of them shows there.
    pub values: (String, String),
}

/// Why a case says nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// A heap was full before the logical budget was.
    HeapFull,
    /// The host cannot satisfy an import.
    Import,
    /// The module is beyond a limit of the engine.
    Unsupported,
    /// A heap noticed that it is corrupt, and the oracle is without the layer
    /// [`Heap`](super::Layer::Heap): a shipped build would run on.
    Noticed,
}

impl Reason {
    /// The reason in words.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::HeapFull => "heap full",
            Reason::Import => "unsatisfiable import",
            Reason::Unsupported => "unsupported module",
            Reason::Noticed => "the heap noticed by itself",
        }
    }
}

/// What the oracle says of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All heaps are sound and show the same.
    Agree,
    /// They show different things.
    Differ(Difference),
    /// A law is broken.
    Violation(Box<Violation>),
    /// The case says nothing; the second part tells more.
    Discard(Reason, String),
}

impl Verdict {
    /// Whether this is a finding.
    pub fn is_finding(&self) -> bool {
        matches!(self, Verdict::Differ(_) | Verdict::Violation(_))
    }

    /// What findings of one bug have in common: the law or the part of the
    /// observation that broke, the kind of object, the instruction, the heap.
    pub fn fingerprint(&self) -> Option<String> {
        match self {
            Verdict::Agree | Verdict::Discard(..) => None,
            Verdict::Differ(d) => {
                // The kind of place counts, not which; and the heap, not the
                // schedule of its second run.
                let kind = d.kind.replace(' ', "-");
                let run = d.odd.as_ref().unwrap_or(&d.collectors.1);
                let heap = run.split(' ').next().unwrap_or_default();
                Some(format!("differ:{kind}:{heap}"))
            }
            Verdict::Violation(v) => {
                let instruction = v.place.as_ref().map_or("none", |p| &p.instruction);
                let (law, kind, heap) = (v.law, v.kind(), v.collector);
                Some(format!("{law}:{kind}:{instruction}:{heap}"))
            }
        }
    }
}

impl fmt::Display for Verdict {
    /// The verdict in one or several lines, for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Agree => write!(f, "agree"),
            Verdict::Discard(reason, detail) => {
                write!(f, "discard: {}: {detail}", reason.name())
            }
            Verdict::Differ(d) => {
                writeln!(f, "differ: {}", d.path)?;
                writeln!(f, "  {}: {}", d.collectors.0, d.values.0)?;
                write!(f, "  {}: {}", d.collectors.1, d.values.1)?;
                match &d.odd {
                    Some(odd) => write!(f, "\n  all others agree; the odd one out is {odd}"),
                    None => Ok(()),
                }
            }
            Verdict::Violation(v) => v.fmt(f),
        }
    }
}
