//! Everything that may be skipped, and why: the one list.

use crate::module::ModuleError;

/// Why a directive was skipped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// An assertion of a snapshot older than multiple memories, in the suite's
    /// folder `memory64`: that two memories are invalid, or that the byte after
    /// `memory.size` and `memory.grow`, a memory index in version 3.0, must be
    /// zero. Version 3.0 accepts these modules, and so does the suite's own
    /// folder of that version.
    Superseded,
    /// Threads, components, and proposals beyond version 3.0: out of scope.
    OutOfScope,
    /// The engine does not read custom sections, as the specification allows.
    CustomSection,
    /// The module it is about was skipped or has failed; that is counted by
    /// itself.
    NoModule,
    /// The heap was found broken before; that is counted by itself.
    BrokenHeap,
    /// The heap noticed that it is corrupt, and the oracle is without the layer
    /// [`Heap`](crate::oracle::Layer::Heap).
    Noticed,
}

/// All reasons.
pub const REASONS: [Reason; 6] = [
    Reason::Superseded,
    Reason::OutOfScope,
    Reason::CustomSection,
    Reason::NoModule,
    Reason::BrokenHeap,
    Reason::Noticed,
];

impl Reason {
    /// The reason in words.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Superseded => "valid since several memories are allowed",
            Reason::OutOfScope => "threads, components, proposals beyond 3.0: out of scope",
            Reason::CustomSection => "custom sections are not read",
            Reason::NoModule => "its module was skipped or has failed",
            Reason::BrokenHeap => "the heap was found broken before",
            Reason::Noticed => "the heap noticed by itself that it is corrupt",
        }
    }

    /// The reason to skip a module that was refused with this error, if there
    /// is one.
    pub(super) fn of_refusal(error: &ModuleError) -> Option<Reason> {
        const MARKS: [&str; 7] = [
            "this is a component",
            "support is not enabled",
            "must be enabled",
            "stack switching is disabled",
            "shared-everything-threads",
            "legacy_exceptions feature required",
            "custom descriptors required",
        ];
        let (ModuleError::Invalid { message, .. } | ModuleError::Unsupported { message, .. }) =
            error;
        let is_beyond = MARKS.iter().any(|mark| message.contains(mark));
        is_beyond.then_some(Reason::OutOfScope)
    }

    /// The reason to skip an assertion that a module is refused with this
    /// message, when it is not.
    pub(super) fn of_accepted(message: &str) -> Option<Reason> {
        ["multiple memories", "zero byte expected"]
            .contains(&message)
            .then_some(Reason::Superseded)
    }
}
