//! Audits at every operation keep a shadow account instead of taking a census
//! each time. They must find a violation in the middle of a run as early as a
//! census does.

use gcdiff::case::{self, Case};
use gcdiff::engine::{Grain, Halt, Inspector, Point, View};
use gcdiff::generate::{self, GeneratedCase};
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::heap::{GcRef, Heap, Shape};
use gcdiff::module::Module;
use gcdiff::oracle::audit::{Auditor, audit};
use gcdiff::oracle::{HeapSubject, Law, Options, Timing, Verdict, Violation, judge};
use std::sync::Arc;

type Damage = fn(&mut Core, GcRef) -> HeapResult;

/// Damages the heap when the object of this number has been allocated.
struct Nth {
    left: u32,
    damage: Damage,
}

impl Policy for Nth {
    fn new_object(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        Sound.new_object(core, object)?;
        self.left = self.left.wrapping_sub(1);
        match self.left {
            0 => (self.damage)(core, object),
            _ => Ok(()),
        }
    }
}

/// Damages that the account notices at once, because the heap's log of writes
/// shows them.
const EARLY: [(&str, Law, Damage); 6] = [
    ("a count too high", Law::Exact, |core, r| {
        core.set_count(r, 2)
    }),
    ("a count too low", Law::Zero, |core, r| core.set_count(r, 0)),
    ("a flag", Law::Roots, |core, r| core.set_listed(r, false)),
    ("no type", Law::Type, |core, r| {
        core.set_word(r.0 as usize, 0)
    }),
    ("an object that nobody owns", Law::Leak, |core, _| {
        core.allocate(Shape::Extern, 8).map(drop)
    }),
    ("free without poison", Law::Poison, |core, _| {
        let r = core.allocate(Shape::Extern, 8)?;
        core.free(r)?;
        core.set_word(r.0 as usize + 28, 7)
    }),
];

/// Damages that are noticed only by the next census: those to the stack-root
/// list itself, of which the account knows only the flags in headers, and those
/// to the order of blocks.
const LATE: [(&str, Law, Damage); 4] = [
    ("half a block freed", Law::Blocks, |core, _| {
        let r = core.allocate(Shape::Extern, 8)?;
        core.free_raw(r, 16);
        Ok(())
    }),
    ("unlinked from the list", Law::Roots, |core, r| {
        let next = core.next(r)?;
        core.link_past(GcRef::NULL, next)
    }),
    ("the length of the list", Law::Roots, |core, _| {
        core.set_list_len(core.list_len() + 1);
        Ok(())
    }),
    ("the head of the list", Law::Roots, |core, r| {
        core.set_list_head(core.next(r)?);
        Ok(())
    }),
];

/// Takes a census at every operation.
#[derive(Default)]
struct Exhaustive {
    found: Option<Violation>,
    looks: u64,
}

impl<H: Heap> Inspector<H> for Exhaustive {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, _: Point, view: View<'_, H>) -> Result<(), Halt> {
        self.looks += 1;
        self.found = audit(&view);
        match self.found {
            Some(_) => Err(Halt),
            None => Ok(()),
        }
    }
}

/// Cases in which a census finds a violation, with the violation.
fn broken(damage: Damage, left: u32) -> impl Iterator<Item = (Case, Arc<Module>, Exhaustive)> {
    let drawn = (0..60).filter_map(|i| generate::case(&generate::input(6, i)).ok());
    drawn.filter_map(move |GeneratedCase { case, module, .. }| {
        let mut exhaustive = Exhaustive::default();
        case::run(&case, &module, heap(damage, left), &mut exhaustive);
        exhaustive
            .found
            .is_some()
            .then_some((case, module, exhaustive))
    })
}

fn heap(damage: Damage, left: u32) -> Drc<Nth> {
    Drc::with_policy(1 << 26, Nth { left, damage })
}

#[test]
fn what_is_found_is_found_as_early() {
    for (what, law, damage) in EARLY {
        let mut count = 0;
        for left in [1, 7] {
            for (case, module, exhaustive) in broken(damage, left) {
                let mut auditor = Auditor::new(Timing::At(Grain::Every));
                case::run(&case, &module, heap(damage, left), &mut auditor);
                let first = exhaustive.found.expect("broken");
                let seen = auditor.violation().expect("found by a recount");
                assert_eq!((seen.law, seen.object), (first.law, first.object), "{what}");
                assert_eq!(auditor.audits, exhaustive.looks, "{what}");
                count += u32::from(first.law == law);
            }
        }
        assert!(count > 10, "{what}: {count}");
    }
}

/// A verdict names the first instruction that breaks a law, regardless of the
/// grain of audits.
#[test]
fn a_verdict_is_about_what_was_found_first() {
    for (what, law, damage) in EARLY.into_iter().chain(LATE) {
        let mut count = 0;
        for (case, _, exhaustive) in broken(damage, 3) {
            let options = Options::default()
                .with_collectors([HeapSubject::shared(move || heap(damage, 3))])
                .with_timing(Timing::At(Grain::Call))
                .with_reschedule(false);
            let first = exhaustive.found.expect("broken");
            let Verdict::Violation(v) = judge(&case, &options).unwrap().verdict else {
                // A collection has repaired the damage.
                continue;
            };
            assert_eq!((v.law, v.object), (first.law, first.object), "{what}");
            count += u32::from(first.law == law);
        }
        assert!(count > 0, "{what}: {count}");
    }
}
