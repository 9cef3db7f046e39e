//! The audit, tested by mutation: a sound heap passes; broken in one place, it
//! fails, and the law, the object, its counts and its owners are the right
//! ones. Each scene is made by a module, so that every kind of owner is a real
//! one, and audited before it is damaged.

use gcdiff::case::{self, Case};
use gcdiff::engine::{
    Blind, Extern, Grain, Host, HostCall, Inspector, Limits, NoHost, Point, Schedule, Stop, Store,
    Trap,
};
use gcdiff::heap::drc::{Core, Done, Drc, Policy, Sound};
use gcdiff::heap::null::Null;
use gcdiff::heap::{GcRef, Heap, Inspect, Shape};
use gcdiff::module::{ExternType, Module};
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Law, Options, Timing, Verdict, Violation, judge};
use gcdiff::types::TypeId;
use std::sync::Arc;

/// What all scenes start from. The types come first: `$leaf` and `$twin` differ
/// in nothing that a heap cares about, and so do `$pair` and `$other`.
const TYPES: &str = r#"
    (type $leaf (struct (field i32)))
    (type $twin (struct (field f32)))
    (type $pair (struct (field (mut (ref null $leaf))) (field (mut (ref $leaf))) (field funcref)))
    (type $other (struct (field (mut anyref)) (field (mut (ref $leaf))) (field funcref)))
    (type $refs (array (mut anyref)))
    (type $exterefs (array (mut externref)))
"#;
const TWIN: usize = 1;
const OTHER: usize = 3;
const EXTERNS: usize = 5;

/// One leaf that dies, and two that live: one in three places, one in one.
const SCENE: &str = r#"
    (global $pair (mut (ref null $pair)) (ref.null $pair))
    (table $table 2 (ref null $refs))
    (func (export "run") (local $a (ref null $leaf))
      (drop (struct.new $leaf (i32.const 0)))
      (local.set $a (struct.new $leaf (i32.const 1)))
      (global.set $pair
        (struct.new $pair (local.get $a) (struct.new $leaf (i32.const 2)) (ref.null func)))
      (table.set $table (i32.const 0)
        (array.new_fixed $refs 3 (local.get $a) (ref.i31 (i32.const 5)) (local.get $a))))
"#;

/// A store with one instance of a module that imports at most one function.
fn instance<H: Heap>(heap: H, body: &str) -> (Store<H>, Arc<Module>) {
    let wasm = wat::parse_str(format!("(module {TYPES} {body})")).unwrap();
    let module = Arc::new(Module::new(&wasm, &mut Arc::default()).unwrap());
    let mut store = Store::new(heap, Limits::default(), Schedule::Never);
    let import = module.imports.first().map(|import| match import.ty {
        ExternType::Func(ty) => store.add_host_func(&module.types, ty, 0),
        _ => panic!("only functions are imported"),
    });
    let id = store.link(&module, import.as_slice()).unwrap();
    store.start(id, &mut NoHost, &mut Blind).unwrap();
    (store, module)
}

/// Calls the export `run`.
fn run<H: Heap>(
    store: &mut Store<H>,
    module: &Module,
    host: &mut dyn Host<H>,
    inspector: &mut dyn Inspector<H>,
) -> Result<(), Stop> {
    let run = module.export("run").expect("exported");
    let Some(Extern::Func(run)) = store.instances()[0].item(run) else {
        panic!("not a function");
    };
    store.call(run, &[], host, inspector)
}

fn audit<H: Heap>(store: &mut Store<H>, point: Point) -> Option<Violation> {
    let mut auditor = Auditor::new(Timing::At(Grain::End));
    let stopped = store.inspect(point, &mut auditor).is_err();
    assert_eq!(stopped, auditor.violation().is_some());
    auditor.violation().cloned()
}

/// The scene after its run, with what is in it.
struct Scene {
    store: Store<Drc>,
    module: Arc<Module>,
    dead: GcRef,
    a: GcRef,
    b: GcRef,
    pair: GcRef,
    array: GcRef,
}

