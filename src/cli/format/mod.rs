//! Output for programs: `--format`.
//!
//! `docs/formats.md` describes the formats. In each of them standard output has nothing else: text
//! for people is not printed.

mod case;
mod record;

pub(super) use case::JudgedCase;
pub(super) use record::{error, is_json, record};

use super::output;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A format of standard output.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Format {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Format {
    const ALL: [(&'static str, Format); 2] = [("text", Format::Text), ("json", Format::Json)];

    /// Puts it into effect.
    pub fn apply(self) {
        if self != Format::Text {
            output::for_programs();
        }
        if self == Format::Json {
            record::begin();
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
