//! Output for programs: `--format`.
//!
//! `docs/formats.md` describes the formats. In each of them standard output has nothing else: text
//! for people is not printed.

mod case;
mod document;
mod github;
mod junit;
mod record;
mod sarif;
mod xml;

pub(super) use case::JudgedCase;
pub(super) use document::DocumentFormat;
pub(super) use github::{Annotation, annotate};
pub(super) use record::record;

use super::output;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::sync::OnceLock;

/// A format of standard output.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Format {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// A document for servers that show the results of tests.
    Junit,
    /// A document for servers that show the results of static analysis.
    Sarif,
    /// Annotations of GitHub.
    Github,
}

/// The format of this process.
static FORMAT: OnceLock<Format> = OnceLock::new();

/// The format of standard output.
fn current() -> Format {
    FORMAT.get().copied().unwrap_or_default()
}

/// Whether standard output has records.
pub(super) fn is_json() -> bool {
    current() == Format::Json
}

impl Format {
    const ALL: [(&'static str, Format); 5] = [
        ("text", Format::Text),
        ("json", Format::Json),
        ("junit", Format::Junit),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
    ];

    /// Puts it into effect, once.
    pub fn apply(self) {
        if FORMAT.set(self).is_ok() && self != Format::Text {
            output::for_programs();
        }
    }
}

/// Parses one of these names of formats.
fn one_of(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names).map(|name| {
        let named = Format::ALL.iter().find(|(known, _)| *known == name);
        named.map_or_else(Format::default, |(_, format)| *format)
    })
}

/// `--format` of a command that prints text or records.
#[derive(Copy, Clone, Debug, Args)]
pub(super) struct RecordFormat {
    /// What to print on standard output: text, or one JSON object a line (docs/formats.md).
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = one_of(&["text", "json"]))]
    pub format: Format,
}

/// `--format` of a command that judges a few files.
#[derive(Copy, Clone, Debug, Args)]
pub(super) struct VerdictFormat {
    /// What to print on standard output: text, one JSON object a line, or annotations for a workflow
    /// of GitHub (docs/formats.md).
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = one_of(&["text", "json", "github"]))]
    pub format: Format,
}

/// Reports an error that is also printed on standard error.
pub(super) fn error(message: &str) {
    record::error(message);
    annotate(&Annotation {
        title: "gcdiff",
        ..Annotation::error(message)
    });
}