impl Scene {
    /// Every object is in the stack-root list, the newest first.
    fn fresh() -> Scene {
        let (mut store, module) = instance(Drc::new(1 << 20), SCENE);
        run(&mut store, &module, &mut NoHost, &mut Blind).unwrap();
        let core = store.heap.core();
        let members = store.heap.root_list().unwrap().members;
        let [array, pair, b, a, dead] = members[..] else {
            panic!("five objects, not {members:?}");
        };
        assert_eq!(core.load_ref(pair, 0), Ok(a));
        assert_eq!(core.load_ref(pair, 4), Ok(b));
        assert_eq!(audit(&mut store, Point::End), None);
        Scene {
            store,
            module,
            dead,
            a,
            b,
            pair,
            array,
        }
    }

    /// The list is empty, and one leaf is dead.
    fn collected() -> Scene {
        let mut scene = Scene::fresh();
        scene.store.collect(&mut Blind).unwrap();
        assert_eq!(audit(&mut scene.store, Point::Collection), None);
        assert!(!scene.store.heap.core().is_allocated(scene.dead));
        scene
    }

    fn core(&mut self) -> &mut Core {
        self.store.heap.core_mut()
    }

    fn broken(mut self) -> Violation {
        audit(&mut self.store, Point::End).expect("a broken law")
    }

    /// A type of the module, by its place in the type section.
    fn ty(&self, index: usize) -> TypeId {
        self.module.type_ids[index]
    }
}

#[track_caller]
fn is(v: &Violation, law: Law, object: Option<GcRef>, counts: Option<(u32, u32)>, message: &str) {
    assert_eq!(v.law, law, "{v:?}");
    assert_eq!(v.object.map(GcRef), object, "{v:?}");
    assert_eq!(v.expected.zip(v.actual), counts, "{v:?}");
    assert!(v.message.contains(message), "{v:?}");
}

/// Damages what `run` has built when it calls the host, and audits there.
struct Breaker<'a> {
    damage: &'a mut dyn FnMut(&mut Store<Drc>),
    found: Option<Violation>,
}

impl Host<Drc> for Breaker<'_> {
    fn call(
        &mut self,
        store: &mut Store<Drc>,
        _: HostCall,
        _: &mut dyn Inspector<Drc>,
    ) -> Result<(), Stop> {
        assert_eq!(audit(store, Point::Operation), None);
        (self.damage)(store);
        self.found = audit(store, Point::Operation);
        Err(Trap::Host.into())
    }
}

/// The law broken by damage done while `body` runs.
fn broken_inside(body: &str, damage: &mut dyn FnMut(&mut Store<Drc>)) -> Option<Violation> {
    let body = format!(r#"(import "" "" (func $look (param anyref))) {body}"#);
    let (mut store, module) = instance(Drc::new(1 << 20), &body);
    let mut host = Breaker {
        damage,
        found: None,
    };
    let stopped = run(&mut store, &module, &mut host, &mut Blind);
    assert_eq!(stopped, Err(Trap::Host.into()));
    host.found
}

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
    // The length is the first word of the payload.
    scene.core().store_ref(array, 0, GcRef(9)).unwrap();
    let v = scene.broken();
    is(
        &v,
        Law::Blocks,
        Some(array),
        None,
        "has 48 bytes, its object needs 64",
    );
    assert_eq!(v.owners, ["element 0 of table 0"]);
}

#[test]
fn zero_for_what_slots_reach() {
    let mut scene = Scene::collected();
    let (b, pair) = (scene.b, scene.pair);
    scene.core().set_count(b, 0).unwrap();
    let v = scene.broken();
    let message = "is supposedly live; should have nonzero ref count";
    is(&v, Law::Zero, Some(b), Some((1, 0)), message);
    assert_eq!(v.owners, [format!("field 1 of {pair}")]);

    let mut scene = Scene::collected();
    scene.core().free(b).unwrap();
    let v = scene.broken();
    is(&v, Law::Zero, Some(b), None, "(it has been freed)");
    assert_eq!((v.owners, v.ty), (vec![format!("field 1 of {pair}")], None));
}

