//! A case from a file, and what to judge it with.

use super::file;
use super::options::{Judging, Limiting, fault, list};
use crate::case::{self, Case};
use crate::oracle::{Options, Subject};
use crate::zoo::Probe;
use std::path::Path;

/// Reads a case. What the command line says goes before what the header says.
pub(super) fn load(
    path: &Path,
    judging: &Judging,
    limiting: &Limiting,
) -> Result<(Case, Options), String> {
    load_with_text(path, judging, limiting).map(|(case, options, _)| (case, options))
}

/// The same, with the text of the file; empty if it is a binary module.
pub(super) fn load_with_text(
    path: &Path,
    judging: &Judging,
    limiting: &Limiting,
) -> Result<(Case, Options, String), String> {
    let in_file = |message: String| format!("{}: {message}", path.display());
    let bytes = file::read(path)?;
    let (case, header) =
        case::read_with(&bytes, &limiting.limits).map_err(|e| in_file(e.to_string()))?;
    let mut options = judging.options(Options::default());
    if let (None, Some(names)) = (&judging.collectors, &header.collectors) {
        let names = names.iter().map(String::as_str);
        let list = list(names).map_err(|e| in_file(format!("header: {e}")))?;
        options.collectors = list.into_iter().map(Subject::from).collect();
    }
    let named = match (judging.fault, &header.fault) {
        (None, Some(id)) => Some(fault(id).map_err(|e| in_file(format!("header: {e}")))?),
        (given, _) => given,
    };
    if let Some(fault) = named {
        options = fault.switch_on(options, &Probe::default());
    }
    let text = match bytes.starts_with(b"\0asm") {
        true => String::new(),
        false => String::from_utf8(bytes).unwrap_or_default(),
    };
    Ok((case, options, text))
}
