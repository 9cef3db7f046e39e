//! The table of findings: by cluster if they are reduced, and by fingerprint.

use super::output::say;
use crate::campaign::Reduction;
use crate::escape::Line;
use crate::reduce::{Likeness, clusters, instructions};

/// The findings of one fingerprint.
pub(super) struct TableRow<'a> {
    pub fingerprint: &'a str,
    pub count: u64,
    /// Where the finding that is kept comes from: the number of a case, or a file.
    pub origin: String,
    /// The command that shows it.
    pub command: String,
    pub reduced: ReducedRow<'a>,
}

/// What became of the reduction of a finding.
pub(super) enum ReducedRow<'a> {
    /// None was asked for.
    No,
    /// Why there is none.
    Failed(&'a str),
    /// The reduction, and the command that shows it.
    Done(&'a Reduction, String),
}

impl TableRow<'_> {
    fn print(&self, indent: &str) {
        let TableRow {
            fingerprint,
            count,
            origin,
            command,
            ..
        } = self;
        say!("{indent}{fingerprint} | {count} | {origin} | {command}");
    }

    fn done(&self) -> Option<(&Reduction, &str)> {
        match &self.reduced {
            ReducedRow::Done(reduction, command) => Some((reduction, command)),
            _ => None,
        }
    }
}

/// Prints the findings. `origin` is the heading of where they come from.
pub(super) fn table(origin: &str, rows: &[TableRow<'_>]) {
    if rows.is_empty() {
        return;
    }
    say!("\nfingerprint | count | {origin} | replay");
    if rows.iter().all(|row| row.done().is_none()) {
        rows.iter().for_each(|row| row.print(""));
    } else {
        clustered(rows);
    }
    for row in rows {
        if let ReducedRow::Failed(why) = row.reduced {
            say!("not reduced: {}: {}", row.fingerprint, Line(why));
        }
    }
}

/// Prints each cluster with its smallest finding, and below it its members.
fn clustered(rows: &[TableRow<'_>]) {
    let likenesses: Vec<Likeness> = rows
        .iter()
        .map(|row| match row.done() {
            Some((reduction, _)) => reduction.finding.likeness.clone(),
            None => Likeness::of(row.fingerprint),
        })
        .collect();
    let count = |members: &[usize]| members.iter().map(|i| rows[*i].count).sum::<u64>();
    let mut clusters = clusters(&likenesses);
    // The most frequent first.
    clusters.sort_by_key(|members| std::cmp::Reverse(count(members)));
    for (index, members) in clusters.iter().enumerate() {
        let count = count(members);
        let members: Vec<&TableRow<'_>> = members.iter().map(|i| &rows[*i]).collect();
        let reductions = members
            .iter()
            .filter_map(|row| Some((row.done()?, &row.origin)));
        let smallest = reductions.min_by_key(|((reduction, _), _)| reduction.finding.cost);
        let name = format!("cluster {}", index + 1);
        if let Some(((reduction, command), origin)) = smallest {
            let size = match instructions(&reduction.finding.case.wasm) {
                1 => "1 instruction".into(),
                n => format!("{n} instructions"),
            };
            let cut = match reduction.finding.finished {
                true => "",
                false => ", not finished",
            };
            say!("{name}: {size}{cut} | {count} | {origin} | {command}");
        } else {
            say!("{name}: not reduced | {count} | - | -");
        }
        members.iter().for_each(|row| row.print("  "));
    }
}
