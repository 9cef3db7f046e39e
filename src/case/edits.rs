//! Edits that turn a byte string into a similar one.
//!
//! As text they are tokens separated by blanks: `12` keeps twelve bytes, `-2`
//! deletes two, `+7f01` inserts two. Bytes after the last token are kept.

use std::fmt::{self, Write};

/// One edit.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Edit {
    Keep(usize),
    Drop(usize),
    Insert(Vec<u8>),
}

/// Edits in the order of the bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

/// Number of equal bytes that end a difference.
const ANCHOR: usize = 4;

/// Maximum length of a difference in either string. If it has not ended by
/// then, the rest counts as different. The search is quadratic in this length.
const REACH: usize = 512;

impl Edits {
    /// Edits that turn `from` into `to`. They are always correct, and short if
    /// the bytes differ in a few places.
    pub fn between(from: &[u8], to: &[u8]) -> Edits {
        let mut edits = Vec::new();
        let (mut a, mut b) = (from, to);
        while a != b {
            let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
            (a, b) = (&a[same..], &b[same..]);
            let (dropped, inserted) = difference(a, b);
            if same > 0 {
                edits.push(Edit::Keep(same));
            }
            if dropped > 0 {
                edits.push(Edit::Drop(dropped));
            }
            if inserted > 0 {
                edits.push(Edit::Insert(b[..inserted].to_vec()));
            }
            (a, b) = (&a[dropped..], &b[inserted..]);
        }
        Edits(edits)
    }

    /// Applies the edits. `None` if `from` is too short for them.
    pub fn apply(&self, from: &[u8]) -> Option<Vec<u8>> {
        let mut rest = from;
        let mut out = Vec::with_capacity(from.len());
        for edit in &self.0 {
            match edit {
                Edit::Keep(n) => {
                    let (kept, after) = rest.split_at_checked(*n)?;
                    out.extend(kept);
                    rest = after;
                }
                Edit::Drop(n) => rest = rest.get(*n..)?,
                Edit::Insert(bytes) => out.extend(bytes),
            }
        }
        out.extend(rest);
        Some(out)
    }

    /// Parses tokens. `None` if one is not valid.
    pub fn parse<'a>(tokens: impl Iterator<Item = &'a str>) -> Option<Edits> {
        let edit = |token: &str| {
            if let Some(digits) = token.strip_prefix('+') {
                let pairs = digits.as_bytes().chunks(2);
                let bytes = pairs.map(|pair| {
                    let pair = std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?;
                    u8::from_str_radix(pair, 16).ok()
                });
                return bytes.collect::<Option<_>>().map(Edit::Insert);
            }
            match token.strip_prefix('-') {
                Some(n) => n.parse().ok().map(Edit::Drop),
                None => token.parse().ok().map(Edit::Keep),
            }
        };
        tokens.map(edit).collect::<Option<_>>().map(Edits)
    }
}

/// Lengths to drop from `a` and to take from `b` until both go on alike, with
/// the least sum within reach. The first bytes must differ.
fn difference(a: &[u8], b: &[u8]) -> (usize, usize) {
    for sum in 1..=2 * REACH {
        let least = sum.saturating_sub(REACH.min(b.len()));
        for dropped in least..=sum.min(REACH).min(a.len()) {
            let (x, y) = (&a[dropped..], &b[sum - dropped..]);
            let ends = x.is_empty() && y.is_empty();
            if ends || x.len() >= ANCHOR && y.len() >= ANCHOR && x[..ANCHOR] == y[..ANCHOR] {
                return (dropped, sum - dropped);
            }
        }
    }
    (a.len(), b.len())
}

impl fmt::Display for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, edit) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_char(' ')?;
            }
            match edit {
                Edit::Keep(n) => write!(f, "{n}")?,
                Edit::Drop(n) => write!(f, "-{n}")?,
                Edit::Insert(bytes) => {
                    f.write_char('+')?;
                    for byte in bytes {
                        write!(f, "{byte:02x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(from: &[u8], to: &[u8]) -> String {
        let edits = Edits::between(from, to);
        assert_eq!(edits.apply(from).as_deref(), Some(to));
        let text = edits.to_string();
        assert_eq!(Edits::parse(text.split_whitespace()), Some(edits));
        text
    }

    #[test]
    fn edits_turn_one_into_the_other() {
        assert_eq!(edits(b"", b""), "");
        assert_eq!(edits(b"same", b"same"), "");
        assert_eq!(edits(b"", b"ab"), "+6162");
        assert_eq!(edits(b"ab", b""), "-2");
        assert_eq!(edits(b"0123456789", b"01x3456789"), "2 -1 +78");
        assert_eq!(edits(b"0123456789", b"013456789"), "2 -1");
        assert_eq!(edits(b"0123456789", b"0123456789!"), "10 +21");
        // Dissimilar byte strings of all lengths.
        let bytes: Vec<u8> = (0..3000u32).map(|i| ((i * i) >> 3) as u8).collect();
        for n in [0, 1, 3, 4, 5, 600, 1500] {
            edits(&bytes[..n], &bytes[1500..]);
            edits(&bytes[1500..], &bytes[..n]);
            edits(&bytes, &bytes[n..]);
        }
    }

    #[test]
    fn what_is_no_edit_is_refused() {
        for bad in ["x", "+0", "+0g", "-", "--1", "1 +é"] {
            assert_eq!(Edits::parse(bad.split_whitespace()), None, "{bad}");
        }
        for long in ["3", "-3", "2 -1", "18446744073709551615"] {
            let edits = Edits::parse(long.split_whitespace()).unwrap();
            assert_eq!(edits.apply(b"ab"), None, "{long}");
        }
    }
}
