//! Verdicts.

use super::broken_at::BrokenAt;
use super::divergence::Divergence;
use super::subject::Failure;
use super::violation::{Law, Violation};
use crate::case::SourceMap;
use std::fmt;

/// A difference between two runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The runs that disagree, by the names of their heaps.
    pub collectors: (String, String),
    /// The run that disagrees with all other heaps, if these agree and there
    /// are at least two of them.
    pub odd: Option<String>,
    /// The runs that are wrong, one of each heap: those that show the same as
    /// the second of `collectors`. Empty if there is no judge.
    pub wrong: Vec<String>,
    /// The judge of which run is right.
    pub judge: Judge,
    /// The kind of the place: `call`, `result`, `trap`, `exception`, `host
    /// call`, `global`, `table`, `memory`, `kept`, or `heap` for the inside of
    /// an object.
    pub kind: &'static str,
    /// The place in the observation: `global "g" -> field 2`.
    pub path: String,
    /// The value that each of them shows there.
    pub values: (String, String),
    /// The operation after which the second run first differs from the first, if it was found.
    pub first: Option<Box<Divergence>>,
}

/// The authority on which of two runs is right.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Judge {
    /// Nobody: there are too few runs, or no two of them agree.
    Nobody,
    /// More than half of the heaps, of three or more.
    Majority,
    /// The model.
    Model,
}

/// Why a case is inconclusive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// A heap was full before the logical budget was spent.
    HeapFull,
    /// The run needs more memory than its budget.
    Footprint,
    /// The run, with all its collections and audits, exceeds its budget of work.
    TooLong,
    /// The host cannot satisfy an import.
    Import,
    /// The module is beyond a limit of the engine.
    Unsupported,
    /// A heap detected an error in its own state, and the oracle runs without
    /// the layer [`Heap`](super::Layer::Heap): a release build would run on.
    Noticed,
    /// The verdict was given up, since the program was asked to end and an engine did not answer.
    Interrupted,
}

/// The beginning of the cause of a violation by an engine whose process has died.
pub(crate) const CRASH: &str = "crash:";

impl Reason {
    /// The reason in words.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::HeapFull => "heap full",
            Reason::Footprint => "too much memory",
            Reason::TooLong => "too long",
            Reason::Import => "unsatisfiable import",
            Reason::Unsupported => "unsupported module",
            Reason::Noticed => "the heap noticed by itself",
            Reason::Interrupted => "interrupted",
        }
    }

    /// Why such a case is discarded, in one sentence.
    pub fn meaning(&self) -> &'static str {
        match self {
            Reason::HeapFull => {
                "A heap was full before the module had allocated all that it may, so heaps of \
                 another size would show something else."
            }
            Reason::Footprint => {
                "The verdict would have needed more memory than its budget. The need differs from \
                 heap to heap, so no heap is to blame."
            }
            Reason::TooLong => {
                "The run, with its collections and audits, was estimated or measured to take longer \
                 than it may, and no heap took much longer than the others."
            }
            Reason::Import => {
                "The host has no value for an import of the module, so it could not be instantiated."
            }
            Reason::Unsupported => "The module is beyond a limit of the engine.",
            Reason::Noticed => {
                "A heap detected an error in its own state, which is no finding while the oracle runs \
                 without its layer \"heap\"."
            }
            Reason::Interrupted => {
                "gcdiff was asked to end while it waited for the answer of an engine."
            }
        }
    }
}

/// The oracle's result for a case.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// All heaps are sound and show the same.
    Agree,
    /// Runs show different things.
    Differ(Difference),
    /// A law is broken.
    Violation(Box<Violation>),
    /// The case is inconclusive. The second part has details.
    Discard(Reason, String),
}

impl From<Failure> for Verdict {
    fn from(failure: Failure) -> Verdict {
        match failure {
            Failure::Violation(violation) => Verdict::Violation(violation),
            Failure::Discard(reason, detail) => Verdict::Discard(reason, detail),
        }
    }
}

impl Verdict {
    /// Whether this is a finding.
    pub fn is_finding(&self) -> bool {
        matches!(self, Verdict::Differ(_) | Verdict::Violation(_))
    }

