//! Verdicts.

use std::fmt;

/// What must hold of a heap; see [`audit`](super::audit).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Law {
    /// The heap parses from start to end.
    Blocks,
    /// What is reachable has a count, and it is not zero.
    Zero,
    /// The stack-root list is complete and well formed.
    Roots,
    /// Every count equals the number of owners.
    Exact,
    /// What nobody owns is freed, and a collection leaves in the stack-root
    /// list only what frames hold.
    Leak,
    /// Headers name types, and references point at objects of the right type.
    Type,
    /// Freed memory is untouched, and never read.
    Poison,
}

impl Law {
    /// All laws, in the order in which they are reported if several are broken;
    /// but a header that names no type is reported before all else that is wrong
    /// inside a block.
    pub const ALL: [Law; 7] = [
        Law::Blocks,
        Law::Zero,
        Law::Roots,
        Law::Exact,
        Law::Leak,
        Law::Type,
        Law::Poison,
    ];

    /// The law's name.
    pub fn name(self) -> &'static str {
        match self {
            Law::Blocks => "blocks",
            Law::Zero => "zero",
            Law::Roots => "roots",
            Law::Exact => "exact",
            Law::Leak => "leak",
            Law::Type => "type",
            Law::Poison => "poison",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An instruction of the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Index of the function; `None` in a constant expression.
    pub func: Option<u32>,
    /// Byte offset of the instruction in the binary module.
    pub offset: u32,
    /// The instruction's name in the text format.
    pub instruction: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.func {
            Some(func) => write!(
                f,
                "{} in function {func} at offset {:#x}",
                self.instruction, self.offset
            ),
            None => write!(
                f,
                "{} in a constant expression at offset {:#x}",
                self.instruction, self.offset
            ),
        }
    }
}

/// A broken law.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which.
    pub law: Law,
    /// In which collector's heap.
    pub collector: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Address of the object concerned, if it is about one.
    pub object: Option<u32>,
    /// Its type, as far as it can be told.
    pub ty: Option<String>,
    /// The count it should have.
    pub expected: Option<u32>,
    /// The count it has.
    pub actual: Option<u32>,
    /// Everyone who holds a reference to it.
    pub owners: Vec<String>,
    /// The first instruction after which the law is broken.
    pub place: Option<Place>,
}

/// A difference between two runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The collectors that disagree.
    pub collectors: (&'static str, &'static str),
    /// Where in the observation: `global 3 -> field 2`.
    pub path: String,
    /// What each of them shows there.
    pub values: (String, String),
}

/// Why a case says nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// A heap was full before the logical budget was.
    HeapFull,
    /// The host cannot satisfy an import.
    Import,
    /// The module is beyond a limit of the engine.
    Unsupported,
}

impl Reason {
    /// The reason in words.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::HeapFull => "heap full",
            Reason::Import => "unsatisfiable import",
            Reason::Unsupported => "unsupported module",
        }
    }
}

/// What the oracle says of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All heaps are sound and show the same.
    Agree,
    /// They show different things.
    Differ(Difference),
    /// A law is broken.
    Violation(Box<Violation>),
    /// The case says nothing; the second part tells more.
    Discard(Reason, String),
}

impl Verdict {
    /// Whether this is a finding.
    pub fn is_finding(&self) -> bool {
        matches!(self, Verdict::Differ(_) | Verdict::Violation(_))
    }

    /// What findings of one bug have in common: the law or the part of the
    /// observation that broke, the kind of object, the instruction, the heap.
    pub fn fingerprint(&self) -> Option<String> {
        match self {
            Verdict::Agree | Verdict::Discard(..) => None,
            Verdict::Differ(d) => {
                // The kind of place counts, not which: indices go.
                let kind: String = d.path.chars().filter(|c| !c.is_ascii_digit()).collect();
                let first = kind.split(" -> ").next().unwrap_or_default();
                let part = first.split('"').next().unwrap_or_default();
                let what = part.trim().replace(' ', "-");
                Some(format!("differ:{what}:{}", d.collectors.1))
            }
            Verdict::Violation(v) => {
                let kind = match v.ty.as_deref() {
                    None => "none",
                    Some(ty) if ty.contains("(struct") => "struct",
                    Some(ty) if ty.contains("(array") => "array",
                    Some(ty) if ty.contains("extern") => "extern",
                    Some(ty) if ty.contains("exception") => "exception",
                    Some(_) => "unknown",
                };
                let instruction = v.place.as_ref().map_or("none", |p| &p.instruction);
                Some(format!("{}:{kind}:{instruction}:{}", v.law, v.collector))
            }
        }
    }
}

impl fmt::Display for Verdict {
    /// The verdict in one or several lines, for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Agree => write!(f, "agree"),
            Verdict::Discard(reason, detail) => {
                write!(f, "discard: {}: {detail}", reason.name())
            }
            Verdict::Differ(d) => {
                writeln!(f, "differ: {}", d.path)?;
                writeln!(f, "  {}: {}", d.collectors.0, d.values.0)?;
                write!(f, "  {}: {}", d.collectors.1, d.values.1)
            }
            Verdict::Violation(v) => {
                write!(
                    f,
                    "violation of law \"{}\" in heap {}: {}",
                    v.law, v.collector, v.message
                )?;
                if let Some(object) = v.object {
                    write!(f, "\n  object       {object:#x}")?;
                }
                if let Some(ty) = &v.ty {
                    write!(f, "\n  type         {ty}")?;
                }
                if let (Some(expected), Some(actual)) = (v.expected, v.actual) {
                    write!(f, "\n  count        {actual}, expected {expected}")?;
                }
                for (i, owner) in v.owners.iter().enumerate() {
                    let label = if i == 0 { "owners" } else { "" };
                    write!(f, "\n  {label:12} {owner}")?;
                }
                if v.object.is_some() && v.owners.is_empty() {
                    write!(f, "\n  owners       none")?;
                }
                match &v.place {
                    Some(place) => write!(f, "\n  first broken after {place}"),
                    None => Ok(()),
                }
            }
        }
    }
}
