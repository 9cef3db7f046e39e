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
    /// Calls from the host into the module that are active at a time.
    pub reentry: usize,
}

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
            reentry: 16,
        }
    }
}

impl Limits {
    /// For generated cases: each run ends within milliseconds.
    pub fn fuzzing() -> Limits {
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