    /// The verdict with the line of the instruction that it blames, if any, in
    /// the text of a case whose module is `wasm`. `text` may be arbitrary.
    pub fn with_lines(mut self, text: &str, wasm: &[u8]) -> Verdict {
        if let Verdict::Violation(violation) = &mut self
            && let Some(set_by) = violation
                .lost
                .as_mut()
                .and_then(|lost| lost.set_by.as_mut())
        {
            set_by.line = SourceMap::new(text, wasm).line(set_by.offset);
        }
        let place = match &mut self {
            Verdict::Violation(violation) => violation.place.as_mut(),
            Verdict::Differ(difference) => difference.first.as_mut().map(|first| &mut first.place),
            Verdict::Agree | Verdict::Discard(..) => None,
        };
        if let Some(place) = place {
            place.find_line(&SourceMap::new(text, wasm));
        }
        self
    }

    /// The line of the blamed instruction, counted from 1, if [`Verdict::with_lines`] has found it.
    pub fn blamed_line(&self) -> Option<u32> {
        self.blamed_place()?.instruction()?.line
    }

    /// The actor to blame, as far as it is known.
    pub fn blamed_place(&self) -> Option<&BrokenAt> {
        match self {
            Verdict::Violation(violation) => violation.place.as_ref(),
            Verdict::Differ(difference) => difference.first.as_ref().map(|first| &first.place),
            Verdict::Agree | Verdict::Discard(..) => None,
        }
    }

    /// The properties that findings of one bug share: the law or the kind of
    /// difference, the kind of object, the actor to blame (an instruction, a
    /// collection, an act of the embedder), the heap.
    pub fn fingerprint(&self) -> Option<String> {
        match self {
            Verdict::Agree | Verdict::Discard(..) => None,
            Verdict::Differ(d) => {
                // The cause, or else the kind of place, not the place itself.
                let kind = d.kind.replace(' ', "-");
                let by = d
                    .first
                    .as_ref()
                    .map_or(&kind[..], |first| first.place.word());
                let heaps = self.blamed_heaps();
                Some(format!("differ:{by}:{}", heaps.join("+")))
            }
            Verdict::Violation(v) if v.cause.is_some() => {
                let cause = v.cause.as_deref().unwrap_or_default();
                Some(match cause.starts_with(CRASH) {
                    true => format!("engine:{}:{cause}", v.collector),
                    false => format!("{}:{cause}:{}", v.law, v.collector),
                })
            }
            Verdict::Violation(v) => {
                let heap = &v.collector;
                let law = v.cause_law();
                let kind = v.lost.as_ref().map_or(v.kind, |lost| lost.kind());
                let by = v.place.as_ref().map_or("none", BrokenAt::word);
                Some(format!("{law}:{kind}:{by}:{heap}"))
            }
        }
    }

    /// Whether claims of the case are contradicted, and nothing else is known to be wrong.
    pub(crate) fn is_language(&self) -> bool {
        matches!(self, Verdict::Violation(violation) if violation.law == Law::Language)
    }

    /// The heaps to blame for a finding; of a difference without a judge, the second of the two.
    pub fn blamed_heaps(&self) -> Vec<&str> {
        match self {
            Verdict::Agree | Verdict::Discard(..) => Vec::new(),
            Verdict::Differ(d) => {
                let runs = match &d.wrong[..] {
                    [] => std::slice::from_ref(&d.collectors.1),
                    wrong => wrong,
                };
                // The name of a second run has its schedule after that of its heap.
                let heaps = runs.iter().filter_map(|run| run.split(' ').next());
                heaps.collect()
            }
            Verdict::Violation(v) => vec![&v.collector],
        }
    }

    /// The word for the actor to blame for a violation: an instruction, `collection`, an act of the
    /// embedder.
    pub fn blamed_actor(&self) -> Option<&str> {
        self.blamed_place().map(BrokenAt::word)
    }
}

/// A list in words: `a, b and c`.
fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
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
                let wrong = and(&d.wrong);
                let one = d.wrong.len() == 1;
                match (&d.odd, d.judge) {
                    (Some(odd), _) => write!(f, "\n  all others agree; the odd one out is {odd}"),
                    (None, Judge::Nobody) => Ok(()),
                    (None, Judge::Majority) => {
                        let do_not = if one { "does not" } else { "do not" };
                        write!(f, "\n  most heaps agree; {wrong} {do_not}")
                    }
                    (None, Judge::Model) => {
                        let differ = if one { "differs" } else { "differ" };
                        write!(f, "\n  {wrong} {differ} from the model")
                    }
                }?;
                match &d.first {
                    Some(first) => write!(f, "\n  first differs {first}"),
                    None => Ok(()),
                }
            }
            Verdict::Violation(v) => v.fmt(f),
        }
    }
}
