//! The complete list of reasons to skip a directive.

use super::proposal::Proposal;
use crate::engine::Resource;

/// Why a directive was skipped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// An assertion from a snapshot older than multiple memories, in the suite's folder `memory64`:
    /// that two memories are invalid, or that the byte after `memory.size` and `memory.grow`, a
    /// memory index in version 3.0, must be zero. Version 3.0 accepts these modules, and so does
    /// the suite's own folder of that version.
    Superseded,
    /// Needs a proposal beyond WebAssembly 3.0.
    Beyond(Proposal),
    /// The engine does not read custom sections, as the specification allows.
    CustomSection,
    /// Its module was skipped or has failed, which is counted separately.
    NoModule,
    /// This directive, or one before it, exceeds this limit.
    OverBudget(Resource),
    /// The heap was found broken earlier, which is counted separately.
    BrokenHeap,
    /// The heap noticed that it is corrupt, and the oracle runs without the layer
    /// [`Heap`](crate::oracle::Layer::Heap).
    Noticed,
}

impl Reason {
    /// The reason in words.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Superseded => "valid since several memories are allowed",
            Reason::Beyond(proposal) => proposal.text(),
            Reason::CustomSection => "custom sections are not read",
            Reason::NoModule => "its module was skipped or has failed",
            Reason::OverBudget(Resource::Memory) => {
                "the script needs more memory than it may have (--limits footprint=N)"
            }
            Reason::OverBudget(Resource::Work) => {
                "the script takes longer than it may (--limits work=N)"
            }
            Reason::BrokenHeap => "the heap was found broken before",
            Reason::Noticed => "the heap noticed by itself that it is corrupt",
        }
    }

    /// Whether what follows in the script is not run either, although nothing has failed.
    pub fn cuts_short(self) -> bool {
        matches!(self, Reason::OverBudget(_) | Reason::Noticed)
    }

    /// The reason to skip an assertion that a module is refused with this message, when the module
    /// is accepted.
    pub(super) fn of_accepted(message: &str) -> Option<Reason> {
        ["multiple memories", "zero byte expected"]
            .contains(&message)
            .then_some(Reason::Superseded)
    }
}
