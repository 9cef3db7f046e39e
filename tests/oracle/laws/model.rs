//! The law *type* in the model heap, where no other law can be broken.

use super::scene::*;
use gcdiff::engine::{NoHost, NoInspector, Point, Store};
use gcdiff::heap::model::Model;
use gcdiff::heap::{GcRef, Inspect, Place, Shape};
use gcdiff::module::Module;
use gcdiff::oracle::Law;
use gcdiff::types::StorageKind;
use std::sync::Arc;

/// The scene after its run, with its objects.
fn scene() -> (Store<Model>, Arc<Module>, [GcRef; 5]) {
    let (mut store, module) = instance(Model::new(1 << 20), SCENE);
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    store.collect(&mut NoInspector).unwrap();
    // The model frees nothing, and claims nothing else.
    assert_eq!(audit(&mut store, Point::Collection), None);
    let blocks = store.heap.blocks();
    let objects: Vec<GcRef> = blocks.iter().map(|block| GcRef(block.start)).collect();
    let objects = objects.try_into().expect("five objects");
    (store, module, objects)
}

#[test]
fn type_of_headers() {
    let (mut store, module, [_, _, b, pair, array]) = scene();
    let ty = |index: usize| module.type_ids[index];
    for (r, wrong) in [
        (b, Shape::Array(ty(0))),
        (b, Shape::Struct(ty(REFS))),
        (pair, Shape::Exception(ty(PAIR))),
        (array, Shape::Struct(ty(REFS))),
    ] {
        let shape = store.heap.header(r).and_then(|header| header.shape);
        store.heap.set_shape(r, wrong).unwrap();
        let v = audit(&mut store, Point::Call).expect("a broken law");
        is(&v, Law::Type, Some(r), None, "names no type of its kind");
        store.heap.set_shape(r, shape.expect("known")).unwrap();
        assert_eq!(audit(&mut store, Point::Call), None);
    }
}

#[test]
fn type_of_slots() {
    let (mut store, module, [_, a, b, pair, array]) = scene();
    let ty = |index: usize| module.type_ids[index];
    // The objects that the global, the table, a field and an element refer to.
    for (r, wrong, about, place) in [
        (
            pair,
            Shape::Struct(ty(OTHER)),
            pair,
            "global $pair".to_string(),
        ),
        (
            array,
            Shape::Array(ty(EXTERNS)),
            array,
            "element 0 of table $table".to_string(),
        ),
        (
            b,
            Shape::Struct(ty(TWIN)),
            pair,
            format!("field 1 of {pair}"),
        ),
        (a, Shape::Extern, pair, format!("field 0 of {pair}")),
    ] {
        let shape = store.heap.header(r).and_then(|header| header.shape);
        store.heap.set_shape(r, wrong).unwrap();
        let v = audit(&mut store, Point::Call).expect("a broken law");
        is(
            &v,
            Law::Type,
            Some(about),
            None,
            &format!("{place}: {r} of type"),
        );
        store.heap.set_shape(r, shape.expect("known")).unwrap();
        assert_eq!(audit(&mut store, Point::Call), None);
    }
}

#[test]
fn type_of_references() {
    let (mut store, module, [_, a, b, pair, array]) = scene();
    let fields = module
        .types
        .entry(module.type_ids[PAIR])
        .layout
        .fields
        .clone();
    let element = |index| Place::Element {
        index,
        kind: StorageKind::Gc,
    };
    let (first, second) = (Place::Field(fields[0]), Place::Field(fields[1]));
    let behind = GcRef(array.0 + 16);
    let cases = [
        (
            pair,
            first,
            a,
            array,
            pair,
            format!("field 0 of {pair}: {array} of type"),
        ),
        (
            pair,
            second,
            b,
            pair,
            pair,
            format!("field 1 of {pair}: {pair} of type"),
        ),
        (
            pair,
            second,
            b,
            GcRef::i31(3),
            pair,
            format!("field 1 of {pair}: i31 3 of type"),
        ),
        (
            pair,
            second,
            b,
            GcRef::NULL,
            pair,
            format!("field 1 of {pair}: null where the type allows none"),
        ),
        (
            pair,
            second,
            b,
            behind,
            behind,
            "is reachable, but no object".into(),
        ),
        (
            array,
            element(2),
            a,
            behind,
            behind,
            "is reachable, but no object".into(),
        ),
        (
            array,
            element(2),
            a,
            GcRef(a.0 + 8),
            GcRef(a.0 + 8),
            "no object".into(),
        ),
    ];
    for (r, place, old, wrong, about, message) in cases {
        store.heap.set_reference(r, place, wrong).unwrap();
        let v = audit(&mut store, Point::Call).expect("a broken law");
        is(&v, Law::Type, Some(about), None, &message);
        store.heap.set_reference(r, place, old).unwrap();
        assert_eq!(audit(&mut store, Point::Call), None);
    }
    // Other values of the correct type break no law.
    for (r, place, value) in [
        (pair, first, b),
        (pair, first, GcRef::NULL),
        (pair, second, a),
        (array, element(0), GcRef::i31(-1i32 as u32)),
        (array, element(1), array),
    ] {
        store.heap.set_reference(r, place, value).unwrap();
        assert_eq!(audit(&mut store, Point::Call), None);
    }
}
