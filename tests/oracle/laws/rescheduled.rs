//! The law between runs: an extra collection changes no observation. Most tests
//! judge a heap alone, so that only its second run can reveal a difference.

use super::scene::*;
use gcdiff::engine::{Limits, Schedule};
use gcdiff::heap::copying::{self, Copying};
use gcdiff::heap::drc::{self, Drc};
use gcdiff::heap::{GcRef, Heap, HeapError, Roots, Shape};
use gcdiff::oracle::{
    Collector, Difference, HeapSubject, Judge, Options, SharedSubject, Verdict, judge,
};

/// Returns the number in a leaf, and whether two references to it are equal,
/// after some safepoints. At the end it clears the references, since a run ends
/// with a collection whatever the schedule is.
const BODY: &str = r#"
    (global $a (mut (ref null $leaf)) (ref.null $leaf))
    (global $b (mut (ref null $leaf)) (ref.null $leaf))
    (func $safepoint)
    (func (export "run") (result i32 i32)
      (global.set $a (struct.new $leaf (i32.const 5)))
      (global.set $b (global.get $a))
      (call $safepoint)
      (call $safepoint)
      (struct.get $leaf 0 (global.get $a))
      (ref.eq (global.get $a) (global.get $b))
      (global.set $a (ref.null $leaf))
      (global.set $b (ref.null $leaf)))
"#;

/// The safepoints of the body: the entry, an allocation, and two calls.
const SAFEPOINTS: &str = "at:1,2,3,4";

fn alone(subject: SharedSubject, schedule: Schedule, reschedule: bool) -> Verdict {
    let verdict = { with(vec![subject], schedule, reschedule) };
    // Which operation is blamed is tested elsewhere.
    match verdict {
        Verdict::Differ(found) => Verdict::Differ(Difference {
            first: None,
            ..found
        }),
        other => other,
    }
}

fn with(collectors: Vec<SharedSubject>, schedule: Schedule, reschedule: bool) -> Verdict {
    let options = Options::default()
        .with_collectors(collectors)
        .with_reschedule(reschedule);
    judge(&case(BODY, schedule, Limits::default()), &options)
        .unwrap()
        .verdict
}

/// A collector that overwrites the first word of every leaf it copies.
struct Scribbler;

impl copying::Policy for Scribbler {
    fn copy(&mut self, core: &mut copying::Core, object: GcRef) -> Result<GcRef, HeapError> {
        let copy = core.copy(object)?;
        if let Shape::Struct(_) = core.to_space().shape(copy)? {
            core.to_space_mut().store_ref(copy, 0, GcRef(99))?;
        }
        Ok(copy)
    }
}

/// A collector that loses forwarding addresses, and copies an object again for
/// every reference. The resulting heap breaks no law.
struct Cloner;

impl copying::Policy for Cloner {
    fn store_forwarding(
        &mut self,
        _: &mut copying::Core,
        _: GcRef,
        _: GcRef,
    ) -> copying::HeapResult {
        Ok(())
    }
}

/// A counting collector that overwrites the first word of every root object.
struct Painter;

impl drc::Policy for Painter {
    fn collect(&mut self, core: &mut drc::Core, roots: &mut dyn Roots) -> drc::HeapResult {
        drc::Sound.collect(core, roots)?;
        let mut outcome = Ok(());
        roots.slots(&mut |_, slot| {
            if GcRef(*slot).is_object() && outcome.is_ok() {
                outcome = core.store_ref(GcRef(*slot), 0, GcRef(77));
            }
        });
        outcome
    }
}

fn scribbler() -> SharedSubject {
    HeapSubject::shared(|| Copying::with_policy(1 << 20, Scribbler))
}

fn cloner() -> SharedSubject {
    HeapSubject::shared(|| Copying::with_policy(1 << 20, Cloner))
}

fn painter() -> SharedSubject {
    HeapSubject::shared(|| Drc::with_policy(1 << 20, Painter))
}

