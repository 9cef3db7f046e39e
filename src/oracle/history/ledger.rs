//! The count ledger: every event of one object's life, in order, beside what owns it.
//!
//! The run is repeated, and the object is looked at between all operations and before and after each
//! collection. What has changed since the last look is an entry. The account of owners comes from a
//! census, not from the heap, so that an entry shows a count that has no owner to it, or an owner
//! that was not counted: the first such entry is the *culprit*.

use crate::oracle::broken_at::BrokenAt;
use crate::oracle::violation::Holder;
use std::fmt;

/// The life of one object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Its type, in words.
    pub ty: String,
    /// The name of its heap.
    pub heap: String,
    /// The operations before the first moment that was looked at, if there are too many to look at.
    pub skipped: u64,
    /// What happened to it.
    pub entries: Vec<LedgerEntry>,
    /// The index of the first entry after which a law is broken for this object.
    pub culprit: Option<usize>,
}

/// What one actor did to an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerEntry {
    /// The actor: an instruction, a collection, the embedder.
    pub place: Option<BrokenAt>,
    /// The number of operations so far.
    pub operation: u64,
    /// The number of the moment at which this was seen: right before an operation or a collection,
    /// or right after a collection.
    pub moment: u64,
    /// The number of safepoints so far.
    pub safepoint: u64,
    /// What happened.
    pub events: Vec<LedgerEvent>,
    /// The address after it.
    pub address: u32,
    /// The reference count after it, in a counting heap.
    pub count: Option<u32>,
    /// The count that its owners require.
    pub expected: u32,
    /// What is wrong after it.
    pub breach: Option<Breach>,
}

/// Something that happened to an object.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LedgerEvent {
    /// It was there when it was first looked at.
    Found,
    /// It was allocated.
    Allocated,
    /// Its count has changed: before and after.
    Counted(u32, u32),
    /// It was put into the stack-root list.
    Listed,
    /// It was taken out of the stack-root list.
    Unlisted,
    /// An owner came, in words.
    Gained(Holder, String),
    /// An owner went, in words.
    Lost(Holder, String),
    /// So many more owners came.
    MoreGained(usize),
    /// So many more owners went.
    MoreLost(usize),
    /// So many steps of the heap are left out.
    MoreSteps(usize),
    /// It was moved: from, to.
    Moved(u32, u32),
    /// A collection marked it.
    Marked,
    /// A collection has updated references in it.
    Scanned,
    /// It was freed.
    Freed,
    /// Its memory was used for another object, of this type.
    Reused(String),
}

/// What is wrong with an object.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Breach {
    /// Its count is not the number of its owners.
    Count,
    /// A frame holds it, and the stack-root list does not.
    NotListed,
    /// It was freed although something refers to it.
    InUse,
}

impl Breach {
    /// What is wrong, in words.
    pub fn about(self) -> &'static str {
        match self {
            Breach::Count => "the count is not the number of owners",
            Breach::NotListed => "a frame holds it, but the stack-root list does not",
            Breach::InUse => "freed, although it is still referred to",
        }
    }
}

impl fmt::Display for LedgerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LedgerEvent::Found => f.write_str("first looked at"),
            LedgerEvent::Allocated => f.write_str("allocated"),
            LedgerEvent::Counted(from, to) => write!(f, "count {from} to {to}"),
            LedgerEvent::Listed => f.write_str("into the stack-root list"),
            LedgerEvent::Unlisted => f.write_str("out of the stack-root list"),
            LedgerEvent::Gained(_, words) => write!(f, "now in {words}"),
            LedgerEvent::Lost(_, words) => write!(f, "no longer in {words}"),
            LedgerEvent::MoreGained(n) => write!(f, "now in {n} more places"),
            LedgerEvent::MoreLost(n) => write!(f, "no longer in {n} more places"),
            LedgerEvent::MoreSteps(n) => write!(f, "{n} more steps"),
            LedgerEvent::Moved(from, to) => write!(f, "moved from {from:#x} to {to:#x}"),
            LedgerEvent::Marked => f.write_str("marked"),
            LedgerEvent::Scanned => f.write_str("scanned, references in it updated"),
            LedgerEvent::Freed => f.write_str("freed"),
            LedgerEvent::Reused(ty) => write!(f, "memory used for another object, {ty}"),
        }
    }
}

impl Ledger {
    /// The entry of the culprit.
    pub fn culprit(&self) -> Option<&LedgerEntry> {
        self.entries.get(self.culprit?)
    }
}

impl LedgerEntry {
    /// Whether its actor broke a law. What was so at the first look has another cause.
    pub fn is_breach(&self) -> bool {
        self.breach.is_some() && !self.events.contains(&LedgerEvent::Found)
    }

    /// What is wrong with it, in words: the count that has changed without an owner, or the owner
    /// without the count.
    pub fn mismatch(&self) -> String {
        let Some(breach) = self.breach else {
            return String::new();
        };
        let words = |events: Vec<&LedgerEvent>| {
            let events = events.into_iter().take(4).map(ToString::to_string);
            events.collect::<Vec<_>>().join(", ")
        };
        let is_owner = |e: &&LedgerEvent| match e {
            LedgerEvent::Gained(holder, _) | LedgerEvent::Lost(holder, _) => holder.is_counted(),
            LedgerEvent::Listed | LedgerEvent::Unlisted => true,
            _ => false,
        };
        let owners: Vec<&LedgerEvent> = self.events.iter().filter(is_owner).collect();
        let counted = |e: &&LedgerEvent| matches!(e, LedgerEvent::Counted(..));
        let counts: Vec<&LedgerEvent> = self.events.iter().filter(counted).collect();
        match (breach, owners.is_empty(), counts.is_empty()) {
            (Breach::Count, true, _) => format!("{}, but no owner has come or gone", words(counts)),
            (Breach::Count, false, true) => {
                format!("{}, but the count is unchanged", words(owners))
            }
            (Breach::Count, false, false) => {
                let changes = self.events.iter().filter(|e| is_owner(e) || counted(e));
                let count = self.count.unwrap_or(0);
                let s = if self.expected == 1 { "" } else { "s" };
                format!(
                    "the count is {count}, but it has {} owner{s} ({})",
                    self.expected,
                    words(changes.collect())
                )
            }
            (breach, ..) => breach.about().into(),
        }
    }
}
