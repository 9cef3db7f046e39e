//! The fuzz targets of `fuzz/`: from the bytes of an input to a verdict.
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
//! # Comparison of `enrich`
//!
//! The original runs under the null heap, and so does [the original with nothing but the
//! additions](crate::generate::enrich::extend). The plan names only exports of the original.
//! Compared are: how the instantiation and each step of the plan ended, what they returned, all
//! calls of imports with their arguments, the original's globals, tables and memories, what the
//! host has kept, and the objects reachable from all of these. Globals and tables of the additions
//! are left out: they come after those of the original.
//!
//! A pair is inconclusive if the host cannot satisfy an import, or if the instantiation uses up its
//! fuel, which it shares with the initial values of the additions. A difference is inconclusive if
//! the host may have had to choose a function, or a struct or array of any type, for the original:
//! it looks for one among all that exist, so the additions change what it finds.

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
pub enum FuzzTarget {
    /// A generated case, judged as in a campaign.
    Differential,
    /// A typed program of operations on the heap, judged as in a campaign.
    GcOps,
    /// Any bytes, as a module.
    Module,
    /// The enrichment itself.
    Enrich,
}

impl FuzzTarget {
    /// All targets.
    pub const ALL: [FuzzTarget; 4] = [
        FuzzTarget::Differential,
        FuzzTarget::GcOps,
        FuzzTarget::Module,
        FuzzTarget::Enrich,
    ];

    /// Its name, as spelled by cargo-fuzz and `--target`.
    pub fn name(self) -> &'static str {
        match self {
            FuzzTarget::Differential => "differential",
            FuzzTarget::GcOps => "gc_ops",
            FuzzTarget::Module => "module",
            FuzzTarget::Enrich => "enrich",
        }
    }

    /// Default options of the target, before a user or a fault changes them.
    pub fn options(self) -> Options {
        let options = Options::fuzzing();
        match self {
            FuzzTarget::Differential | FuzzTarget::GcOps => options,
            FuzzTarget::Module => Options {
                sometimes: Vec::new(),
                ..options
            },
            FuzzTarget::Enrich => Options {
                collectors: options.collectors[..1].to_vec(),
                sometimes: Vec::new(),
                timing: Timing::Never,
                layers: Layers::ALL,
                reschedule: false,
                footprint: u64::MAX,
                ..options
            },
        }
    }

    /// The case of an input, if the target judges generated cases and the input gives one.
    pub fn drawn(self, bytes: &[u8]) -> Option<GeneratedCase> {
        match self {
            FuzzTarget::Differential => generate::case(&generate::stretched(bytes)).ok(),
            FuzzTarget::GcOps => generate::gc_ops::case(bytes),
            FuzzTarget::Module | FuzzTarget::Enrich => None,
        }
    }

    /// Judges one input. `options` are those of the target, possibly with a fault switched on,
    /// whose id is `fault`.
    pub fn look(self, bytes: &[u8], options: &Options, fault: Option<&str>) -> CaseResult {
        let mut result = match self {
            FuzzTarget::Differential | FuzzTarget::GcOps => match self.drawn(bytes) {
                Some(drawn) => differential::look(self, drawn, options),
                None => CaseResult::Inconclusive(None),
            },
            FuzzTarget::Module => module::look(bytes, options),
            FuzzTarget::Enrich => enrich::look(bytes, options),
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

    /// Origin of the cases of its inputs.
    fn origin(self) -> Origin {
        Origin::Input {
            target: self,
            bytes: None,
        }
    }
}

/// Switches a fault on in `options`, if one is given.
pub fn with_fault(options: Options, fault: Option<Fault>) -> Options {
    match fault {
        Some(fault) => fault.switch_on(options, &Probe::default()),
        None => options,
    }
}

impl fmt::Display for FuzzTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FuzzTarget {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<FuzzTarget, UnknownName> {
        let found = FuzzTarget::ALL.into_iter().find(|t| t.name() == text);
        found.ok_or_else(|| {
            UnknownName::new("fuzz target", text, FuzzTarget::ALL.map(FuzzTarget::name))
        })
    }
}

#[cfg(test)]
mod tests;
