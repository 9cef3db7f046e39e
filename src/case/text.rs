//! The text form of a case: a module in the text format whose first lines,
//! each beginning with `;;!`, are a TOML header.
//!
//! ```wat
//! ;;! schedule = "allocations/2"
//! ;;! [[steps]]
//! ;;! call = "run"
//! ;;! args = ["5", "kept:0"]
//! (module
//!   (func (export "run") (param i32 anyref)))
//! ```
//!
//! [`read`] is the inverse of [`write()`]: it gives the same case, with exactly
//! the same module bytes.

use super::ceiling;
use super::error::{CaseError, error, one_line};
use super::header::{Header, LimitsText};
use super::module_text::{self, Style};
use super::plan::{Plan, Step};
use super::schedule::{parse_schedule, print_schedule};
use super::step_text::StepText;
use super::{Case, toml_text};
use crate::engine::Limits;
use crate::escape::Line;
use wast::lexer::{Lexer, TokenKind};

/// Reads a case: a binary module, or a text module with or without a header.
/// The header may not ask for limits above
/// [`CEILING`](crate::engine::CEILING).
pub fn read(bytes: &[u8]) -> Result<(Case, Header), CaseError> {
    read_with(bytes, &LimitsText::default())
}

/// Like [`read`], but `given` limits override those of the header and may have
/// any value.
pub fn read_with(bytes: &[u8], given: &LimitsText) -> Result<(Case, Header), CaseError> {
    let mut header = Header::default();
    let wasm = if bytes.starts_with(b"\0asm") {
        bytes.to_vec()
    } else {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| error(format!("neither a binary module nor UTF-8 text: {e}")))?;
        header = read_header(text)?;
        if let Some((line, _)) = stray_header_lines(text).next() {
            return Err(error(format!(
                "line {line}: a header line, which begins with ;;!, belongs at the top, above all other text"
            )));
        }
        module_text::read(text)?
    };
    if let Some(text) = &header.limits {
        text.check()?;
    }
    let in_header = |message: String| error(format!("header: {message}"));
    let limits = ceiling::limits(header.limits.as_ref(), given, Limits::default());
    let limits = limits.map_err(in_header)?;
    let schedule = match &header.schedule {
        Some(text) => parse_schedule(text).map_err(|e| in_header(e.message))?,
        None => Default::default(),
    };
    let read_all = |what: &str, steps: &[StepText]| {
        let steps = steps.iter().zip(1..).map(|(step, number)| {
            let in_step = |e: String| error(format!("header: {what} {number}: {e}"));
            step.read().map_err(in_step)
        });
        steps.collect::<Result<Vec<Step>, CaseError>>()
    };
    let plan = match &header.steps {
        None => Plan::EveryExport,
        Some(steps) => Plan::Steps(read_all("step", steps)?),
    };
    let host = read_all("host step", &header.host)?;
    let case = Case {
        wasm,
        plan,
        host,
        schedule,
        limits,
        client: header.client,
    };
    Ok((case, header))
}

/// The prefix of a header's lines.
const HEADER: &str = ";;!";

/// Maximum size of a header in bytes: parsing takes some 160 times as much memory.
const MAX_HEADER: usize = 4 << 20;

/// Parses the header at the top of a text, or the default header if there is none.
pub fn read_header(text: &str) -> Result<Header, CaseError> {
    let (toml_text, _) = header_text(text);
    if toml_text.len() > MAX_HEADER {
        return Err(error(format!(
            "header: it has {} bytes, and may have {MAX_HEADER}",
            toml_text.len()
        )));
    }
    toml::from_str(&toml_text).map_err(|e| error(format!("header: {}", one_line(&e.to_string()))))
}

/// The header at the top of a text as TOML, in the same lines and columns, and
/// its end in the text.
pub(crate) fn header_text(text: &str) -> (String, usize) {
    let (mut toml_text, mut end) = (String::new(), 0);
    for line in text.split_inclusive('\n') {
        match line.trim_start().strip_prefix(HEADER) {
            Some(rest) => {
                toml_text.push_str("   ");
                toml_text.push_str(rest.trim_end());
            }
            None if line.trim().is_empty() => {}
            None => break,
        }
        toml_text.push('\n');
        end += line.len();
    }
    (toml_text, end)
}

/// Lines with the prefix `;;!` that are not at the top of the text: the number
/// of each line, from 1, and its text after `;;!`. Ends at the first lexical
/// error in the text.
pub(crate) fn stray_header_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let (_, end) = header_text(text);
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let (mut at, mut line, mut counted) = (end, 1, 0);
    std::iter::from_fn(move || {
        loop {
            let start = at;
            let token = lexer.parse(&mut at).ok()??;
            let rest = text.get(start..at)?.strip_prefix(HEADER);
            if let (TokenKind::LineComment, Some(rest)) = (token.kind, rest) {
                line += text[counted..start].matches('\n').count();
                counted = start;
                return Some((line, rest));
            }
        }
    })
}

