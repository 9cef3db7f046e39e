//! The tables of a report, in Markdown.

use super::{Report, STEPS};
use crate::zoo::{Quantiles, Summary};
use std::fmt::Write;

/// A number of cases, or a dash.
fn cases(n: Option<u64>) -> String {
    n.map_or("-".into(), |n| n.to_string())
}

fn both(quantiles: Quantiles) -> String {
    let Quantiles { median, p90 } = quantiles;
    format!("{} / {}", cases(median), cases(p90))
}

impl Report {
    fn head(&self, title: &str, text: &str) -> String {
        format!(
            "# {title}\n\nWritten by `{}`.\n\n{text} {} seeds, at most {} cases each; `-` is beyond that.\n",
            self.command(),
            self.trials.seeds,
            self.trials.cases
        )
    }

    /// The table of faults: how fast each is reached, triggered and detected.
    pub(super) fn detection(&self) -> String {
        let text = "For every fault the first case in which the faulty code ran (reached), in which it did \
                    something wrong (triggered), and which was a finding (detected): median / 90th percentile.";
        let mut out = self.head("Detection", text);
        out += "\n| fault | mechanism | reached | triggered | detected | law | most frequent fingerprint |\n";
        out += "|---|---|---|---|---|---|---|\n";
        for summary in &self.results[0] {
            let law = summary.law.as_deref().unwrap_or("-");
            let fingerprint = summary
                .fingerprint()
                .map_or("-".into(), |(f, n)| format!("`{f}` ({n})"));
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {law} | {fingerprint} |",
                summary.id,
                summary.mechanism,
                both(summary.reached),
                both(summary.triggered),
                both(summary.detected)
            );
        }
        out
    }

    /// The table of the contribution of each layer of the oracle.
    pub(super) fn ablation(&self) -> String {
        let text = "The usual generator under an oracle with some of its layers. `results` is what other \
                    differential fuzzers compare: how calls end, numbers, nullness, memories, and crashes. \
                    `heap` adds what a heap notices of itself, as a build with assertions would, which here \
                    is much; without it such cases are discarded. Every further row or column \
                    has one layer more, `all` has the votes of the other heaps, too.";
        let mut columns: Vec<usize> = (1..=STEPS).collect();
        columns.push(0);
        self.compare("Ablation", text, &columns)
    }

    /// The table of generators.
    pub(super) fn generators(&self) -> String {
        let text = "The whole oracle on cases of several generators: the usual one (`all`), plain modules of \
                    wasm-smith with the same schedules of collections, and without.";
        let columns: Vec<usize> = std::iter::once(0)
            .chain(STEPS + 1..self.names.len())
            .collect();
        self.compare("Generators", text, &columns)
    }

    fn compare(&self, title: &str, text: &str, columns: &[usize]) -> String {
        let mut out = self.head(title, text);
        out += "\n| setup | trials in which the fault was detected | faults detected with every seed | median of all trials |\n";
        out += "|---|---|---|---|\n";
        for &i in columns {
            let (share, median) = self.share(i);
            let every = |s: &&Summary| s.noticed() == s.trials.len();
            let _ = writeln!(
                out,
                "| {} | {share:.1} % | {} of {} | {} |",
                self.names[i],
                self.results[i].iter().filter(every).count(),
                self.results[i].len(),
                cases(median)
            );
        }
        let names = columns.iter().map(|i| format!(" {} |", self.names[*i]));
        let _ = writeln!(
            out,
            "\nThe median number of cases to detection:\n\n| fault |{}",
            names.collect::<String>()
        );
        let _ = writeln!(out, "|---|{}", "---|".repeat(columns.len()));
        for (row, summary) in self.results[0].iter().enumerate() {
            let medians = columns
                .iter()
                .map(|i| format!(" {} |", cases(self.results[*i][row].detected.median)));
            let _ = writeln!(out, "| {} |{}", summary.id, medians.collect::<String>());
        }
        out
    }
}
