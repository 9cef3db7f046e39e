//! Quoting of words in shell commands.

use crate::escape::is_visible;
use std::ffi::OsStr;

/// Quotes a word so that a shell reads it back unchanged: plain if possible, else in quotes, or in
/// `$'...'` with escapes if any character is not visible, since output would escape that character
/// in a way that no shell undoes. A word that begins with a dash is taken for a path, and is
/// prefixed with `./`.
pub fn quote(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    match word.as_encoded_bytes().first() {
        Some(b'-') => quoted("./", word),
        _ => quoted("", word),
    }
}

/// A command of these words, as it is given to a shell. Of a long one, the first words.
pub fn command_line(words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    const MAX: usize = 100;
    let mut words: Vec<String> = words
        .into_iter()
        .map(|word| quoted("", word.as_ref()))
        .collect();
    if words.len() > MAX {
        let more = words.len() - MAX;
        words.truncate(MAX);
        words.push(format!("# and {more} more words"));
    }
    words.join(" ")
}

/// Quotes a word, with a plain prefix.
fn quoted(dash: &str, word: &OsStr) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => format!("{dash}{text}"),
        Some(text) if text.chars().all(is_visible) => {
            format!("'{dash}{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            let escaped = word.as_encoded_bytes().iter().map(|byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\{byte:03o}"),
            });
            format!("$'{dash}{}'", escaped.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escape::Lines;
    use std::process::Command;

    const WORDS: [&str; 15] = [
        "findings/a-b.wat",
        "",
        "two words",
        "it's",
        "$(reboot)",
        "a;b|c&d>e<f*?[x]~#!",
        "back\\slash",
        "new\nline",
        "\x1b[31mred's \\",
        "-rf",
        "größe",
        "\u{202e}bidi",
        "हिंदी",
        "e\u{301}",
        "∀ 🦀",
    ];

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        let Ok(bash) = Command::new("bash").arg("--version").output() else {
            return;
        };
        assert!(bash.status.success());
        for word in WORDS {
            let script = format!("printf %s {}", quote(word));
            let ran = Command::new("bash").args(["-c", &script]).output().unwrap();
            let wanted = match word.strip_prefix('-') {
                Some(rest) => format!("./-{rest}"),
                None => word.to_string(),
            };
            assert_eq!(String::from_utf8(ran.stdout).unwrap(), wanted, "{script}");
        }
    }

    #[test]
    fn options_of_a_command_stay_options_and_a_long_one_is_cut() {
        let words = ["gcdiff", "fuzz", "--out", "a b", "-C", "collector=null,drc"];
        assert_eq!(
            command_line(words),
            "gcdiff fuzz --out 'a b' -C collector=null,drc"
        );
        let long = command_line(std::iter::repeat_n("x", 150));
        assert!(long.ends_with(" x x # and 50 more words"), "{long}");
    }

    #[test]
    fn what_is_plain_stays_plain_and_nothing_reaches_the_terminal() {
        assert_eq!(quote(WORDS[0]), WORDS[0]);
        assert_eq!(quote("two words"), "'two words'");
        assert_eq!(quote("new\nline"), r"$'new\012line'");
        for word in WORDS {
            // Output must not escape anything in it, or a shell would read a different word.
            assert_eq!(Lines(&quote(word)).to_string(), quote(word));
        }
    }
}
