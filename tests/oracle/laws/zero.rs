//! The law *zero*.

use super::scene::*;
use gcdiff::engine::{Limits, Schedule};
use gcdiff::heap::drc::{Core, HeapResult, Policy};
use gcdiff::heap::{GcRef, Inspect};
use gcdiff::oracle::{Law, Verdict};

#[test]
fn zero_for_what_slots_reach() {
    let mut scene = Scene::collected();
    let (b, pair) = (scene.b, scene.pair);
    scene.core().set_count(b, 0).unwrap();
    let v = scene.broken();
    let message = "is supposedly live; should have nonzero ref count";
    is(&v, Law::Zero, Some(b), Some((1, 0)), message);
    assert_eq!(names(&v), [format!("field 1 of {pair}")]);

    let mut scene = Scene::collected();
    scene.core().free(b).unwrap();
    let v = scene.broken();
    is(&v, Law::Zero, Some(b), None, "(it has been freed)");
    assert_eq!(
        (names(&v), v.ty),
        (vec![format!("field 1 of {pair}")], None)
    );
}

#[test]
fn zero_for_what_a_frame_reaches() {
    let mut x = GcRef::NULL;
    let v = broken_inside(HOLDER, &mut |store| {
        x = store.heap.root_list().unwrap().members[1];
        store.heap.core_mut().set_count(x, 0).unwrap();
    });
    let v = v.expect("a broken law");
    is(&v, Law::Zero, Some(x), Some((1, 0)), "supposedly live");
    let register = "register 0 of function 1 (not counted)";
    assert_eq!(names(&v), ["the stack-root list", register]);

    // Only the frame of the host holds the host's argument.
    let mut argument = GcRef::NULL;
    let v = broken_inside(HOLDER, &mut |store| {
        argument = store.heap.root_list().unwrap().members[0];
        let core = store.heap.core_mut();
        core.link_past(GcRef::NULL, core.next(argument).unwrap())
            .unwrap();
        core.free(argument).unwrap();
    });
    let v = v.expect("a broken law");
    is(&v, Law::Zero, Some(argument), None, "(it has been freed)");
    assert_eq!(names(&v), ["register 0 of the host's call (not counted)"]);
}

/// A collector that does not put new objects in the stack-root list.
struct Unlisted;

impl Policy for Unlisted {
    fn new_object(&mut self, _: &mut Core, _: GcRef) -> HeapResult {
        Ok(())
    }
}

#[test]
fn zero_for_what_a_constant_expression_holds() {
    let body = "(global (ref $pair)
        (struct.new $pair (ref.null $leaf) (struct.new $leaf (i32.const 1)) (ref.null func)))";
    let policy: fn() -> Box<dyn Policy> = || Box::new(Unlisted);
    let verdict = judged(body, Schedule::Never, Limits::default(), Some(policy));
    let Verdict::Violation(v) = verdict else {
        panic!("{verdict}");
    };
    is(
        &v,
        Law::Zero,
        Some(GcRef(0x10)),
        Some((0, 0)),
        "supposedly live",
    );
    assert_eq!(
        names(&v),
        ["register 1 of a constant expression (not counted)"]
    );
    let place = v.place.expect("known").to_string();
    let wanted = "after struct.new in a constant expression at offset";
    assert!(place.starts_with(wanted), "{place}");
}
