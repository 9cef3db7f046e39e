//! `gcdiff export`: cases for other engines.

use super::CommandOutcome;
use super::file;
use super::format::{self, RecordFormat};
use super::load::{CompiledCase, compiled};
use super::options::{Limiting, fault_named};
use super::output::{complain, say};
use crate::escape;
use crate::export::{Collect, Exported, Shown, export};
use crate::oracle::Options;
use crate::zoo::{Fault, Probe};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Write a case as a test for other engines
///
/// FILE is a case as for `gcdiff run`. The test is one module that needs nothing of gcdiff: its host is
/// in the module, each step is an exported function, and a last function returns a digest of the
/// heap. The expected values are those on which the sound heaps agree. If the header names a fault, the
/// test is also run with it, and a message says what it takes to notice the fault, unless results do.
///
/// Exit code: 0 if it is written, 2 for wrong usage or input, or if the heaps do not agree.
#[derive(Args)]
pub(super) struct Export {
    /// The case, .wat or .wasm, or - for standard input.
    #[arg(value_parser = file::input())]
    file: PathBuf,

    /// The form: wast, a script of the specification's test format; js, a script for the shells of
    /// JavaScript engines and for Node; json, the module and what it must do, for other programs;
    /// wasm, the module alone.
    #[arg(long, value_enum)]
    to: Form,

    /// How collections are requested: by the import "wasmtime" "gc", or never.
    #[arg(long, value_enum, default_value_t)]
    collect: Collecting,

    /// Write to this file. Required for wasm.
    #[arg(short, long, value_name = "OUT", value_parser = file::output(), required_if_eq("to", "wasm"))]
    out: Option<PathBuf>,

    #[command(flatten)]
    limiting: Limiting,

    #[command(flatten)]
    format: RecordFormat,
}

/// The record of an exported case.
#[derive(Serialize)]
struct ExportRecord<'a> {
    file: &'a str,
    to: &'static str,
    out: Option<String>,
    text: Option<&'a str>,
    shown: Option<&'static str>,
}

/// A form of exported cases.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
enum Form {
    Wast,
    Js,
    Json,
    Wasm,
}

/// How collections are requested.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Collecting {
    #[default]
    Import,
    Never,
}

impl Export {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.format.format.apply();
        let name = escape::path(&self.file);
        let in_file = |message: String| format!("{name}: {message}");
        let bytes = file::read(&self.file)?;
        let CompiledCase {
            case,
            module,
            header,
            warning,
        } = compiled(&bytes, &self.limiting).map_err(in_file)?;
        warning
            .iter()
            .for_each(|text| complain(&in_file(text.clone())));
        if let Some(out) = &self.out {
            if file::is_same(out, &self.file) {
                return Err(format!("--out {}: this is the case", escape::path(out)));
            }
            file::try_write(out)?;
        }
        let collect = match self.collect {
            Collecting::Import => Collect::Import,
            Collecting::Never => Collect::Never,
        };
        let exported = export(&case, &module, collect).map_err(|e| in_file(e.to_string()))?;
        let fault = header.fault.as_deref().map(fault_named).transpose();
        let fault = fault
            .map_err(|e| in_file(format!("header: {e}")))?
            .flatten();
        if let (Form::Wasm, Some(out)) = (self.to, &self.out) {
            let shown = fault.map(|fault| self.shown(&exported, fault, &name));
            let shown = shown.transpose()?;
            file::write_bytes(out, &exported.wasm)?;
            self.record(&name, None, shown);
            return Ok(CommandOutcome::Agree);
        }
        let shown = fault.map(|fault| self.shown(&exported, fault, &name));
        let shown = shown.transpose()?;
        let expectations = exported.expectations(&Options::default());
        let expectations = expectations.map_err(|e| in_file(e.to_string()))?;
        let about = about(&header);
        let text = match self.to {
            Form::Wast => expectations.wast(&about),
            Form::Js => expectations.js(&about),
            Form::Json | Form::Wasm => expectations.json(),
        };
        match &self.out {
            None => say!("{}", text.trim_end()),
            Some(out) => file::write(out, &format!("{}\n", text.trim_end()))?,
        }
        self.record(&name, Some(&text), shown);
        Ok(CommandOutcome::Agree)
    }

    /// What it takes to notice a fault by the exported case. Says so if it takes more than results.
    fn shown(&self, exported: &Exported, fault: Fault, name: &str) -> Result<Shown, String> {
        let options = fault.switch_on(Options::default(), &Probe::default());
        let id = fault.id;
        let shown = exported.shown(&options);
        let shown = shown.map_err(|e| format!("{name}: the exported case with {id}: {e}"))?;
        let how: String = match (shown, self.collect) {
            (Shown::Results, _) => return Ok(shown),
            (Shown::Assertions, _) => "only assertions of the heap notice it".into(),
            (Shown::Audits, _) => {
                format!("only audits notice it, as by gcdiff wast --fault {id} --audit collection")
            }
            (Shown::Nothing, Collecting::Import) => {
                "nothing notices it: the test does not show the bug of the case".into()
            }
            (Shown::Nothing, Collecting::Never) => {
                "nothing notices it on heaps that collect as those of gcdiff do".into()
            }
            (Shown::Unknown, _) => {
                "whether anything notices it is not known, since the run needs more than it may"
                    .into()
            }
        };
        complain(&format!("{name}: the exported case with fault {id}: {how}"));
        Ok(shown)
    }

    /// Prints the record of the exported case, with its text unless that is in a file.
    fn record(&self, name: &str, text: Option<&str>, shown: Option<Shown>) {
        let record = ExportRecord {
            file: name,
            to: match self.to {
                Form::Wast => "wast",
                Form::Js => "js",
                Form::Json => "json",
                Form::Wasm => "wasm",
            },
            out: self.out.as_ref().map(escape::path),
            text: text.filter(|_| self.out.is_none()),
            shown: shown.map(Shown::word),
        };
        format::record("export", &record);
    }
}

/// A comment about the case.
fn about(header: &crate::case::Header) -> String {
    let exported = "Exported by gcdiff.".to_string();
    match &header.about {
        Some(about) => format!("{exported}\n{about}"),
        None => exported,
    }
}
