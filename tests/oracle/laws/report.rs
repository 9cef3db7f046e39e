//! The parts of a violation besides its law: the holders of the object, the
//! path to it, and the printed report.

use super::liar::Liar;
use super::scene::*;
use gcdiff::engine::{NoHost, NoInspector, Owner, Point, Stop, Store};
use gcdiff::heap::drc::Drc;
use gcdiff::heap::{GcRef, Heap, Inspect};
use gcdiff::oracle::{FrameOf, Holder, Law, Violation};

/// Raises the count of `r` by one, audits, and restores it.
fn miscounted(store: &mut Store<Drc>, r: GcRef) -> Violation {
    assert_eq!(audit(store, Point::Call), None);
    let count = store.heap.core().count(r).unwrap();
    store.heap.core_mut().set_count(r, count + 1).unwrap();
    let v = audit(store, Point::Call).expect("a broken law");
    is(
        &v,
        Law::Exact,
        Some(r),
        Some((count, count + 1)),
        "too high",
    );
    store.heap.core_mut().set_count(r, count).unwrap();
    v
}

fn field(object: GcRef, index: u32, ty: &str) -> Holder {
    Holder::Field {
        object: object.0,
        index,
        ty: ty.into(),
    }
}

fn element(object: GcRef, index: u32) -> Holder {
    Holder::Element {
        object: object.0,
        index,
        ty: REFS_TEXT.into(),
    }
}

/// The types of the scene as a report shows them.
const LEAF_TEXT: &str = "$leaf (struct i32)";
const PAIR_TEXT: &str = "$pair (struct (mut (ref null $leaf)) (mut (ref $leaf)) (ref null func))";
const REFS_TEXT: &str = "$refs (array (mut (ref null any)))";

#[test]
fn holders_and_paths_of_every_kind() {
    let mut scene = Scene::collected();
    let (a, b, pair, array) = (scene.a, scene.b, scene.pair, scene.array);
    let global = Holder::Slot(Owner::Global(0));
    let table = Holder::Slot(Owner::Table(0, 0));
    let handle = Holder::Slot(Owner::Handle(0));
    let v = miscounted(&mut scene.store, pair);
    assert_eq!(v.ty.as_deref(), Some(PAIR_TEXT));
    assert_eq!(
        (v.owners, v.path),
        (vec![global.clone()], vec![global.clone()])
    );
    let v = miscounted(&mut scene.store, array);
    assert_eq!(v.ty.as_deref(), Some(REFS_TEXT));
    assert_eq!((v.owners, v.path), (vec![table.clone()], vec![table]));
    let v = miscounted(&mut scene.store, b);
    assert_eq!(v.ty.as_deref(), Some(LEAF_TEXT));
    let of_pair = field(pair, 1, PAIR_TEXT);
    assert_eq!(v.owners, std::slice::from_ref(&of_pair));
    assert_eq!(v.path, [global.clone(), of_pair.clone()]);
    // Of two paths of equal length, the one from the first slot is shown.
    let v = miscounted(&mut scene.store, a);
    let first = field(pair, 0, PAIR_TEXT);
    assert_eq!(
        v.owners,
        [first.clone(), element(array, 0), element(array, 2)]
    );
    assert_eq!(v.path, [global, first]);
    // The shortest path is shown, even from the last slot.
    scene.store.add_handle(b).unwrap();
    let v = miscounted(&mut scene.store, b);
    assert_eq!(v.owners, [of_pair, handle.clone()]);
    assert_eq!(v.path, [handle]);
    assert_eq!(v.more_owners, 0);
}

#[test]
fn holders_outside_the_heap() {
    let (mut store, module) = instance(
        Drc::new(1 << 20),
        r#"(tag $tag (param i32 (ref $leaf)))
           (elem (ref $leaf) (struct.new $leaf (i32.const 1)))
           (elem $segment (ref $leaf)
             (struct.new $leaf (i32.const 1)) (struct.new $leaf (i32.const 1)))
           (func (export "run") (throw $tag (i32.const 3) (struct.new $leaf (i32.const 2))))"#,
    );
    let thrown = run(&mut store, &module, &mut NoHost, &mut NoInspector);
    assert_eq!(thrown, Err(Stop::Exception));
    store.collect(&mut NoInspector).unwrap();
    let blocks = store.heap.blocks();
    let [_, _, item, payload, exception] =
        blocks.iter().map(|b| GcRef(b.start)).collect::<Vec<_>>()[..]
    else {
        panic!("five objects, not {blocks:?}");
    };
    let segment = vec![Holder::Slot(Owner::Segment(0, 1, 1))];
    let v = miscounted(&mut store, item);
    assert!(
        v.to_string()
            .contains("owners       element 1 of segment $segment\n"),
        "{v}"
    );
    assert_eq!((v.owners, v.path), (segment.clone(), segment));
    let pending = vec![Holder::Slot(Owner::Pending)];
    let v = miscounted(&mut store, exception);
    assert_eq!((v.owners, v.path), (pending.clone(), pending.clone()));
    let v = miscounted(&mut store, payload);
    let held = field(
        exception,
        1,
        &v.owners.first().map_or(String::new(), type_of_holder),
    );
    assert!(
        type_of_holder(&held).starts_with("exception of "),
        "{held:?}"
    );
    assert_eq!(v.owners, std::slice::from_ref(&held));
    assert_eq!(v.path, [pending[0].clone(), held]);
}

