//! The law *roots*.

use super::scene::*;
use gcdiff::heap::drc::{Policy, Sound};
use gcdiff::heap::{GcRef, Inspect};
use gcdiff::oracle::Law;

#[test]
fn roots_all_members_are_there_and_say_so() {
    let mut scene = Scene::fresh();
    let (a, b, pair) = (scene.a, scene.b, scene.pair);
    scene.core().link_past(pair, a).unwrap();
    let v = scene.broken();
    let message = "says that it is in the stack-root list, but is not";
    is(&v, Law::Roots, Some(b), None, message);
    assert_eq!(names(&v), [format!("field 1 of {pair}")]);

    let mut scene = Scene::fresh();
    scene.core().set_listed(b, false).unwrap();
    let v = scene.broken();
    let message = "is in the stack-root list, but does not say so";
    is(&v, Law::Roots, Some(b), None, message);
    assert_eq!(names(&v).last().unwrap(), "the stack-root list");
}

#[test]
fn roots_no_duplicates() {
    let mut scene = Scene::fresh();
    let (a, pair) = (scene.a, scene.pair);
    scene.core().set_next(a, pair).unwrap();
    let v = scene.broken();
    let message = "is in the stack-root list more than once";
    is(&v, Law::Roots, Some(pair), None, message);
    let list = "the stack-root list";
    assert_eq!(names(&v), ["global 0", list, list]);

    // The same duplicate, where nothing else is wrong.
    let mut scene = Scene::fresh();
    let members = scene.store.heap.root_list().unwrap().members;
    let (first, last) = (members[0], members[members.len() - 1]);
    let core = scene.core();
    core.set_next(last, first).unwrap();
    core.set_list_len(members.len() as u32 + 1);
    core.set_count(first, core.count(first).unwrap() + 1)
        .unwrap();
    is(&scene.broken(), Law::Roots, Some(first), None, message);
}

#[test]
fn roots_no_member_that_is_no_object() {
    let mut scene = Scene::fresh();
    let dead = scene.dead;
    scene.core().free(dead).unwrap();
    let v = scene.broken();
    let message = "is in the stack-root list, but no object";
    is(&v, Law::Roots, Some(dead), None, message);
    assert_eq!(names(&v), ["the stack-root list"]);

    // An address inside an object does not denote that object.
    let mut scene = Scene::fresh();
    let inside = GcRef(scene.array.0 + 8);
    scene.core().set_list_head(inside);
    is(&scene.broken(), Law::Roots, Some(inside), None, message);
}

#[test]
fn roots_the_length_on_record() {
    for len in [4, 6] {
        let mut scene = Scene::fresh();
        scene.core().set_list_len(len);
        let message = format!("has 5 members, but {len} on record");
        is(&scene.broken(), Law::Roots, None, None, &message);
    }
}

#[test]
fn roots_what_is_in_a_frame_is_in_the_list() {
    let body = r#"
        (global $g (ref $leaf) (struct.new $leaf (i32.const 1)))
        (func (export "run") (local $x (ref null $leaf))
          (local.set $x (global.get $g))
          (call $look (ref.null any))
          (drop (struct.get $leaf 0 (local.get $x))))"#;
    let mut x = GcRef::NULL;
    let v = broken_inside(body, &mut |store| {
        x = store.heap.root_list().unwrap().members[0];
        // Unlink it from the list, as a collection that overlooks the frame
        // would.
        let core = store.heap.core_mut();
        core.link_past(GcRef::NULL, core.next(x).unwrap()).unwrap();
        Sound.unlist(core, x).unwrap();
    });
    let v = v.expect("a broken law");
    let message = "is in a frame, but not in the stack-root list";
    is(&v, Law::Roots, Some(x), None, message);
    assert_eq!(
        names(&v),
        ["global 0", "register 0 of function 1 (not counted)"]
    );
}
