//! What the fuzz targets of `fuzz/` do with an input: bytes to a verdict.
//!
//! | target | input | what must hold |
//! |---|---|---|
//! | `differential` | bytes that [`generate::case`](crate::generate::case()) makes a case of, [stretched](crate::generate::stretched) if they are few | the heaps are sound and show the same, as in `gcdiff fuzz` |
//! | `gc_ops` | a program in the [byte form](crate::generate::gc_ops::Program::encode) that [a mutator](crate::generate::gc_ops::mutate) edits | the same |
//! | `module` | a binary module, or anything else | it is refused, or the null and the counting heap are sound and show the same |
//! | `enrich` | bytes that [`generate::pair`](crate::generate::pair()) makes modules of | the enriched module is valid, and the additions alone change nothing |
//!
//! No target may panic, hang or use unbounded memory, whatever the input.
//!
//! # What `enrich` compares
//!
//! The original runs under the null heap, and so does [the original with the
//! additions](crate::generate::enrich::extend) and nothing else. The plan names
//! exports of the original only. Compared are how the instantiation and each step
//! of the plan ended, what they returned, all calls of imports with their
//! arguments, the original's globals, tables and memories, what the host has
//! kept, and the objects behind all of these. Globals and tables of the additions
//! are left out: they come after those of the original.
//!
//! Some pairs say nothing: where the host cannot satisfy an import; where the
//! instantiation uses up its fuel, which it shares with the initial values of the
//! additions; and, if there is a difference, where the host may have had to make
//! up a function, or a struct or array of any type, for the original: it looks for
//! one among all there are, so the additions change what it finds.

mod differential;
mod enrich;
mod harness;
mod module;

pub use harness::Harness;

use super::Origin;
use super::replay::CaseResult;
use crate::generate::{self, GeneratedCase};
use crate::oracle::{Layers, Options, Timing};
use crate::unknown_name::UnknownName;
use crate::zoo::{Fault, Probe};
use std::fmt;
use std::str::FromStr;

/// A fuzz target.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A generated case, judged as in a campaign.
    Differential,
    /// A typed program of operations on the heap, judged as in a campaign.
    GcOps,
    /// Any bytes, as a module.
    Module,
    /// The enrichment itself.
    Enrich,
}

impl Target {
    /// All targets.
    pub const ALL: [Target; 4] = [
        Target::Differential,
        Target::GcOps,
        Target::Module,
        Target::Enrich,
    ];

    /// Its name, as cargo-fuzz and `--target` spell it.
    pub fn name(self) -> &'static str {
        match self {
            Target::Differential => "differential",
            Target::GcOps => "gc_ops",
            Target::Module => "module",
            Target::Enrich => "enrich",
        }
    }

    /// What the target judges with, before a user or a fault changes it.
    pub fn options(self) -> Options {
        let options = Options::fuzzing();
        match self {
            Target::Differential | Target::GcOps => options,
            Target::Module => Options {
                sometimes: Vec::new(),
                ..options
            },
            Target::Enrich => Options {
                collectors: options.collectors.into_iter().take(1).collect(),
                sometimes: Vec::new(),
                timing: Timing::Never,
                layers: Layers::ALL,
                reschedule: false,
                footprint: u64::MAX,
            },
        }
    }

    /// The case that an input is, of the targets that judge generated cases, if it is one.
    pub fn drawn(self, bytes: &[u8]) -> Option<GeneratedCase> {
        match self {
            Target::Differential => generate::case(&generate::stretched(bytes)).ok(),
            Target::GcOps => generate::gc_ops::case(bytes),
            Target::Module | Target::Enrich => None,
        }
    }

    /// Looks at one input. `options` are those of the target, possibly with a
    /// fault switched on, whose id is `fault`.
    pub fn look(self, bytes: &[u8], options: &Options, fault: Option<&str>) -> CaseResult {
        let mut result = match self {
            Target::Differential | Target::GcOps => match self.drawn(bytes) {
                Some(drawn) => differential::look(self, drawn, options),
                None => CaseResult::Inconclusive,
            },
            Target::Module => module::look(bytes, options),
            Target::Enrich => enrich::look(bytes, options),
        };
        if let CaseResult::Finding(finding) = &mut result {
            finding.fault = fault.map(str::to_string);
            if let (false, Origin::Input { bytes: input, .. }) =
                (finding.runs(), &mut finding.origin)
            {
                *input = Some(bytes.to_vec());
            }
        }
        result
    }

    /// Where the cases of its inputs come from.
    fn origin(self) -> Origin {
        Origin::Input {
            target: self,
            bytes: None,
        }
    }
}

/// Options with a fault, or without.
pub fn with_fault(options: Options, fault: Option<Fault>) -> Options {
    match fault {
        Some(fault) => fault.switch_on(options, &Probe::default()),
        None => options,
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Target, UnknownName> {
        let found = Target::ALL.into_iter().find(|t| t.name() == text);
        found.ok_or_else(|| UnknownName::new("fuzz target", text, Target::ALL.map(Target::name)))
    }
}

#[cfg(test)]
mod tests;
