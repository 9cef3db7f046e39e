//! The results of a replay, counted, with the findings by fingerprint.

use super::Finding;
use super::replay::{CaseResult, Item};
use crate::oracle::Reason;
use std::collections::BTreeMap;

/// Counts over the files of a replay.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Files on which all heaps agree.
    pub agree: u64,
    /// Inconclusive inputs, by the reason for which the oracle discarded them. Without one, the
    /// input gives no case, or one that the target cannot compare.
    pub inconclusive: BTreeMap<Option<Reason>, u64>,
    /// Files that could not be run, by the reason for which the oracle discarded them. Without one,
    /// the file cannot be read or is no case.
    pub not_run: BTreeMap<Option<Reason>, u64>,
    /// Findings by fingerprint.
    pub rows: BTreeMap<String, Row>,
}

/// The findings of a fingerprint.
#[derive(Clone, Debug)]
pub struct Row {
    /// Number of findings.
    pub count: u64,
    /// The smallest of them; if several are equally small, the first.
    pub smallest: Item,
    /// The number of its file.
    number: u64,
}

impl Row {
    /// The smallest finding.
    pub fn finding(&self) -> Option<&Finding> {
        self.smallest.finding()
    }
}

impl Tally {
    /// Counts the file of this number. The result does not depend on the order of the calls.
    pub fn add(&mut self, number: u64, item: &Item) {
        match &item.result {
            Ok(CaseResult::Agree) => self.agree += 1,
            Ok(CaseResult::Inconclusive(reason)) => {
                *self.inconclusive.entry(reason.clone()).or_default() += 1;
            }
            Ok(CaseResult::Finding(finding)) => self.found(finding, number, item),
            Err(error) => *self.not_run.entry(error.reason.clone()).or_default() += 1,
        }
    }

    fn found(&mut self, finding: &Finding, number: u64, item: &Item) {
        let Some(row) = self.rows.get_mut(&finding.fingerprint) else {
            let row = Row {
                count: 1,
                smallest: item.clone(),
                number,
            };
            self.rows.insert(finding.fingerprint.clone(), row);
            return;
        };
        row.count += 1;
        if (item.size, number) < (row.smallest.size, row.number) {
            row.smallest = item.clone();
            row.number = number;
        }
    }

    /// Number of inconclusive inputs.
    pub fn inconclusive(&self) -> u64 {
        self.inconclusive.values().sum()
    }

    /// Number of files that could not be run.
    pub fn not_run(&self) -> u64 {
        self.not_run.values().sum()
    }

    /// Number of findings.
    pub fn findings(&self) -> u64 {
        self.rows.values().map(|row| row.count).sum()
    }

    /// Number of files.
    pub fn files(&self) -> u64 {
        self.agree + self.inconclusive() + self.findings() + self.not_run()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Origin;
    use crate::campaign::replay::NotRun;
    use crate::oracle::{Law, Pins, Verdict, Violation};

    fn item(name: &str, result: Result<CaseResult, NotRun>) -> Item {
        Item {
            path: name.into(),
            size: name.len(),
            result,
        }
    }

    fn finding(name: &str) -> Item {
        let violation = Violation::new(Law::Zero, "mine", "made up".into());
        let verdict = Verdict::Violation(Box::new(violation));
        let finding = Finding::new(Origin::File, verdict, None, Pins::default());
        item(name, Ok(CaseResult::Finding(Box::new(finding))))
    }

    #[test]
    fn files_are_counted_and_the_smallest_finding_is_kept_in_any_order() {
        let reason = Some(Reason::TooLong);
        let error = NotRun {
            message: "discarded".into(),
            reason: reason.clone(),
        };
        let items = [
            finding("aaa"),
            finding("b"),
            finding("c"),
            item("d", Ok(CaseResult::Agree)),
            item("e", Ok(CaseResult::Inconclusive(reason.clone()))),
            item("f", Ok(CaseResult::Inconclusive(None))),
            item("g", Err(error)),
            item("h", Err("is no case".to_string().into())),
        ];
        let numbered: Vec<(u64, &Item)> = (0..).zip(&items).collect();
        for order in [numbered.clone(), numbered.into_iter().rev().collect()] {
            let mut tally = Tally::default();
            order.into_iter().for_each(|(n, item)| tally.add(n, item));
            let counts = [
                tally.agree,
                tally.inconclusive(),
                tally.findings(),
                tally.not_run(),
            ];
            assert_eq!((counts, tally.files()), ([1, 2, 3, 2], 8));
            for by_reason in [&tally.inconclusive, &tally.not_run] {
                assert_eq!(by_reason.get(&reason), Some(&1));
            }
            let row = &tally.rows["zero:none:none:mine"];
            assert_eq!((row.count, row.smallest.path.to_str()), (3, Some("b")));
        }
    }
}
