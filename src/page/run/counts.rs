//! What the cases did.

use super::RunPage;
use crate::page::{parts, units};
use maud::{Markup, html};

/// The table of counts.
pub(super) fn section(run: &RunPage) -> Markup {
    let total = run.counts.first().map_or(0, |row| row.count);
    html! {
        section aria-labelledby="counts" {
            h2 id="counts" { "Counts" }
            (parts::table("counts", html! {
                th { (run.items) } th class="number" { "number" } th { "share" } th { "meaning" }
            }, html! {
                @for row in &run.counts {
                    tr class=[row.is_part.then_some("part")] {
                        th scope="row" { (row.name) }
                        td class="number" { (units::number(row.count)) }
                        (parts::share(row.count, total))
                        td class="meaning" { (row.meaning) }
                    }
                }
            }))
        }
    }
}
