//! Calls between a store and its host: arguments, results, fuel, and the
//! registers of waiting frames.

use gcdiff::engine::{
    Context, Extern, Host, HostCall, Inspector, Limits, NoHost, NoInspector, Schedule, Stop, Store,
    Trap,
};
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use std::sync::Arc;

/// The behaviour of a host function.
type Answer = fn(&mut Store<Null>, HostCall, &mut Wired, &mut dyn Inspector<Null>) -> HeapResult;
type HeapResult = Result<(), Stop>;

/// A host whose functions all behave alike, and may call an export.
struct Wired {
    answer: Answer,
    export: u32,
    seen: Vec<u64>,
}

impl Host<Null> for Wired {
    fn call(
        &mut self,
        store: &mut Store<Null>,
        call: HostCall,
        inspector: &mut dyn Inspector<Null>,
    ) -> HeapResult {
        (self.answer)(store, call, self, inspector)
    }
}

/// A store with a module whose first function is imported, and its host.
struct Scene {
    store: Store<Null>,
    module: Arc<Module>,
    instance: u32,
    imported: u32,
    host: Wired,
}

impl Scene {
    fn new(text: &str, limits: Limits, answer: Answer) -> Scene {
        let wasm = wat::parse_str(text).unwrap();
        let module = Arc::new(Module::new(&wasm, &mut Arc::default()).unwrap());
        let mut store = Store::new(Null::new(1 << 20), limits, Schedule::Never);
        let import = store.add_host_func(&module.types, module.funcs[0], 0);
        let Extern::Func(imported) = import else {
            unreachable!()
        };
        let instance = store.link(&module, &[import]).unwrap();
        store
            .start(instance, &mut Context::new(&mut NoHost, &mut NoInspector))
            .unwrap();
        let host = Wired {
            answer,
            export: 0,
            seen: Vec::new(),
        };
        let mut scene = Scene {
            store,
            module,
            instance,
            imported,
            host,
        };
        if scene.module.export("back").is_some() {
            scene.host.export = scene.export("back");
        }
        scene
    }

    fn export(&self, name: &str) -> u32 {
        let item = self.module.export(name).expect("exported");
        match self.store.instances()[self.instance as usize].item(item) {
            Some(Extern::Func(func)) => func,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn call(&mut self, func: u32, args: &[u64]) -> HeapResult {
        self.store.call(
            func,
            args,
            &mut Context::new(&mut self.host, &mut NoInspector),
        )
    }
}

const TAKES_ALL: &str = r#"(module
    (import "host" "f" (func $f (param i32 v128 i64 v128) (result v128 i64 i32)))
    (func (export "run") (param i32 v128 i64 v128) (result v128 i64 i32)
      (local i64)
      (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3))))"#;

fn take_all(
    store: &mut Store<Null>,
    call: HostCall,
    host: &mut Wired,
    _: &mut dyn Inspector<Null>,
) -> HeapResult {
    for index in 0..4 {
        host.seen.push(store.argument(call, index));
        if index % 2 == 1 {
            host.seen.push(store.argument_high(call, index));
        }
    }
    store.set_result(call, 0, 70)?;
    store.set_result(call, 1, 71)?;
    store.set_result(call, 2, 72)
}

#[test]
fn arguments_and_results_of_every_width_arrive() {
    for by_module in [false, true] {
        let mut s = Scene::new(TAKES_ALL, Limits::default(), take_all);
        let func = match by_module {
            true => s.export("run"),
            false => s.imported,
        };
        s.call(func, &[1, 20, 21, 3, 40, 41]).unwrap();
        assert_eq!(s.host.seen, [1, 20, 21, 3, 40, 41]);
        let results: Vec<u64> = (0..4).map(|i| s.store.result(i)).collect();
        assert_eq!(results, [70, 0, 71, 72], "the high half is not set");
    }
}

