//! What came of a script.

use super::reason::Reason;
use crate::escape::Line;
use std::collections::BTreeMap;
use std::fmt;

/// What became of one directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// What the script says.
    Passed,
    /// A module that must be refused was, by the text parser: the engine never
    /// saw it.
    PassedByParser,
    /// Not tried.
    Skipped(Reason),
    /// Something else.
    Failed(String),
    /// The heap is broken; nothing more can be tried.
    Broken(String),
}

/// A directive that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its line, from 1.
    pub line: usize,
    /// What happened, and what should have. Of a broken heap, several lines.
    pub message: String,
}

/// A directive that was skipped.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Skip {
    /// Its line, from 1.
    pub line: usize,
    /// Why.
    pub reason: Reason,
    /// Whether it is an assertion.
    pub is_assertion: bool,
}

/// What came of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Directives that passed.
    pub passed: usize,
    /// Of these, assertions of malformed text that never reached the engine:
    /// the text parser has refused it.
    pub passed_by_parser: usize,
    /// Assertions that were tried, whether they passed or failed.
    pub assertions: usize,
    /// What failed, in order.
    pub failures: Vec<Failure>,
    /// Whether the last failure is that of a broken heap.
    pub is_broken: bool,
    /// What was skipped, in order.
    pub skipped: Vec<Skip>,
}

impl Report {
    pub(super) fn add(&mut self, line: usize, is_assertion: bool, outcome: Outcome) {
        self.assertions += usize::from(is_assertion && !matches!(outcome, Outcome::Skipped(_)));
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::PassedByParser => {
                self.passed += 1;
                self.passed_by_parser += 1;
            }
            Outcome::Skipped(reason) => self.skipped.push(Skip {
                line,
                reason,
                is_assertion,
            }),
            Outcome::Failed(message) => {
                // It may quote the script, with line breaks.
                let message = Line(&message).to_string();
                self.failures.push(Failure { line, message });
            }
            Outcome::Broken(message) => {
                self.failures.push(Failure { line, message });
                self.is_broken = true;
            }
        }
    }

    /// How often each reason to skip applied.
    pub fn reasons(&self) -> BTreeMap<Reason, usize> {
        let mut reasons = BTreeMap::new();
        for skip in &self.skipped {
            *reasons.entry(skip.reason).or_default() += 1;
        }
        reasons
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A script of which nothing was run has not passed.
        let skipped = self.skipped.len();
        if self.passed == 0 && self.failures.is_empty() && skipped > 0 {
            return write!(f, "nothing was run, all {skipped} skipped");
        }
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failures.len(),
            skipped
        )
    }
}