fn differs(collectors: [&str; 2], place: &str, values: [&str; 2]) -> Verdict {
    Verdict::Differ(Difference {
        collectors: (collectors[0].into(), collectors[1].into()),
        odd: None,
        wrong: Vec::new(),
        judge: Judge::Nobody,
        kind: "result",
        path: place.into(),
        values: (values[0].into(), values[1].into()),
        first: None,
    })
}

#[test]
fn an_extra_collection_tells() {
    let (number, same) = (r#"result 0 of call 1 "run""#, r#"result 1 of call 1 "run""#);
    let cases = [
        (scribbler(), number, "99 (0x63)", "5"),
        (cloner(), same, "0", "1"),
        (painter(), number, "77 (0x4d)", "5"),
    ];
    for (subject, place, collected, uncollected) in cases {
        let name = subject.name();
        // Collections are added to a run that has none.
        let other = format!("{name} collecting {SAFEPOINTS}");
        assert_eq!(
            alone(subject.clone(), Schedule::Never, true),
            differs([name, &other], place, [uncollected, collected])
        );
        assert_eq!(
            alone(subject.clone(), Schedule::Never, false),
            Verdict::Agree
        );
        // Collections are removed from a run that has some.
        let other = format!("{name} collecting never");
        assert_eq!(
            alone(subject.clone(), Schedule::EverySafepoint, true),
            differs([name, &other], place, [collected, uncollected])
        );
        let agreed = alone(subject, Schedule::EverySafepoint, false);
        assert_eq!(agreed, Verdict::Agree);
    }
}

#[test]
fn sound_heaps_do_not_mind() {
    let schedules = [
        Schedule::Never,
        Schedule::EverySafepoint,
        Schedule::EveryAllocation(1),
        Schedule::At(vec![2]),
    ];
    for collector in Collector::ALL {
        for schedule in &schedules {
            let verdict = alone(collector.into(), schedule.clone(), true);
            assert_eq!(verdict, Verdict::Agree, "{collector} {schedule:?}");
        }
    }
}

/// Among other heaps, the run with changed collections is the odd one out.
#[test]
fn the_second_run_is_the_odd_one_out() {
    let subjects = [Collector::Null.into(), Collector::Drc.into(), scribbler()];
    for turn in 0..3 {
        let mut collectors = subjects.to_vec();
        collectors.rotate_left(turn);
        let verdict = with(collectors.clone(), Schedule::Never, true);
        let Verdict::Differ(found) = &verdict else {
            panic!("{verdict}");
        };
        let odd = format!("copying collecting {SAFEPOINTS}");
        assert_eq!(found.odd.as_ref(), Some(&odd));
        assert_eq!(
            (
                found.collectors.1.clone(),
                &*found.values.0,
                &*found.values.1
            ),
            (odd, "5", "99 (0x63)")
        );
        let fingerprint = verdict.fingerprint();
        assert_eq!(fingerprint.as_deref(), Some("differ:collection:copying"));
        assert_eq!(with(collectors, Schedule::Never, false), Verdict::Agree);
    }
}

/// At most sixteen collections are added, spread evenly.
#[test]
fn extra_collections_are_spread() {
    let calls = "(call $safepoint)".repeat(100);
    let body = BODY.replacen("(call $safepoint)", &calls, 1);
    let options = Options::default().with_collectors([scribbler()]);
    let case = case(&body, Schedule::Never, Limits::default());
    let Verdict::Differ(found) = judge(&case, &options).unwrap().verdict else {
        panic!("no difference");
    };
    let list: Vec<String> = (1..=16).map(|i| (i * 6).to_string()).collect();
    let expected = format!("copying collecting at:{}", list.join(","));
    assert_eq!(found.collectors.1, expected);
}

/// A heap that never frees is not run again, since collections cannot change
/// it.
#[test]
fn a_heap_that_never_frees_is_run_once() {
    let subject = HeapSubject::shared(|| {
        let mut heap = super::liar::Liar::new(Copying::with_policy(1 << 20, Scribbler));
        heap.lies.reclaims = Some(gcdiff::heap::Reclaims::Nothing);
        assert!(!heap.wants_collection());
        heap
    });
    assert_eq!(alone(subject, Schedule::Never, true), Verdict::Agree);
}
