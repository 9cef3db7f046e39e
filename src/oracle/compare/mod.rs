//! Comparing two observations.
//!
//! Both are walked side by side, and the first difference counts. First come the
//! places outside of the heap, in this order:
//!
//! 1. calls from the host, in the order they were made: how they ended, then
//!    their results one by one, or the exception;
//! 2. calls of the host, in the order they were made, argument by argument;
//! 3. globals, tables with their elements, memories with their bytes, each by
//!    ascending index;
//! 4. references that the host has kept, oldest first.
//!
//! Of two lists, what is in both comes before their lengths. Then comes the heap:
//! what is inside the objects, breadth first from these places in the same order.
//! What a call returned was there before the fields of the object it returned
//! became what they are now, so of the two it is closer to the cause.
//!
//! An object's type, its length if it is an array, and its tag if it is an
//! exception never change, so they count as part of a reference to it. Objects
//! compare by identity: the walk pairs those that it meets in the same place, and
//! each may have one partner only. That does not depend on how an observation
//! numbers them. External values compare by the host's name for them: how often
//! a heap wraps a value is its own affair. So do functions, by store index.

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
/// if an embedder cannot tell them apart.
pub fn compare(
    a: (&str, &Observation),
    b: (&str, &Observation),
    names: &Names<'_>,
) -> Option<Difference> {
    // Most are equal to the last number.
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
    })
}

/// A difference, and where it is.
#[derive(Debug)]
struct Found {
    /// What kind of place it is in.
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
