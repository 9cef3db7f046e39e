//! The page of a finding: its cause, the case, the heap around the object, the ledger, and the
//! commands that show it.

mod cause;
mod graph;
mod layout;
mod ledger;
mod steps;

use super::parts::{self, Tone};
use super::{frame, line, scripted_frame};
use crate::explain::{Explanation, name_of_place};
use crate::oracle::{BrokenAt, Verdict};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Steps through the pictures.
const SCRIPT: &str = include_str!("page.js");

/// Contents of the page.
#[derive(Clone, Debug, Default)]
pub struct FindingPage {
    /// The fingerprint.
    pub fingerprint: String,
    /// Where the case comes from, in words.
    pub origin: String,
    /// The verdict, as a terminal shows it. Lines that it names are those of `text`.
    pub verdict: String,
    /// What caused it, with lines of `text`.
    pub explanation: Option<Explanation>,
    /// Why there is no explanation.
    pub unexplained: Option<String>,
    /// Commands, each with its meaning.
    pub commands: Vec<(&'static str, String)>,
    /// Files of the finding, each with the address that leads there from the page, if there is one.
    pub files: Vec<(String, Option<String>)>,
    /// The case, if it can be printed.
    pub text: Option<CaseText>,
    /// The address of the report.
    pub report: Option<String>,
}

/// The text of a case.
#[derive(Clone, Debug, Default)]
pub struct CaseText {
    /// A heading.
    pub heading: String,
    /// The text.
    pub text: String,
    /// The line of the blamed instruction, counted from 1.
    pub line: Option<u32>,
}

/// The page.
pub fn page(finding: &FindingPage) -> String {
    let explanation = finding.explanation.as_ref();
    let body = html! {
        header {
            @if let Some(report) = &finding.report {
                nav aria-label="report" { a href=(report) { "← report" } }
            }
            h1 { code { (line(&finding.fingerprint)) } }
            p class="note" { (parts::badge(Tone::Bad, "finding")) " " (line(&finding.origin)) }
        }
        @if let Some(explanation) = explanation { (cause::section(explanation)) }
        @if let Some(why) = &finding.unexplained { p class="problem" { (line(why)) } }
        @if let Some(text) = &finding.text { (case(text, explanation)) }
        @if let Some(explanation) = explanation { (histories(explanation)) }
        section aria-labelledby="verdict" {
            h2 id="verdict" { "Verdict" }
            (parts::output("verdict", &finding.verdict))
        }
        section aria-labelledby="replay" {
            h2 id="replay" { "Replay" }
            @for (meaning, command) in &finding.commands {
                p class="note" { (meaning) }
                (parts::command(command))
            }
            @if !finding.files.is_empty() {
                ul class="files" {
                    @for (name, href) in &finding.files {
                        li { code { (parts::anchor(href.as_deref(), name)) } }
                    }
                }
            }
        }
    };
    let title = format!("{} · gcdiff", finding.fingerprint);
    match explanation {
        Some(_) => scripted_frame(&title, SCRIPT, body),
        None => frame(&title, body),
    }
}

/// The text of the case, with the line of the culprit highlighted and those that concerned the
/// object marked.
fn case(case: &CaseText, explanation: Option<&Explanation>) -> Markup {
    let cause = explanation.and_then(|explanation| explanation.cause.as_ref());
    let blamed = cause.map_or(case.line, |cause| line_of(Some(&cause.place)));
    let entries = explanation
        .and_then(|explanation| explanation.histories.first()?.ledger.as_ref())
        .map_or(&[][..], |ledger| &ledger.entries);
    let set_by = explanation.and_then(|explanation| match &explanation.report.verdict {
        Verdict::Violation(violation) => violation.lost.as_ref()?.set_by.as_ref()?.line,
        _ => None,
    });
    let touched: BTreeSet<u32> = entries
        .iter()
        .filter_map(|entry| line_of(entry.place.as_ref()))
        .chain(set_by)
        .collect();
    html! {
        section aria-labelledby="case" {
            h2 id="case" { (line(&case.heading)) }
            @if let Some(blamed) = blamed {
                p class="note" {
                    a href=(format!("#L{blamed}")) { "To the culprit, line " (blamed) }
                    @if !touched.is_empty() { ". Marked at the edge: lines that did something to the object." }
                }
            }
            (parts::listing(&case.text, blamed, &touched))
        }
    }
}

/// Pictures and ledgers.
fn histories(explanation: &Explanation) -> Markup {
    let is_difference = matches!(explanation.report.verdict, Verdict::Differ(_));
    let remark = |index: usize| match (is_difference, index) {
        (false, _) => "",
        (true, 0) => "(the run that is wrong)",
        (true, _) => "(a run that is right)",
    };
    // A read is no operation, and no picture shows it.
    let cause = explanation.cause.as_ref().filter(|cause| cause.is_between);
    let read = cause.map(|cause| &cause.place);
    html! {
        @for (index, history) in explanation.histories.iter().enumerate() {
            (steps::section(history, index, remark(index), read))
            @if let Some(ledger) = &history.ledger {
                @let is_of_another = explanation.cause.as_ref().is_some_and(|cause| cause.is_compared);
                (ledger::section(ledger, &history.run, &format!("ledger{index}"), is_of_another))
            }
        }
    }
}

/// The line of a place in the text of the case.
fn line_of(place: Option<&BrokenAt>) -> Option<u32> {
    place?.instruction()?.line
}

/// A place, as a link to its line if it has one.
fn place(place: &BrokenAt) -> Markup {
    let words = name_of_place(Some(place));
    match line_of(Some(place)) {
        Some(number) => html! { a href=(format!("#L{number}")) { (line(&words)) } },
        None => html! { (line(&words)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_all_parts_and_obeys_none() {
        let hostile = "</pre><i><script>alert(1)</script>\u{202e}";
        let finding = FindingPage {
            fingerprint: format!("exact:{hostile}"),
            origin: hostile.into(),
            verdict: format!("violation: {hostile}\n  second line"),
            commands: vec![("The case", format!("gcdiff run {hostile}"))],
            files: vec![
                (hostile.into(), Some("../a%3C.wat".into())),
                (hostile.into(), None),
            ],
            text: Some(CaseText {
                heading: "Reduced case".into(),
                text: format!("(module\n  (func ${hostile}))\n"),
                line: Some(2),
            }),
            explanation: None,
            unexplained: Some(hostile.into()),
            report: Some("../index.html".into()),
        };
        let html = page(&finding);
        for bad in ["<script", "<i>", "\u{202e}"] {
            assert!(!html.contains(bad), "{bad:?}");
        }
        for wanted in [
            "href=\"../index.html\"",
            "  second line",
            "href=\"../a%3C.wat\"",
            "href=\"#L2\"",
            "id=\"L2\" class=\"hit\"",
        ] {
            assert!(html.contains(wanted), "{wanted}");
        }
        // The least that there is: a panic without a case.
        let least = FindingPage {
            fingerprint: "panic:a".into(),
            verdict: "panic".into(),
            ..FindingPage::default()
        };
        let html = page(&least);
        assert!(!html.contains("← report") && !html.contains("id=\"case\""));
    }
}
