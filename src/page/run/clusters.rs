//! Findings, by bug.

use super::{Cluster, Member, RunPage, Smallest, State};
use crate::page::parts::{self, Tone};
use crate::page::{line, units};
use maud::{Markup, html};

/// All clusters.
pub(super) fn section(run: &RunPage) -> Markup {
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            @if run.clusters.is_empty() {
                p class="empty" { (none(run)) }
            } @else if run.is_reduced {
                p class="note" {
                    "Fingerprints whose reduced cases show the same bug are one cluster. The most frequent comes first."
                }
            }
            @for (index, cluster) in run.clusters.iter().enumerate() {
                (card(index + 1, cluster, run))
            }
        }
    }
}

/// What is said where there is no finding.
fn none(run: &RunPage) -> String {
    let judged = units::grouped_count(run.judged, run.items);
    match (&run.state, run.judged) {
        (State::Running { .. }, _) => format!("None so far, in {judged}."),
        (_, 0) => "Nothing was judged.".into(),
        _ => format!("None in {judged}."),
    }
}

/// The badge of a cluster without a reduced case, if reductions are made.
fn unreduced(run: &RunPage) -> Option<&'static str> {
    match run.state {
        _ if !run.is_reduced => None,
        State::Running { .. } => Some("not reduced yet"),
        State::Ended | State::EndedEarly(_) => Some("not reduced"),
    }
}

fn card(number: usize, cluster: &Cluster, run: &RunPage) -> Markup {
    let fingerprints = match cluster.members.len() {
        1 => "1 fingerprint".to_string(),
        n => format!("{n} fingerprints"),
    };
    html! {
        article {
            h3 {
                span class="ordinal" { (number) }
                span { (parts::anchor(cluster.page.as_deref(), &cluster.message)) }
            }
            p class="badges" {
                @match &cluster.smallest {
                    Some(smallest) => (parts::badge(Tone::Good, &size(smallest))),
                    None => @if let Some(words) = unreduced(run) { (parts::badge(Tone::Plain, words)) }
                }
                (parts::badge(Tone::Bad, &findings(cluster.count)))
                @if run.is_reduced { (parts::badge(Tone::Plain, &fingerprints)) }
            }
            @if let Some(Smallest { command, .. }) = &cluster.smallest { (parts::command(command)) }
            (parts::table("fingerprints", html! {
                th { "fingerprint" } th class="number" { "findings" } th { (run.origin) } th { "files" } th { "replay" }
            }, html! {
                @for member in &cluster.members { (row(member)) }
            }))
        }
    }
}

fn size(smallest: &Smallest) -> String {
    let size = match smallest.instructions {
        1 => "1 instruction".to_string(),
        n => format!("{} instructions", units::number(n)),
    };
    match smallest.is_finished {
        true => size,
        false => format!("{size}, not finished"),
    }
}

fn findings(count: u64) -> String {
    match count {
        1 => "1 finding".into(),
        n => format!("{} findings", units::number(n)),
    }
}

fn row(member: &Member) -> Markup {
    html! {
        tr {
            th scope="row" {
                code { (parts::anchor(member.page.as_deref(), &member.fingerprint)) }
                @if let Some(why) = &member.not_reduced {
                    small { "not reduced: " (line(why)) }
                }
            }
            td class="number" { (units::number(member.count)) }
            td class="one-line" { (line(&member.origin)) }
            td class="one-line" { @for (name, href) in &member.files { a href=(href) { (name) } " " } }
            td { code class="all" { (line(&member.command)) } }
        }
    }
}
