//! The tables of reductions, in Markdown.

use super::{ClusterRow, ReductionTally, ReductionTrials, Row};
use crate::zoo::quantile;
use std::fmt::Write;

impl ReductionTrials {
    /// The tables.
    pub fn table(&self, reduction: &ReductionTally) -> String {
        let mut out = format!(
            "# Reduction\n\nWritten by `gcdiff zoo --seeds {} --cases {} --reduce FILE`.\n\n\
             The first finding of each fault and seed, reduced by `gcdiff reduce` with the same \
             fingerprint: sizes before and after, the candidates that were judged, and the time \
             of one core.\n\n",
            self.seeds, self.cases
        );
        summary(&mut out, reduction);
        rows(&mut out, &reduction.rows);
        self.clusters_table(&mut out, &reduction.clusters);
        out
    }

    fn clusters_table(&self, out: &mut String, clusters: &[ClusterRow]) {
        let _ = write!(
            out,
            "\n## Clusters\n\nAll findings of each fault in the first {} cases of seed 0, one of \
             each fingerprint, reduced and clustered.\n\n\
             | fault | fingerprints | clusters | fingerprints of each cluster |\n\
             |---|---:|---:|---|\n",
            self.cases
        );
        for row in clusters {
            let all: usize = row.clusters.iter().map(Vec::len).sum();
            let each = row.clusters.iter().map(|members| {
                let first = members.first().map_or("", String::as_str);
                match members.len() {
                    1 => format!("`{first}`"),
                    n => format!("`{first}` and {} more", n - 1),
                }
            });
            let each: Vec<String> = each.collect();
            let unreduced = match row.unreduced {
                0 => String::new(),
                n => format!(" ({n} not reduced)"),
            };
            let _ = writeln!(
                out,
                "| {} | {all}{unreduced} | {} | {} |",
                row.fault,
                row.clusters.len(),
                each.join(", ")
            );
        }
    }
}

/// Quantiles over all rows.
fn summary(out: &mut String, reduction: &ReductionTally) {
    let rows = &reduction.rows;
    *out += "| | median | 90 % | most |\n|---|---:|---:|---:|\n";
    let mut line = |name: &str, values: Vec<u64>| {
        let all: Vec<Option<u64>> = values.into_iter().map(Some).collect();
        let [median, most, all] = [50, 90, 100].map(|percent| quantile(&all, percent).unwrap_or(0));
        let _ = writeln!(out, "| {name} | {median} | {most} | {all} |");
    };
    let of = |value: &dyn Fn(&Row) -> u64| rows.iter().map(value).collect();
    line(
        "instructions before",
        of(&|row| row.before.instructions as u64),
    );
    line(
        "instructions after",
        of(&|row| row.after.instructions as u64),
    );
    line("functions after", of(&|row| row.after.functions as u64));
    line("bytes of text before", of(&|row| row.before.text as u64));
    line("bytes of text after", of(&|row| row.after.text as u64));
    line("candidates", of(&|row| row.tried));
    line("milliseconds", of(&|row| row.milliseconds));
    let clusters = reduction.clusters.iter();
    line(
        "fingerprints of a fault",
        clusters
            .clone()
            .map(|row| row.clusters.iter().map(Vec::len).sum::<usize>() as u64)
            .collect(),
    );
    line(
        "clusters of a fault",
        clusters.map(|row| row.clusters.len() as u64).collect(),
    );
    let unfinished = rows.iter().filter(|row| !row.finished).count();
    if unfinished > 0 {
        let s = if unfinished == 1 { "" } else { "s" };
        let _ = writeln!(
            out,
            "\n{unfinished} reduction{s} did not end in time (`*`)."
        );
    }
}

/// A line for each finding.
fn rows(out: &mut String, rows: &[Row]) {
    *out += "\n## Findings\n\n| fault | seed | fingerprint | instructions | functions | types | \
             steps | bytes | bytes of text | candidates | ms |\n\
             |---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for row in rows {
        let _ = write!(
            out,
            "| {} | {} | `{}` |",
            row.fault, row.seed, row.fingerprint
        );
        let (a, b) = (row.before, row.after);
        let sizes = [
            (a.instructions, b.instructions),
            (a.functions, b.functions),
            (a.types, b.types),
            (a.steps, b.steps),
            (a.bytes, b.bytes),
            (a.text, b.text),
        ];
        for (before, after) in sizes {
            let _ = write!(out, " {before} → {after} |");
        }
        let mark = if row.finished { "" } else { "*" };
        let _ = writeln!(out, " {}{mark} | {} |", row.tried, row.milliseconds);
    }
}
