//! Violations: broken laws, with the objects and owners concerned.

use super::broken_at::{BrokenAt, Instruction};
use super::panics::Panic;
use super::verdict::Difference;
use crate::case::claims::Claim;
use crate::engine::{Owner, Schedule};
use std::fmt;
use std::sync::Arc;

/// A law. The [audit](super::audit) states each of them.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Law {
    /// *blocks*: the heap's blocks.
    Blocks,
    /// *zero*: reachable objects and their counts.
    Zero,
    /// *roots*: the stack-root list.
    Roots,
    /// *exact*: counts against owners.
    Exact,
    /// *leak*: unreachable objects.
    Leak,
    /// *type*: headers and references.
    Type,
    /// *poison*: free memory.
    Poison,
    /// *language*: answers that the language fixes; see [`claims`](crate::case::claims).
    Language,
    /// *limits*: the end of a run.
    Limits,
    /// *panic*: panics of a collector.
    Panic,
}

impl Law {
    /// All laws, in the order in which they are reported if several are broken.
    /// Exception: a header that names no type is reported before all other
    /// breaches inside a block.
    pub const ALL: [Law; 10] = [
        Law::Blocks,
        Law::Zero,
        Law::Roots,
        Law::Exact,
        Law::Leak,
        Law::Type,
        Law::Poison,
        Law::Language,
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
            Law::Language => "language",
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

/// A holder of a reference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// A field of a structure, or of an exception's payload.
    Field {
        /// The address of the object it is in.
        object: u32,
        /// Its index.
        index: u32,
        /// The object's type.
        ty: Arc<str>,
    },
    /// An element of an array.
    Element {
        /// The address of the array.
        object: u32,
        /// Its index.
        index: u32,
        /// The array's type.
        ty: Arc<str>,
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
        /// The owner of the frame.
        of: FrameOf,
        /// The register's index.
        register: u16,
    },
}

/// A frame's register or a slot outside the heap that holds an object in use, and that a collection
/// was not shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LostRoot {
    /// The register or slot.
    pub holder: Holder,
    /// The same in words, with names.
    pub words: String,
    /// The instruction in front of the safepoint that has set the register, if one has: a parameter
    /// has none.
    pub set_by: Option<Instruction>,
    /// Whether it is one of several in its frame, of which none was shown.
    pub whole_frame: bool,
    /// The number of the safepoint.
    pub safepoint: u64,
}

impl LostRoot {
    /// The word for the kind of root in a fingerprint. The instruction that has set a register is not
    /// part of it: where maps of whole frames are wrong, any may have.
    pub(super) fn kind(&self) -> &'static str {
        match &self.holder {
            Holder::Slot(Owner::Global(_)) => "global",
            Holder::Slot(Owner::Table(..)) => "table",
            Holder::Slot(Owner::Segment(..)) => "segment",
            Holder::Slot(Owner::Pending) => "exception",
            Holder::Slot(Owner::Handle(_)) => "handle",
            _ => "register",
        }
    }
}

impl fmt::Display for LostRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self
            .words
            .strip_suffix(" (not counted)")
            .unwrap_or(&self.words);
        write!(f, "lost at safepoint {}: {words}", self.safepoint)?;
        if let Some(by) = &self.set_by {
            write!(f, ", set by {} in {by},", by.name)?;
        }
        f.write_str(" holds it, but the collector was shown no such root")?;
        match self.whole_frame {
            true => f.write_str(", and no other of its frame"),
            false => Ok(()),
        }
    }
}

/// A named part of a module or object that a holder mentions.
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

