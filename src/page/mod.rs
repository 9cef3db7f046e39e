//! Pages of HTML: the report on a campaign, and a page for each finding.
//!
//! A page is one file that needs no other: no network, no style sheet, no font. It is legible in
//! light and dark, on a phone, without a mouse and on paper. [`frame`] is what all pages share;
//! [`parts`] has tables, badges and listings, in the classes of `style.css`.
//!
//! Functions here turn data into text. They read no file and no clock.
//!
//! # Text from input
//!
//! Fingerprints, paths, messages and modules come from input, and a page must show them without
//! obeying them. Templates escape markup, but a bidirectional control would still reorder the text
//! around it. So all such text passes through [`line()`] or [`parts::listing`] first, which make
//! characters visible as on a terminal ([`escape`]). The content security policy of the page is
//! the second line: it permits nothing from elsewhere, and scripts only on pages that have one of
//! ours: to tell that a report is out of date, and to step through the heap of a finding.

mod chart;
pub mod finding;
mod frame;
pub mod name;
pub mod parts;
pub mod run;
mod timeline;
pub mod units;

pub use frame::{frame, live_frame, scripted_frame};
pub use timeline::Timeline;

use crate::escape;

/// Text from input on one line, safe to show; see [the module](self). Long text is cut: names may
/// have any length.
pub fn line(text: &str) -> String {
    shortened(escape::Line(text).to_string())
}

/// The same in full.
pub fn whole_line(text: &str) -> String {
    escape::Line(text).to_string()
}

/// Longer lines are cut.
const MAX_LINE: usize = 1000;

fn shortened(mut line: String) -> String {
    if let Some((at, _)) = line.char_indices().nth(MAX_LINE) {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// The same with line breaks kept. A tab, which is harmless in a page, is shown as spaces.
pub fn lines(text: &str) -> String {
    let text = escape::Lines(&text.replace('\t', "    ")).to_string();
    let lines = text
        .split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => shortened(line.into()) + "\n",
            None => shortened(line.into()),
        });
    lines.collect()
}
