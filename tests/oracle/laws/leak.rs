//! The law *leak* in the counting heap: counts of zero, and the list.

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
    // What is in no frame may be in the list, but not right after a collection.
    let mut scene = Scene::fresh();
    let dead = scene.dead;
    let v = audit(&mut scene.store, Point::Collection).expect("a broken law");
    is(&v, Law::Leak, Some(dead), None, "a collection has left it");
    assert_eq!(names(&v), ["the stack-root list"]);

    // What is in a frame stays.
    let kept = broken_inside(HOLDER, &mut |store| {
        store.collect(&mut NoInspector).unwrap();
        assert_eq!(store.heap.root_list().unwrap().members.len(), 2);
        assert_eq!(audit(store, Point::Collection), None);
    });
    assert_eq!(kept, None);
}
