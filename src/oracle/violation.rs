//! Broken laws.

use super::panics::Panic;
use super::place::Place;
use crate::engine::Owner;
use std::fmt;

/// What must hold of a heap; see [`audit`](super::audit).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
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
    /// A run ends: what it does costs fuel.
    Limits,
    /// A collector does not panic.
    Panic,
}

impl Law {
    /// All laws, in the order in which they are reported if several are broken;
    /// but a header that names no type is reported before all else that is wrong
    /// inside a block.
    pub const ALL: [Law; 9] = [
        Law::Blocks,
        Law::Zero,
        Law::Roots,
        Law::Exact,
        Law::Leak,
        Law::Type,
        Law::Poison,
        Law::Limits,
        Law::Panic,
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
            Law::Limits => "limits",
            Law::Panic => "panic",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who holds a reference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// A field of a structure, or of an exception's payload.
    Field {
        /// The address of the object it is in.
        object: u32,
        /// Which field.
        index: u32,
        /// The object's type.
        ty: String,
    },
    /// An element of an array.
    Element {
        /// The address of the array.
        object: u32,
        /// Which element.
        index: u32,
        /// The array's type.
        ty: String,
    },
    /// A slot outside the heap: global, table, segment, pending exception, host
    /// handle.
    Slot(Owner),
    /// The stack-root list.
    List,
    /// A queue of deferred work.
    Parked,
    /// A register of a frame, which is not counted.
    Frame {
        /// Whose frame.
        of: FrameOf,
        /// Which register.
        register: u16,
    },
}

/// What a holder is in, or what is held, as far as it may have a name.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    /// A function, by its index in the module.
    Function(u32),
    /// A register of a function.
    Register(u32, u16),
    /// An element segment, by its instance and its index there.
    Segment(u32, u32),
    /// A global, by its index in the store.
    Global(u32),
    /// A table, by its index in the store.
    Table(u32),
    /// A field of an object, by the object's address and the field's index.
    Field(u32, u32),
}

/// Whose frame it is.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FrameOf {
    /// That of a function, by its index in the module.
    Function(u32),
    /// That of a constant expression.
    Constant,
    /// The arguments and results of a call to the host.
    Host,
}

impl Holder {
    /// Whether the law *exact* counts it.
    pub fn is_counted(&self) -> bool {
        !matches!(self, Holder::Frame { .. })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Field { object, index, .. } => write!(f, "field {index} of {object:#x}"),
            Holder::Element { object, index, .. } => write!(f, "element {index} of {object:#x}"),
            Holder::Slot(owner) => owner.fmt(f),
            Holder::List => f.write_str("the stack-root list"),
            Holder::Parked => f.write_str("a queue of deferred work"),
            Holder::Frame { of, register } => {
                write!(f, "register {register} of ")?;
                match of {
                    FrameOf::Function(func) => write!(f, "function {func}")?,
                    FrameOf::Constant => f.write_str("a constant expression")?,
                    FrameOf::Host => f.write_str("the host's call")?,
                }
                f.write_str(" (not counted)")
            }
        }
    }
}

/// A broken law.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which.
    pub law: Law,
    /// In which collector's heap.
    pub collector: String,
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
    /// Who holds a reference to it, the first few: counted or not.
    pub owners: Vec<Holder>,
    /// How many more do.
    pub more_owners: usize,
    /// A shortest way to it from outside the heap, if it can be reached: a
    /// frame or a slot first, then a field or an element at a time.
    pub path: Vec<Holder>,
    /// The kind of object it is about, for a fingerprint.
    pub(super) kind: &'static str,
    /// The names of what holders are in.
    pub(super) names: Vec<(Part, String)>,
    /// What first broke the law.
    pub place: Option<Place>,
    /// What ended a run that says nothing of its heap: of law *panic*, the place
    /// in the source; of law *limits*, `time` if the run did not end in time.
    pub cause: Option<String>,
}

impl Violation {
    /// A violation about no object in particular: of the subject `collector`.
    pub fn new(law: Law, collector: &str, message: String) -> Violation {
        Violation {
            law,
            collector: collector.into(),
            message,
            object: None,
            ty: None,
            expected: None,
            actual: None,
            owners: Vec::new(),
            more_owners: 0,
            path: Vec::new(),
            kind: "none",
            names: Vec::new(),
            place: None,
            cause: None,
        }
    }

