//! The laws that apply to the copying heap, which has no counts and no
//! stack-root list: *blocks*, *leak*, *type* and *poison*.

use super::liar::Liar;
use super::scene::*;
use gcdiff::engine::{Grain, NoHost, NoInspector, Owner, Point, Schedule, Store};
use gcdiff::heap::copying::{Copying, Core, HeapResult, Policy, Sound};
use gcdiff::heap::{Block, GcRef, Heap, Inspect, Roots, Shape};
use gcdiff::module::Module;
use gcdiff::oracle::{HeapSubject, Holder, Law, Options, Timing, Verdict, judge};
use std::sync::Arc;

/// The scene in a copying heap.
pub struct Scene<H> {
    pub store: Store<H>,
    module: Arc<Module>,
    /// The address of the leaf that the first collection frees.
    dead: GcRef,
}

impl<H: Heap> Scene<H> {
    pub fn fresh(heap: H) -> Scene<H> {
        let (mut store, module) = instance(heap, SCENE);
        run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
        assert_eq!(audit(&mut store, Point::Call), None);
        let dead = GcRef(store.heap.blocks()[0].start);
        Scene {
            store,
            module,
            dead,
        }
    }

    /// The pair, which global 0 holds.
    fn pair(&self) -> GcRef {
        GcRef(self.store.globals().next().expect("a global").1 as u32)
    }

    /// The array, which element 0 of table 0 holds.
    fn array(&self) -> GcRef {
        GcRef(self.store.tables()[0].elements[0])
    }
}

/// The scene after a collection. An audit finds nothing wrong.
fn collected() -> Scene<Copying> {
    let mut scene = Scene::fresh(Copying::new(1 << 20));
    scene.store.collect(&mut NoInspector).unwrap();
    assert_eq!(audit(&mut scene.store, Point::Collection), None);
    assert_eq!(scene.store.heap.stats().freed, 1);
    scene
}

#[test]
fn blocks_are_as_large_as_their_objects_need() {
    let mut scene = collected();
    let array = scene.array();
    let current = scene.store.heap.core_mut().from_space_mut();
    current.store_ref(array, 0, GcRef(9)).unwrap();
    let v = audit(&mut scene.store, Point::Call).expect("a broken law");
    let message = "has 48 bytes, its object needs 64";
    is(&v, Law::Blocks, Some(array), None, message);
    assert_eq!(v.path, [Holder::Slot(Owner::Table(0, 0))]);
}

#[test]
fn blocks_follow_each_other() {
    type Lie = fn(&mut Vec<Block>);
    let lies: [(Lie, &str); 8] = [
        (|blocks| blocks[0].start += 16, "no object can be read"),
        (|blocks| blocks.rotate_left(1), "should start"),
        (|blocks| blocks.swap(1, 2), "should start"),
        (|blocks| blocks.clear(), "the last block ends at"),
        (|blocks| blocks[1].size -= 16, "should start"),
        (|blocks| blocks[1].size = 0, "a block of 0 bytes"),
        (|blocks| blocks[1].size += 8, "a block of 56 bytes"),
        (|blocks| blocks.truncate(3), "the last block ends at"),
    ];
    let mut scene = Scene::fresh(Liar::new(Copying::new(1 << 20)));
    scene.store.collect(&mut NoInspector).unwrap();
    for (lie, message) in lies {
        scene.store.heap.lies.blocks = Some(lie);
        let v = audit(&mut scene.store, Point::Collection).expect("a broken law");
        is(&v, Law::Blocks, None, None, message);
        scene.store.heap.lies.blocks = None;
        assert_eq!(audit(&mut scene.store, Point::Collection), None);
    }
    // The last block ends beyond the heap.
    scene.store.heap.lies.blocks = Some(|blocks| {
        let last = blocks.last_mut().expect("a block");
        last.size += 16;
    });
    let v = audit(&mut scene.store, Point::Collection).expect("a broken law");
    is(&v, Law::Blocks, None, None, "should start");
}

#[test]
fn type_of_headers_and_slots() {
    let (leaf, twin) = {
        let types = &collected().module.type_ids;
        (types[0], types[TWIN])
    };
    let mut scene = collected();
    let pair = scene.pair();
    let current = scene.store.heap.core_mut().from_space_mut();
    let b = current.load_ref(pair, 4).unwrap();
    current.set_shape(b, Shape::Array(twin)).unwrap();
    let v = audit(&mut scene.store, Point::Call).expect("a broken law");
    is(&v, Law::Type, Some(b), None, "names no type of its kind");

    let current = scene.store.heap.core_mut().from_space_mut();
    current.set_shape(b, Shape::Struct(twin)).unwrap();
    let v = audit(&mut scene.store, Point::Call).expect("a broken law");
    let message = format!("field 1 of {pair}: {b} of type $twin where $leaf is wanted");
    is(&v, Law::Type, Some(pair), None, &message);

    let current = scene.store.heap.core_mut().from_space_mut();
    current.set_shape(b, Shape::Struct(leaf)).unwrap();
    assert_eq!(audit(&mut scene.store, Point::Call), None);

    // An address inside an object, and one in the idle semi-space.
    for wild in [GcRef(b.0 + 16), scene.dead] {
        let current = scene.store.heap.core_mut().from_space_mut();
        current.store_ref(pair, 4, wild).unwrap();
        let v = audit(&mut scene.store, Point::Call).expect("a broken law");
        let message = "is reachable, but no object";
        is(&v, Law::Type, Some(wild), None, message);
        assert_eq!(names(&v), [format!("field 1 of {pair}")]);
    }
}

