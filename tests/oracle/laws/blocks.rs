//! The law *blocks* in the counting heap.

use super::liar::Liar;
use super::scene::*;
use gcdiff::engine::{NoHost, NoInspector, Point};
use gcdiff::heap::drc::Drc;
use gcdiff::heap::{GcRef, POISON};
use gcdiff::oracle::Law;

#[test]
fn blocks_leave_no_gap() {
    let mut scene = Scene::collected();
    let (b, pair) = (scene.b, scene.pair);
    assert_eq!(scene.core().block_size(b), Ok(32));
    scene.core().free_raw(b, 16);
    let message = format!("at {:#x}, where one within {:#x}", pair.0, b.0 + 16);
    is(&scene.broken(), Law::Blocks, None, None, &message);

    let mut scene = Scene::collected();
    let array = scene.array;
    scene.core().free_raw(array, 32);
    is(
        &scene.broken(),
        Law::Blocks,
        None,
        None,
        "the last block ends at",
    );
}

#[test]
fn blocks_are_as_large_as_their_objects_need() {
    let mut scene = Scene::collected();
    let array = scene.array;
    // The first word of the payload is the length.
    scene.core().store_ref(array, 0, GcRef(9)).unwrap();
    let v = scene.broken();
    is(
        &v,
        Law::Blocks,
        Some(array),
        None,
        "has 48 bytes, its object needs 64",
    );
    assert_eq!(names(&v), ["element 0 of table 0"]);
}

/// An audit that trusted a poisoned length would allocate gigabytes.
#[test]
fn blocks_bound_what_is_read() {
    let mut scene = Scene::collected();
    let array = scene.array;
    let poison = GcRef(u32::from_le_bytes([POISON; 4]));
    scene.core().store_ref(array, 0, poison).unwrap();
    // A header of 16 bytes, a length padded to 8, and four bytes for each
    // element.
    let needed = (16 + 8 + 4 * u64::from(poison.0)).next_multiple_of(16);
    let message = format!("has 48 bytes, its object needs {needed}");
    is(&scene.broken(), Law::Blocks, Some(array), None, &message);
}

/// The block of the dead leaf is free. What the list says of it is checked at every audit.
#[test]
fn the_free_list_has_every_free_block_once_and_nothing_else() {
    let (mut store, module) = instance(Liar::new(Drc::new(1 << 20)), SCENE);
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    store.collect(&mut NoInspector).unwrap();
    assert_eq!(audit(&mut store, Point::Call), None);
    type Lie = fn(&mut Vec<gcdiff::heap::Block>);
    let lies: [(Lie, &str); 3] = [
        (|list| list.clear(), "is not in the free list"),
        (|list| list.extend(list.clone()), "twice"),
        (|list| list[0].size += 16, "that is not a free block"),
    ];
    for (lie, message) in lies {
        store.heap.lies.free_list = Some(lie);
        let broken = audit(&mut store, Point::Call).expect("a broken law");
        is(&broken, Law::Blocks, None, None, message);
    }
}
