//! Loading a case from a file, with the options to judge it.

use super::file;
use super::options::{Judging, Limiting};
use super::output::complain;
use crate::case::{self, Case, Header, LimitsText};
use crate::escape;
use crate::module::{self, Module};
use crate::oracle::Options;
use crate::script::Proposal;
use crate::zoo::Probe;
use std::path::Path;
use std::sync::Arc;

/// A case, and the settings of its file.
pub(super) struct Loaded {
    pub case: Case,
    /// The text of the file; empty if it is a binary module.
    pub text: String,
    /// The case's module, compiled.
    pub module: Arc<Module>,
    /// Options to judge it with.
    pub options: Options,
    /// The fingerprint that the header records.
    pub recorded: Option<String>,
    /// The header.
    pub header: Header,
    /// Something odd about the file.
    warning: Option<String>,
}

/// Reads the text or the bytes of a case.
pub(super) fn read(bytes: &[u8], limits: &LimitsText) -> Result<(Case, Header), String> {
    case::read_with(bytes, limits).map_err(|error| {
        let text = std::str::from_utf8(bytes).ok();
        with_proposal(error.to_string(), text.and_then(Proposal::of_text))
    })
}

/// Adds to an error the proposal that the module needs, if it is one that is not supported.
fn with_proposal(error: String, proposal: Option<Proposal>) -> String {
    match proposal {
        Some(proposal) => format!("{error}; it needs {}", proposal.text()),
        None => error,
    }
}

/// Reads a case. Options of the command line override the header.
pub(super) fn load(path: &Path, judging: &Judging, limiting: &Limiting) -> Result<Loaded, String> {
    let bytes = file::read(path)?;
    let in_file = |message: String| format!("{}: {message}", escape::path(path));
    load_bytes(&bytes, judging, limiting)
        .map(|loaded| Loaded {
            warning: loaded.warning.map(in_file),
            ..loaded
        })
        .map_err(in_file)
        .inspect(|loaded| loaded.warning.iter().for_each(|text| complain(text)))
}

/// A case with its module, apart from how it is judged.
pub(super) struct CompiledCase {
    pub case: Case,
    pub header: Header,
    pub module: Arc<Module>,
    /// Something odd about the file.
    pub warning: Option<String>,
}

/// Reads a case and compiles its module.
pub(super) fn compiled(bytes: &[u8], limiting: &Limiting) -> Result<CompiledCase, String> {
    let (case, header) = read(bytes, &limiting.limits)?;
    if module::footprint(&case.wasm) > case.limits.footprint {
        return Err(format!(
            "the module needs more memory than it may have, some {} bytes (--limits footprint=N)",
            module::footprint(&case.wasm)
        ));
    }
    let module = Module::new(&case.wasm, &mut Arc::default()).map_err(|error| {
        let proposal = Proposal::of_refused(&case.wasm, &error);
        with_proposal(error.to_string(), proposal)
    })?;
    let warning = match (case::check(&header, &module), &header.fingerprint) {
        (Ok(()), _) => None,
        // Older versions recorded arguments before fitting them to the parameters.
        (Err(error), Some(_)) => Some(format!("{error}; run as recorded")),
        (Err(error), None) => return Err(error.to_string()),
    };
    Ok(CompiledCase {
        case,
        header,
        module: Arc::new(module),
        warning,
    })
}

/// The same for the contents of a file.
pub(super) fn load_bytes(
    bytes: &[u8],
    judging: &Judging,
    limiting: &Limiting,
) -> Result<Loaded, String> {
    let in_header = |message: String| format!("header: {message}");
    let CompiledCase {
        case,
        header,
        module,
        warning,
    } = compiled(bytes, limiting)?;
    let default = Options::default()
        .pinned(&header)
        .map_err(|e| in_header(e.to_string()))?;
    let mut options = judging.options(judging.known.beside(default));
    let mut engines = Vec::new();
    if let (None, Some(names)) = (&judging.collectors, &header.collectors) {
        let names = names.iter().map(String::as_str);
        let (heaps, others) = names.partition(|name| judging.known.get(name).is_some());
        let heaps: Vec<&str> = heaps;
        engines = others;
        options.collectors = match heaps.is_empty() && !engines.is_empty() {
            true => Vec::new(),
            false => judging.known.list(heaps).map_err(in_header)?,
        };
    }
    let fault = judging.fault_of(header.fault.as_deref());
    if let Some(fault) = fault.map_err(in_header)? {
        options = fault.switch_on(options, &Probe::default());
    }
    let options = judging.with_engines(options)?;
    let options = judging
        .with_named_engines(options, &engines)
        .map_err(in_header)?;
    let text = match bytes.starts_with(b"\0asm") {
        true => String::new(),
        false => String::from_utf8_lossy(bytes).into_owned(),
    };
    Ok(Loaded {
        case,
        text,
        module,
        options,
        recorded: header.fingerprint.clone(),
        header,
        warning,
    })
}