/// A function that holds its first local and calls the host.
const HOLDER: &str = r#"
    (func (export "run") (local $x (ref null $leaf))
      (local.set $x (struct.new $leaf (i32.const 1)))
      (call $look (struct.new $leaf (i32.const 2)))
      (drop (struct.get $leaf 0 (local.get $x))))
"#;

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
    assert_eq!(v.owners, ["the stack-root list", register]);

    // The argument of the host is in the host's frame only.
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
    assert_eq!(v.owners, ["register 0 of the host's call (not counted)"]);
}

#[test]
fn exact_too_high_and_too_low() {
    for actual in [4, 2] {
        let mut scene = Scene::collected();
        let (a, pair, array) = (scene.a, scene.pair, scene.array);
        scene.core().set_count(a, actual).unwrap();
        let what = if actual > 3 { "too high" } else { "too low" };
        let v = scene.broken();
        is(&v, Law::Exact, Some(a), Some((3, actual)), what);
        let mut owners = vec![format!("field 0 of {pair}")];
        owners.extend([0, 2].map(|i| format!("element {i} of {array}")));
        assert_eq!(v.owners, owners);
    }
}

#[test]
fn exact_knows_every_kind_of_owner() {
    let mut scene = Scene::fresh();
    let (a, b, pair, array) = (scene.a, scene.b, scene.pair, scene.array);
    scene.store.add_handle(b).unwrap();
    assert_eq!(audit(&mut scene.store, Point::End), None);
    let list = "the stack-root list".to_string();
    let cases = [
        (pair, vec!["global 0".into(), list.clone()]),
        (array, vec!["element 0 of table 0".into(), list.clone()]),
        (
            b,
            vec![format!("field 1 of {pair}"), "host handle 0".into(), list],
        ),
    ];
    for (r, owners) in cases {
        let count = scene.core().count(r).unwrap();
        assert_eq!(count as usize, owners.len());
        scene.core().set_count(r, count + 1).unwrap();
        let v = audit(&mut scene.store, Point::End).expect("a broken law");
        is(
            &v,
            Law::Exact,
            Some(r),
            Some((count, count + 1)),
            "too high",
        );
        assert_eq!(v.owners, owners);
        scene.core().set_count(r, count).unwrap();
    }
    assert_eq!(scene.core().count(a), Ok(4));

    let (mut store, module) = instance(
        Drc::new(1 << 20),
        r#"(tag $tag (param (ref $leaf)))
           (elem $segment (ref $leaf) (struct.new $leaf (i32.const 1)))
           (func (export "run") (throw $tag (struct.new $leaf (i32.const 2))))"#,
    );
    let thrown = run(&mut store, &module, &mut NoHost, &mut Blind);
    assert_eq!(thrown, Err(Stop::Exception));
    let members = store.heap.root_list().unwrap().members;
    let [exception, payload, item] = members[..] else {
        panic!("three objects, not {members:?}");
    };
    for (r, owner) in [
        (item, "element 0 of segment 0".to_string()),
        (payload, format!("field 0 of {exception}")),
        (exception, "the pending exception".to_string()),
    ] {
        assert_eq!(audit(&mut store, Point::End), None);
        store.heap.core_mut().set_count(r, 1).unwrap();
        let v = audit(&mut store, Point::End).expect("a broken law");
        is(&v, Law::Exact, Some(r), Some((2, 1)), "too low");
        assert_eq!(v.owners, [owner, "the stack-root list".into()]);
        store.heap.core_mut().set_count(r, 2).unwrap();
    }
}

