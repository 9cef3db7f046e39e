//! Scripts: the `.wast` format of the official test suite, run in a store.
//!
//! A script instantiates modules, links them with each other, calls them and asserts the results.
//! [`run`] executes a script on any heap, with any inspector; [`run_under`] chooses the heap by
//! name and audits it, and [`run_on`] audits the heaps of a subject. The result is a [`Report`].
//!
//! All modules of a script share one [`Store`](crate::engine::Store) and one registry of types, so
//! objects and functions cross instances and types are canonical across modules. Besides registered
//! instances a script can import two modules of the host: `spectest`, as in the official suite, and
//! `wasmtime`, whose function `gc` collects.
//!
//! ```
//! use gcdiff::engine::NoInspector;
//! use gcdiff::heap::drc::Drc;
//! use gcdiff::script::{Options, run};
//!
//! let text = r#"
//!     (module
//!       (import "wasmtime" "gc" (func $gc))
//!       (type $s (struct (field i32)))
//!       (func (export "f") (result i32)
//!         (local $s (ref null $s))
//!         (local.set $s (struct.new $s (i32.const 7)))
//!         (call $gc)
//!         (struct.get $s 0 (local.get $s))))
//!     (assert_return (invoke "f") (i32.const 7))
//!     (assert_return (invoke "f") (i32.const 8))"#;
//! let report = run(text, Drc::new(1 << 20), &Options::default(), &mut NoInspector).unwrap();
//! assert_eq!(report.passed, 2);
//! assert_eq!(report.failures[0].line, 11);
//! assert_eq!(report.failures[0].message, "returned i32 7, expected i32 8");
//! ```
//!
//! A broken heap (corrupt, or in violation of a law that the inspector checks) is a failure, and
//! ends the script.

mod actions;
mod assertions;
mod directives;
mod error;
mod expect;
mod header;
mod hosts;
mod lines;
mod link;
mod proposal;
mod reason;
mod report;
mod runner;
mod traps;
mod under;
mod values;

pub use error::ScriptError;
pub use header::{Directives, directives};
pub use proposal::Proposal;
pub use reason::Reason;
pub use report::{Failure, Report, Skip};
pub use runner::run;
pub use under::{Auditing, run_on, run_under};

use crate::engine::{Limits, Schedule};

/// Options of a run. Start from [`Options::default`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Limits of the run.
    pub limits: Limits,
    /// When to collect, beyond the requests of the heap and the script.
    pub schedule: Schedule,
}

impl Options {
    /// Sets [`Options::limits`].
    pub fn with_limits(self, limits: Limits) -> Options {
        Options { limits, ..self }
    }

    /// Sets [`Options::schedule`].
    pub fn with_schedule(self, schedule: Schedule) -> Options {
        Options { schedule, ..self }
    }
}

impl Default for Options {
    /// Larger than [`Limits::default`]: a script frees nothing before its end, and may have
    /// hundreds of modules. The fuel of a call pays for the largest array of eight-byte elements,
    /// so that a larger array meets the limit of the heap; a script of endless loops still ends
    /// within seconds.
    fn default() -> Options {
        Options {
            limits: Limits {
                fuel: 2_200_000_000,
                heap_bytes: 1 << 30,
                memory_bytes: 1 << 30,
                // More than the fuel of one call.
                work: 4_000_000_000,
                ..Limits::default()
            },
            schedule: Schedule::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_end_within_seconds_and_a_call_may_use_up_its_fuel() {
        let limits = Options::default().limits;
        // A unit of fuel is a nanosecond of work.
        assert!(limits.work <= 5_000_000_000, "{}", limits.work);
        assert!(limits.fuel < limits.work, "{}", limits.fuel);
    }
}
