//! The law *type* in heaps that do not move objects.

use super::scene::*;
use gcdiff::engine::{NoHost, NoInspector, Point, Stop};
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::heap::null::Null;
use gcdiff::heap::{GcRef, Heap, Shape};
use gcdiff::oracle::Law;
use gcdiff::types::TypeId;

#[test]
fn type_a_header_names_one_of_its_kind() {
    let pair = Scene::collected().pair;
    for change in [
        |_: TypeId| Shape::Struct(TypeId(1000)),
        |ty| Shape::Array(ty),
        |ty| Shape::Exception(ty),
    ] {
        let mut scene = Scene::collected();
        let shape = change(scene.ty(OTHER));
        scene.core().set_shape(pair, shape).unwrap();
        let v = scene.broken();
        let message = "names no type of its kind";
        is(&v, Law::Type, Some(pair), None, message);
        assert_eq!(names(&v), ["global 0"]);
    }
    // A word that is not a header at all has no type either.
    let mut scene = Scene::collected();
    scene.core().set_word(pair.0 as usize, 0xdada_dada).unwrap();
    is(
        &scene.broken(),
        Law::Type,
        Some(pair),
        None,
        "names no type",
    );
}

#[test]
fn type_slots_hold_what_their_type_allows() {
    // For a field, the containing object is blamed.
    let mut scene = Scene::collected();
    let (b, pair, array) = (scene.b, scene.pair, scene.array);
    let twin = scene.ty(TWIN);
    scene.core().set_shape(b, Shape::Struct(twin)).unwrap();
    let v = scene.broken();
    let message = format!("field 1 of {pair}: {b} of type $twin where $leaf is wanted");
    is(&v, Law::Type, Some(pair), None, &message);
    assert_eq!(names(&v), ["global 0"]);

    // Slots outside the heap.
    let mut scene = Scene::collected();
    let other = Shape::Struct(scene.ty(OTHER));
    scene.core().set_shape(pair, other).unwrap();
    let v = scene.broken();
    is(
        &v,
        Law::Type,
        Some(pair),
        None,
        &format!("global $pair: {pair} of"),
    );
    let mut scene = Scene::collected();
    let externs = Shape::Array(scene.ty(EXTERNS));
    scene.core().set_shape(array, externs).unwrap();
    let message = format!("element 0 of table $table: {array} of");
    is(&scene.broken(), Law::Type, Some(array), None, &message);

    // A reference to no object, and one to no function.
    let mut scene = Scene::collected();
    let inside = GcRef(scene.a.0 + 8);
    scene.core().store_ref(pair, 0, inside).unwrap();
    let v = scene.broken();
    is(
        &v,
        Law::Type,
        Some(inside),
        None,
        "is reachable, but no object",
    );
    assert_eq!(names(&v), [format!("field 0 of {pair}")]);
    let mut scene = Scene::collected();
    scene.core().store_ref(pair, 8, GcRef(99)).unwrap();
    let message = format!("field 2 of {pair}: 0x63 is no function");
    is(&scene.broken(), Law::Type, Some(pair), None, &message);
}

#[test]
fn type_of_garbage_matters_too() {
    // The cycle is unreachable, but the collector still traces it.
    let (mut store, module) = instance(
        Drc::new(1 << 20),
        r#"(func (export "run") (local $x (ref $refs))
             (local.set $x (array.new_default $refs (i32.const 2)))
             (array.set $refs (local.get $x) (i32.const 0) (local.get $x)))"#,
    );
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    let array = store.heap.core().list_head();
    store.collect(&mut NoInspector).unwrap();
    assert_eq!(audit(&mut store, Point::Collection), None);
    let core = store.heap.core_mut();
    core.write_elements(array, 1, &[array.0 + 16]).unwrap();
    let v = audit(&mut store, Point::Call).expect("a broken law");
    let message = format!("element 1 of {array}: {:#x} is no object", array.0 + 16);
    is(&v, Law::Type, Some(array), None, &message);
}

#[test]
fn type_of_segments_and_of_the_pending_exception() {
    let (mut store, module) = instance(
        Drc::new(1 << 20),
        r#"(tag $tag (param i32))
           (elem $segment (ref $leaf) (struct.new $leaf (i32.const 1)))
           (func (export "run") (throw $tag (i32.const 2)))"#,
    );
    let thrown = run(&mut store, &module, &mut NoHost, &mut NoInspector);
    assert_eq!(thrown, Err(Stop::Exception));
    let exception = store.heap.core().list_head();
    let item = store.heap.core().next(exception).unwrap();
    for (r, slot) in [
        (item, "element 0 of segment $segment"),
        (exception, "the pending exception"),
    ] {
        assert_eq!(audit(&mut store, Point::Call), None);
        let shape = store.heap.shape(r).unwrap();
        let twin = Shape::Struct(module.type_ids[TWIN]);
        store.heap.core_mut().set_shape(r, twin).unwrap();
        let v = audit(&mut store, Point::Call).expect("a broken law");
        is(
            &v,
            Law::Type,
            Some(r),
            None,
            &format!("{slot}: {r} of type"),
        );
        store.heap.core_mut().set_shape(r, shape).unwrap();
    }
}

#[test]
fn type_null_where_none_is_allowed() {
    let mut scene = Scene::collected();
    let (b, pair) = (scene.b, scene.pair);
    scene.core().store_ref(pair, 4, GcRef::NULL).unwrap();
    scene.core().free(b).unwrap();
    let v = scene.broken();
    let message = format!("field 1 of {pair}: null where the type allows none");
    is(&v, Law::Type, Some(pair), None, &message);

    for (body, slot) in [
        (
            "(global (ref $leaf) (struct.new $leaf (i32.const 1)))",
            "global 0",
        ),
        (
            "(elem (ref $leaf) (struct.new $leaf (i32.const 1)))",
            "element 0 of segment 0",
        ),
        (
            "(table 3 (ref $leaf) (struct.new $leaf (i32.const 1)))",
            "element 1 of table 0",
        ),
    ] {
        assert_eq!(
            audit(&mut instance(Drc::new(1 << 20), body).0, Point::Call),
            None
        );
        let mut store = instance(Drc::with_policy(1 << 20, Forgetful), body).0;
        let v = audit(&mut store, Point::Call).expect("a broken law");
        let message = format!("{slot}: null where the type allows none");
        is(&v, Law::Type, None, None, &message);
    }
}

/// A collector that leaves new slots null: all of them, or all but the first of
/// several.
struct Forgetful;

impl Policy for Forgetful {
    fn init_slot(&mut self, _: &mut Core, _: &mut u32, _: GcRef) -> HeapResult {
        Ok(())
    }

    fn grow_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> HeapResult {
        Sound.grow_slots(core, &mut slots[..1], value)
    }
}

#[test]
fn type_in_a_heap_that_does_not_count() {
    let (mut store, module) = instance(Null::new(1 << 20), SCENE);
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    assert_eq!(audit(&mut store, Point::Call), None);
    let pair = GcRef(store.globals().next().expect("a global").1 as u32);
    let fields = &module.types.entry(module.type_ids[2]).layout.fields;
    let wild = GcRef(0x4000);
    store
        .heap
        .set_field(pair, fields[0], wild.register())
        .unwrap();
    let v = audit(&mut store, Point::Call).expect("a broken law");
    is(
        &v,
        Law::Type,
        Some(wild),
        None,
        "is reachable, but no object",
    );
    assert_eq!(names(&v), [format!("field 0 of {pair}")]);
}
