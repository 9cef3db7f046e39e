//! The error of the enrichment.

use std::convert::Infallible;
use std::fmt;

use wasm_encoder::reencode::Error as ReencodeError;

/// Why a module could not be enriched.
#[derive(Debug)]
pub enum EnrichError {
    /// The bytes are not a module.
    Parse(wasmparser::Error),
    /// An index or a size in the module is out of range.
    Malformed,
    /// The module has an item that cannot be re-encoded.
    Unsupported(String),
}

impl fmt::Display for EnrichError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnrichError::Parse(error) => write!(f, "not a WebAssembly module: {error}"),
            EnrichError::Malformed => {
                f.write_str("the module refers to something it does not have")
            }
            EnrichError::Unsupported(what) => write!(f, "the module cannot be rewritten: {what}"),
        }
    }
}

impl std::error::Error for EnrichError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EnrichError::Parse(error) => Some(error),
            EnrichError::Malformed | EnrichError::Unsupported(_) => None,
        }
    }
}

impl From<wasmparser::Error> for EnrichError {
    fn from(error: wasmparser::Error) -> EnrichError {
        EnrichError::Parse(error)
    }
}

impl From<ReencodeError<EnrichError>> for EnrichError {
    fn from(error: ReencodeError<EnrichError>) -> EnrichError {
        match error {
            ReencodeError::ParseError(error) => EnrichError::Parse(error),
            ReencodeError::UserError(error) => error,
            other => EnrichError::Unsupported(other.to_string()),
        }
    }
}

impl From<ReencodeError<Infallible>> for EnrichError {
    fn from(error: ReencodeError<Infallible>) -> EnrichError {
        match error {
            ReencodeError::ParseError(error) => EnrichError::Parse(error),
            other => EnrichError::Unsupported(other.to_string()),
        }
    }
}
