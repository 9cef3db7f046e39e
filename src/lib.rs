//! A differential fuzzing harness for WebAssembly garbage collectors.
//!
//! gcdiff generates GC-heavy modules, runs each one under several collectors, and
//! asserts that an embedder observes the same under all of them and that every
//! heap is exactly accounted for: each live object has the count that its owners
//! give it, no object is freed early, none leaks, and every reference in a frame
//! is a root. A violation names the object, its owners, a path from a root, and
//! the instruction after which the law was first broken.
//!
//! # Where to start
//!
//! * **To test a collector**, implement [`heap::Heap`] and [`heap::Inspect`] (nine
//!   and eight required methods) and make it an [`oracle::HeapSubject`]. The engine,
//!   the generators and the oracle of this crate do the rest:
//!
//! ```
//! use gcdiff::prelude::*;
//! use gcdiff::heap::drc::Drc;
//!
//! // In the place of `Drc`: your heap.
//! let mine = HeapSubject::shared(|| Drc::new(1 << 24));
//! let options = Options::fuzzing()
//!     .with_collectors([Collector::Null.into(), mine])
//!     .with_sometimes([]);
//! let campaign = Campaign::new(1, options).with_cases(20).with_stop_at_first(true);
//! let report = run(&campaign, &Progress::default());
//! for finding in report.findings.values() {
//!     println!("case {}: {}", finding.number, finding.shown());
//! }
//! assert!(report.findings.is_empty());
//! // A heap that is always full finds nothing, either.
//! assert!(report.statistics.agreed > 15);
//! ```
//!
//!   A program whose `main` calls [`cli::main_with`] has the whole command line, which
//!   knows your heap by name: `docs/own-collector.md` is a tutorial. Without it,
//!   [`campaign::Finding::save`] writes a finding as a module with a header, and your
//!   own heap replays it like this:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use gcdiff::prelude::*;
//! use gcdiff::heap::drc::Drc;
//!
//! let mine = HeapSubject::shared(|| Drc::new(1 << 24));
//! # let file = "corpus/regressions/issue-10182.wat";
//! let (case, header) = gcdiff::case::read(&std::fs::read(file)?)?;
//! let options = Options::default()
//!     .pinned(&header)?
//!     .with_collectors([Collector::Null.into(), mine]);
//! println!("{}", judge(&case, &options)?.verdict);
//! # Ok(())
//! # }
//! ```
//!
//! * **To test another engine**, implement [`oracle::Subject`]: run a case, and
//!   return an [`observe::Observation`], which has a JSON form. The subject states
//!   which parts of an observation it shows.
//! * **To judge one case**, read it with [`case::read`] and pass it to
//!   [`oracle::judge`].
//! * **To run scripts** of the official test suite on a heap, see [`script`].
//! * **To measure a fuzzer**, switch on a fault of the [`zoo`].
//!
//! The command line, `gcdiff --help`, is the feature `cli`, which is on by default.
//! Without it the library has no dependency for arguments, progress or signals.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`types`], [`module`] | canonical types, decoding, compilation to register code with stack maps |
//! | [`heap`] | the contract of a collector, and four collectors |
//! | [`engine`] | stores, instances, the interpreter, limits, schedules |
//! | [`observe`] | observations and the graph of reachable objects |
//! | [`case`] | a module with a plan and a schedule; its text form |
//! | [`oracle`] | subjects, audits, comparison, verdicts |
//! | [`generate`] | modules, typed programs, plans and schedules from bytes |
//! | [`reduce`] | the smallest case that still shows a finding |
//! | [`events`], [`zoo`] | how often cases exercise a collector; known bugs as faults |
//! | [`distill`] | few cases that find what many find |
//! | [`export`], [`engines`] | cases for other engines; other engines as subjects |
//! | [`explain`] | the operation at which a finding begins, and the life of its object |
//! | [`script`] | `.wast` scripts |
//! | [`campaign`] | campaigns, findings, fuzz targets, replay |

// Some parts serve the command line alone.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

pub mod campaign;
pub mod case;
#[cfg(feature = "cli")]
pub mod cli;
pub mod distill;
pub mod engine;
pub mod engines;
#[doc(hidden)]
pub mod escape;
pub mod events;
pub mod explain;
pub mod export;
pub mod generate;
pub mod heap;
pub(crate) mod jobs;
pub mod module;
mod module_ir;
pub mod observe;
pub mod oracle;
#[cfg(feature = "cli")]
mod page;
mod pool;
pub mod prelude;
mod process_group;
pub mod reduce;
pub mod script;
pub mod types;
mod unknown_name;
pub mod zoo;

pub use unknown_name::UnknownName;

/// The examples of the README are tests.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of the page about the library.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../docs/library.md")]
struct Library;

/// So is the one about collectors in other repositories.
#[cfg(doctest)]
#[doc = include_str!("../docs/ci.md")]
struct Ci;

/// So are those of the tutorial.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../docs/own-collector.md")]
struct Tutorial;
