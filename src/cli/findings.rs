//! The table of findings: by cluster if they are reduced, and by fingerprint.

use super::format::record as print_record;
use super::output::say;
use crate::campaign::{Finding, Reduction};
use crate::escape::{self, Line};
use crate::page::{run::State, units};
use crate::reduce::{Likeness, clusters, instructions};
use serde::Serialize;
use std::path::PathBuf;

/// The findings of one fingerprint.
pub(super) struct TableRow<'a> {
    /// The finding that is kept.
    pub finding: &'a Finding,
    pub count: u64,
    /// Where it comes from: the number of a case, or a file.
    pub origin: String,
    /// The command that shows it.
    pub command: String,
    /// The files in which it is kept.
    pub files: Vec<PathBuf>,
    pub reduced: ReducedRow<'a>,
}

/// What became of the reduction of a finding.
pub(super) enum ReducedRow<'a> {
    /// None was asked for, or it is not done yet.
    No,
    /// Why there is none.
    Failed(&'a str),
    /// The reduction.
    Done(ReducedCase<'a>),
}

/// A reduced finding.
pub(super) struct ReducedCase<'a> {
    pub reduction: &'a Reduction,
    /// The command that shows it.
    pub command: String,
    /// The file in which it is kept.
    pub file: Option<PathBuf>,
}

impl TableRow<'_> {
    pub fn fingerprint(&self) -> &str {
        &self.finding.fingerprint
    }

    fn print(&self, indent: &str) {
        let TableRow {
            count,
            origin,
            command,
            ..
        } = self;
        let fingerprint = self.fingerprint();
        say!("{indent}{fingerprint} | {count} | {origin} | {command}");
    }

    /// The reduced finding, if there is one.
    pub fn reduced(&self) -> Option<&ReducedCase<'_>> {
        match &self.reduced {
            ReducedRow::Done(reduced) => Some(reduced),
            ReducedRow::No | ReducedRow::Failed(_) => None,
        }
    }
}

/// The rows of a table that show the same bug.
pub(super) struct Cluster<'a> {
    /// Number of findings.
    pub count: u64,
    pub members: Vec<&'a TableRow<'a>>,
    /// The member with the smallest reduced case, if any is reduced.
    pub smallest: Option<(&'a TableRow<'a>, &'a ReducedCase<'a>)>,
}

impl<'a> Cluster<'a> {
    /// The clusters, the most frequent first.
    pub fn all(rows: &'a [TableRow<'a>]) -> Vec<Cluster<'a>> {
        let likenesses: Vec<Likeness> = rows
            .iter()
            .map(|row| match row.reduced() {
                Some(reduced) => reduced.reduction.finding.likeness.clone(),
                None => Likeness::of(row.fingerprint()),
            })
            .collect();
        let clusters = clusters(&likenesses).into_iter().map(|members| {
            let members: Vec<&TableRow<'_>> = members.into_iter().map(|i| &rows[i]).collect();
            let reduced = members
                .iter()
                .filter_map(|row| Some((*row, row.reduced()?)));
            Cluster {
                count: members.iter().map(|row| row.count).sum(),
                smallest: reduced.min_by_key(|(_, reduced)| reduced.reduction.finding.cost),
                members,
            }
        });
        let mut clusters: Vec<Cluster<'_>> = clusters.collect();
        clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.count));
        clusters
    }
}

/// Prints the findings. `origin` is the heading of where they come from.
pub(super) fn table(origin: &str, rows: &[TableRow<'_>]) {
    if rows.is_empty() {
        return;
    }
    say!("\nfingerprint | count | {origin} | replay");
    if rows.iter().all(|row| row.reduced().is_none()) {
        rows.iter().for_each(|row| row.print(""));
    } else {
        clustered(rows);
    }
    for row in rows {
        if let ReducedRow::Failed(why) = row.reduced {
            say!("not reduced: {}: {}", row.fingerprint(), Line(why));
        }
    }
}

/// Prints each cluster with its smallest finding, and below it its members.
fn clustered(rows: &[TableRow<'_>]) {
    for (index, cluster) in Cluster::all(rows).iter().enumerate() {
        let count = cluster.count;
        let name = format!("cluster {}", index + 1);
        if let Some((
            row,
            ReducedCase {
                reduction, command, ..
            },
        )) = cluster.smallest
        {
            let size = instructions(&reduction.finding.case.wasm) as u64;
            let size = units::count(size, "instructions");
            let cut = match reduction.finding.finished {
                true => "",
                false => ", not finished",
            };
            let origin = &row.origin;
            say!("{name}: {size}{cut} | {count} | {origin} | {command}");
        } else {
            say!("{name}: not reduced | {count} | - | -");
        }
        cluster.members.iter().for_each(|row| row.print("  "));
    }
}

/// The closing record of a campaign or a replay.
#[derive(Serialize)]
struct SummaryRecord<'a> {
    ended: &'static str,
    ended_by: Option<&'a str>,
    findings: u64,
    fingerprints: Vec<FingerprintRecord<'a>>,
    clusters: Vec<ClusterRecord<'a>>,
}

/// A row of the table.
#[derive(Serialize)]
struct FingerprintRecord<'a> {
    fingerprint: &'a str,
    count: u64,
    origin: &'a str,
    command: &'a str,
    files: Vec<String>,
    reduced: Option<ReducedRecord<'a>>,
    not_reduced: Option<&'a str>,
}

/// A reduced case.
#[derive(Serialize)]
struct ReducedRecord<'a> {
    file: Option<String>,
    command: &'a str,
    instructions: usize,
    bytes: usize,
    finished: bool,
}

/// Findings of one bug.
#[derive(Serialize)]
struct ClusterRecord<'a> {
    count: u64,
    fingerprints: Vec<&'a str>,
    smallest: Option<&'a str>,
}

/// Prints the table as a record, if records are printed.
pub(super) fn record(rows: &[TableRow<'_>], state: &State) {
    let fingerprints = rows.iter().map(|row| FingerprintRecord {
        fingerprint: row.fingerprint(),
        count: row.count,
        origin: &row.origin,
        command: &row.command,
        files: row.files.iter().map(escape::path).collect(),
        reduced: row.reduced().map(|reduced| ReducedRecord {
            file: reduced.file.as_ref().map(escape::path),
            command: &reduced.command,
            instructions: instructions(&reduced.reduction.finding.case.wasm),
            bytes: reduced.reduction.finding.case.wasm.len(),
            finished: reduced.reduction.finding.finished,
        }),
        not_reduced: match row.reduced {
            ReducedRow::Failed(why) => Some(why),
            ReducedRow::No | ReducedRow::Done(_) => None,
        },
    });
    let clusters = Cluster::all(rows);
    let clusters = clusters.iter().map(|cluster| ClusterRecord {
        count: cluster.count,
        fingerprints: cluster
            .members
            .iter()
            .map(|row| row.fingerprint())
            .collect(),
        smallest: cluster.smallest.map(|(row, _)| row.fingerprint()),
    });
    let (ended, ended_by) = match state {
        State::EndedEarly(why) => ("early", Some(why.as_str())),
        State::Ended | State::Running { .. } => ("done", None),
    };
    let summary = SummaryRecord {
        ended,
        ended_by,
        findings: rows.iter().map(|row| row.count).sum(),
        fingerprints: fingerprints.collect(),
        clusters: clusters.collect(),
    };
    print_record("summary", &summary);
}
