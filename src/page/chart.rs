//! Charts: a curve over time, or two over the entries of a list.
//!
//! The curve is SVG that is stretched to the width of the page, and the labels of the axes are
//! text of the page beside it. So labels keep their size on a phone, and both take their colours
//! from the style sheet, in light and dark. Crates that draw charts place text in the picture, where
//! it shrinks with it, and most write colours into it.

use super::{line, units};
use maud::{Markup, html};
use std::fmt::Write;

/// A curve, or two.
#[derive(Clone, Debug)]
pub(super) struct Chart<'a> {
    /// The heading.
    pub caption: &'a str,
    /// A description for those who do not see it.
    pub description: String,
    /// Seconds, or numbers of entries, and values.
    pub points: Vec<(f64, f64)>,
    /// Another curve to compare with.
    pub compared: Vec<(f64, f64)>,
    /// Points to mark, with labels.
    pub marks: Vec<(f64, f64, &'a str)>,
    /// The right edge.
    pub end: f64,
    /// Whether the horizontal axis is time.
    pub is_over_time: bool,
    /// Whether the area below the curve is filled.
    pub filled: bool,
}

/// The picture is a square of this size before it is stretched.
const SIZE: f64 = 1000.0;

impl Chart<'_> {
    /// The chart as part of a page.
    pub fn figure(&self) -> Markup {
        let all = self.points.iter().chain(&self.compared);
        let top = all.map(|(_, value)| *value);
        let values = ticks(top.fold(0.0, f64::max), &[1.0, 2.0, 5.0, 10.0], 4.0);
        let highest = values.last().copied().unwrap_or(1.0);
        let end = if self.end > 0.0 { self.end } else { 1.0 };
        let times = match self.is_over_time {
            true => time_ticks(end),
            false => number_ticks(end),
        };
        let (x, y) = (|at: f64| at / end, |value: f64| 1.0 - value / highest);
        let path_of =
            |points: &[(f64, f64)]| path(points.iter().map(|(at, value)| (x(*at), y(*value))));
        let (path, compared) = (path_of(&self.points), path_of(&self.compared));
        let area = match (self.points.first(), self.points.last()) {
            (Some((first, _)), Some((last, _))) if self.filled => {
                let (first, last) = (SIZE * x(*first), SIZE * x(*last));
                Some(format!("{path}L{last:.1} {SIZE}L{first:.1} {SIZE}Z"))
            }
            _ => None,
        };
        let percent = |share: f64| format!("{:.2}%", 100.0 * share);
        let grid = |share: f64| format!("{:.1}", SIZE * share);
        html! {
            figure class="chart" {
                figcaption { (line(self.caption)) }
                div class="plot" {
                    div class="values" aria-hidden="true" {
                        @for value in &values {
                            span style=(format!("top:{}", percent(y(*value)))) {
                                (units::short_number(*value))
                            }
                        }
                    }
                    svg viewBox=(format!("0 0 {SIZE} {SIZE}")) preserveAspectRatio="none" role="img"
                        aria-label=(line(&self.description)) {
                        @for value in &values {
                            line class="grid" x1="0" x2=(SIZE) y1=(grid(y(*value))) y2=(grid(y(*value))) {}
                        }
                        @for (at, _) in &times {
                            line class="grid" y1="0" y2=(SIZE) x1=(grid(x(*at))) x2=(grid(x(*at))) {}
                        }
                        @if let Some(area) = &area { path class="area" d=(area) {} }
                        @if !self.compared.is_empty() { path class="compared" d=(compared) {} }
                        path class="curve" d=(path) {}
                        // A dot is a line without length, whose round ends are not stretched.
                        @for (at, value, label) in &self.marks {
                            path class="mark" d=(format!("M{} {}h0", grid(x(*at)), grid(y(*value)))) {
                                title { (line(label)) }
                            }
                        }
                    }
                    div class="times" aria-hidden="true" {
                        @for (at, label) in &times {
                            span style=(format!("left:{}", percent(x(*at)))) { (label) }
                        }
                    }
                }
            }
        }
    }
}

/// A path through points of the unit square.
fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (i, (x, y)) in points.enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{:.1} {:.1}", SIZE * x, SIZE * y);
    }
    path
}

/// Multiples of a round step from 0 to the first that is not below `max`, about `count` of them.
/// `steps` are the round numbers from 1 to 10.
fn ticks(max: f64, steps: &[f64], count: f64) -> Vec<f64> {
    let max = if max > 0.0 { max } else { 1.0 };
    let scale = 10_f64.powf((max / count).log10().floor());
    let mut round = steps.iter().map(|step| step * scale);
    let step = round.find(|step| max / step <= count + 1e-9);
    let step = step.unwrap_or(10.0 * scale);
    (0..=(max / step - 1e-9).ceil() as u32)
        .map(|i| f64::from(i) * step)
        .collect()
}

