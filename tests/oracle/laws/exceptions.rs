//! The law *type* for exceptions: their tags and payloads.

use super::liar::Liar;
use super::scene::*;
use gcdiff::engine::{NoHost, NoInspector, Owner, Point, Stop, Store};
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::heap::{GcRef, Heap, Place};
use gcdiff::module::Module;
use gcdiff::oracle::{Holder, Law};
use std::sync::Arc;

/// Tags 0 and 1 have the same type. The type of tag 2 has as many words but
/// differs.
const THROW: &str = r#"
    (tag $a (param i32 (ref $leaf)))
    (tag $b (param i32 (ref $leaf)))
    (tag $c (param f32 (ref $leaf)))
    (func (export "run") (throw $b (i32.const 1) (struct.new $leaf (i32.const 2))))
"#;

/// A store with a pending exception, and the exception.
fn thrown<H: Heap>(heap: H) -> (Store<H>, Arc<Module>, GcRef) {
    let (mut store, module) = instance(heap, THROW);
    let thrown = run(&mut store, &module, &mut NoHost, &mut NoInspector);
    assert_eq!(thrown, Err(Stop::Exception));
    assert_eq!(audit(&mut store, Point::Call), None);
    let exception = GcRef(store.heap.blocks()[1].start);
    (store, module, exception)
}

/// Audits after setting the tag with `set`, to valid and invalid tags.
fn tags<H: Heap>(heap: H, set: impl Fn(&mut H, GcRef, u32)) {
    let (mut store, _, exception) = thrown(heap);
    for tag in [0, 1] {
        set(&mut store.heap, exception, tag);
        assert_eq!(audit(&mut store, Point::Call), None);
    }
    for tag in [2, 3, u32::MAX] {
        set(&mut store.heap, exception, tag);
        let v = audit(&mut store, Point::Call).expect("a broken law");
        let message = format!("{exception} has tag {tag}, which is none of its type");
        is(&v, Law::Type, Some(exception), None, &message);
        assert!(
            v.ty.as_deref()
                .is_some_and(|ty| ty.starts_with("exception of "))
        );
        assert_eq!(v.path, [Holder::Slot(Owner::Pending)]);
    }
}

#[test]
fn type_of_tags() {
    tags(Drc::new(1 << 20), |heap, r, tag| {
        // The tag is the first word of the payload.
        heap.core_mut().store_ref(r, 0, GcRef(tag)).unwrap();
    });
    tags(Copying::new(1 << 20), |heap, r, tag| {
        let current = heap.core_mut().from_space_mut();
        current.store_ref(r, 0, GcRef(tag)).unwrap();
    });
    tags(Liar::new(Model::new(1 << 20)), |heap, _, tag| {
        heap.lies.tag = Some(tag);
    });
    tags(Liar::new(Null::new(1 << 20)), |heap, _, tag| {
        heap.lies.tag = Some(tag);
    });
}

#[test]
fn type_of_payloads() {
    let (mut store, module, exception) = thrown(Model::new(1 << 20));
    let ty = module.types.iter().find(|(id, _)| store.tags()[0] == *id);
    let payload = Place::Field(ty.expect("known").1.layout.fields[1]);
    for (wrong, why) in [
        (exception, format!("{exception} of type")),
        (GcRef::NULL, "null where the type allows none".into()),
    ] {
        store.heap.set_reference(exception, payload, wrong).unwrap();
        let v = audit(&mut store, Point::Call).expect("a broken law");
        let message = format!("field 1 of {exception}: {why}");
        is(&v, Law::Type, Some(exception), None, &message);
    }
}
