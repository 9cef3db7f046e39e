//! What counts as the same finding.

use crate::oracle::Verdict;
use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;

/// What counts as the same finding.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Keep {
    /// The same fingerprint: law or difference, kind of object, instruction, heap.
    #[default]
    Fingerprint,
    /// The same law, or a difference of any kind, and the same heap.
    Law,
    /// Any finding.
    Any,
}

const NAMES: [(&str, Keep); 3] = [
    ("fingerprint", Keep::Fingerprint),
    ("law", Keep::Law),
    ("any", Keep::Any),
];

impl Keep {
    /// What a verdict has in common with those that are the same finding.
    pub fn key(self, verdict: &Verdict) -> Option<String> {
        match (self, verdict) {
            (_, Verdict::Agree | Verdict::Discard(..)) => None,
            (Keep::Fingerprint, verdict) => verdict.fingerprint(),
            (Keep::Law, Verdict::Violation(v)) => {
                Some(format!("{}:{}", v.cause_law(), v.collector))
            }
            (Keep::Law, Verdict::Differ(_)) => {
                Some(format!("differ:{}", verdict.blamed_heaps().join("+")))
            }
            (Keep::Any, _) => Some(String::new()),
        }
    }

    /// The next narrower kind: this one keeps whatever it keeps.
    pub fn narrower(self) -> Option<Keep> {
        match self {
            Keep::Fingerprint => None,
            Keep::Law => Some(Keep::Fingerprint),
            Keep::Any => Some(Keep::Law),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, keep)| keep == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for Keep {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Keep, UnknownName> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, keep)| *keep)
            .ok_or_else(|| UnknownName::new("kind of finding", text, NAMES.map(|(name, _)| name)))
    }
}
