//! Cases over time.

use crate::page::chart::Chart;
use crate::page::{Timeline, units};
use maud::{Markup, html};

/// Number of windows over which rates are shown.
const WINDOWS: usize = 60;

/// The number of items done and the rate, over time.
pub(super) fn section(items: &str, timeline: &Timeline) -> Markup {
    let (done, rates, marks) = (timeline.cases(), timeline.rates(WINDOWS), timeline.marks());
    let (end, total) = done.last().copied().unwrap_or_default();
    let highest = rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let has_marks = !marks.is_empty();
    let total = units::number(total as u64);
    let cases = Chart {
        caption: &format!("{items} judged"),
        description: format!("{total} {items} judged in {end:.0} seconds"),
        points: done,
        compared: Vec::new(),
        marks,
        end,
        is_over_time: true,
        filled: true,
    };
    let rate = Chart {
        caption: &format!("{items} per second"),
        description: format!("at most {highest:.0} {items} per second"),
        points: rates,
        compared: Vec::new(),
        marks: Vec::new(),
        end,
        is_over_time: true,
        filled: false,
    };
    html! {
        section aria-labelledby="rates" {
            h2 id="rates" { "Rate" }
            div class="charts" { (cases.figure()) (rate.figure()) }
            @if has_marks {
                p class="note" { span class="dot" {} " a new fingerprint" }
            }
        }
    }
}
