//! Text from input, made safe to print.
//!
//! Names, paths, parser messages and option values come from the input. A terminal obeys control
//! characters, reorders text after bidirectional controls, and shows nothing for many format
//! characters. So all printed text passes through this module: a character that is not plainly
//! visible is printed as an escape of the text format, `\u{1b}`.

use std::fmt;
use std::path::Path;

/// Whether a character is printed unchanged. All others are escaped: controls (C0, DEL, C1), line
/// separators, format characters (bidirectional controls among them), zero-width and combining
/// characters, spaces other than U+0020, private-use and unassigned code points.
pub fn is_visible(c: char) -> bool {
    // Rust escapes these only for use in its own literals.
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// Text on one line: line breaks are escaped, too, so that it cannot pass for several lines.
#[derive(Copy, Clone, Debug)]
pub struct Line<'a>(pub &'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, |_| false, f)
    }
}

/// Text whose line breaks are kept.
#[derive(Copy, Clone, Debug)]
pub struct Lines<'a>(pub &'a str);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, |c| c == '\n', f)
    }
}

/// A path on one line. Bytes that are not Unicode are shown as U+FFFD.
pub fn path(path: impl AsRef<Path>) -> String {
    Line(&path.as_ref().to_string_lossy()).to_string()
}

/// Writes the text, with escapes for all characters that are neither visible nor allowed by `also`.
fn escape(text: &str, also: impl Fn(char) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(|c| !is_visible(c) && !also(c)) {
        f.write_str(&rest[..at])?;
        let mut after = rest[at..].chars();
        if let Some(c) = after.next() {
            write!(f, "{}", c.escape_debug())?;
        }
        rest = after.as_str();
    }
    f.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_visible_stays_and_nothing_else() {
        for plain in ["", "a \"b\" 'c' \\u{1b}", "größe ∀ 漢字 🦀", "$x.y"] {
            assert_eq!(Line(plain).to_string(), plain);
            assert_eq!(Lines(plain).to_string(), plain);
        }
        let text = "a\x1b[31m\r\tb\nc\0\x7f\u{9b}\u{202e}\u{2066}\u{feff}\u{200b}\u{2028}\u{a0}";
        let line =
            r"a\u{1b}[31m\r\tb\nc\0\u{7f}\u{9b}\u{202e}\u{2066}\u{feff}\u{200b}\u{2028}\u{a0}";
        assert_eq!(Line(text).to_string(), line);
        assert_eq!(Lines(text).to_string(), line.replace("\\n", "\n"));
        assert_eq!(path(Path::new("a\nb\x1b")), r"a\nb\u{1b}");
    }

    #[test]
    fn no_scalar_value_reaches_a_terminal_as_a_command() {
        for c in '\0'..=char::MAX {
            let shown = Lines(c.encode_utf8(&mut [0; 4])).to_string();
            let bad = |c: char| {
                let bidi = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                            \u{2066}\u{2067}\u{2068}\u{2069}";
                (c.is_control() && c != '\n') || bidi.contains(c)
            };
            assert!(!shown.contains(bad), "{c:?}");
        }
    }
}
