//! What a run may use.

/// Limits of one run. All are logical: they count what the program asks for,
/// never what a heap makes of it.
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
        }
    }
}

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
        }
    }
}
