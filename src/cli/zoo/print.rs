//! What is printed of trials: a table, a document or records.

use crate::cli::format;
use crate::cli::output::say;
use crate::escape;
use crate::zoo::{CpuToDetection, Quantiles, Summary, quantile};
use serde::Serialize;
use std::path::Path;

/// JSON document.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    pub generator: String,
    pub oracle: String,
    pub seeds: u64,
    pub cases: u64,
    pub faults: &'a [Summary],
}

/// The record of a fault that is listed.
#[derive(Serialize)]
pub(super) struct FaultRecord {
    pub id: &'static str,
    pub mechanism: &'static str,
    pub source: &'static str,
}

/// The record of all trials.
#[derive(Serialize)]
pub(super) struct ZooRecord {
    pub generator: String,
    pub oracle: String,
    pub seeds: u64,
    pub cases: u64,
    pub faults: usize,
}

/// The record of a table in a file.
#[derive(Serialize)]
struct TableRecord {
    out: String,
    findings: usize,
}

/// Prints the record of a table.
pub(super) fn record_table(path: &Path, findings: usize) {
    let out = escape::path(path);
    format::record("table", &TableRecord { out, findings });
}

/// Prints a table, and a summary.
pub(super) fn print(summaries: &[Summary]) {
    let is_timed = summaries.iter().any(|summary| summary.cpu.is_some());
    say!(
        "{:10} {:>15} {:>15} {:>15}{}  noticed as",
        "fault",
        "reached",
        "triggered",
        "detected",
        if is_timed { "      CPU ms" } else { "" }
    );
    for summary in summaries {
        let noticed = summary.fingerprint();
        let noticed = noticed.map_or("-".into(), |(fingerprint, count)| {
            format!("{fingerprint} ({count} of {})", summary.trials.len())
        });
        say!(
            "{:10} {:>15} {:>15} {:>15}{}  {noticed}",
            summary.id,
            times(summary.reached),
            times(summary.triggered),
            times(summary.detected),
            summary.cpu.map_or(String::new(), cpu)
        );
    }
    let all = |s: &&Summary| s.noticed() == s.trials.len();
    let none = |s: &&Summary| s.noticed() == 0;
    let (every, never) = (
        summaries.iter().filter(all).count(),
        summaries.iter().filter(none).count(),
    );
    let trials = summaries.iter().flat_map(|s| &s.trials);
    let detected: Vec<Option<u64>> = trials.map(|t| t.detected).collect();
    say!(
        "{} faults: {every} detected with every seed, {} with some, {never} with none; of all trials, median {} and 90th percentile {}",
        summaries.len(),
        summaries.len() - every - never,
        show(quantile(&detected, 50)),
        show(quantile(&detected, 90))
    );
    let times: Vec<CpuToDetection> = summaries.iter().filter_map(|s| s.cpu).collect();
    if let Some((mean, error)) = CpuToDetection::mean_of(&times) {
        say!(
            "CPU time until a fault is detected: geometric mean {:.2} ms, standard error {:.1} %",
            mean / 1000.0,
            100.0 * error
        );
    }
}

/// A mean processor time in milliseconds, or a lower bound.
fn cpu(time: CpuToDetection) -> String {
    let bound = if time.detections == 0 { ">" } else { "" };
    format!(" {:>11}", format!("{bound}{:.2}", time.mean_us / 1000.0))
}

/// Median and 90th percentile.
fn times(times: Quantiles) -> String {
    format!("{} {:>7}", show(times.median), show(times.p90))
}

/// A number of cases; `-` if the event did not happen.
fn show(time: Option<u64>) -> String {
    time.map_or("-".into(), |case| case.to_string())
}
