//! Reasons to reject a module.

use std::fmt;

/// A module that cannot be loaded, with the reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModuleError {
    /// Malformed, invalid, or using a disabled proposal.
    Invalid {
        /// Byte offset in the module.
        offset: u64,
        /// The reason, in words.
        message: String,
    },
    /// Valid, but beyond a limit of this engine.
    Unsupported {
        /// Byte offset in the module.
        offset: u64,
        /// The limit, in words.
        message: String,
    },
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleError::Invalid { offset, message } => {
                write!(f, "invalid module: {message} (at offset {offset:#x})")
            }
            ModuleError::Unsupported { offset, message } => {
                write!(f, "unsupported module: {message} (at offset {offset:#x})")
            }
        }
    }
}

impl std::error::Error for ModuleError {}

impl From<wasmparser::Error> for ModuleError {
    fn from(error: wasmparser::Error) -> ModuleError {
        ModuleError::Invalid {
            offset: error.offset(),
            message: error.message().to_string(),
        }
    }
}

impl From<wasmparser::Error> for Box<ModuleError> {
    fn from(error: wasmparser::Error) -> Box<ModuleError> {
        Box::new(error.into())
    }
}

impl From<Box<ModuleError>> for ModuleError {
    fn from(error: Box<ModuleError>) -> ModuleError {
        *error
    }
}
