//! Parts of pages, in the classes of `style.css`.

use super::{line, lines, units, whole_line};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The colour of a badge.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Grey: neither good nor bad.
    Plain,
    /// Green.
    Good,
    /// Red.
    Bad,
    /// Yellow.
    Warning,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Plain => "badge",
            Tone::Good => "badge good",
            Tone::Bad => "badge bad",
            Tone::Warning => "badge warning",
        }
    }
}

/// A word or two in a frame.
pub fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class=(tone.class()) { (line(text)) } }
}

/// A figure with its name, and a remark in small print.
pub fn tile(name: &str, value: &str, remark: &str) -> Markup {
    html! {
        div class="tile" {
            dt { (line(name)) }
            dd { (line(value)) small { (line(remark)) } }
        }
    }
}

/// A table that scrolls sideways where it is too wide, by keyboard, too. `label` is read out in the
/// place of a caption.
pub fn table(label: &str, head: Markup, rows: Markup) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(line(label)) {
            table {
                thead { tr { (head) } }
                tbody { (rows) }
            }
        }
    }
}

/// A bar for the share of a total.
pub fn bar(part: u64, total: u64) -> Markup {
    let share = part as f64 * 100.0 / total.max(1) as f64;
    let style = format!("width:{:.1}%", share.clamp(0.0, 100.0));
    html! { span class="bar" aria-hidden="true" { span style=(style) {} } }
}

/// A cell with a share in percent, and its bar.
pub fn share(part: u64, total: u64) -> Markup {
    html! { td class="share" { (units::percent(part, total)) (bar(part, total)) } }
}

/// A command for a shell. A click selects it.
pub fn command(text: &str) -> Markup {
    html! { pre class="command" tabindex="0" aria-label="command" { code { (whole_line(text)) } } }
}

/// Text of several lines as a terminal shows it.
pub fn output(label: &str, text: &str) -> Markup {
    html! { pre class="output" tabindex="0" aria-label=(line(label)) { code { (lines(text)) } } }
}

/// A link; only its text if there is no address.
pub fn anchor(href: Option<&str>, text: &str) -> Markup {
    match href {
        Some(href) => html! { a href=(href) { (line(text)) } },
        None => html! { (line(text)) },
    }
}

/// Text with numbered lines, each with the id `L` and its number, and one line highlighted, if it
/// is given. Of long text, the part around this line is shown. Lines in `touched` have a mark at
/// the edge.
pub fn listing(text: &str, marked: Option<u32>, touched: &BTreeSet<u32>) -> Markup {
    let text = lines(text);
    let all: Vec<&str> = text.lines().collect();
    let marked = marked.map(|line| line as usize);
    let first = match marked {
        Some(line) if all.len() > MAX_LINES => line.saturating_sub(MAX_LINES / 2),
        _ => 0,
    };
    let first = first.min(all.len().saturating_sub(MAX_LINES));
    let shown = &all[first..all.len().min(first + MAX_LINES)];
    let class = |number: usize, text: &str| match marked {
        Some(line) if line == number => Some("hit"),
        _ if touched.contains(&(number as u32)) => Some("touched"),
        _ if text.trim_start().starts_with(";;") => Some("comment"),
        _ => None,
    };
    html! {
        @if shown.len() < all.len() {
            p class="note" {
                "Lines " (first + 1) " to " (first + shown.len()) " of " (all.len()) "."
            }
        }
        pre class="listing" tabindex="0" aria-label="text with line numbers" {
            code style=(format!("counter-reset:line {first}")) {
                @for (number, text) in (first + 1..).zip(shown) {
                    span id=(format!("L{number}")) class=[class(number, text)] { (text) "\n" }
                }
            }
        }
    }
}

/// Longer text makes a page that browsers scroll slowly.
const MAX_LINES: usize = 4000;

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<script>alert(1)</script> \" onclick='x' &lt; \u{202e}\x1b[31m";

    #[test]
    fn no_part_obeys_its_text() {
        let (hostile, none) = (HOSTILE, BTreeSet::new());
        let all = html! {
            (badge(Tone::Bad, hostile)) (tile(hostile, hostile, hostile))
            (table(hostile, html! {}, html! {})) (command(hostile)) (output(hostile, hostile))
            (anchor(None, hostile)) (anchor(Some("x.html"), hostile)) (listing(hostile, Some(1), &none))
        };
        let page = all.into_string();
        for bad in ["<script", "\u{202e}", "\x1b", "\" onclick"] {
            assert!(!page.contains(bad), "{bad:?}: {page}");
        }
        let shown = "&lt;script&gt;alert(1)&lt;/script&gt; &quot; onclick='x' &amp;lt; \\u{202e}";
        assert!(page.matches(shown).count() >= 10, "{page}");
    }

    #[test]
    fn lines_are_numbered_and_one_is_marked() {
        let page = listing(
            ";; note\n(module\n\n\t(func))\n",
            Some(4),
            &BTreeSet::from([2]),
        )
        .into_string();
        for wanted in [
            "<span id=\"L1\" class=\"comment\">;; note\n</span>",
            "<span id=\"L2\" class=\"touched\">(module\n</span>",
            "<span id=\"L3\">\n</span>",
            "<span id=\"L4\" class=\"hit\">    (func))\n</span></code>",
            "counter-reset:line 0",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        assert!(
            !listing("a\nb", None, &BTreeSet::new())
                .into_string()
                .contains("hit")
        );
        assert!(
            !listing("", Some(7), &BTreeSet::new())
                .into_string()
                .contains("<span")
        );
    }

    #[test]
    fn of_long_text_the_part_around_the_marked_line_is_shown() {
        let text = "x\n".repeat(10_000);
        for (marked, first) in [
            (None, 1),
            (Some(1), 1),
            (Some(5000), 3001),
            (Some(10_000), 6001),
        ] {
            let page = listing(&text, marked, &BTreeSet::new()).into_string();
            let last = first + MAX_LINES - 1;
            assert!(
                page.contains(&format!("Lines {first} to {last} of 10000.")),
                "{marked:?}"
            );
            assert!(page.contains(&format!("counter-reset:line {}\"", first - 1)));
            assert_eq!(page.matches("<span").count(), MAX_LINES);
            assert_eq!(page.contains("class=\"hit\""), marked.is_some());
        }
    }
}
