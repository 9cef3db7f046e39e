//! The result of a script.

use super::reason::Reason;
use crate::escape::Line;
use std::collections::BTreeMap;
use std::fmt;

/// Outcome of one directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum DirectiveOutcome {
    /// As the script expects.
    Passed,
    /// A module that must be refused was refused by the text parser: the engine never saw it.
    PassedByParser,
    /// Not tried.
    Skipped(Reason),
    /// Not as the script expects.
    Failed(String),
    /// The heap is broken; nothing more can be run.
    Broken(String),
}

/// A directive that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its line, from 1.
    pub line: usize,
    /// The actual and the expected result. Several lines for a broken heap.
    pub message: String,
}

/// A directive that was skipped.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Skip {
    /// Its line, from 1.
    pub line: usize,
    /// The reason.
    pub reason: Reason,
    /// Whether it is an assertion.
    pub is_assertion: bool,
}

/// The result of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Directives that passed.
    pub passed: usize,
    /// Of these, assertions of malformed text that the text parser refused, and that never reached
    /// the engine.
    pub passed_by_parser: usize,
    /// Assertions that were tried, passed or failed.
    pub assertions: usize,
    /// Failures, in order.
    pub failures: Vec<Failure>,
    /// Whether the last failure is a broken heap.
    pub is_broken: bool,
    /// Skipped directives, in order.
    pub skipped: Vec<Skip>,
}

impl Report {
    pub(super) fn add(&mut self, line: usize, is_assertion: bool, outcome: DirectiveOutcome) {
        self.assertions +=
            usize::from(is_assertion && !matches!(outcome, DirectiveOutcome::Skipped(_)));
        match outcome {
            DirectiveOutcome::Passed => self.passed += 1,
            DirectiveOutcome::PassedByParser => {
                self.passed += 1;
                self.passed_by_parser += 1;
            }
            DirectiveOutcome::Skipped(reason) => self.skipped.push(Skip {
                line,
                reason,
                is_assertion,
            }),
            DirectiveOutcome::Failed(message) => {
                // The message may quote the script, with line breaks.
                let message = Line(&message).to_string();
                self.failures.push(Failure { line, message });
            }
            DirectiveOutcome::Broken(message) => {
                self.failures.push(Failure { line, message });
                self.is_broken = true;
            }
        }
    }

    /// Number of directives skipped for each reason.
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
