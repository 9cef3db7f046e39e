//! The last words of a process as a cause for a fingerprint.

/// The longest cause, in characters.
const LONGEST: usize = 80;

/// Marks of the line that says why a process has ended, the most telling first.
const MARKS: [&str; 13] = [
    "panicked at",
    "assertion",
    "Assertion",
    "Check failed",
    "Fatal error",
    "fatal",
    "AddressSanitizer",
    "rror:",
    "CRASH",
    "egfault",
    "egmentation fault",
    "BUG",
    "bort",
];

/// The line of a process's last words that says why it has ended, or else how it has.
pub(super) fn telling_line(ended: &str, said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    for mark in MARKS {
        let Some(at) = lines.iter().position(|line| line.contains(mark)) else {
            continue;
        };
        // Rust writes the message of a panic on the next line.
        let is_panic = mark == "panicked at" && lines[at].ends_with(':');
        return match lines.get(at + 1) {
            Some(message) if is_panic => (*message).into(),
            _ => lines[at].into(),
        };
    }
    ended.into()
}

/// The last line that a process has said.
pub(super) fn last_line(said: &str) -> Option<&str> {
    said.lines().map(str::trim).rfind(|line| !line.is_empty())
}

/// A line without what differs from one machine, build or run to the next: numbers, addresses, places
/// in sources.
pub(super) fn cause(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let has_digit = word.bytes().any(|b| b.is_ascii_digit());
        let is_path = word.contains('/') || word.contains('\\');
        let word: String = word
            .chars()
            .filter(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '=' | '!' | '<' | '>'))
            .collect();
        if !(has_digit || is_path || word.is_empty()) {
            words.push(word);
        }
    }
    let cause: String = words.join("-").chars().take(LONGEST).collect();
    match cause.is_empty() {
        true => "crash".into(),
        false => cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_known_by_its_message() {
        let said = "note: a\nthread 'main' panicked at crates/wasmtime/src/drc.rs:600:9:\n\
                    0x110 is supposedly live; should have nonzero ref count\nstack backtrace:\n";
        let line = telling_line("signal: 6 (SIGABRT)", said);
        assert_eq!(
            line,
            "0x110 is supposedly live; should have nonzero ref count"
        );
        assert_eq!(
            cause(&line),
            "is-supposedly-live-should-have-nonzero-ref-count"
        );
        let v8 =
            "#\n# Fatal error in ../src/heap/heap.cc, line 12\n# Debug check failed: a != b.\n";
        assert_eq!(cause(&telling_line("signal: 5", v8)), "Fatal-error-in-line");
        assert_eq!(
            cause(&telling_line("signal: 11 (SIGSEGV)", "")),
            "signal-SIGSEGV"
        );
        for line in [
            "Hit MOZ_CRASH(bad) at x.cpp:12",
            "Segfault at 0x12",
            "BUG: lost",
            "Aborted",
        ] {
            let said = format!("loading\n{line}\n");
            assert_eq!(telling_line("signal: 6", &said), line);
        }
        assert_eq!(cause("12 0x7f"), "crash");
        assert_eq!(
            telling_line("exit status: 3", "one\noops\n\n"),
            "exit status: 3"
        );
        assert_eq!(last_line("one\noops\n \n"), Some("oops"));
        assert_eq!(last_line("\n"), None);
    }
}
