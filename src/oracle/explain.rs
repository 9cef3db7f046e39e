//! Explanations: a verdict with the ledger of the object that it is about.

use super::judge::{JudgeError, JudgeReport, Options, judge_module};
use super::ledger::{Ledger, LedgerEntry};
use super::subject::RunOptions;
use super::verdict::Verdict;
use crate::case::{Case, SourceMap};
use crate::module::Module;
use std::fmt::Write;
use std::sync::Arc;

/// What a case shows, and how it came to that.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The verdict, with the runs.
    pub report: JudgeReport,
    /// For a violation that concerns an object, the ledger of this object up to the moment at which
    /// the law was found broken.
    pub ledger: Option<Ledger>,
}

/// Judges a case whose module has been compiled, and repeats the blamed run to see what happened to
/// the object concerned.
///
/// # Errors
///
/// If the case cannot be judged.
pub fn explain(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Result<Explanation, JudgeError> {
    let report = judge_module(case, module, options)?;
    let ledger = match &report.verdict {
        Verdict::Violation(violation) => {
            let mut subjects = options.collectors.iter();
            let subject = subjects.find(|subject| subject.name() == violation.collector);
            let schedule = violation.schedule.clone();
            let case = Case {
                schedule: schedule.unwrap_or_else(|| case.schedule.clone()),
                ..case.clone()
            };
            let run_options = RunOptions {
                timing: options.timing,
                layers: options.layers,
                footprint: options.footprint,
            };
            subject.and_then(|subject| subject.ledger(&case, module, violation, &run_options))
        }
        _ => None,
    };
    Ok(Explanation { report, ledger })
}

impl Explanation {
    /// The same with lines of the case's text, which may be arbitrary.
    pub fn with_lines(mut self, text: &str, wasm: &[u8]) -> Explanation {
        self.report.verdict = self.report.verdict.with_lines(text, wasm);
        if let Some(ledger) = &mut self.ledger {
            let source = SourceMap::new(text, wasm);
            for entry in &mut ledger.entries {
                if let Some(place) = &mut entry.place {
                    place.find_line(&source);
                }
            }
        }
        self
    }
}

/// Entries of a long ledger that are printed before and behind the gap.
const SHOWN: (usize, usize) = (8, 16);

impl Ledger {
    /// The culprit in one or two lines, if there is one.
    pub fn cause(&self) -> Option<String> {
        let entry = self.culprit()?;
        let breach = entry.breach?.about();
        let place = entry.place.as_ref().map(ToString::to_string);
        Some(format!(
            "{} (safepoint {}): {breach}",
            place.unwrap_or_default(),
            entry.safepoint
        ))
    }

    /// A table for a terminal: one line for each event. A long one is cut in the middle.
    pub fn table(&self) -> String {
        let counts = self.entries.iter().any(|entry| entry.count.is_some());
        let mut text = String::from("  safepoint  ");
        text += if counts {
            "count  owners  "
        } else {
            "owners  "
        };
        text += "what happened\n";
        let entries = self.entries.iter().enumerate();
        let (first, last) = SHOWN;
        let end = self.entries.len().saturating_sub(last).max(first);
        let mut left_out = 0;
        for (index, entry) in entries {
            let is_culprit = self.culprit == Some(index);
            if index >= first && index < end && !is_culprit {
                left_out += 1;
                continue;
            }
            if left_out > 0 {
                let _ = writeln!(text, "             ... {left_out} more ...");
                left_out = 0;
            }
            write_entry(&mut text, entry, is_culprit, counts);
        }
        text
    }
}

fn write_entry(text: &mut String, entry: &LedgerEntry, is_culprit: bool, counts: bool) {
    let mark = if is_culprit { '>' } else { ' ' };
    let count = match (counts, entry.count) {
        (false, _) => String::new(),
        (true, Some(count)) => format!("{count:5}  "),
        (true, None) => "    -  ".into(),
    };
    let place = entry.place.as_ref().map(ToString::to_string);
    let _ = writeln!(
        text,
        "{mark} {:9}  {count}{:6}  {}",
        entry.safepoint,
        entry.expected,
        place.unwrap_or_default()
    );
    let indent = if counts { 28 } else { 21 };
    for event in &entry.events {
        let _ = writeln!(text, "{:indent$}  {event}", "");
    }
    if let (true, Some(breach)) = (is_culprit, entry.breach) {
        let _ = writeln!(text, "{:indent$}  here: {}", "", breach.about());
    }
}
