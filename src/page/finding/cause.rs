//! Verdict and cause in words.

use crate::explain::{Explanation, symptom};
use crate::oracle::Verdict;
use crate::page::line;
use maud::{Markup, html};

/// The cause, how it was noticed, and how the bug shows without audits.
pub(super) fn section(explanation: &Explanation) -> Markup {
    let verdict = &explanation.report.verdict;
    html! {
        section aria-labelledby="cause" {
            h2 id="cause" { "Cause" }
            @match &explanation.cause {
                Some(cause) => {
                    p class="cause" {
                        strong { (super::place(&cause.place)) }
                        @let numbers = [("operation", cause.operation), ("safepoint", cause.safepoint)];
                        @for (name, number) in numbers {
                            @if let Some(number) = number { " " span class="note" { (name) " " (number) } }
                        }
                    }
                    p { (line(&cause.words)) }
                }
                None if explanation.unexplained.is_some() => {}
                None => p { "No single operation is known to have caused it: only a result shows it." }
            }
            @if let Some(why) = &explanation.unexplained { p class="problem" { "Not explained: " (line(why)) "." } }
            @if !explanation.controls.is_empty() {
                p { "The same case without one part, judged again:" }
                ul { @for control in &explanation.controls { li { (line(&control.to_string())) } } }
            }
            dl class="facts" {
                @if let Verdict::Violation(violation) = verdict {
                    dt { "Noticed" }
                    dd {
                        "law " em { (violation.law.name()) } " in heap " (line(&violation.collector)) ": "
                        (line(&violation.message))
                        @if let Some(place) = &violation.place { ", " (super::place(place)) }
                    }
                    @if let Some(noticed) = &violation.noticed {
                        dt { "Shows as" }
                        dd { (line(&noticed.to_string())) }
                    }
                }
                @if let Verdict::Differ(difference) = verdict {
                    dt { "Noticed" }
                    dd {
                        (line(&difference.path)) ": "
                        @let (a, b) = (&difference.collectors, &difference.values);
                        (line(&b.0)) " in " (line(&a.0)) ", " (line(&b.1)) " in " (line(&a.1))
                    }
                    @if !difference.wrong.is_empty() {
                        dt { "Wrong" }
                        dd { (line(&difference.wrong.join(", "))) }
                    }
                }
                @if let Some(unaudited) = &explanation.without_audits {
                    dt { "Without audits" }
                    dd { (line(&symptom(unaudited))) }
                }
            }
        }
    }
}
