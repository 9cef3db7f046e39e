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

/// Text from input on one line, safe to show; see [the module](self).
pub fn line(text: &str) -> String {
    escape::Line(text).to_string()
}

/// The same with line breaks kept. A tab, which is harmless in a page, is shown as spaces.
pub fn lines(text: &str) -> String {
    escape::Lines(&text.replace('\t', "    ")).to_string()
}