/// Round numbers up to `end`, with labels.
fn number_ticks(end: f64) -> Vec<(f64, String)> {
    let all = ticks(end, &[1.0, 2.0, 5.0, 10.0], 5.0).into_iter();
    let whole = all.filter(|at| *at <= end + 1e-9 && at.fract() == 0.0);
    whole.map(|at| (at, units::short_number(at))).collect()
}

/// Round times up to `end`, with labels.
fn time_ticks(end: f64) -> Vec<(f64, String)> {
    const UNITS: [(f64, &str, &[f64]); 4] = [
        (86_400.0, "d", &[1.0, 2.0, 5.0, 10.0]),
        (3600.0, "h", &[1.0, 2.0, 3.0, 6.0, 12.0]),
        (60.0, "min", &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0]),
        (1.0, "s", &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0]),
    ];
    /// At most this many, so that labels do not touch on a phone.
    const MAX: f64 = 5.0;
    let small = (end / MAX, "s", 1.0);
    let steps = UNITS.iter().rev().flat_map(|(seconds, unit, steps)| {
        steps
            .iter()
            .map(move |step| (step * seconds, *unit, *seconds))
    });
    let fitting = steps.clone().find(|(step, ..)| end / step <= MAX);
    let (step, unit, seconds) = match fitting {
        Some(fitting) if end >= 1.0 => fitting,
        // More than fifty days.
        None => (end / MAX, "d", 86_400.0),
        Some(_) => small,
    };
    let label = |at: f64| format!("{} {unit}", units::short_number(at / seconds));
    let times = (0..)
        .map(|i| f64::from(i) * step)
        .take_while(|at| *at <= end + 1e-9);
    times.map(|at| (at, label(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        let ticks = |max| ticks(max, &[1.0, 2.0, 5.0, 10.0], 4.0);
        assert_eq!(ticks(0.0), [0.0, 0.5, 1.0]);
        assert_eq!(ticks(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(617.0), [0.0, 200.0, 400.0, 600.0, 800.0]);
        assert_eq!(ticks(12_345.0), [0.0, 5000.0, 10_000.0, 15_000.0]);
        let labels = |end| {
            time_ticks(end)
                .into_iter()
                .map(|(_, label)| label)
                .collect::<Vec<_>>()
        };
        assert_eq!(labels(30.0), ["0 s", "10 s", "20 s", "30 s"]);
        assert_eq!(
            labels(600.0),
            ["0 min", "2 min", "4 min", "6 min", "8 min", "10 min"]
        );
        assert_eq!(labels(5000.0), ["0 min", "30 min", "60 min"]);
        assert_eq!(labels(90_000.0), ["0 h", "6 h", "12 h", "18 h", "24 h"]);
        let numbers: Vec<f64> = number_ticks(7.0).into_iter().map(|(at, _)| at).collect();
        assert_eq!(numbers, [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(labels(0.5).len(), 6);
        assert!(labels(1e9).len() <= 6);
    }

    #[test]
    fn a_chart_is_within_its_square_and_escapes_its_labels() {
        let chart = Chart {
            caption: "a < b",
            description: "\"quoted\"".into(),
            points: vec![(0.0, 0.0), (1.0, 50.0), (2.0, 100.0)],
            compared: vec![(0.0, 25.0), (2.0, 25.0)],
            is_over_time: true,
            marks: vec![(1.0, 50.0, "<script>")],
            end: 2.0,
            filled: true,
        };
        let page = chart.figure().into_string();
        for wanted in [
            "a &lt; b",
            "aria-label=\"&quot;quoted&quot;\"",
            "d=\"M0.0 1000.0L500.0 500.0L1000.0 0.0\"",
            "L1000.0 1000L0.0 1000Z",
            "class=\"compared\" d=\"M0.0 750.0L1000.0 750.0\"",
            "<title>&lt;script&gt;</title>",
            "preserveAspectRatio=\"none\"",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        // Without a point there are axes.
        let empty = Chart {
            points: Vec::new(),
            compared: Vec::new(),
            marks: Vec::new(),
            end: 0.0,
            ..chart
        };
        let page = empty.figure().into_string();
        assert!(page.contains("d=\"\"") && !page.contains("NaN") && !page.contains("inf"));
    }
}