    /// The collector, or whatever ran for it, panicked.
    pub(crate) fn panic(collector: &str, panic: Panic) -> Violation {
        let Panic { message, place } = panic;
        Violation {
            cause: Some(place.clone()),
            ..Violation::new(
                Law::Panic,
                collector,
                format!("panicked at {place}: {message}"),
            )
        }
    }

    /// The run passed more safepoints than its fuel can pay for.
    pub(crate) fn ran_away(collector: &str) -> Violation {
        let message = "the run has passed more safepoints than its fuel can pay for";
        Violation::new(Law::Limits, collector, message.into())
    }

    /// The run did not end within `seconds`.
    pub(crate) fn overtime(collector: &str, seconds: f64) -> Violation {
        Violation {
            cause: Some("time".into()),
            ..Violation::new(
                Law::Limits,
                collector,
                format!("the run has not ended within {seconds} s (--timeout allows more)"),
            )
        }
    }

    /// How many holders of a path are printed at each end.
    pub(super) const ENDS: usize = 8;

    /// A holder in words, with the names that are known.
    pub(super) fn holder(&self, holder: &Holder) -> String {
        let name = |part: Part| {
            let found = self.names.iter().find(|(named, _)| *named == part);
            found.map(|(_, name)| name)
        };
        match holder {
            Holder::Field { object, index, .. } => match name(Part::Field(*object, *index)) {
                Some(name) => format!("field {name} of {object:#x}"),
                None => holder.to_string(),
            },
            Holder::Slot(Owner::Global(i)) => match name(Part::Global(*i)) {
                Some(name) => name.clone(),
                None => holder.to_string(),
            },
            Holder::Slot(Owner::Table(i, j)) => match name(Part::Table(*i)) {
                Some(name) => format!("element {j} of {name}"),
                None => holder.to_string(),
            },
            Holder::Slot(Owner::Segment(i, j, k)) => match name(Part::Segment(*i, *j)) {
                Some(name) => format!("element {k} of {name}"),
                None => holder.to_string(),
            },
            Holder::Frame {
                of: FrameOf::Function(func),
                register,
            } => match (
                name(Part::Register(*func, *register)),
                name(Part::Function(*func)),
            ) {
                (Some(local), Some(name)) => format!("{local} of {name} (not counted)"),
                (None, Some(name)) => format!("register {register} of {name} (not counted)"),
                (_, None) => holder.to_string(),
            },
            _ => holder.to_string(),
        }
    }

    fn fmt_path(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Each holder but the first is in the object that the one before holds,
        // so that object need not be named twice.
        let steps: Vec<String> = self
            .path
            .iter()
            .map(|holder| match (self.holder(holder), holder) {
                (words, Holder::Field { object, .. } | Holder::Element { object, .. }) => {
                    let object = format!(" of {object:#x}");
                    words.strip_suffix(&object).unwrap_or(&words).to_string()
                }
                (words, _) => words,
            })
            .collect();
        let n = steps.len();
        if n <= 2 * Self::ENDS {
            write!(f, "{}", steps.join(" -> "))
        } else {
            let (head, tail) = (&steps[..Self::ENDS], &steps[n - Self::ENDS..]);
            let left_out = n - 2 * Self::ENDS;
            write!(
                f,
                "{} -> ... {left_out} more ... -> {}",
                head.join(" -> "),
                tail.join(" -> ")
            )
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "violation of law \"{}\" in heap {}: {}",
            self.law, self.collector, self.message
        )?;
        if let Some(object) = self.object {
            write!(f, "\n  object       {object:#x}")?;
        }
        if let Some(ty) = &self.ty {
            write!(f, "\n  type         {ty}")?;
        }
        if let (Some(expected), Some(actual)) = (self.expected, self.actual) {
            write!(f, "\n  count        {actual}, expected {expected}")?;
        }
        for (i, owner) in self.owners.iter().enumerate() {
            let label = if i == 0 { "owners" } else { "" };
            write!(f, "\n  {label:12} {}", self.holder(owner))?;
        }
        if self.more_owners > 0 {
            write!(f, "\n  {:12} and {} more", "", self.more_owners)?;
        }
        if self.object.is_some() && self.owners.is_empty() {
            write!(f, "\n  owners       none")?;
        }
        if !self.path.is_empty() {
            write!(f, "\n  reached by   ")?;
            self.fmt_path(f)?;
        }
        match &self.place {
            Some(place) => write!(f, "\n  first broken {place}"),
            None => Ok(()),
        }
    }
}