/// The type of the object that contains a holder.
fn type_of_holder(holder: &Holder) -> String {
    match holder {
        Holder::Field { ty, .. } | Holder::Element { ty, .. } => ty.to_string(),
        _ => String::new(),
    }
}

#[test]
fn holders_in_frames_and_in_the_list() {
    let register = |of, register| Holder::Frame { of, register };
    let mut found = Vec::new();
    broken_inside(HOLDER, &mut |store| {
        let members = store.heap.root_list().unwrap().members;
        found = vec![miscounted(store, members[1]), miscounted(store, members[0])];
        assert_eq!(audit(store, Point::Call), None);
        store.heap.core_mut().set_list_len(0);
    })
    .expect("a broken law");
    let local = register(FrameOf::Function(1), 0);
    assert_eq!(found[0].owners, [Holder::List, local.clone()]);
    assert_eq!(found[0].path, [local]);
    let argument = register(FrameOf::Host, 0);
    assert_eq!(found[1].owners, [Holder::List, argument.clone()]);
    assert_eq!(found[1].path, [argument]);
    assert!(!found[1].path[0].is_counted() && found[1].owners[0].is_counted());
}

#[test]
fn holders_in_a_queue() {
    let (mut store, module) = instance(Liar::new(Drc::new(1 << 20)), SCENE);
    run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
    store.collect(&mut NoInspector).unwrap();
    let array = GcRef(store.tables()[0].elements[0]);
    // A queue that owns two counts. The count of the object does not include
    // them yet.
    store.heap.lies.parked = vec![array; 2];
    let v = audit(&mut store, Point::Call).expect("a broken law");
    is(&v, Law::Exact, Some(array), Some((3, 1)), "too low");
    let table = Holder::Slot(Owner::Table(0, 0));
    assert_eq!(v.owners, [table.clone(), Holder::Parked, Holder::Parked]);
    assert_eq!(v.path, [table]);
    assert!(Holder::Parked.is_counted());
    store.heap.heap.core_mut().set_count(array, 3).unwrap();
    assert_eq!(audit(&mut store, Point::Call), None);
}

#[test]
fn more_holders_than_are_named() {
    for (len, named, more) in [(15, 15, 0), (16, 16, 0), (17, 16, 1), (40, 16, 24)] {
        let (mut store, module) = instance(Drc::new(1 << 20), "");
        let (leaf, refs) = (module.type_ids[0], module.type_ids[REFS]);
        let heap = &mut store.heap;
        let r = heap.new_struct_default(leaf).unwrap();
        let array = heap.new_array(refs, len, r.register()).unwrap();
        store.add_handle(array).unwrap();
        store.collect(&mut NoInspector).unwrap();
        let v = miscounted(&mut store, r);
        assert_eq!((v.owners.len(), v.more_owners), (named, more), "{len}");
        let last = element(array, named as u32 - 1);
        assert_eq!(v.owners.last(), Some(&last));
        let printed = v.to_string();
        assert_eq!(printed.contains(" more"), more > 0, "{printed}");
    }
}

