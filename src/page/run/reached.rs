//! Events of a collector that cases reached.

use super::EventShare;
use crate::events::Event;
use crate::page::{parts, units};
use maud::{Markup, html};

/// The table of events.
pub(super) fn section(events: &EventShare) -> Markup {
    let table = &events.table;
    let missed: Vec<Event> = Event::ALL
        .iter()
        .copied()
        .filter(|event| table.reached(*event) == 0)
        .collect();
    let reached = Event::ALL.len() - missed.len();
    html! {
        section aria-labelledby="events" {
            h2 id="events" { "Events" }
            p class="note" {
                "What the cases did to the counting heap, of " (events.share) ": "
                (units::number(table.cases)) " cases, which ran once more with a recorder. "
                (reached) " of " (Event::ALL.len()) " events were reached."
            }
            @if table.cases > 0 && !missed.is_empty() {
                p class="missed" {
                    "Not reached: "
                    @for event in &missed { span class="badge" title=(event.meaning()) { (event.name()) } " " }
                }
            }
            (parts::table("events", html! {
                th { "event" } th class="number" { "cases" } th { "share" } th { "meaning" }
            }, html! {
                @for event in Event::ALL {
                    @let count = table.reached(*event);
                    tr class=[(count == 0).then_some("none")] {
                        th scope="row" { code { (event.name()) } }
                        td class="number" { (units::number(count)) }
                        (parts::share(count, table.cases))
                        td class="meaning" { (event.meaning()) }
                    }
                }
            }))
        }
    }
}
