//! The head of the report.

use super::{RunPage, State};
use crate::page::parts::{self, Tone};
use crate::page::{line, units};
use maud::{Markup, html};

/// The title, the state, the command and the main figures.
pub(super) fn header(run: &RunPage) -> Markup {
    html! {
        header {
            h1 { (run.title) " " (state(&run.state)) }
            @match &run.state {
                State::Running { doing, .. } => {
                    p class="note" { (line(doing)) }
                    p class="if-stale problem" {
                        "This page has not been rewritten for a minute. The process has probably ended."
                    }
                }
                State::EndedEarly(why) => p class="problem" { (line(why)) },
                State::Ended => {}
            }
            (parts::command(&run.command))
            @for problem in &run.problems { p class="problem" { (line(problem)) } }
            dl class="tiles" { (tiles(run)) }
            nav aria-label="sections" {
                a href="#findings" { "findings" }
                @if run.timeline.is_some() { a href="#rates" { "rate" } }
                a href="#counts" { "counts" }
                @if run.events.is_some() { a href="#events" { "events" } }
                a href="#settings" { "settings" }
            }
        }
    }
}

fn state(state: &State) -> Markup {
    match state {
        State::Running { .. } => parts::badge(Tone::Good, "running"),
        State::Ended => parts::badge(Tone::Plain, "ended"),
        State::EndedEarly(_) => parts::badge(Tone::Warning, "ended early"),
    }
}

fn tiles(run: &RunPage) -> Markup {
    let fingerprints: usize = run.clusters.iter().map(|c| c.members.len()).sum();
    let fingerprints = units::number(fingerprints as u64);
    let bugs = units::number(run.clusters.len() as u64);
    let rate = run.rate.map(|rate| units::number(rate.round() as u64));
    html! {
        (parts::tile(run.items, &units::number(run.judged), "judged"))
        (parts::tile("time", &units::time(run.elapsed), "elapsed"))
        @if let Some(rate) = rate { (parts::tile("rate", &rate, "per second")) }
        (parts::tile("findings", &units::number(run.found), "duplicates included"))
        @if run.is_reduced {
            (parts::tile("bugs", &bugs, &format!("of {fingerprints} fingerprints")))
        } @else {
            (parts::tile("fingerprints", &fingerprints, "not grouped by bug"))
        }
    }
}
