//! The page of a finding: its verdict, the commands that show it, and the case.

use super::parts::{self, Tone};
use super::{frame, line};
use maud::html;

/// Contents of the page.
#[derive(Clone, Debug, Default)]
pub struct FindingPage {
    /// The fingerprint.
    pub fingerprint: String,
    /// Where the case comes from, in words.
    pub origin: String,
    /// The verdict, as a terminal shows it. Lines that it names are those of `text`.
    pub verdict: String,
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
    let body = html! {
        header {
            @if let Some(report) = &finding.report {
                nav aria-label="report" { a href=(report) { "← report" } }
            }
            h1 { code { (line(&finding.fingerprint)) } }
            p class="note" { (parts::badge(Tone::Bad, "finding")) " " (line(&finding.origin)) }
        }
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
        @if let Some(CaseText { heading, text, line: blamed }) = &finding.text {
            section aria-labelledby="case" {
                h2 id="case" { (line(heading)) }
                @if let Some(blamed) = blamed {
                    p { a href=(format!("#L{blamed}")) { "To the blamed instruction, line " (blamed) } }
                }
                (parts::listing(text, *blamed))
            }
        }
    };
    frame(&format!("{} · gcdiff", finding.fingerprint), body)
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
