//! Audits at every operation keep a shadow account instead of taking a census
//! each time. The account must agree with a census, and must find the same
//! violations.

use gcdiff::case::{self, Case};
use gcdiff::engine::{Grain, Inspector, Schedule};
use gcdiff::generate::{self, GeneratedCase};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Collector, Timing};
use gcdiff::zoo::{self, Probe};
use std::sync::Arc;

const MAX: u32 = 1 << 26;

fn cases(seed: u64, n: u64) -> impl Iterator<Item = GeneratedCase> {
    (0..n).filter_map(move |i| generate::case(&generate::input(seed, i)).ok())
}

fn sound<H: Heap>(case: &Case, module: &Arc<Module>, heap: H) -> u64 {
    let name = heap.name();
    let mut auditor = Auditor::new(Timing::At(Grain::Every));
    let run = case::run(case, module, heap, &mut auditor);
    assert!(run.observation.is_ok(), "{name}: {:?}", auditor.violation());
    assert_eq!(auditor.disagreements, 0, "{name}");
    auditor.audits
}

#[test]
fn the_account_is_what_a_recount_says() {
    let mut audits = 0;
    for (
        i,
        GeneratedCase {
            mut case, module, ..
        },
    ) in cases(4, 400).enumerate()
    {
        // Without collections, one account has to last for the whole run.
        if i % 2 == 0 {
            case.schedule = Schedule::Never;
        }
        audits += sound(&case, &module, Drc::new(MAX));
        audits += sound(&case, &module, Null::new(MAX));
        audits += sound(&case, &module, Copying::new(MAX));
        audits += sound(&case, &module, Model::new(MAX));
    }
    assert!(audits > 100_000, "{audits}");
}

/// Takes a census at every operation.
struct Exhaustive(Auditor);

impl Exhaustive {
    fn new() -> Exhaustive {
        // Only an auditor of the finest grain keeps an account.
        Exhaustive(Auditor::new(Timing::At(Grain::Collecting)))
    }
}

impl<H: Heap> Inspector<H> for Exhaustive {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(
        &mut self,
        point: gcdiff::engine::Point,
        view: gcdiff::engine::View<'_, H>,
    ) -> Result<(), gcdiff::engine::Halt> {
        self.0.inspect(point, view)
    }
}

/// Faults that damage the allocator itself, or the list. The account knows neither where
/// free blocks are nor that two objects share an address, and it does not follow
/// the links of the stack-root list. The census of the next collection notices, and
/// bisection finds the instruction.
const BEYOND_ACCOUNT: [&str; 3] = ["W34", "D14", "W66"];

#[test]
fn what_is_found_is_found_as_early() {
    let mut found = 0;
    for fault in zoo::FAULTS {
        // Only faults of the counting heap.
        let variants = fault.variants(&Probe::default());
        let [variant] = &variants[..] else { continue };
        if variant.collector() != Collector::Drc {
            continue;
        }
        for GeneratedCase {
            mut case, module, ..
        } in cases(5, 150)
        {
            // A census at every operation takes far too long in a long run.
            case.limits.fuel = case.limits.fuel.min(1_000);
            let module = variant.compiled(&module);
            let heap = || variant.heap();
            let mut exhaustive = Exhaustive::new();
            case::run(&case, &module, heap(), &mut exhaustive);
            let mut auditor = Auditor::new(Timing::At(Grain::Every));
            case::run(&case, &module, heap(), &mut auditor);
            let seen = auditor.violation();
            // An error that the heap itself reports ends both runs at the same
            // point.
            if let Some(first) = exhaustive.0.violation() {
                found += 1;
                if BEYOND_ACCOUNT.contains(&fault.id) {
                    continue;
                }
                let seen = seen.expect("found by a recount");
                assert_eq!(
                    (seen.law, seen.object),
                    (first.law, first.object),
                    "{}",
                    fault.id
                );
                assert_eq!(auditor.audits, exhaustive.0.audits, "{}: {first}", fault.id);
            }
        }
    }
    assert!(found > 100, "{found}");
}
