//! Instances that are incomplete because their start failed before all their
//! parts were allocated.

use gcdiff::engine::{
    Context, Extern, Limits, LinkError, NoHost, NoInspector, Schedule, Stop, Store, Trap,
};
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::types::Types;
use std::sync::Arc;

fn module(types: &mut Arc<Types>, text: &str) -> Arc<Module> {
    Arc::new(Module::new(&wat::parse_str(text).unwrap(), types).unwrap())
}

fn store() -> Store<Null> {
    let limits = Limits {
        // Enough fuel for the largest possible array, so that the limit of the
        // heap is what stops it.
        fuel: 1 << 33,
        ..Limits::fuzzing()
    };
    Store::new(Null::new(1 << 20), limits, Schedule::Never)
}

/// Modules that cannot be allocated, with the resulting trap. Each exports an
/// item of every kind, and a function that uses all of them.
const IMPOSSIBLE: [(&str, Trap); 4] = [
    (
        "(table $t 4000000000 funcref) (memory 1) (global $g i32 (i32.const 1))",
        Trap::TooLarge,
    ),
    (
        "(table $t 1 funcref) (memory 65536) (global $g i32 (i32.const 1))",
        Trap::TooLarge,
    ),
    (
        "(type $a (array i8)) (table $t 1 funcref) (memory 1)
         (global $big (ref $a) (array.new_default $a (i32.const -1)))
         (global $g i32 (i32.const 1))",
        Trap::OutOfHeap,
    ),
    (
        "(type $a (array i8)) (table $t 1 funcref) (memory 1) (global $g i32 (i32.const 1))
         (elem (ref $a) (array.new_default $a (i32.const -1)))",
        Trap::OutOfHeap,
    ),
];

#[test]
fn an_instance_without_all_its_parts_cannot_be_used() {
    for (parts, trap) in IMPOSSIBLE {
        let text = format!(
            r#"(module {parts}
              (tag $tag)
              (export "table" (table $t)) (export "memory" (memory 0))
              (export "global" (global $g)) (export "tag" (tag $tag))
              (func (export "func") (result i32)
                (drop (table.get $t (i32.const 0)))
                (i32.add (i32.load (i32.const 0)) (global.get $g))))"#
        );
        let mut types = Arc::default();
        let module = module(&mut types, &text);
        let mut store = store();
        let instance = store.link(&module, &[]).unwrap();
        let started = store.start(instance, &mut Context::new(&mut NoHost, &mut NoInspector));
        assert_eq!(started, Err(Stop::Trap(trap)), "{parts}");
        let there = &store.instances()[instance as usize];
        assert_eq!(module.exports.len(), 5);
        for export in &module.exports {
            assert_eq!(there.item(export.item), None, "{}: {parts}", export.name);
        }
        // The function cannot be called or imported by its index either.
        let called = store.call(0, &[], &mut Context::new(&mut NoHost, &mut NoInspector));
        assert_eq!(called, Err(Stop::Trap(Trap::NotAllocated)), "{parts}");
        let importer = importer(&mut types);
        let LinkError { message, .. } = store.link(&importer, &[Extern::Func(0)]).unwrap_err();
        assert!(message.contains("never completely allocated"), "{message}");
    }
}

fn importer(types: &mut Arc<Types>) -> Arc<Module> {
    module(
        types,
        r#"(module
          (import "a" "func" (func $f (result i32)))
          (func (export "f") (result i32) (call $f)))"#,
    )
}

#[test]
fn an_instance_with_all_its_parts_can_be_used_although_its_start_has_trapped() {
    let mut types = Arc::default();
    let module = module(
        &mut types,
        r#"(module
          (memory (export "memory") 1)
          (func $start (i32.store (i32.const 0) (i32.const 7)) (unreachable))
          (func (export "func") (result i32) (i32.load (i32.const 0)))
          (start $start))"#,
    );
    let mut store = store();
    let instance = store.link(&module, &[]).unwrap();
    let before = &store.instances()[instance as usize];
    assert_eq!(before.item(module.export("func").unwrap()), None);
    let started = store.start(instance, &mut Context::new(&mut NoHost, &mut NoInspector));
    assert_eq!(started, Err(Stop::Trap(Trap::Unreachable)));
    let there = &store.instances()[instance as usize];
    assert_eq!(
        there.item(module.export("memory").unwrap()),
        Some(Extern::Memory(0))
    );
    let func = there.item(module.export("func").unwrap()).unwrap();
    let importer = importer(&mut types);
    let user = store.link(&importer, &[func]).unwrap();
    store
        .start(user, &mut Context::new(&mut NoHost, &mut NoInspector))
        .unwrap();
    let there = &store.instances()[user as usize];
    let Some(Extern::Func(f)) = there.item(importer.export("f").unwrap()) else {
        panic!("not exported")
    };
    store
        .call(f, &[], &mut Context::new(&mut NoHost, &mut NoInspector))
        .unwrap();
    assert_eq!(store.result(0), 7);
}
