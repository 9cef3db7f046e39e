//! Explanations for a terminal.

use super::Explanation;
use crate::oracle::{Ledger, LedgerEntry, Verdict};
use std::fmt::Write;

impl Explanation {
    /// The explanation behind the verdict, for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(cause) = &self.cause {
            let _ = write!(text, "  culprit      {}", cause.place);
            let number =
                |name: &str, number: Option<u64>| number.map(|number| format!("{name} {number}"));
            let numbers = [
                number("operation", cause.operation),
                number("safepoint", cause.safepoint),
            ];
            let numbers: Vec<String> = numbers.into_iter().flatten().collect();
            if !numbers.is_empty() {
                let _ = write!(text, " ({})", numbers.join(", "));
            }
            let _ = writeln!(text, "\n               {}", cause.words);
        }
        if let Some(why) = &self.unexplained {
            let _ = writeln!(text, "  unexplained  {why}");
        }
        if !self.controls.is_empty() {
            text.push_str("  controls     the same case without one part, judged again:\n");
        }
        for control in &self.controls {
            let _ = writeln!(text, "               {control}");
        }
        if let Some(verdict) = &self.without_audits {
            let _ = writeln!(text, "  unaudited    {}", symptom(verdict));
        }
        for history in &self.histories {
            if let Some(ledger) = &history.ledger {
                let (ty, run) = (&ledger.ty, &history.run);
                let _ = writeln!(text, "\nledger of the object, {ty}, in heap {run}");
                if self.cause.as_ref().is_some_and(|cause| cause.is_compared) {
                    text += "  (the object that the law is about; the culprit may concern another one)\n";
                }
                if let n @ 1.. = ledger.skipped {
                    let _ = writeln!(
                        text,
                        "  (operations before {} are too many to look at)",
                        n + 1
                    );
                }
                text += &ledger.table();
            }
        }
        text
    }
}

/// How a bug shows without audits, in one line.
pub(crate) fn symptom(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Agree => "nothing shows".into(),
        Verdict::Violation(violation) => {
            let place = violation.place.as_ref();
            let place = place.map_or(String::new(), |place| format!(", {place}"));
            format!("the heap itself notices{place}: {}", violation.message)
        }
        Verdict::Differ(difference) => {
            let (a, b) = (&difference.collectors, &difference.values);
            let path = &difference.path;
            format!(
                "results differ: {path}: {} in {}, {} in {}",
                b.0, a.0, b.1, a.1
            )
        }
        Verdict::Discard(reason, detail) => format!("inconclusive: {}: {detail}", reason.name()),
    }
}

/// Entries of a long ledger that are printed before and behind the gap.
const SHOWN: (usize, usize) = (8, 16);

/// The most steps of an entry that are shown: a bulk operation may have thousands.
pub(crate) const STEPS: usize = 16;

impl Ledger {
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
    for event in entry.events.iter().take(STEPS) {
        let _ = writeln!(text, "{:indent$}  {event}", "");
    }
    if let Some(more @ 1..) = entry.events.len().checked_sub(STEPS) {
        let _ = writeln!(text, "{:indent$}  ... {more} more ...", "");
    }
    if let (true, Some(breach)) = (is_culprit, entry.breach) {
        let _ = writeln!(text, "{:indent$}  here: {}", "", breach.about());
    }
}