#[test]
fn roots_all_members_are_there_and_say_so() {
    let mut scene = Scene::fresh();
    let (a, b, pair) = (scene.a, scene.b, scene.pair);
    scene.core().link_past(pair, a).unwrap();
    let v = scene.broken();
    let message = "says that it is in the stack-root list, but is not";
    is(&v, Law::Roots, Some(b), None, message);
    assert_eq!(v.owners, [format!("field 1 of {pair}")]);

    let mut scene = Scene::fresh();
    scene.core().set_listed(b, false).unwrap();
    let v = scene.broken();
    let message = "is in the stack-root list, but does not say so";
    is(&v, Law::Roots, Some(b), None, message);
    assert_eq!(v.owners.last().unwrap(), "the stack-root list");
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
    assert_eq!(v.owners, ["global 0", list, list]);
}

#[test]
fn roots_no_member_that_is_no_object() {
    let mut scene = Scene::fresh();
    let dead = scene.dead;
    scene.core().free(dead).unwrap();
    let v = scene.broken();
    let message = "is in the stack-root list, but no object";
    is(&v, Law::Roots, Some(dead), None, message);
    assert_eq!(v.owners, ["the stack-root list"]);

    // An address inside an object is not that object.
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
        // As a collection would that does not see the frame.
        let core = store.heap.core_mut();
        core.link_past(GcRef::NULL, core.next(x).unwrap()).unwrap();
        Sound.unlist(core, x).unwrap();
    });
    let v = v.expect("a broken law");
    let message = "is in a frame, but not in the stack-root list";
    is(&v, Law::Roots, Some(x), None, message);
    assert_eq!(
        v.owners,
        ["global 0", "register 0 of function 1 (not counted)"]
    );
}

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
    assert_eq!(v.owners, ["the stack-root list"]);

    // What is in a frame stays.
    let kept = broken_inside(HOLDER, &mut |store| {
        store.collect(&mut Blind).unwrap();
        assert_eq!(store.heap.root_list().unwrap().members.len(), 2);
        assert_eq!(audit(store, Point::Collection), None);
    });
    assert_eq!(kept, None);
}

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
        assert_eq!(v.owners, ["global 0"]);
    }
    // Neither does a word that is no header at all.
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
    // A field: the container is to blame.
    let mut scene = Scene::collected();
    let (b, pair, array) = (scene.b, scene.pair, scene.array);
    let (leaf, twin) = (scene.ty(0), scene.ty(TWIN));
    scene.core().set_shape(b, Shape::Struct(twin)).unwrap();
    let v = scene.broken();
    let message = format!("field 1 of {pair}: {b} of type {twin} where {leaf} is wanted");
    is(&v, Law::Type, Some(pair), None, &message);
    assert_eq!(v.owners, ["global 0"]);

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
        &format!("global 0: {pair} of"),
    );
    let mut scene = Scene::collected();
    let externs = Shape::Array(scene.ty(EXTERNS));
    scene.core().set_shape(array, externs).unwrap();
    let message = format!("element 0 of table 0: {array} of");
    is(&scene.broken(), Law::Type, Some(array), None, &message);

    // No object at all, and no function.
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
    assert_eq!(v.owners, [format!("field 0 of {pair}")]);
    let mut scene = Scene::collected();
    scene.core().store_ref(pair, 8, GcRef(99)).unwrap();
    let message = format!("field 2 of {pair}: 0x63 is no function");
    is(&scene.broken(), Law::Type, Some(pair), None, &message);
}

