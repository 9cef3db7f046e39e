//! Comparing two observations.
//!
//! Both are walked side by side, and the first difference is reported. First
//! come the places outside the heap, in this order:
//!
//! 1. calls from the host, in the order they were made: how they ended, then
//!    their results one by one, or the exception;
//! 2. calls of the host, in the order they were made, argument by argument;
//! 3. globals, tables with their elements, memories with their bytes, each by
//!    ascending index;
//! 4. references that the host has kept, oldest first.
//!
//! Elements that both of two lists have are compared before their lengths. Then
//! comes the heap: the contents of the objects, breadth first from these places
//! in the same order. A call returned before the fields of the object that it
//! returned reached their final values, so the returned reference is closer to
//! the cause.
//!
//! An object's type, its length if it is an array, and its tag if it is an
//! exception never change, so they count as part of a reference to it. Objects
//! compare by identity: the walk pairs objects that it meets in the same place,
//! and each may have only one partner. That does not depend on how an
//! observation numbers them. External values compare by the host's name for
//! them, since a heap may wrap a value any number of times. Functions compare
//! by store index.

mod path;
mod report;
mod show;
mod types;
mod walk;

pub use show::{EXCEPTION, show, show_as};
pub use types::type_of_result;

use super::verdict::{Difference, Judge};
use crate::module::names::Names;
use crate::observe::Observation;
use std::fmt;
use walk::Comparison;

/// The first difference between two observations, each with a label, or `None`
/// if an embedder cannot distinguish them.
pub fn compare(
    a: (&str, &Observation),
    b: (&str, &Observation),
    names: &Names<'_>,
) -> Option<Difference> {
    // Most observations are equal even in their numbering.
    if a.1 == b.1 {
        return None;
    }
    let found = Comparison::new(a.1, b.1, names).first()?;
    Some(Difference {
        odd: None,
        wrong: Vec::new(),
        judge: Judge::Nobody,
        collectors: (a.0.to_string(), b.0.to_string()),
        kind: found.kind,
        path: found.path,
        values: found.values,
        first: None,
    })
}

/// A difference, and where it is.
#[derive(Debug)]
struct Found {
    /// The kind of the place.
    kind: &'static str,
    path: String,
    values: (String, String),
}

impl fmt::Display for Difference {
    /// In one line: `global "g" -> field 2: i31 7 / struct $t`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} / {}", self.path, self.values.0, self.values.1)
    }
}