/// The owner of a frame.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FrameOf {
    /// A function, by its index in the module.
    Function(u32),
    /// A constant expression.
    Constant,
    /// A call to the host: the frame holds its arguments and results.
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
    /// The law.
    pub law: Law,
    /// The collector whose heap broke it.
    pub collector: String,
    /// A description of the breach in one sentence.
    pub message: String,
    /// Address of the object concerned, if there is one.
    pub object: Option<u32>,
    /// Its type, as far as it is known.
    pub ty: Option<String>,
    /// The count it should have.
    pub expected: Option<u32>,
    /// The count it has.
    pub actual: Option<u32>,
    /// The first few holders of a reference to it, counted or not.
    pub owners: Vec<Holder>,
    /// The number of further holders.
    pub more_owners: usize,
    /// A shortest path to it from outside the heap, if it is reachable: first a
    /// frame or a slot, then one field or element at a time.
    pub path: Vec<Holder>,
    /// The kind of object concerned, for the fingerprint.
    pub(super) kind: &'static str,
    /// The names of the parts that holders mention.
    pub(super) names: Vec<(Part, String)>,
    /// The actor that first broke the law.
    pub place: Option<BrokenAt>,
    /// The root that the collection was not shown, if that is why the law is broken.
    pub lost: Option<Box<LostRoot>>,
    /// The cause of a run's end that the heap does not explain: for law
    /// *panic*, the place in the source; for law *limits*, `time` if the run
    /// did not end in time.
    pub cause: Option<String>,
    /// The number of the moment at which it was found, if that is the first at which a law is
    /// broken; see [`is_moment`](super::audit::is_moment).
    pub(super) moment: Option<u64>,
    /// The schedule of the run that broke it, if it is not the case's own.
    pub(super) schedule: Option<Schedule>,
    /// The difference between what heaps show as which it was noticed, if no law was seen broken
    /// before.
    pub noticed: Option<Box<Difference>>,
}

/// The cause of a violation by a run that did not end in time.
pub(crate) const OVERTIME: &str = "time";

impl Violation {
    /// A violation by the subject `collector`, not tied to an object.
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
            lost: None,
            cause: None,
            moment: None,
            schedule: None,
            noticed: None,
        }
    }

    /// A panic of the collector, or of another part of its subject.
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

    /// The run of `collector` contradicts these claims, and no other run differs from it.
    pub(super) fn language(collector: &str, contradicted: &[Claim]) -> Violation {
        let meanings: Vec<&str> = contradicted.iter().map(|claim| claim.meaning()).collect();
        let names: Vec<&str> = contradicted.iter().map(|claim| claim.name()).collect();
        let message = format!(
            "the language fixes that {}; the case has seen something else",
            meanings.join(", and that ")
        );
        Violation {
            cause: Some(names.join("+")),
            ..Violation::new(Law::Language, collector, message)
        }
    }

    /// The run passed more safepoints than its fuel can pay for.
    pub(crate) fn ran_away(collector: &str) -> Violation {
        let message = "the run has passed more safepoints than its fuel can pay for";
        Violation::new(Law::Limits, collector, message.into())
    }

    /// The law that the cause breaks, for fingerprints. A root that the collection was not shown
    /// breaks *roots*, whatever its object breaks then: that depends on its other owners.
    pub fn cause_law(&self) -> Law {
        match self.lost {
            Some(_) => Law::Roots,
            None => self.law,
        }
    }

    /// Whether this is a run that did not end within a time limit.
    pub(crate) fn is_overtime(&self) -> bool {
        self.law == Law::Limits && self.cause.as_deref() == Some(OVERTIME)
    }

    /// The run did not end within `seconds`.
    pub(crate) fn overtime(collector: &str, seconds: f64) -> Violation {
        Violation {
            cause: Some(OVERTIME.into()),
            ..Violation::new(
                Law::Limits,
                collector,
                format!("the run has not ended within {seconds} s (--timeout allows more)"),
            )
        }
    }

    /// The number of the moment at which it was found, if that is the first at which a law is
    /// broken: right before an operation or a collection, or right after a collection.
    pub fn moment(&self) -> Option<u64> {
        self.moment
    }

    /// The schedule of the run that broke it, if it is not the case's own.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref()
    }

    /// The number of holders at each end of a path that are printed.
    pub(super) const ENDS: usize = 8;

    /// A holder in words, with the names that are known.
    pub(super) fn holder(&self, holder: &Holder) -> String {
        in_words(&self.names, holder)
    }

    fn fmt_path(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Each holder but the first is in the object that the previous one
        // holds, so that object need not be named twice.
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

/// A holder in words, with these names.
pub(super) fn in_words(names: &[(Part, String)], holder: &Holder) -> String {
    let name = |part: Part| {
        let found = names.iter().find(|(named, _)| *named == part);
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
        if let Some(place) = &self.place {
            write!(f, "\n  first broken {place}")?;
        }
        if let Some(lost) = &self.lost {
            write!(f, "\n  cause        {lost}")?;
        }
        match &self.noticed {
            Some(difference) => write!(f, "\n  noticed as   differ: {difference}"),
            None => Ok(()),
        }
    }
}