/// Writes a case in its text form. The case gives schedule, limits, plan and
/// host acts; `header` gives the rest.
pub fn write(case: &Case, header: &Header) -> Result<String, CaseError> {
    write_with(case, header, Style::Flat, "")
}

/// Like [`write()`], in a style, with a note between header and module: a line of comment for each
/// of its lines.
///
/// # Errors
///
/// If the header cannot be written.
pub fn write_with(
    case: &Case,
    header: &Header,
    style: Style,
    note: &str,
) -> Result<String, CaseError> {
    let steps = match &case.plan {
        Plan::EveryExport => None,
        Plan::Steps(steps) => Some(steps.iter().map(StepText::of).collect()),
    };
    let header = Header {
        // A reduced case says nothing that is the default.
        schedule: (style == Style::Flat || case.schedule != Default::default())
            .then(|| print_schedule(&case.schedule)),
        client: case.client,
        limits: (case.limits != Limits::default()).then(|| match style {
            Style::Flat => LimitsText::of(&case.limits),
            Style::Folded | Style::Plain => LimitsText::of(&case.limits).beyond_default(),
        }),
        steps,
        host: case.host.iter().map(StepText::of).collect(),
        ..header.clone()
    };
    let toml_text = toml_text::print(&header).map_err(error)?;
    let mut text = String::new();
    for line in toml_text.lines() {
        text.push_str(HEADER);
        text.push(' ');
        text.push_str(line);
        text.push('\n');
    }
    for line in note.lines() {
        text.push_str(";; ");
        text.push_str(&Line(line).to_string());
        text.push('\n');
    }
    text.push_str(&module_text::print(&case.wasm, style));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Arg, Call};
    use crate::engine::Schedule;

    #[test]
    fn a_case_reads_back_as_written() {
        let text = r#"(module (func (export "run \"it\"") (param i32 anyref)))"#;
        let (mut case, _) = read(text.as_bytes()).unwrap();
        assert_eq!(case.plan, Plan::EveryExport);
        case.schedule = Schedule::EveryAllocation(3);
        case.limits = Limits::fuzzing();
        case.plan = Plan::Steps(vec![Step::Call(Call {
            export: "run \"it\"".into(),
            args: vec![Arg::Bits(u64::MAX), Arg::Kept(2)],
        })]);
        case.host = vec![Step::Drop(1), Step::Collect];
        let header = Header {
            fault: Some("W1".into()),
            ..Header::default()
        };
        let written = write(&case, &header).unwrap();
        let (again, header) = read(written.as_bytes()).unwrap();
        assert_eq!(again, case);
        assert_eq!(header.fault.as_deref(), Some("W1"));
    }

    #[test]
    fn mistakes_are_one_line_that_says_where() {
        for (text, wanted) in [
            ("(module", "expected"),
            (";;! schedule = \"now\"\n(module)", "no schedule"),
            (";;! plan = 1\n(module)", "unknown field"),
            ("\n;;! fault = 3\n(module)", "line 2, column 13"),
            (";;! limits = { frames = 0 }\n(module)", "frames = 0"),
            (";;! limits = { registers = 0 }\n(module)", "registers = 0"),
            (";;! limits = { fuel = 0 }\n(module)", "fuel = 0"),
            (";;! limits = { reentry = 0 }\n(module)", "reentry = 0"),
            (";;! limits = { reentry = 7 }\n(module)", "more than 6"),
            (
                ";; a\n;;! fault = \"W1\"\n(module)",
                "line 2: a header line",
            ),
            (
                "\n\n(module)\n\n;;! fault = \"W1\"",
                "line 5: a header line",
            ),
            (
                "(module\n (func) ;;! fault = \"W1\"\n)",
                "line 2: a header line",
            ),
            ("(module) (; a\n ;) ;;! x", "line 2: a header line"),
            (
                ";;! [[host]]\n;;! drop = 0\n;;! [[host]]\n(module)",
                "host step 2: a step has one of",
            ),
            (
                ";;! [[steps]]\n;;! call = \"f\"\n;;! args = [\"?\"]\n(module)",
                "no argument",
            ),
            ("\u{7f}", "unexpected"),
        ] {
            let message = read(text.as_bytes()).unwrap_err().message;
            assert!(message.contains(wanted), "{text}: {message}");
            assert!(!message.contains('\n'), "{message}");
        }
        assert!(read(b"\xff\xfe").is_err());
    }
}
