//! Limits on the resources of a run.

use std::fmt;

/// Limits of one run. All but [`footprint`](Limits::footprint) and
/// [`work`](Limits::work) are logical: they count what the program requests,
/// independently of the heap. Exceeding one is the same trap under every heap.
///
/// The last five are off where they are 0. The first four of them make memory scarce.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Fuel for instantiation, and again for each call from the host. One unit
    /// pays for one instruction, or for sixteen bytes or one reference of a
    /// bulk operation. A call costs four more than its instructions.
    pub fuel: u64,
    /// Frames on the stack.
    pub frames: usize,
    /// Registers of all frames together.
    pub registers: usize,
    /// Bytes allocated in the garbage-collected heap over the whole run: the
    /// language's field sizes plus sixteen per object.
    pub heap_bytes: u64,
    /// Elements of all tables together.
    pub table_elements: u64,
    /// Bytes of all linear memories together.
    pub memory_bytes: u64,
    /// Active calls from the host into the module, at most [`MAX_REENTRY`].
    pub reentry: usize,
    /// Bytes of memory that the run may take at a time: all of the above as it
    /// is stored, needs of audits and the observation, and leftovers of earlier
    /// runs of the same verdict. Estimated, and never too low. A run that needs
    /// more stops ([`Stop::OverBudget`](super::Stop::OverBudget)).
    pub footprint: u64,
    /// Work over the whole run, in estimated nanoseconds of a typical machine.
    /// Pays for collections, audits and calls of the host, and one for each
    /// unit of fuel. A run that needs more stops.
    pub work: u64,
    /// Bytes that the blocks of a heap take at first
    /// ([`Heap::set_capacity`](crate::heap::Heap::set_capacity)). If a collection does not make
    /// room for an allocation, the engine doubles the number and tries again. A heap that is full
    /// although a free block is large enough breaks the law *limits*.
    pub capacity: u32,
    /// Every `refuse`-th allocation fails at first
    /// ([`Heap::refuse`](crate::heap::Heap::refuse)), so the engine collects and tries again.
    pub refuse: u32,
    /// Every `exhaust`-th allocation fails for good: [`Trap::HeapExhausted`](super::Trap).
    pub exhaust: u32,
    /// Every `inside`-th bulk operation on references that passes two or more of them collects
    /// after the first half.
    pub inside: u32,
    /// Collections of the schedule after which the distance between them doubles, again and again.
    /// So a long run collects often at first, and not in proportion to its length. The same holds
    /// for `refuse` and `inside`, which are counted on their own. 0 leaves all distances as they are.
    pub thin: u32,
}

/// Maximum number of active calls from the host into the module. Each takes a
/// part of the native stack, the only resource that cannot be counted in terms
/// of the language. All of them fit into two megabytes without optimisation.
pub const MAX_REENTRY: usize = 6;

impl Default for Limits {
    /// Limits for a user who runs a program: generous, but bounded.
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
            capacity: 0,
            refuse: 0,
            exhaust: 0,
            inside: 0,
            thin: 0,
        }
    }
}

/// Footprint limit of cases that do not set one; generated cases never do.
const FOOTPRINT: u64 = 1 << 30;
const WORK: u64 = 2_000_000_000;

/// Maximum limits for the header of a case or a script. The command line may
/// set higher ones.
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
    capacity: u32::MAX,
    refuse: u32::MAX,
    exhaust: u32::MAX,
    inside: u32::MAX,
    thin: u32::MAX,
};

impl Limits {
    /// Limits for generated cases: each run ends within milliseconds.
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
            capacity: 0,
            refuse: 0,
            exhaust: 0,
            inside: 0,
            thin: 0,
        }
    }
}

/// A resource with a budget that is not logical.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Resource {
    /// See [`Limits::footprint`].
    Memory,
    /// See [`Limits::work`].
    Work,
}

impl Resource {
    /// The name of the resource's limit.
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
