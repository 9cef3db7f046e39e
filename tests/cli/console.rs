//! Documents that show commands and their output: `README.md`, and the cases in
//! `tests/cli/cases/`. [`rewrite`] returns a document with the current output.
//!
//! A document is Markdown. A fenced block with a file name after the language,
//! as in "```wat add.wat", is a file. In a block of the language `console`,
//! lines that begin with `$ ` are commands. The exact output follows each
//! command:
//!
//! * `? N`, if the exit code is not 0,
//! * the lines of standard output,
//! * the lines of standard error, each prefixed with `! `.
//!
//! In lines that vary, for example with a rate or a message of the operating
//! system, `[..]` stands for any text within the line.

use crate::common::Ran;

/// Returns the document with the current output of its commands. `run` is
/// called with each command, without its `$ `, and returns `None` to keep the
/// shown output. `file` is called with the files.
pub fn rewrite(
    document: &str,
    mut file: impl FnMut(&str, &str),
    mut run: impl FnMut(&str) -> Option<Ran>,
) -> String {
    let mut new = String::new();
    let mut lines = document.lines().peekable();
    while let Some(line) = lines.next() {
        new.push_str(line);
        new.push('\n');
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|line| *line != "```") {
            block.push(line);
        }
        new.push_str(&match info.split_once(' ') {
            None if info == "console" => console(&block, &mut run),
            Some((_, name)) => {
                let contents = text(&block);
                file(name, &contents);
                contents
            }
            None => text(&block),
        });
        new.push_str(lines.next().expect("the block has an end"));
        new.push('\n');
    }
    new
}

fn text(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// A block of commands with their current output.
fn console(block: &[&str], run: &mut impl FnMut(&str) -> Option<Ran>) -> String {
    let mut new = String::new();
    let is_command = |line: &str| line.starts_with("$ ");
    let mut rest = block;
    while let Some((command, behind)) = rest.split_first() {
        let length = behind.iter().position(|line| is_command(line));
        let (old, behind) = behind.split_at(length.unwrap_or(behind.len()));
        rest = behind;
        new.push_str(&text(&[command]));
        match command.strip_prefix("$ ").and_then(&mut *run) {
            Some(ran) => new.push_str(&shown(&ran, old)),
            None => new.push_str(&text(old)),
        }
    }
    new
}

/// The text shown for the result of a command. Lines of `old` that have a gap
/// and still fit are kept.
fn shown(ran: &Ran, old: &[&str]) -> String {
    let mut new = String::new();
    let mut show = |line: String| {
        let gap = |old: &&&str| old.contains(GAP) && fits(old, &line);
        let line = old.iter().find(gap).map_or(&line[..], |old| old);
        new.push_str(line);
        new.push('\n');
    };
    if ran.code != 0 {
        show(format!("? {}", ran.code));
    }
    for (output, mark) in [(&ran.out, ""), (&ran.err, "! ")] {
        assert!(output.is_empty() || output.ends_with('\n'), "{output}");
        for line in output.lines() {
            // Such a line would be read as markup.
            let taken = ["$ ", "? ", "! ", "```"];
            assert!(!taken.iter().any(|taken| line.starts_with(taken)), "{line}");
            show(format!("{mark}{line}").trim_end_matches(' ').to_string());
        }
    }
    new
}

/// Stands for any text within a line.
const GAP: &str = "[..]";

fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split(GAP);
    let start = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(end) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(end)
}

/// Splits a command into words. Quotes keep words together.
pub fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c.is_whitespace() => words.push(String::new()),
            _ => words.last_mut().expect("one at least").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Fails unless a file is up to date, or updates it if `BLESS` is set.
pub fn hold(path: &str, old: &str, new: &str) {
    if old == new {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(path, new).unwrap();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new);
    let line = same.count();
    let show = |lines: &[&str]| lines[line..lines.len().min(line + 12)].join("\n");
    panic!(
        "{path}:{}: another output than the one on record. If it is meant, \
         `BLESS=1 cargo test --test cli` writes it.\nrecorded:\n{}\nnow:\n{}",
        line + 1,
        show(&old),
        show(&new)
    );
}

#[test]
fn a_gap_is_any_text_within_a_line() {
    assert!(fits("a [..] b", "a 1 2 b") && fits("[..]", "") && fits("a[..]b[..]", "axbx"));
    assert!(!fits("a[..]b", "ab c") && !fits("a[..]ba", "aba b") && !fits("a", "ab"));
    // The texts before and after a gap must not overlap.
    assert!(!fits("ab[..]ba", "aba"));
}

#[test]
fn a_document_is_rewritten_where_something_else_is_printed() {
    let document = "Text.\n```wat f\n(a)\n```\n```console\n$ one\n? 1\nsame\n! rate [..] s\n\
                    $ two 'a b'\nold\n```\n```console\n$ other\nkept\n```\n";
    let mut files = Vec::new();
    let mut commands = Vec::new();
    let now = |command: &str| {
        commands.push(words(command));
        let ran = |code, out: &str, err: &str| Ran {
            code,
            out: out.into(),
            err: err.into(),
        };
        match command {
            "one" => Some(ran(1, "same\n", "rate 7 s\n")),
            "two 'a b'" => Some(ran(2, "new\n", "rate 8 s\n")),
            _ => None,
        }
    };
    let new = rewrite(
        document,
        |name, text| files.push(format!("{name}: {text}")),
        now,
    );
    let wanted = "$ two 'a b'\n? 2\nnew\n! rate 8 s\n```";
    assert_eq!(new, document.replace("$ two 'a b'\nold\n```", wanted));
    assert_eq!(files, ["f: (a)\n"]);
    assert_eq!(commands[1], ["two", "a b"]);
}
