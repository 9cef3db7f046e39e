//! The long programs of the benchmarks.

/// A program: a module whose export `run` takes and returns a 32-bit number.
pub struct Program {
    /// The name.
    pub name: &'static str,
    /// The module in the text format.
    pub text: &'static str,
    /// The argument of `run`.
    pub argument: u32,
    /// The expected result of `run`.
    pub result: u32,
}

/// All programs.
pub const PROGRAMS: [Program; 7] = [
    Program {
        name: "a_list",
        text: include_str!("a_list.wat"),
        argument: 20,
        result: 1_411_065_408,
    },
    Program {
        name: "b_trees",
        text: include_str!("b_trees.wat"),
        argument: 15,
        result: 196_575,
    },
    Program {
        name: "c_arraycopy",
        text: include_str!("c_arraycopy.wat"),
        argument: 500,
        result: 503_808,
    },
    Program {
        name: "d_cast",
        text: include_str!("d_cast.wat"),
        argument: 100_000,
        result: 2_400_000,
    },
    Program {
        name: "e_fib",
        text: include_str!("e_fib.wat"),
        argument: 30,
        result: 832_040,
    },
    Program {
        name: "e_sieve",
        text: include_str!("e_sieve.wat"),
        argument: 10,
        result: 9_592,
    },
    Program {
        name: "f_tables",
        text: include_str!("f_tables.wat"),
        argument: 200,
        result: 51_000,
    },
];
