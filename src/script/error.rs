//! The error of a text that is not a script.

use std::fmt;

/// A text that is not a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
    /// Message, on one line.
    pub message: String,
}

impl ScriptError {
    pub(super) fn new(error: &wast::Error, text: &str) -> ScriptError {
        let (line, column) = error.span().linecol_in(text);
        let message = error.message();
        ScriptError {
            line: line + 1,
            column: column + 1,
            message: message.lines().next().unwrap_or_default().to_string(),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScriptError {
            line,
            column,
            message,
        } = self;
        write!(f, "{message} (line {line}, column {column})")
    }
}

impl std::error::Error for ScriptError {}
