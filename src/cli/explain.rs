//! `gcdiff explain`: what caused a finding.

use super::CommandOutcome;
use super::file;
use super::format::{self, RecordFormat};
use super::global::Quiet;
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::{self, Mood, say};
use super::program;
use super::waiting::Waiting;
use crate::campaign::command_line;
use crate::case::{self, Case, Header};
use crate::escape;
use crate::explain::{Explanation, explain_judged};
use crate::jobs::within;
use crate::module::Module;
use crate::oracle::{JudgeError, JudgeReport, Options, Verdict, judge_module};
use crate::page::finding::{self, CaseText, FindingPage};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
    /// The case, .wat or .wasm, or - for standard input.
    #[arg(value_parser = file::input())]
    file: PathBuf,

    /// Print it as a JSON document, with the states of the heap before and after the culprit: the
    /// fields of --format json, without file and type, with line breaks.
    #[arg(long, group = "form")]
    json: bool,

    /// Print the heap around the object, right after the culprit has acted, as a graph for Graphviz.
    #[arg(long, group = "form")]
    dot: bool,

    /// Print a page for a browser: the cause, the module with its line, pictures of the heap before
    /// and after each operation near it, the ledger, registers and roots. The page is one file that
    /// loads no other.
    #[arg(long, group = "form")]
    html: bool,

    /// Write to this file, and print only the verdict.
    #[arg(short, long, value_name = "OUT", value_parser = file::output())]
    out: Option<PathBuf>,

    #[command(flatten)]
    pub(super) judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    #[command(flatten)]
    format: RecordFormat,

    #[command(flatten)]
    quiet: Quiet,
}

/// The record of an explanation.
#[derive(Serialize)]
struct ExplanationRecord<T> {
    file: String,
    #[serde(flatten)]
    explanation: T,
}

impl Explain {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.quiet.apply();
        self.format.format.apply();
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
            if file::is_same(out, &self.file) {
                return Err(format!("--out {}: this is the case", escape::path(out)));
            }
            file::try_write(out)?;
        }
        let timeout = self.judging.timeout(60);
        let waiting = Waiting::for_(format!("explaining {name}"));
        let explained = explain_within(timeout, &case, &module, &options);
        drop(waiting);
        let explanation = explained.map_err(|e| in_file(e.to_string()))?;
        let verdict = &explanation.report.verdict;
        if let Verdict::Discard(..) = verdict {
            return Err(in_file(verdict.to_string()));
        }
        // A binary module is printed.
        let text = match text.is_empty() {
            true => case::write(&case, &Header::default()).unwrap_or_default(),
            false => text,
        };
        let explanation = explanation.with_lines(&text, &module.wasm);
        let verdict = explanation.report.verdict.clone();
        let mood = match verdict {
            Verdict::Agree => Mood::Agree,
            _ => Mood::Finding,
        };
        if verdict.is_finding() {
            output::found();
        }
        if format::is_json() {
            let record = ExplanationRecord {
                file: name.clone(),
                explanation: explanation.document(),
            };
            format::record("explanation", &record);
        }
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
            None if self.json || self.dot || self.html => say!("{}", shown.trim_end()),
            None => output::verdict("", mood, format_args!("{}", shown.trim_end())),
            Some(out) => {
                file::write(out, &format!("{}\n", shown.trim_end()))?;
                output::verdict("", mood, format_args!("{verdict}"));
            }
        }
        Ok(match verdict {
            Verdict::Agree => CommandOutcome::Agree,
            _ => CommandOutcome::Finding,
        })
    }

    fn page(&self, explanation: Explanation, about: Option<String>, text: String) -> String {
        let verdict = &explanation.report.verdict;
        let file = match file::is_stdin(&self.file) {
            true => "-".into(),
            false => self.file.clone().into_os_string(),
        };
        let command = program::command(&command_line(["run".into(), file]));
        let command = command + &self.judging.words() + &self.limiting.words();
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

/// Judges a case, then explains it, each within a time limit. The verdict does not depend on whether
/// there is time to explain it.
pub(super) fn explain_within(
    timeout: Option<Duration>,
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Result<Explanation, JudgeError> {
    let (judged, compiled, given) = (case.clone(), module.clone(), options.clone());
    let report = within(timeout, move |desk| {
        judge_module(&judged, &compiled, &desk.watching(&given))
    });
    let report = match report {
        Ok(report) => report?,
        // After a timeout only the verdict is known.
        Err(verdict) => {
            return Ok(Explanation {
                unexplained: Some("a case that does not end cannot be repeated".into()),
                ..Explanation::of_verdict(JudgeReport::new(*verdict))
            });
        }
    };
    let (judged, compiled, given) = (case.clone(), module.clone(), options.clone());
    let known = report.clone();
    let explained = within(timeout, move |_| {
        explain_judged(&judged, &compiled, &given, known)
    });
    match explained {
        Ok(explained) => explained,
        Err(_) => {
            let seconds = timeout.map_or(0.0, |timeout| timeout.as_secs_f64());
            Ok(Explanation {
                unexplained: Some(format!("not done within {seconds} s (--timeout)")),
                ..Explanation::of_verdict(report)
            })
        }
    }
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
