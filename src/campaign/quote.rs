//! Quoting of words in shell commands.

use crate::escape::is_visible;
use std::ffi::OsStr;

/// Quotes a word so that a shell reads it back unchanged: plain if possible, else in quotes, or in
/// `$'...'` with escapes if any character is not visible, since output would escape that character
/// in a way that no shell undoes. A word that begins with a dash is taken for a path, and is
/// prefixed with `./`.
pub fn quote(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    let dash = match word.as_encoded_bytes().first() {
        Some(b'-') => "./",
        _ => "",
    };
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