/// An object with holders of every kind at once, held by a running function.
#[test]
fn a_report_in_print() {
    let body = r#"
        (global $pair (mut (ref null $pair)) (ref.null $pair))
        (table $table 3 (ref null $refs))
        (func (export "run") (local $a (ref null $leaf))
          (local.set $a (struct.new $leaf (i32.const 1)))
          (global.set $pair
            (struct.new $pair (local.get $a) (struct.new $leaf (i32.const 2)) (ref.null func)))
          (table.set $table (i32.const 2) (array.new $refs (local.get $a) (i32.const 14)))
          (call $look (local.get $a))
          (drop (struct.get $leaf 0 (local.get $a))))"#;
    let mut printed = Vec::new();
    broken_inside(body, &mut |store| {
        let members = store.heap.root_list().unwrap().members;
        let [_, _, b, a] = members[..] else {
            panic!("four objects, not {members:?}");
        };
        store.add_handle(a).unwrap();
        for r in [a, b] {
            printed.push(miscounted(store, r).to_string());
        }
        store.heap.core_mut().set_list_len(0);
        printed.push(audit(store, Point::Call).expect("a broken law").to_string());
    });
    let elements: String = (1..14)
        .map(|i| format!("               element {i} of 0x70\n"))
        .collect();
    assert_eq!(
        printed[0],
        format!(
            "violation of law \"exact\" in heap drc: \
             the count of 0x10 is too high: 18, but it has 17 owners\n  \
               object       0x10\n  \
               type         $leaf (struct i32)\n  \
               count        18, expected 17\n  \
               owners       field 0 of 0x50\n               \
                            element 0 of 0x70\n\
             {elements}               \
                            host handle 0\n               \
                            and 3 more\n  \
               reached by   host handle 0"
        )
    );
    assert_eq!(
        printed[1],
        "violation of law \"exact\" in heap drc: \
         the count of 0x30 is too high: 3, but it has 2 owners\n  \
           object       0x30\n  \
           type         $leaf (struct i32)\n  \
           count        3, expected 2\n  \
           owners       field 1 of 0x50\n               \
                        the stack-root list\n  \
           reached by   global $pair -> field 1"
    );
    assert_eq!(
        printed[2],
        "violation of law \"roots\" in heap drc: \
         the stack-root list has 4 members, but 0 on record"
    );
}

/// A report uses names where there are any. If a slot has several, it uses the
/// one that an embedder would look it up by.
#[test]
fn names_in_print() {
    let body = r#"
        (type $named (struct (field $next (mut (ref null $named))) (field (mut anyref)) (field i64)))
        (global $hidden (export "shown") (mut (ref null $named)) (ref.null $named))
        (table $table (export "slots") 3 (ref null $named))
        (global (mut anyref) (ref.null any))
        (func $work (export "run") (local $a (ref null $named)) (local v128 (ref null $named))
          (local.set $a (struct.new_default $named))
          (local.set 2 (struct.new $named (local.get $a) (local.get $a) (i64.const 1)))
          (global.set $hidden (local.get 2))
          (global.set 1 (local.get 2))
          (table.set $table (i32.const 2) (local.get 2))
          (call $look (ref.null any))
          (drop (local.get $a)))"#;
    let mut printed = Vec::new();
    broken_inside(body, &mut |store| {
        let members = store.heap.root_list().unwrap().members;
        let [b, a] = members[..] else {
            panic!("two objects, not {members:?}");
        };
        for r in [a, b] {
            printed.push(miscounted(store, r).to_string());
        }
        store.heap.core_mut().set_list_len(0);
    })
    .expect("a broken law");
    let ty = "$named (struct (mut (ref null $named)) (mut (ref null any)) i64)";
    assert_eq!(
        printed[0],
        format!(
            "violation of law \"exact\" in heap drc: \
             the count of 0x10 is too high: 4, but it has 3 owners\n  \
               object       0x10\n  \
               type         {ty}\n  \
               count        4, expected 3\n  \
               owners       field $next of 0x30\n               \
                            field 1 of 0x30\n               \
                            the stack-root list\n               \
                            local $a of function $work (not counted)\n  \
               reached by   local $a of function $work (not counted)"
        )
    );
    assert_eq!(
        printed[1],
        format!(
            "violation of law \"exact\" in heap drc: \
             the count of 0x30 is too high: 5, but it has 4 owners\n  \
               object       0x30\n  \
               type         {ty}\n  \
               count        5, expected 4\n  \
               owners       global \"shown\"\n               \
                            global 1\n               \
                            element 2 of table \"slots\"\n               \
                            the stack-root list\n               \
                            local 2 of function $work (not counted)\n  \
               reached by   global \"shown\""
        )
    );
}

/// A list of arrays of one element, and the printed form of a path through it.
#[test]
fn a_long_path_is_cut_in_the_middle() {
    for (len, expected) in [
        (16, format!("host handle 0{}", " -> element 0".repeat(15))),
        (
            17,
            format!(
                "host handle 0{} -> ... 1 more ...{}",
                " -> element 0".repeat(7),
                " -> element 0".repeat(8)
            ),
        ),
        (
            100_000,
            format!(
                "host handle 0{} -> ... 99984 more ...{}",
                " -> element 0".repeat(7),
                " -> element 0".repeat(8)
            ),
        ),
    ] {
        let (mut store, module) = instance(Drc::new(1 << 26), "");
        let refs = module.type_ids[REFS];
        let heap = &mut store.heap;
        let last = heap.new_array_default(refs, 0).unwrap();
        let mut node = last;
        for _ in 1..len {
            node = heap.new_array(refs, 1, node.register()).unwrap();
        }
        store.add_handle(node).unwrap();
        store.collect(&mut NoInspector).unwrap();
        let v = miscounted(&mut store, last);
        assert_eq!(v.path.len(), len);
        let line = format!("\n  reached by   {expected}");
        assert!(v.to_string().ends_with(&line), "{v}");
    }
}
