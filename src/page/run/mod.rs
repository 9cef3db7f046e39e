//! The report on a run: a campaign, or a replay of many files.
//!
//! | file | part of the page |
//! |---|---|
//! | `summary` | the command, the state, the figures that a reader looks for first |
//! | `clusters` | findings, by bug |
//! | `rates` | cases over time |
//! | `counts` | what the cases did; what was discarded, and why |
//! | `reached` | events of a collector |

mod clusters;
mod counts;
mod rates;
mod reached;
mod summary;

use super::{Timeline, frame, line, live_frame, parts};
use crate::events::EventTable;
use maud::{Markup, html};
use std::time::Duration;

/// Contents of the report.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// What ran: `Campaign`, `Replay`.
    pub title: &'static str,
    /// The command, as given.
    pub command: String,
    /// Whether it still runs.
    pub state: State,
    /// Time since the start.
    pub elapsed: Duration,
    /// What was judged: `cases`, `files`, `inputs`.
    pub items: &'static str,
    /// Number of items judged.
    pub judged: u64,
    /// Items judged per second.
    pub rate: Option<f64>,
    /// Findings, duplicates included.
    pub found: u64,
    /// The heading of where a finding comes from: `lowest case`, `smallest file`.
    pub origin: &'static str,
    /// Findings by bug.
    pub clusters: Vec<Cluster>,
    /// Whether findings are reduced, so that clusters have more than one fingerprint.
    pub is_reduced: bool,
    /// Items over time.
    pub timeline: Option<Timeline>,
    /// Counts over all items.
    pub counts: Vec<CountRow>,
    /// Events of a share of the cases.
    pub events: Option<EventShare>,
    /// Settings, each with its name.
    pub settings: Vec<(&'static str, String)>,
    /// Messages about what went wrong, or was not done.
    pub problems: Vec<String>,
}

/// The state of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// It runs. The page is rewritten.
    Running {
        /// What it does now: `judging cases`.
        doing: String,
        /// Seconds after which a browser loads the page again.
        refresh: u32,
    },
    /// It has come to its end.
    Ended,
    /// It has ended early, for this reason.
    EndedEarly(String),
}

/// Findings that show the same bug.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Number of findings.
    pub count: u64,
    /// The smallest reduced case, if one is reduced.
    pub smallest: Option<Smallest>,
    /// The verdict on the smallest case, one sentence.
    pub message: String,
    /// The address of the page of this case.
    pub page: Option<String>,
    /// The findings by fingerprint.
    pub members: Vec<Member>,
}

/// A reduced case.
#[derive(Clone, Debug, Default)]
pub struct Smallest {
    /// Number of instructions.
    pub instructions: u64,
    /// Whether the reduction ended by itself.
    pub is_finished: bool,
    /// The command that shows it.
    pub command: String,
}

/// The findings of a fingerprint.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// The fingerprint.
    pub fingerprint: String,
    /// The address of its page.
    pub page: Option<String>,
    /// Number of findings.
    pub count: u64,
    /// Where the kept finding comes from: the number of a case, or a file.
    pub origin: String,
    /// The command that shows it.
    pub command: String,
    /// Its files: a short name and an address.
    pub files: Vec<(&'static str, String)>,
    /// Why it is not reduced, if reductions are made.
    pub not_reduced: Option<String>,
}

/// A row of the table of counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CountRow {
    /// What is counted.
    pub name: &'static str,
    /// The number.
    pub count: u64,
    /// Its meaning, in a sentence.
    pub meaning: &'static str,
    /// Whether it is a part of the last row before it that is not.
    pub is_part: bool,
}

/// The events of a share of the cases.
#[derive(Clone, Debug)]
pub struct EventShare {
    /// The numbers of cases that reached each event.
    pub table: EventTable,
    /// Which share of the cases it is, in words.
    pub share: String,
}

/// The page.
pub fn page(run: &RunPage) -> String {
    let body = body(run);
    let word = if run.is_reduced { "bug" } else { "fingerprint" };
    let found = match run.clusters.len() {
        1 => format!("1 {word}"),
        n => format!("{n} {word}s"),
    };
    let title = format!("{}: {found} · gcdiff", run.title);
    match &run.state {
        State::Running { refresh, .. } => live_frame(&title, *refresh, body),
        State::Ended | State::EndedEarly(_) => frame(&title, body),
    }
}

fn body(run: &RunPage) -> Markup {
    html! {
        (summary::header(run))
        (clusters::section(run))
        @if let Some(timeline) = &run.timeline { (rates::section(run.items, timeline)) }
        (counts::section(run))
        @if let Some(events) = &run.events { (reached::section(events)) }
        section aria-labelledby="settings" {
            h2 id="settings" { "Settings" }
            (parts::table("settings", html! { th { "setting" } th { "value" } }, html! {
                @for (name, value) in &run.settings {
                    tr { th scope="row" { (name) } td { (line(value)) } }
                }
            }))
        }
    }
}

#[cfg(test)]
mod tests;
