//! Errors: a file that is not a case, and a run without an observation.

use crate::engine::Stop;
use std::fmt;

/// A file that is not a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseError {
    /// The error in one line.
    pub message: String,
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CaseError {}

impl From<CaseError> for String {
    fn from(error: CaseError) -> String {
        error.message
    }
}

pub(super) fn error(message: impl Into<String>) -> CaseError {
    CaseError {
        message: message.into(),
    }
}

/// Reduces a message with a source excerpt to one line: the error and its position.
pub(crate) fn one_line(message: &str) -> String {
    let first = message.lines().next().unwrap_or("unknown error").trim();
    let place = message
        .lines()
        .skip(1)
        .map(str::trim)
        .find(|line| line.starts_with("--> "));
    let last = message.lines().skip(1).last().map(str::trim);
    match (place, last) {
        (Some(place), _) => {
            let mut parts = place.rsplit(':');
            match (parts.next(), parts.next()) {
                (Some(column), Some(line)) => format!("{first} (line {line}, column {column})"),
                _ => first.to_string(),
            }
        }
        // TOML puts the position first and the reason last.
        (None, Some(reason)) if first.contains(" at line ") => format!("{first}: {reason}"),
        _ => first.to_string(),
    }
}

/// Why a run has no observation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The host cannot satisfy an import.
    Import(String),
    /// The plan calls something that is not an exported function.
    Export(String),
    /// The plan passes more arguments than the function takes.
    Arguments(String),
    /// The run did not complete: the heap ran out or is corrupt, or the
    /// inspector stopped the run.
    Stopped(Stop),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Import(message)
            | RunError::Export(message)
            | RunError::Arguments(message) => f.write_str(message),
            RunError::Stopped(stop) => stop.fmt(f),
        }
    }
}

impl std::error::Error for RunError {}

impl From<Stop> for RunError {
    fn from(stop: Stop) -> RunError {
        RunError::Stopped(stop)
    }
}