/// A host function can be called on a stack that has never been used.
#[test]
fn a_host_function_is_called_directly() {
    for (params, results) in [("i32 i32", ""), ("i32", "i32 i32"), ("", "i32"), ("", "")] {
        let text =
            format!(r#"(module (import "host" "f" (func (param {params}) (result {results}))))"#);
        let mut s = Scene::new(&text, Limits::default(), |_, _, _, _| Ok(()));
        let args = [5, 6];
        let n = params.split_whitespace().count();
        s.call(s.imported, &args[..n]).unwrap();
        for i in 0..results.split_whitespace().count() {
            assert_eq!(s.store.result(i), 0);
        }
    }
}

fn call_back(
    store: &mut Store<Null>,
    call: HostCall,
    host: &mut Wired,
    inspector: &mut dyn Inspector<Null>,
) -> HeapResult {
    let argument = store.argument(call, 0);
    store.call(host.export, &[argument], &mut Context::new(host, inspector))?;
    let result = store.result(0);
    store.set_result(call, 0, result)
}

/// A frame keeps its registers while the host function it called calls back.
#[test]
fn frames_that_wait_keep_their_registers() {
    let text = r#"(module
        (import "host" "f" (func $f (param i64) (result i64)))
        (func (export "back") (param i64) (result i64)
          (local i64 i64 i64 i64)
          (local.set 1 (i64.const 91)) (local.set 2 (i64.const 92))
          (local.set 3 (i64.const 93)) (local.set 4 (i64.const 94))
          (i64.add (i64.add (local.get 0) (local.get 1)) (i64.const 9)))
        (func (export "run") (result i64)
          (local i64 i64)
          (local.set 0 (i64.const 1000)) (local.set 1 (i64.const 2000))
          (i64.add (call $f (i64.const 5)) (i64.add (local.get 0) (local.get 1)))))"#;
    let mut s = Scene::new(text, Limits::default(), call_back);
    s.call(s.export("run"), &[]).unwrap();
    assert_eq!(s.store.result(0), 5 + 91 + 9 + 3000);
}

const LOOP: &str = r#"(module
    (import "host" "f" (func $f (param i64) (result i64)))
    (func $spin (export "back") (param i64) (result i64)
      (loop $again
        (br_if $again
          (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0))))
      (i64.const 1))
    (func (export "run") (param i64) (result i64)
      (i64.add (call $spin (local.get 0)) (call $f (local.get 0)))))"#;

/// A call from outside starts with full fuel and shares it with all calls that
/// the host makes in turn.
#[test]
fn fuel_is_for_everything_that_a_call_leads_to() {
    let limits = Limits {
        fuel: 1000,
        ..Limits::default()
    };
    let mut s = Scene::new(LOOP, limits, call_back);
    let (spin, run) = (s.export("back"), s.export("run"));
    let ends = |s: &mut Scene, func, n| match s.call(func, &[n]) {
        Ok(()) => true,
        Err(stop) => {
            assert_eq!(stop, Trap::OutOfFuel.into());
            false
        }
    };
    let most = (1..1000).take_while(|n| ends(&mut s, spin, *n)).last();
    let most = most.expect("one round is possible");
    for _ in 0..3 {
        assert!(ends(&mut s, spin, most));
        assert!(!ends(&mut s, spin, most + 1));
    }
    assert!(ends(&mut s, run, most / 3));
    assert!(!ends(&mut s, run, most * 2 / 3), "twice that is too much");
    assert!(ends(&mut s, spin, most));
}

/// A run can use the last register, frame and re-entry that a limit allows.
#[test]
fn limits_of_the_stack_are_exact() {
    let text = r#"(module
        (import "host" "f" (func $f (param i64) (result i64)))
        (func $deep (export "deep") (param i64) (result i64)
          (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 0))
            (else (i64.add (i64.const 1) (call $deep (i64.sub (local.get 0) (i64.const 1)))))))
        (func (export "back") (param i64) (result i64)
          (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 0))
            (else (i64.add (i64.const 1) (call $f (i64.sub (local.get 0) (i64.const 1))))))))"#;
    let deepest = |limits: Limits, name: &str| {
        let mut s = Scene::new(text, limits, call_back);
        let func = s.export(name);
        let reached = (0..200).take_while(|n| match s.call(func, &[*n]) {
            Ok(()) => {
                assert_eq!(s.store.result(0), *n);
                true
            }
            Err(stop) => {
                assert_eq!(stop, Trap::StackOverflow.into());
                false
            }
        });
        reached.last()
    };
    let limits = Limits::default();
    let frames = |frames| deepest(Limits { frames, ..limits }, "deep");
    assert_eq!(frames(20), frames(10).map(|n| n + 10));
    // Calls by the host: the first, and one for each call back.
    let reentry = |reentry| deepest(Limits { reentry, ..limits }, "back");
    assert_eq!(
        [reentry(0), reentry(1), reentry(5)],
        [None, Some(0), Some(4)]
    );
    // Each depth has an exact least number of registers.
    let registers = |registers| {
        deepest(
            Limits {
                registers,
                ..limits
            },
            "deep",
        )
    };
    let least = (1..).find(|n| registers(*n).is_some()).unwrap();
    let next = (least..).find(|n| registers(*n) == Some(1)).unwrap();
    let frame = next - least;
    for depth in 2..20 {
        let exact = least + depth * frame;
        assert_eq!(registers(exact), Some(depth as u64), "{exact} registers");
        assert_eq!(registers(exact - 1), Some(depth as u64 - 1));
    }
}