#[test]
fn type_of_garbage_matters_too() {
    // Nothing reaches the cycle, but the collector still follows it.
    let (mut store, module) = instance(
        Drc::new(1 << 20),
        r#"(func (export "run") (local $x (ref $refs))
             (local.set $x (array.new_default $refs (i32.const 2)))
             (array.set $refs (local.get $x) (i32.const 0) (local.get $x)))"#,
    );
    run(&mut store, &module, &mut NoHost, &mut Blind).unwrap();
    let array = store.heap.core().list_head();
    store.collect(&mut Blind).unwrap();
    assert_eq!(audit(&mut store, Point::Collection), None);
    let core = store.heap.core_mut();
    core.write_elements(array, 1, &[array.0 + 16]).unwrap();
    let v = audit(&mut store, Point::End).expect("a broken law");
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
    let thrown = run(&mut store, &module, &mut NoHost, &mut Blind);
    assert_eq!(thrown, Err(Stop::Exception));
    let exception = store.heap.core().list_head();
    let item = store.heap.core().next(exception).unwrap();
    for (r, slot) in [
        (item, "element 0 of segment 0"),
        (exception, "the pending exception"),
    ] {
        assert_eq!(audit(&mut store, Point::End), None);
        let shape = store.heap.shape(r).unwrap();
        let twin = Shape::Struct(module.type_ids[TWIN]);
        store.heap.core_mut().set_shape(r, twin).unwrap();
        let v = audit(&mut store, Point::End).expect("a broken law");
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
            audit(&mut instance(Drc::new(1 << 20), body).0, Point::End),
            None
        );
        let mut store = instance(Drc::with_policy(1 << 20, Forgetful), body).0;
        let v = audit(&mut store, Point::End).expect("a broken law");
        let message = format!("{slot}: null where the type allows none");
        is(&v, Law::Type, None, None, &message);
    }
}

/// A collector that leaves new slots null: all, or all but the first of many.
struct Forgetful;

impl Policy for Forgetful {
    fn init_slot(&mut self, _: &mut Core, _: &mut u32, _: GcRef) -> Done {
        Ok(())
    }

    fn grow_slots(&mut self, core: &mut Core, slots: &mut [u32], value: GcRef) -> Done {
        Sound.grow_slots(core, &mut slots[..1], value)
    }
}

#[test]
fn type_in_a_heap_that_does_not_count() {
    let (mut store, module) = instance(Null::new(1 << 20), SCENE);
    run(&mut store, &module, &mut NoHost, &mut Blind).unwrap();
    assert_eq!(audit(&mut store, Point::End), None);
    let pair = GcRef(store.globals().next().expect("a global").1 as u32);
    let fields = &module.types.entry(module.type_ids[2]).layout.fields;
    let wild = GcRef(0x4000);
    store
        .heap
        .set_field(pair, fields[0], wild.register())
        .unwrap();
    let v = audit(&mut store, Point::End).expect("a broken law");
    is(
        &v,
        Law::Type,
        Some(wild),
        None,
        "is reachable, but no object",
    );
    assert_eq!(v.owners, [format!("field 0 of {pair}")]);
}

#[test]
fn poison_of_freed_memory() {
    let mut scene = Scene::collected();
    let at = scene.dead.0 as usize + 28;
    scene.core().set_word(at, 0xdada_00da).unwrap();
    let message = format!("freed memory was written: byte {:#x} is 0x00", at + 1);
    is(&scene.broken(), Law::Poison, None, None, &message);
}

