//! The law *exact*.

use super::scene::*;
use gcdiff::engine::{NoHost, NoInspector, Point, Stop};
use gcdiff::heap::Inspect;
use gcdiff::heap::drc::Drc;
use gcdiff::oracle::Law;

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
        assert_eq!(names(&v), owners);
    }
}

#[test]
fn exact_knows_every_kind_of_owner() {
    let mut scene = Scene::fresh();
    let (a, b, pair, array) = (scene.a, scene.b, scene.pair, scene.array);
    scene.store.add_handle(b).unwrap();
    assert_eq!(audit(&mut scene.store, Point::Call), None);
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
        let v = audit(&mut scene.store, Point::Call).expect("a broken law");
        is(
            &v,
            Law::Exact,
            Some(r),
            Some((count, count + 1)),
            "too high",
        );
        assert_eq!(names(&v), owners);
        scene.core().set_count(r, count).unwrap();
    }
    assert_eq!(scene.core().count(a), Ok(4));

    let (mut store, module) = instance(
        Drc::new(1 << 20),
        r#"(tag $tag (param (ref $leaf)))
           (elem $segment (ref $leaf) (struct.new $leaf (i32.const 1)))
           (func (export "run") (throw $tag (struct.new $leaf (i32.const 2))))"#,
    );
    let thrown = run(&mut store, &module, &mut NoHost, &mut NoInspector);
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
        assert_eq!(audit(&mut store, Point::Call), None);
        store.heap.core_mut().set_count(r, 1).unwrap();
        let v = audit(&mut store, Point::Call).expect("a broken law");
        is(&v, Law::Exact, Some(r), Some((2, 1)), "too low");
        assert_eq!(names(&v), [owner, "the stack-root list".into()]);
        store.heap.core_mut().set_count(r, 2).unwrap();
    }
}
