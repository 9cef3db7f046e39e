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
        self.trapped += any(&|f| f.trapped);
        self.shared += u64::from(judged.shape.0);
        self.cyclic += u64::from(judged.shape.1);
        self.garbage_cycles += u64::from(judged.garbage.cycles > 0);
        self.voted += u64::from(judged.stats.len() > 2);
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.cases.max(1);
        let mut row = |name: &str, count: u64| {
            let share = count as f64 * 100.0 / total as f64;
            writeln!(f, "{name:38} {count:>9}  {share:>5.1} %")
        };
        row("cases", self.cases)?;
        row("agreed", self.agreed)?;
        row("discarded", self.discarded.values().sum())?;
        for (reason, count) in &self.discarded {
            row(&format!("  {}", reason.name()), *count)?;
        }
        if self.not_generated > 0 {
            row("inputs that made no case", self.not_generated)?;
        }
        row("findings", self.findings)?;
        row("allocated", self.allocated)?;
        row("freed", self.freed)?;
        row("stored a reference over another", self.overwritten)?;
        row("collected while running", self.collected)?;
        row("shared an object", self.shared)?;
        row("built a cycle", self.cyclic)?;
        row("left a cycle of garbage", self.garbage_cycles)?;
        row("ran under more than two heaps", self.voted)?;
        row("trapped", self.trapped)
    }
}
