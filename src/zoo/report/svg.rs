//! Drawing curves as SVG.

use super::survival::Curve;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
/// The area of the curves.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 420.0;

/// Colours that can be distinguished on light and dark backgrounds, and by most eyes.
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7f7f7f",
];

/// Draws survival curves over times from 1 to `max`, on a logarithmic scale.
pub fn draw(curves: &[Curve], max: u64, command: &str) -> String {
    let decades = (max.max(10) as f64).log10();
    let x = |time: f64| LEFT + (RIGHT - LEFT) * time.max(1.0).log10() / decades;
    let y = |share: f64| BOTTOM - (BOTTOM - TOP) * share;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#777\">\n<desc>{command}</desc>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">Share of trials (a fault and a seed) not yet detected, by cases judged</text>\n"
    );
    for i in 0..=4 {
        let share = f64::from(i) / 4.0;
        let at = y(share);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{RIGHT}\" y2=\"{at:.1}\" stroke=\"#777\" stroke-opacity=\"0.3\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.0} %</text>",
            LEFT - 8.0,
            at + 4.0,
            100.0 * share
        );
    }
    let mut time = 1;
    while time <= max {
        let at = x(time as f64);
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{BOTTOM}\" stroke=\"#777\" stroke-opacity=\"0.3\"/>\n\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{time}</text>",
            BOTTOM + 18.0
        );
        time *= 10;
    }
    for (i, curve) in curves.iter().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let mut path = format!("M{:.1} {:.1}", x(1.0), y(1.0));
        for (time, share) in &curve.steps {
            let _ = write!(path, "H{:.1}V{:.1}", x(*time as f64), y(*share));
        }
        let _ = write!(path, "H{:.1}", x(max as f64));
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
        let last = curve.steps.last().map_or(1.0, |(_, share)| *share);
        if curve.censored {
            // The remaining trials were stopped here.
            let _ = writeln!(
                out,
                "<line x1=\"{RIGHT}\" y1=\"{:.1}\" x2=\"{RIGHT}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                y(last) - 5.0,
                y(last) + 5.0
            );
        }
        let line = TOP + 12.0 + 40.0 * i as f64;
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"18\" height=\"4\" fill=\"{colour}\"/>\n\
             <text x=\"{:.1}\" y=\"{line:.1}\">{}</text>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.1} % left</text>",
            RIGHT + 20.0,
            line - 6.0,
            RIGHT + 44.0,
            curve.label,
            RIGHT + 44.0,
            line + 15.0,
            100.0 * last
        );
    }
    out += "</svg>\n";
    out
}
