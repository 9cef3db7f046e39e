//! The records of a campaign; see `docs/formats.md`.

use crate::campaign::{Campaign, CampaignReport, Finding, Origin};
use crate::cli::findings::TableRow;
use crate::cli::format::{JudgedCase, record};
use crate::escape;
use crate::oracle::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Serialize)]
struct FindingRecord {
    case: u64,
    seed: Option<u64>,
    #[serde(flatten)]
    judged: JudgedCase,
    files: Vec<String>,
}

/// A finding as all formats show it. Its lines are those of the first of the saved files.
pub(super) fn judged(finding: &Finding, files: &[PathBuf]) -> JudgedCase {
    let file = files.first().map(PathBuf::as_path);
    JudgedCase {
        command: Some(finding.command(files)),
        ..JudgedCase::of_evidence(file, &finding.shown(), &finding.fingerprint)
    }
}

/// The findings of a table, for a document: the reduced case, if there is one.
pub(super) fn judged_rows(rows: &[TableRow<'_>]) -> Vec<JudgedCase> {
    let judged = rows.iter().map(|row| {
        let judged = match row.reduced() {
            Some(reduced) => JudgedCase {
                command: Some(reduced.command.clone()),
                ..JudgedCase::new(reduced.file.as_deref(), &reduced.reduction.verdict)
            },
            None => judged(row.finding, &row.files),
        };
        JudgedCase {
            name: row.fingerprint().to_string(),
            // Reduction may keep less than the fingerprint.
            fingerprint: Some(row.fingerprint().to_string()),
            count: Some(row.count),
            ..judged
        }
    });
    judged.collect()
}

/// The campaign itself as a case, so that a document has one if nothing was found.
pub(super) fn judged_campaign(campaign: &Campaign, problem: Option<&str>) -> JudgedCase {
    let name = format!("campaign of seed {}", campaign.seed);
    let judged = match problem {
        None => JudgedCase::new(None, &Verdict::Agree),
        Some(problem) => JudgedCase::without(None, "error", problem),
    };
    JudgedCase { name, ..judged }
}

/// Prints the record of a saved finding.
pub(super) fn finding(finding: &Finding, judged: &JudgedCase, files: &[PathBuf]) {
    let record_of = FindingRecord {
        case: finding.number,
        seed: match &finding.origin {
            Origin::Campaign { seed, .. } => Some(*seed),
            _ => None,
        },
        judged: judged.clone(),
        files: files.iter().map(escape::path).collect(),
    };
    record("finding", &record_of);
}

#[derive(Serialize)]
struct StatisticsRecord {
    cases: u64,
    agreed: u64,
    discarded: u64,
    discarded_by_reason: BTreeMap<&'static str, u64>,
    not_generated: u64,
    findings: u64,
    allocated: u64,
    freed: u64,
    overwritten: u64,
    collected: u64,
    shared: u64,
    cyclic: u64,
    garbage_cycles: u64,
    voted: u64,
    trapped: u64,
    judged_seconds: f64,
}

/// Prints the record of the counts.
pub(super) fn statistics(report: &CampaignReport) {
    let counts = &report.statistics;
    let by_reason = counts.discarded.iter();
    let by_reason = by_reason.map(|(reason, count)| (reason.name(), *count));
    let record_of = StatisticsRecord {
        cases: counts.cases,
        agreed: counts.agreed,
        discarded: counts.discarded.values().sum(),
        discarded_by_reason: by_reason.collect(),
        not_generated: counts.not_generated,
        findings: counts.findings,
        allocated: counts.allocated,
        freed: counts.freed,
        overwritten: counts.overwritten,
        collected: counts.collected,
        shared: counts.shared,
        cyclic: counts.cyclic,
        garbage_cycles: counts.garbage_cycles,
        voted: counts.voted,
        trapped: counts.trapped,
        judged_seconds: report.judged_in.as_secs_f64(),
    };
    record("statistics", &record_of);
}
