//! The law *leak* in the counting heap: unowned objects, and the stack-root
//! list.

use super::scene::*;
use gcdiff::engine::{NoInspector, Point};
use gcdiff::heap::{Heap, Inspect};
use gcdiff::oracle::Law;

#[test]
fn leak_of_what_nobody_owns() {
    let mut scene = Scene::collected();
    let shape = scene.store.heap.shape(scene.a).unwrap();
    let r = scene.core().allocate(shape, 8).unwrap();
    let v = scene.broken();
    is(
        &v,
        Law::Leak,
        Some(r),
        None,
        "has no owners, but has not been freed",
    );
    assert!(v.owners.is_empty());
}

#[test]
fn leak_through_the_list() {
    // Objects that no frame holds may be in the list, except right after a
    // collection.
    let mut scene = Scene::fresh();
    let dead = scene.dead;
    let v = audit(&mut scene.store, Point::Collection).expect("a broken law");
    is(&v, Law::Leak, Some(dead), None, "a collection has left it");
    assert_eq!(names(&v), ["the stack-root list"]);

    // Objects that a frame holds stay in the list.
    let kept = broken_inside(HOLDER, &mut |store| {
        store.collect(&mut NoInspector).unwrap();
        assert_eq!(store.heap.root_list().unwrap().members.len(), 2);
        assert_eq!(audit(store, Point::Collection), None);
    });
    assert_eq!(kept, None);
}