/// Sound modules that an audit with a mistake in it would not let pass: slots
/// that are not initialised yet, values far from their static types, frames of
/// the host and of constant expressions.
#[test]
fn no_false_alarms() {
    let bodies = [
        // Initialisers allocate while tables, globals and segments are half made.
        r#"(table $t 3 (ref $leaf) (struct.new $leaf (i32.const 1)))
           (global $g (ref $leaf) (struct.new $leaf (i32.const 2)))
           (global (ref $pair)
             (struct.new $pair (global.get $g) (struct.new $leaf (i32.const 3)) (ref.null func)))
           (elem (table $t) (i32.const 1) (ref $leaf)
             (struct.new $leaf (i32.const 4)) (struct.new $leaf (i32.const 5)))
           (func (export "run") (result i32)
             (table.grow $t (struct.new $leaf (i32.const 6)) (i32.const 2)))"#,
        // Instantiation traps with a table that never got its initial element.
        r#"(table 3 (ref $refs) (array.new_default $refs (i32.const 0x1000000)))"#,
        // Imported globals that must not be null, made by the host.
        r#"(import "" "a" (global (ref $leaf))) (import "" "b" (global (mut (ref extern))))
           (import "" "c" (global (ref $exterefs))) (import "" "d" (global (ref i31)))"#,
        // An i31 as externref, an external value as anyref, both in the heap.
        r#"(import "" "host" (func $host (param externref anyref) (result externref)))
           (global $a (mut anyref) (ref.null any))
           (global $e (mut externref) (extern.convert_any (ref.i31 (i32.const 5))))
           (table $t 2 externref)
           (func (export "run") (param externref) (result externref)
             (global.set $a (array.new $refs (any.convert_extern (local.get 0)) (i32.const 2)))
             (table.set $t (i32.const 0)
               (extern.convert_any (array.new $exterefs (global.get $e) (i32.const 2))))
             (call $host (table.get $t (i32.const 0)) (struct.new $leaf (i32.const 1))))"#,
        // Exceptions thrown, caught, held and left pending.
        r#"(tag $tag (param anyref i32 externref))
           (global $held (mut exnref) (ref.null exn))
           (func $throw (throw $tag (struct.new $leaf (i32.const 1)) (i32.const 2)
             (extern.convert_any (struct.new $leaf (i32.const 3)))))
           (func (export "catch") (result anyref i32 externref)
             (block $caught (result anyref i32 externref exnref)
               (try_table (catch_ref $tag $caught) (call $throw))
               (unreachable))
             (global.set $held))
           (func (export "again") (throw_ref (global.get $held)))
           (func (export "uncaught") (call $throw))"#,
        // Tail calls, to the host too, whose arguments replace registers of
        // other types.
        r#"(import "" "host" (func $host (param i64 anyref) (result anyref)))
           (func $turn (param i64 (ref null $leaf) f64) (result anyref)
             (return_call $host (local.get 0) (struct.new $leaf (i32.const 1))))
           (func (export "run") (param anyref anyref i32) (result anyref)
             (return_call $turn (i64.const 0x110) (struct.new $leaf (i32.const 2)) (f64.const 3)))
           (func (export "outer") (result anyref anyref) (local $x anyref)
             (local.set $x (struct.new $leaf (i32.const 4)))
             (call $turn (i64.const 0x110) (ref.null $leaf) (f64.const 0))
             (local.get $x))"#,
        // A cycle of garbage, and functions in the heap.
        r#"(elem declare func $f)
           (func $f (export "run") (local $x (ref null $refs))
             (local.set $x (array.new_default $refs (i32.const 3)))
             (array.fill $refs (local.get $x) (i32.const 0) (local.get $x) (i32.const 3))
             (drop (struct.new $pair (ref.null $leaf) (struct.new $leaf (i32.const 1))
               (ref.func $f))))"#,
    ];
    for body in bodies {
        for schedule in [
            Schedule::Never,
            Schedule::EverySafepoint,
            Schedule::EveryAllocation(1),
        ] {
            assert_eq!(
                judged(body, schedule, Limits::fuzzing(), None),
                Verdict::Agree,
                "{body}"
            );
        }
    }
    // There is no room for what the host should make of an import.
    let body = r#"(import "" "a" (global (ref $leaf)))"#;
    let limits = Limits {
        heap_bytes: 0,
        ..Limits::default()
    };
    assert_eq!(judged(body, Schedule::Never, limits, None), Verdict::Agree);
}

/// Judges a case at the finest grain.
fn judged(
    body: &str,
    schedule: Schedule,
    limits: Limits,
    policy: Option<fn() -> Box<dyn Policy>>,
) -> Verdict {
    let (case, _) = case::read(format!("(module {TYPES} {body})").as_bytes()).unwrap();
    let case = Case {
        schedule,
        limits,
        ..case
    };
    let options = Options {
        timing: Timing::At(Grain::Every),
        policy,
        ..Options::default()
    };
    judge(&case, &options).unwrap().verdict
}

/// A collector that forgets that new objects go to a frame.
struct Unlisted;

impl Policy for Unlisted {
    fn new_object(&mut self, _: &mut Core, _: GcRef) -> Done {
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
        v.owners,
        ["register 1 of a constant expression (not counted)"]
    );
    let place = v.place.expect("known");
    assert_eq!((place.func, &place.instruction[..]), (None, "struct.new"));
}
