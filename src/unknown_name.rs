//! A name that stands for nothing.

use std::fmt;

/// A name of something that there are only some of, and that this is none of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownName {
    /// What it should name: `collector`, `generator`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The names that there are, separated by commas.
    pub known: String,
}

impl UnknownName {
    pub(crate) fn new(
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> UnknownName {
        let known: Vec<&str> = known.into_iter().collect();
        UnknownName {
            kind,
            name: name.into(),
            known: known.join(", "),
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnknownName { kind, name, known } = self;
        write!(f, "no {kind} {name:?}; there are {known}")
    }
}

impl std::error::Error for UnknownName {}

impl From<UnknownName> for String {
    fn from(error: UnknownName) -> String {
        error.to_string()
    }
}
