//! The ledger of the object: a chart of its count against its owners, and a table.

use crate::explain::{STEPS, name_of_place};
use crate::oracle::{Ledger, LedgerEntry};
use crate::page::chart::Chart;
use crate::page::{line, parts};
use maud::{Markup, html};

/// Entries of a long ledger that are shown before and behind the gap.
const SHOWN: (usize, usize) = (100, 300);

/// The section. Its heading has the id `id`.
pub(super) fn section(ledger: &Ledger, run: &str, id: &str, is_of_another: bool) -> Markup {
    let counts = ledger.entries.iter().any(|entry| entry.count.is_some());
    let (first, last) = SHOWN;
    let end = ledger.entries.len().saturating_sub(last).max(first);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { "Ledger of the object" }
            p class="note" {
                code { (line(&ledger.ty)) } " in heap " (line(run)) ". Each row is an operation that changed "
                "something about the object: what the heap did, then which owners came and went."
                @if is_of_another { " It is the object that the law is about; the culprit may concern another one." }
                @if let n @ 1.. = ledger.skipped { " Operations before " (n + 1) " are too many to look at." }
            }
            @if ledger.entries.len() > 1 { (chart(ledger, counts)) }
            (parts::table("ledger", html! {
                th class="number" { "operation" }
                th class="number" { "safepoint" }
                @if counts { th class="number" { "count" } }
                th class="number" { "owners" }
                th { "what happened" }
            }, html! {
                @for (index, entry) in ledger.entries.iter().enumerate() {
                    @let is_culprit = ledger.culprit == Some(index);
                    @if index < first || index >= end || is_culprit {
                        (row(entry, is_culprit, counts))
                    } @else if index == first {
                        tr { td colspan="5" class="none" { "… " (end - first) " entries are left out …" } }
                    }
                }
            }))
        }
    }
}

fn row(entry: &LedgerEntry, is_culprit: bool, counts: bool) -> Markup {
    let differs = entry.count.is_some_and(|count| count != entry.expected);
    html! {
        tr class=[is_culprit.then_some("culprit")] {
            td class="number" { (entry.operation) }
            td class="number" { (entry.safepoint) }
            @if counts {
                td class=(if differs { "number bad" } else { "number" }) {
                    @match entry.count { Some(count) => (count), None => "–" }
                }
            }
            td class="number" { (entry.expected) }
            td {
                div { (name_of_place_link(entry)) }
                ul class="events" {
                    @for event in entry.events.iter().take(STEPS) { li { (line(&event.to_string())) } }
                    @if entry.events.len() > STEPS { li { (entry.events.len() - STEPS) " more" } }
                }
                @if let (true, Some(breach)) = (is_culprit, entry.breach) {
                    p class="bad" { strong { "Here: " } (breach.about()) }
                }
            }
        }
    }
}

fn name_of_place_link(entry: &LedgerEntry) -> Markup {
    match &entry.place {
        Some(place) => super::place(place),
        None => html! { (name_of_place(None)) },
    }
}

fn chart(ledger: &Ledger, counts: bool) -> Markup {
    let end = ledger.entries.len() as f64 + 1.0;
    // A count stays until the next entry changes it.
    let stairs = |value: &dyn Fn(&LedgerEntry) -> Option<u32>| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let values = ledger.entries.iter().map(value).zip(1_u32..);
        for (value, index) in values {
            let (Some(value), at) = (value, f64::from(index)) else {
                continue;
            };
            if let Some((_, before)) = points.last().copied() {
                points.push((at, before));
            }
            points.push((at, f64::from(value)));
        }
        let last = points.last().map(|(_, value)| (end, *value));
        points.extend(last);
        points
    };
    let owners = stairs(&|entry| Some(entry.expected));
    let culprit = ledger.culprit.and_then(|index| {
        let entry = ledger.entries.get(index)?;
        let value = entry.count.unwrap_or(entry.expected);
        Some(((index + 1) as f64, f64::from(value), "the culprit"))
    });
    let (points, compared) = match counts {
        true => (stairs(&|entry| entry.count), owners),
        false => (owners, Vec::new()),
    };
    let chart = Chart {
        caption: match counts {
            true => "count (line) and owners (dashed), by entry",
            false => "owners, by entry",
        },
        description: "the table below has the same figures".into(),
        points,
        compared,
        marks: culprit.into_iter().collect(),
        end,
        is_over_time: false,
        filled: false,
    };
    html! {
        (chart.figure())
        @if culprit.is_some() { p class="note" { span class="dot" {} " the culprit" } }
    }
}
