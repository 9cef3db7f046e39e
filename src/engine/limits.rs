//! What a run may use.

use std::fmt;

/// Limits of one run. All but the last two are logical: they count what the
/// program asks for, never what a heap makes of it, and running into one is a
/// trap that every heap shows.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Fuel for instantiation and, anew, for each call from the host. One unit
    /// is one instruction, or sixteen bytes or one reference of a bulk
    /// operation; a call costs four more than its instructions.
    pub fuel: u64,
    /// Frames on the stack.
    pub frames: usize,
    /// Registers of all frames together.
    pub registers: usize,
    /// Bytes allocated in the garbage-collected heap over the whole run, by
    /// the language's field sizes plus sixteen per object.
    pub heap_bytes: u64,
    /// Elements of all tables together.
    pub table_elements: u64,
    /// Bytes of all linear memories together.
    pub memory_bytes: u64,
    /// Calls from the host into the module that are active at a time; more than
    /// [`MAX_REENTRY`] are never allowed.
    pub reentry: usize,
    /// Bytes of memory that the run may take at a time: everything above as it
    /// is kept, what audits and the observation need besides, and what earlier
    /// runs of the same verdict have left. Estimated, and not less than what is
    /// taken. A run that needs more is no longer worth its memory, and stops
    /// ([`Stop::OverBudget`](super::Stop::OverBudget)).
    pub footprint: u64,
    /// Work over the whole run that its fuel does not pay for, in nanoseconds
    /// of a typical machine, as estimated: collections, audits, calls of the
    /// host; and one for each unit of fuel. Beyond it the run stops.
    pub work: u64,
}

/// The most calls from the host into the module that are ever active at a time.
/// Each takes a part of the native stack, which is the one thing that cannot be
/// counted in terms of the language; all of them fit into two megabytes without
/// optimisation.
pub const MAX_REENTRY: usize = 6;

impl Default for Limits {
    /// For a user who runs a program: generous, but bounded.
    fn default() -> Limits {
        Limits {
            fuel: 100_000_000,
            frames: 10_000,
            registers: 1 << 20,
            heap_bytes: 256 << 20,
            table_elements: 10_000_000,
            memory_bytes: 256 << 20,
            reentry: MAX_REENTRY,
            footprint: FOOTPRINT,
            work: WORK,
        }
    }
}

/// What cases may take that do not ask for more or less; generated ones do not.
const FOOTPRINT: u64 = 1 << 30;
const WORK: u64 = 2_000_000_000;

/// The most that the header of a case or a script may ask for. Whoever runs it
/// may ask for more.
pub const CEILING: Limits = Limits {
    fuel: 1_000_000_000,
    frames: 1 << 20,
    registers: 1 << 22,
    heap_bytes: 1 << 30,
    table_elements: 1 << 25,
    memory_bytes: 1 << 30,
    reentry: MAX_REENTRY,
    footprint: 1 << 30,
    work: 4_000_000_000,
};

impl Limits {
    /// For generated cases: each run ends within milliseconds.
    pub const fn fuzzing() -> Limits {
        Limits {
            fuel: 10_000,
            frames: 256,
            registers: 1 << 16,
            heap_bytes: 1 << 20,
            table_elements: 20_000,
            memory_bytes: 16 << 20,
            reentry: 4,
            footprint: FOOTPRINT,
            work: WORK,
        }
    }
}

/// What a run may use up.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Resource {
    /// See [`Limits::footprint`].
    Memory,
    /// See [`Limits::work`].
    Work,
}

impl Resource {
    /// The name of its limit.
    pub fn limit(self) -> &'static str {
        match self {
            Resource::Memory => "footprint",
            Resource::Work => "work",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resource::Memory => "the run needs more memory than it may have",
            Resource::Work => "the run takes longer than it may",
        })
    }
}
