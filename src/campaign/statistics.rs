//! Statistics of a campaign.

use crate::oracle::{JudgeReport, Reason, Verdict};
use std::collections::BTreeMap;
use std::fmt;

/// Counts over all cases of a campaign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Cases that were judged.
    pub cases: u64,
    /// Inputs that gave no case.
    pub not_generated: u64,
    /// Verdicts `Agree`.
    pub agreed: u64,
    /// Verdicts `Discard`, by reason.
    pub discarded: BTreeMap<Reason, u64>,
    /// Findings, duplicates included.
    pub findings: u64,
    /// Cases that allocated.
    pub allocated: u64,
    /// Cases in which the counting heap freed an object.
    pub freed: u64,
    /// Cases in which a reference was written over a reference to an object.
    pub overwritten: u64,
    /// Cases that collected before their end.
    pub collected: u64,
    /// Cases that left an object with two references in the heap.
    pub shared: u64,
    /// Cases that left a cycle.
    pub cyclic: u64,
    /// Cases that left a cycle of garbage in the counting heap.
    pub garbage_cycles: u64,
    /// Cases that ran under more heaps than the first two.
    pub voted: u64,
    /// Cases in which a call trapped.
    pub trapped: u64,
}

impl Statistics {
    pub(super) fn count_verdict(&mut self, verdict: &Verdict) {
        self.cases += 1;
        match verdict {
            Verdict::Agree => self.agreed += 1,
            Verdict::Discard(reason, _) => {
                *self.discarded.entry(reason.clone()).or_default() += 1;
            }
            Verdict::Differ(_) | Verdict::Violation(_) => self.findings += 1,
        }
    }

    pub(super) fn count(&mut self, judged: &JudgeReport) {
        self.count_verdict(&judged.verdict);
        let any = |what: &dyn Fn(&crate::case::RunStats) -> bool| {
            u64::from(judged.stats.iter().any(|(_, stats)| what(stats)))
        };
        self.allocated += any(&|f| f.heap.allocated > 0);
        self.freed += any(&|f| f.heap.freed > 0);
        self.overwritten += any(&|f| f.heap.overwritten > 0);
        // Every run ends with a collection.
        self.collected += any(&|f| f.heap.collections > 1);
        self.trapped += any(&|f| !f.traps.is_empty());
        self.shared += u64::from(judged.shape.0);
        self.cyclic += u64::from(judged.shape.1);
        self.garbage_cycles += u64::from(judged.garbage.cycles > 0);
        self.voted += u64::from(judged.stats.len() > 2);
    }
}

/// A row of a table of counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Count {
    /// What is counted.
    pub name: &'static str,
    /// The number.
    pub count: u64,
    /// Its meaning, in one sentence.
    pub meaning: &'static str,
    /// The reason, if the row is the part of the discarded cases with this reason.
    pub reason: Option<Reason>,
}

impl Statistics {
    /// All counts, in the order of the table.
    pub fn rows(&self) -> Vec<Count> {
        let row = |name, count, meaning| Count {
            name,
            count,
            meaning,
            reason: None,
        };
        let discarded = self.discarded.values().sum();
        let mut rows = vec![
            row("cases", self.cases, "Cases that were judged."),
            row(
                "agreed",
                self.agreed,
                "All heaps are sound and show the same.",
            ),
            row(
                "discarded",
                discarded,
                "The case is inconclusive, for one of these reasons.",
            ),
        ];
        rows.extend(self.discarded.iter().map(|(reason, count)| Count {
            reason: Some(reason.clone()),
            ..row(reason.name(), *count, reason.meaning())
        }));
        if self.not_generated > 0 {
            rows.push(row(
                "inputs that made no case",
                self.not_generated,
                "The generator makes no module of the input. These are not cases.",
            ));
        }
        rows.extend([
            row(
                "findings",
                self.findings,
                "A law is broken or the heaps differ; duplicates included.",
            ),
            row("allocated", self.allocated, "An object was allocated."),
            row("freed", self.freed, "A heap freed an object."),
            row(
                "stored a reference over another",
                self.overwritten,
                "A reference to an object was overwritten with another reference.",
            ),
            row(
                "collected while running",
                self.collected,
                "There was a collection before that at the end.",
            ),
            row(
                "shared an object",
                self.shared,
                "An object with two references was left in the heap.",
            ),
            row(
                "built a cycle",
                self.cyclic,
                "A cycle of objects was left in the heap.",
            ),
            row(
                "left a cycle of garbage",
                self.garbage_cycles,
                "A cycle that nothing reaches was left in the counting heap, which cannot free it.",
            ),
            row(
                "ran under more than two heaps",
                self.voted,
                "Other heaps took part, so that they could vote.",
            ),
            row("trapped", self.trapped, "A call ended with a trap."),
        ]);
        rows
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.cases.max(1);
        for row in self.rows() {
            let share = row.count as f64 * 100.0 / total as f64;
            let indent = if row.reason.is_some() { "  " } else { "" };
            let name = format!("{indent}{}", row.name);
            writeln!(f, "{name:38} {:>9}  {share:>5.1} %", row.count)?;
        }
        Ok(())
    }
}
