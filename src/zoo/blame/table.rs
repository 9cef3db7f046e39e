//! The table of blame, in Markdown.

use super::{Blame, BlameRow, BlameTally, BlameTrials};
use crate::zoo::quantile;
use std::fmt::Write;

impl Blame {
    fn words(self) -> &'static str {
        match self {
            Blame::First => "first",
            Blame::Later => "later",
            Blame::Elsewhere => "elsewhere",
            Blame::Nothing => "nothing",
        }
    }
}

impl BlameTrials {
    /// The table.
    pub fn table(&self, tally: &BlameTally) -> String {
        let mut out = format!(
            "# Blame\n\nWritten by `gcdiff zoo --seeds {} --cases {} --blame FILE`.\n\n\
             The first finding of each fault and seed, as it was generated and reduced: whether \
             `gcdiff explain` blames the operation at which the fault acted. Its probe knows: it \
             counts how often the effect of the fault is wrong, and is read between all operations \
             of the blamed run. *First* is the first operation at which the fault acts on the object \
             concerned, or acts at all if the finding concerns no object; *later* is another one at \
             which it acts; *elsewhere* is one at which it does not act; *nothing* means that no \
             operation is blamed. *Acts* are the operations and collections at which the fault acts, \
             of all those in the run: a culprit chosen at random would be right with this \
             probability.\n\n",
            self.seeds, self.cases
        );
        let number = |n: Option<u64>| n.map_or("-".into(), |n| n.to_string());
        summary(&mut out, tally);
        out += "\n## Findings\n\n| fault | seed | | fingerprint | blames | operation | first act | acts | culprit |\n\
                |---|---:|---|---|---|---:|---:|---:|---|\n";
        for row in &tally.rows {
            let _ = writeln!(
                out,
                "| {} | {} | {} | `{}` | {} | {} | {} | {} of {} | {} |",
                row.fault,
                row.seed,
                if row.reduced { "reduced" } else { "" },
                row.fingerprint,
                row.blame.words(),
                number(row.operations.0),
                number(row.operations.1),
                row.acts.0,
                row.acts.1,
                row.culprit.replace('|', "\\|"),
            );
        }
        let _ = write!(
            out,
            "\n## Fingerprints\n\nIn the first {} cases of seed 0.\n\n| fault | fingerprints |\n|---|---:|\n",
            self.cases
        );
        for (fault, count) in &tally.fingerprints {
            let _ = writeln!(out, "| {fault} | {count} |");
        }
        out
    }
}

fn summary(out: &mut String, tally: &BlameTally) {
    *out += "| | generated | reduced |\n|---|---:|---:|\n";
    let count = |reduced: bool, of: &dyn Fn(&BlameRow) -> bool| {
        let rows = tally.rows.iter().filter(|row| row.reduced == reduced);
        rows.filter(|row| of(row)).count()
    };
    let all = [false, true].map(|reduced| count(reduced, &|_| true));
    let _ = writeln!(out, "| findings | {} | {} |", all[0], all[1]);
    let mut line = |name: &str, of: &dyn Fn(&BlameRow) -> bool| {
        let share = |reduced: bool| {
            let n = count(reduced, of);
            let percent = 100.0 * n as f64 / all[usize::from(reduced)].max(1) as f64;
            format!("{n} ({percent:.1} %)")
        };
        let _ = writeln!(out, "| {name} | {} | {} |", share(false), share(true));
    };
    for blame in [Blame::First, Blame::Later, Blame::Elsewhere, Blame::Nothing] {
        line(blame.words(), &|row| row.blame == blame);
    }
    line("at an act (first or later)", &|row| {
        matches!(row.blame, Blame::First | Blame::Later)
    });
    let counts: Vec<Option<u64>> = tally
        .fingerprints
        .iter()
        .map(|(_, n)| Some(*n as u64))
        .collect();
    let [median, most, all] = [50, 90, 100].map(|percent| quantile(&counts, percent).unwrap_or(0));
    let _ = writeln!(
        out,
        "\nFingerprints of a fault: {median} in the median, {most} at 90 %, {all} at most."
    );
}
