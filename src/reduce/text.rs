//! The text of a reduced case, with a line about what it shows.

use crate::case::{Case, CaseError, Header, Style, write_with};
use crate::module::Module;
use crate::oracle::{Options, Verdict, judge};
use std::sync::Arc;

/// The text of a case: its header with its fingerprint, a comment of one line that says what is
/// broken and which instruction is blamed, and the module with folded expressions.
///
/// # Errors
///
/// If the case cannot be judged, or its module cannot be printed.
pub fn text(case: &Case, header: &Header, options: &Options) -> Result<String, CaseError> {
    text_and_verdict(case, header, options).map(|(text, _)| text)
}

/// The same, with the verdict on the case, which has the lines of the text.
///
/// # Errors
///
/// As [`text`].
pub fn text_and_verdict(
    case: &Case,
    header: &Header,
    options: &Options,
) -> Result<(String, Verdict), CaseError> {
    let judged = judge(case, options).map_err(|e| CaseError {
        message: e.to_string(),
    })?;
    let verdict = judged.verdict;
    let header = Header {
        fingerprint: verdict.fingerprint(),
        ..header.clone()
    };
    let write = |note: &str| write_with(case, &header, Style::Folded, note);
    // The note takes one line, whatever it says: so the lines that it names are right.
    let text = write(&note(&verdict))?;
    match Module::new(&case.wasm, &mut Arc::default()) {
        Ok(module) => {
            let verdict = verdict.with_lines(&text, &module.wasm);
            Ok((write(&note(&verdict))?, verdict))
        }
        Err(_) => Ok((text, verdict)),
    }
}

/// The header of a case that was reduced, wholly or in part.
pub fn header(header: &Header, finished: bool) -> Header {
    let old = header.about.as_deref().map(|about| {
        let about = about.strip_suffix(REDUCED).unwrap_or(about);
        about.strip_suffix(IN_PART).unwrap_or(about)
    });
    let end = if finished { REDUCED } else { IN_PART };
    Header {
        about: old.map(|about| format!("{about}{end}")),
        ..header.clone()
    }
}

const REDUCED: &str = ", reduced";
const IN_PART: &str = ", reduced in part";

/// What a verdict says, in one line.
fn note(verdict: &Verdict) -> String {
    let text = verdict.to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_string();
    let blamed = text
        .lines()
        .find(|line| line.trim_start().starts_with("first broken"));
    match (verdict, blamed) {
        (Verdict::Violation(_), Some(blamed)) => format!("{first}; {}", blamed.trim()),
        (Verdict::Differ(_), _) => {
            let rest: Vec<&str> = lines.map(str::trim).collect();
            format!("{first}; {}", rest.join("; "))
        }
        _ => first,
    }
}