/// A collector that also copies garbage.
struct Hoarder;

impl Policy for Hoarder {
    fn forward_stack(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        for block in core.from_space().blocks() {
            self.forward(core, GcRef(block.start))?;
        }
        Sound.forward_stack(core, roots)
    }
}

#[test]
fn leak_of_what_is_unreachable() {
    let mut scene = Scene::fresh(Copying::with_policy(1 << 20, Hoarder));
    scene.store.collect(&mut NoInspector).unwrap();
    let v = audit(&mut scene.store, Point::Collection).expect("a broken law");
    let first = GcRef(scene.store.heap.blocks()[0].start);
    let message = "is unreachable, but a collection has not freed it";
    is(&v, Law::Leak, Some(first), None, message);
    assert!(v.owners.is_empty() && v.path.is_empty());
    // At any other point there may be garbage.
    assert_eq!(audit(&mut scene.store, Point::Call), None);

    // A cycle of garbage is a leak, too.
    let body = r#"
        (func (export "run") (local $x (ref $refs))
          (local.set $x (array.new_default $refs (i32.const 1)))
          (array.set $refs (local.get $x) (i32.const 0) (local.get $x)))"#;
    let (mut store, module) = instance(Copying::with_policy(1 << 20, Hoarder), body);
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    store.collect(&mut NoInspector).unwrap();
    let v = audit(&mut store, Point::Collection).expect("a broken law");
    is(&v, Law::Leak, v.object.map(GcRef), None, message);
    assert_eq!(v.owners.len(), 1);
    let (mut store, module) = instance(Copying::new(1 << 20), body);
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    store.collect(&mut NoInspector).unwrap();
    assert_eq!(audit(&mut store, Point::Collection), None);
}

#[test]
fn poison_of_memory_that_nobody_uses() {
    // The unused part of the current semi-space, and the idle semi-space, at
    // their first and last words.
    let mut scene = collected();
    let unused = scene.store.heap.unused();
    let ranges: Vec<(u32, u32)> = unused
        .iter()
        .map(|(start, bytes)| (*start, start + bytes.len() as u32))
        .collect();
    let [behind, idle] = ranges[..] else {
        panic!("two ranges, not {ranges:?}");
    };
    assert_eq!(behind.0, scene.store.heap.extent().1);
    assert_eq!(idle.0, scene.dead.0);
    for (current, address) in [
        (false, idle.0),
        (false, idle.1 - 4),
        (true, behind.0),
        (true, behind.1 - 4),
    ] {
        let core = scene.store.heap.core_mut();
        let space = match current {
            true => core.from_space_mut(),
            false => core.to_space_mut(),
        };
        let local = (address - space.base()) as usize;
        let poison = space.word(local).unwrap();
        space.set_word(local, poison.0 ^ 0x00ff_0000).unwrap();
        let v = audit(&mut scene.store, Point::Call).expect("a broken law");
        let byte = poison.0.to_le_bytes()[2] ^ 0xff;
        let message = format!(
            "freed memory does not hold the poison: byte {:#x} is {byte:#04x}",
            address + 2
        );
        is(&v, Law::Poison, None, None, &message);
        let core = scene.store.heap.core_mut();
        let space = match current {
            true => core.from_space_mut(),
            false => core.to_space_mut(),
        };
        space.set_word(local, poison.0).unwrap();
        assert_eq!(audit(&mut scene.store, Point::Call), None);
    }
}

/// A collector that writes to the semi-space that it has emptied.
struct Careless;

impl Policy for Careless {
    fn flip(&mut self, core: &mut Core) {
        core.flip();
        // At the first collection the memory may not exist yet.
        let _ = core.to_space_mut().set_word(16, 5);
    }
}

#[test]
fn poison_is_seen_by_a_verdict() {
    let body = r#"
        (global $g (mut (ref null $leaf)) (ref.null $leaf))
        (func (export "run") (global.set $g (struct.new $leaf (i32.const 1))))"#;
    let case = case(body, Schedule::EverySafepoint, Default::default());
    let of = |subject| {
        let options = Options::default()
            .with_collectors([subject])
            .with_timing(Timing::At(Grain::Collection));
        judge(&case, &options).unwrap().verdict
    };
    assert_eq!(
        of(HeapSubject::shared(|| Copying::new(1 << 20))),
        Verdict::Agree
    );
    let verdict = of(HeapSubject::shared(|| {
        Copying::with_policy(1 << 20, Careless)
    }));
    let Verdict::Violation(v) = verdict else {
        panic!("{verdict}");
    };
    is(&v, Law::Poison, None, None, "is 0x05");
    assert_eq!(v.collector, "copying");
}
