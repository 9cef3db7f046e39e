//! The law *type* in a copying heap whose collector overlooks a reference. The
//! stale address refers to no object.

use super::copying::Scene;
use super::scene::{HOLDER, audit, broken_inside_of, case, is};
use gcdiff::engine::{Limits, NoInspector, Point, Schedule};
use gcdiff::heap::copying::{Copying, Core, HeapResult, Policy, Sound};
use gcdiff::heap::{GcRef, Heap, Inspect, Roots};
use gcdiff::oracle::{FrameOf, HeapSubject, Holder, Law, Options, Timing, Verdict, judge};

/// A collector that overlooks one root or one kind of reference.
#[derive(Copy, Clone, Default)]
struct Overlooks {
    /// The slot with this number.
    slot: Option<usize>,
    /// All references in frames.
    frames: bool,
    /// References at this payload offset of structures.
    field: Option<u64>,
    /// The last element of every array.
    element: bool,
}

impl Policy for Overlooks {
    fn forward_slots(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        let mut number = 0;
        let mut outcome = Ok(());
        roots.slots(&mut |_, slot| {
            if outcome.is_ok() && self.slot != Some(number) {
                outcome = self.forward_slot(core, slot);
            }
            number += 1;
        });
        outcome
    }

    fn forward_stack(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        match self.frames {
            true => Ok(()),
            false => Sound.forward_stack(core, roots),
        }
    }

    fn scan_field(&mut self, core: &mut Core, object: GcRef, offset: u64) -> HeapResult {
        match self.field == Some(offset) {
            true => Ok(()),
            false => Sound.scan_field(core, object, offset),
        }
    }

    fn scan_elements(&mut self, core: &mut Core, array: GcRef, len: u32) -> HeapResult {
        let len = len.saturating_sub(self.element.into());
        Sound.scan_elements(core, array, len)
    }
}

#[test]
fn type_of_what_a_collection_overlooked() {
    let none = Overlooks::default();
    let slot = |slot| Overlooks {
        slot: Some(slot),
        ..none
    };
    let field = |field| Overlooks {
        field: Some(field),
        ..none
    };
    let element = Overlooks {
        element: true,
        ..none
    };
    // The numbers of objects in the order of their old addresses: dead, a, b,
    // pair, array.
    let cases: [(Overlooks, Option<(usize, &str)>); 7] = [
        (none, None),
        (slot(0), Some((3, "global $pair"))),
        (slot(1), Some((4, "element 0 of table $table"))),
        // This slot is null, so nothing is overlooked.
        (slot(2), None),
        (field(0), Some((1, "global $pair -> field 0"))),
        (field(4), Some((2, "global $pair -> field 1"))),
        (element, Some((1, "element 0 of table $table -> element 2"))),
    ];
    for (policy, expected) in cases {
        let mut scene = Scene::fresh(Copying::with_policy(1 << 20, policy));
        let before = scene.store.heap.blocks();
        scene.store.collect(&mut NoInspector).unwrap();
        let found = audit(&mut scene.store, Point::Collection);
        let Some((stale, path)) = expected else {
            assert_eq!(found, None);
            continue;
        };
        let v = found.expect("a broken law");
        let stale = GcRef(before[stale].start);
        is(
            &v,
            Law::Type,
            Some(stale),
            None,
            "is reachable, but no object",
        );
        assert!(
            v.to_string().contains(&format!("reached by   {path}")),
            "{v}"
        );
    }
}

#[test]
fn type_of_what_a_frame_holds_after_a_collection() {
    for frames in [false, true] {
        let policy = Overlooks {
            frames,
            ..Overlooks::default()
        };
        let mut x = GcRef::NULL;
        let heap = Copying::with_policy(1 << 20, policy);
        let v = broken_inside_of(heap, HOLDER, &mut |store| {
            x = GcRef(store.heap.blocks()[0].start);
            store.collect(&mut NoInspector).unwrap();
        });
        if !frames {
            assert_eq!(v, None);
            continue;
        }
        let v = v.expect("a broken law");
        is(&v, Law::Type, Some(x), None, "is reachable, but no object");
        let register = Holder::Frame {
            of: FrameOf::Function(1),
            register: 0,
        };
        assert_eq!(
            (&v.owners, &v.path),
            (&vec![register.clone()], &vec![register])
        );
    }
}

/// Overlooks frames in its second collection.
#[derive(Default)]
struct OverlooksOnce {
    collections: u32,
}

impl Policy for OverlooksOnce {
    fn forward_stack(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        self.collections += 1;
        match self.collections == 2 {
            true => Ok(()),
            false => Sound.forward_stack(core, roots),
        }
    }
}

/// Of the collections the first and the fourth are audited. The object is gone after the second, and
/// before the third nothing refers to it any more.
#[test]
fn screening_looks_at_frames_after_collections_that_it_does_not_audit() {
    let body = r#"
        (func (export "run") (local $a (ref null $leaf))
          (local.set $a (struct.new $leaf (i32.const 1)))
          (drop (struct.new $leaf (i32.const 2)))
          (drop (struct.new $leaf (i32.const 3)))
          (local.set $a (ref.null $leaf))
          (drop (struct.new $leaf (i32.const 4))))"#;
    let case = case(body, Schedule::At(vec![3, 4, 5]), Limits::default());
    let heap = || -> Box<dyn Heap> {
        Box::new(Copying::with_policy(
            1 << 20,
            Box::new(OverlooksOnce::default()),
        ))
    };
    let options = Options::default()
        .with_collectors([HeapSubject::shared(heap)])
        .with_reschedule(false);
    assert_eq!(options.timing, Timing::Sampled);
    let verdict = judge(&case, &options).unwrap().verdict;
    let Verdict::Violation(violation) = &verdict else {
        panic!("{verdict}");
    };
    assert_eq!(violation.law, Law::Type, "{verdict}");
}
