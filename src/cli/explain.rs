//! `gcdiff explain`: what caused a finding.

use super::CommandOutcome;
use super::file;
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::say;
use super::waiting::Waiting;
use crate::campaign::{Evidence, Finding, Origin, command_line};
use crate::case::Case;
use crate::escape;
use crate::explain::{Explanation, explain};
use crate::jobs::within;
use crate::oracle::{JudgeReport, Pins, Verdict};
use crate::page::finding::{self, CaseText, FindingPage};
use clap::Args;
use std::path::PathBuf;

/// Explain a finding: the operation that caused it, and the life of the object
///
/// FILE is a case as for `gcdiff run`. Prints the verdict, the cause, and the ledger of the object
/// concerned: allocations, counts, owners, the stack-root list, moves and frees, each with the
/// instruction, collection or act of the embedder that did it. The first entry after which the count
/// and the owners do not match is marked.
///
/// Exit code: 0 if the heaps agree, 1 for a finding, 2 for wrong usage or input.
#[derive(Args)]
pub(super) struct Explain {
    /// The case, .wat or .wasm.
    file: PathBuf,

    /// Print it as JSON, with the states of the heap before and after the culprit.
    #[arg(long, group = "format")]
    json: bool,

    /// Print the heap around the object, right after the culprit has acted, as a graph for Graphviz.
    #[arg(long, group = "format")]
    dot: bool,

    /// Print a page for a browser: the cause, the module with its line, pictures of the heap before
    /// and after each operation near it, the ledger, registers and roots. The page is one file that
    /// loads no other.
    #[arg(long, group = "format")]
    html: bool,

    /// Write to this file, and print only the verdict.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,
}

impl Explain {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let name = escape::path(&self.file);
        let in_file = |message: String| format!("{name}: {message}");
        let Loaded {
            case,
            text,
            module,
            options,
            header,
            ..
        } = load(&self.file, &self.judging, &self.limiting)?;
        if let Some(out) = &self.out {
            file::try_write(out)?;
        }
        let (compiled, given, judged) = (module.clone(), options.clone(), case.clone());
        let waiting = Waiting::for_(format!("explaining {name}"));
        let explained = within(self.judging.timeout(60), move |desk| {
            explain(&judged, &compiled, &desk.watching(&given))
        });
        drop(waiting);
        let explanation = match explained {
            Ok(explained) => explained.map_err(|e| in_file(e.to_string()))?,
            // After a timeout only the verdict is known.
            Err(verdict) => Explanation::of_verdict(JudgeReport::new(*verdict)),
        };
        let verdict = &explanation.report.verdict;
        if let Verdict::Discard(..) = verdict {
            return Err(in_file(verdict.to_string()));
        }
        // A binary module is printed.
        let text = match text.is_empty() {
            true => printed(&case, verdict).unwrap_or_default(),
            false => text,
        };
        let explanation = explanation.with_lines(&text, &module.wasm);
        let verdict = explanation.report.verdict.clone();
        let shown = if self.json {
            explanation.json()
        } else if self.dot {
            let graph = explanation.dot();
            graph.unwrap_or_else(|| "digraph heap {\n}".into())
        } else if self.html {
            self.page(explanation, header.about, text)
        } else {
            in_words(&explanation)
        };
        match &self.out {
            None => say!("{}", shown.trim_end()),
            Some(out) => {
                file::write(out, &format!("{}\n", shown.trim_end()))?;
                say!("{verdict}");
            }
        }
        Ok(match verdict {
            Verdict::Agree => CommandOutcome::Agree,
            _ => CommandOutcome::Finding,
        })
    }

    fn page(&self, explanation: Explanation, about: Option<String>, text: String) -> String {
        let verdict = &explanation.report.verdict;
        let words = [
            "gcdiff".into(),
            "run".into(),
            self.file.clone().into_os_string(),
        ];
        let command = command_line(words) + &self.judging.words() + &self.limiting.words();
        finding::page(&FindingPage {
            fingerprint: verdict.fingerprint().unwrap_or_else(|| "agree".into()),
            origin: about.unwrap_or_else(|| escape::path(&self.file)),
            verdict: verdict.to_string(),
            commands: vec![("The case:", command)],
            text: (!text.is_empty()).then(|| CaseText {
                heading: "Case".into(),
                line: verdict.blamed_line(),
                text,
            }),
            explanation: Some(explanation),
            ..FindingPage::default()
        })
    }
}

/// The text of a case that was read in binary form.
fn printed(case: &Case, verdict: &Verdict) -> Option<String> {
    let finding = Finding {
        evidence: Evidence::Verdict(verdict.clone()),
        ..Finding::new(
            Origin::File,
            verdict.clone(),
            Some(case.clone()),
            Pins::default(),
        )
    };
    finding.text().ok()
}

fn in_words(explanation: &Explanation) -> String {
    let verdict = &explanation.report.verdict;
    if *verdict == Verdict::Agree {
        return "agree: there is nothing to explain".into();
    }
    let fingerprint = verdict.fingerprint();
    let fingerprint = fingerprint.map(|text| format!("  fingerprint  {text}\n"));
    let fingerprint = fingerprint.unwrap_or_default();
    format!("{verdict}\n{fingerprint}{}", explanation.text())
}
