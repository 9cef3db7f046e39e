//! Regression tests for bugs of the engine.

use gcdiff::case;
use gcdiff::engine::{
    Context, Extern, Host, HostCall, Inspector, Limits, NoHost, NoInspector, Schedule, Stop, Store,
    Trap,
};
use gcdiff::heap::Heap;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::{Module, ModuleError};
use gcdiff::observe::{ObservedValue, StepOutcome};
use gcdiff::oracle::{Options, Verdict, judge};
use std::sync::Arc;

/// The outcomes of all exports, each called once. All heaps must agree.
fn outcomes(text: &str) -> Vec<StepOutcome> {
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let judged = judge(&case, &Options::default()).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree);
    let steps = judged.observation().cloned().unwrap().steps;
    steps.into_iter().skip(1).map(|s| s.outcome).collect()
}

/// An access that is out of bounds traps for that reason even if its length
/// would cost more fuel than there is. Fuel is charged for work, and no work is
/// done.
#[test]
fn bounds_are_checked_before_fuel_is_charged() {
    let text = r#"
        (module
          (memory 1)
          (table 1 funcref)
          (type $a (array (mut i8)))
          (data $d "abc")
          (elem $e funcref (ref.null func))
          (func (export "memory.fill") (memory.fill (i32.const 0) (i32.const 0) (i32.const -1)))
          (func (export "memory.copy") (memory.copy (i32.const 0) (i32.const 0) (i32.const -1)))
          (func (export "memory.init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const -1)))
          (func (export "table.fill") (table.fill (i32.const 0) (ref.null func) (i32.const -1)))
          (func (export "table.init") (table.init $e (i32.const 0) (i32.const 0) (i32.const -1)))
          (func (export "array.fill")
            (array.fill $a (array.new_default $a (i32.const 1)) (i32.const 0) (i32.const 0) (i32.const -1)))
          (func (export "array.new_data") (drop (array.new_data $a $d (i32.const 0) (i32.const -1)))))"#;
    use Trap::*;
    let wanted = [
        MemoryOutOfBounds,
        MemoryOutOfBounds,
        MemoryOutOfBounds,
        TableOutOfBounds,
        TableOutOfBounds,
        ArrayOutOfBounds,
        MemoryOutOfBounds,
    ];
    assert_eq!(outcomes(text), wanted.map(StepOutcome::Trapped));
}

/// A host whose only function calls back an export.
struct CallBack {
    func: u32,
}

impl<H: Heap> Host<H> for CallBack {
    fn call(
        &mut self,
        store: &mut Store<H>,
        call: HostCall,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let argument = store.argument(call, 0);
        store.call(self.func, &[argument], &mut Context::new(self, inspector))
    }
}

fn tail_called_host<H: Heap>(heap: H) {
    let wasm = wat::parse_str(
        r#"(module
            (import "host" "back" (func $back (param i32) (result i32)))
            (tag $e (param i32))
            (func (export "thrower") (param i32) (result i32) (throw $e (i32.const 77)))
            (func (export "tail") (param i32) (result i32)
              (block $h (result i32)
                (try_table (result i32) (catch $e $h) (return_call $back (local.get 0)))
                (return))))"#,
    )
    .unwrap();
    let module = Arc::new(Module::new(&wasm, &mut Arc::default()).unwrap());
    let mut store = Store::new(heap, Limits::default(), Schedule::Never);
    let back = store.add_host_func(&module.types, module.funcs[0], 0);
    let instance = store.link(&module, &[back]).unwrap();
    let func = |store: &Store<H>, name: &str| {
        let item = module.export(name).expect("exported");
        match store.instances()[instance as usize].item(item) {
            Some(Extern::Func(func)) => func,
            other => panic!("{name}: {other:?}"),
        }
    };
    store
        .start(instance, &mut Context::new(&mut NoHost, &mut NoInspector))
        .unwrap();
    let mut host = CallBack {
        func: func(&store, "thrower"),
    };
    let tail = func(&store, "tail");
    let ended = store.call(tail, &[0], &mut Context::new(&mut host, &mut NoInspector));
    assert_eq!(ended, Err(Stop::Exception));
}

/// `return_call` leaves the frame before the callee runs. The handlers around
/// the call are gone even if the callee is a host function.
#[test]
fn an_exception_from_a_tail_called_host_passes_the_frame_that_left() {
    tail_called_host(Null::new(1 << 20));
    tail_called_host(Drc::new(1 << 20));
}

/// The stack grows in steps, but never beyond its limit, even a small one.
#[test]
fn small_register_limits_are_kept() {
    let text = r#"(module
        (func (export "small") (result i32) (i32.const 1))
        (func (export "large") (local i64 i64 i64 i64 i64 i64 i64 i64)))"#;
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.limits.registers = 4;
    let judged = judge(&case, &Options::default()).unwrap();
    let steps = judged.observation().cloned().unwrap().steps;
    assert!(matches!(steps[1].outcome, StepOutcome::Returned(_)));
    assert_eq!(steps[2].outcome, StepOutcome::Trapped(Trap::StackOverflow));
}

/// Each loop has four bytes of code and a thousand references on the stack.
/// Stack maps that shared nothing would take gigabytes.
#[test]
fn stack_maps_do_not_outgrow_memory() {
    let refs = "anyref ".repeat(1000);
    let text = format!(
        "(module (type $k (func (param {refs}) (result {refs})))
          (func (export \"f\") {} {} {}))",
        "(ref.null any) ".repeat(1000),
        "(loop (type $k)) ".repeat(20_000),
        "(drop) ".repeat(1000),
    );
    let wasm = wat::parse_str(&text).unwrap();
    match Module::new(&wasm, &mut Arc::default()) {
        Err(ModuleError::Unsupported { .. }) => {}
        other => panic!("{:?}", other.map(|m| m.wasm.len())),
    }
}

/// Loading arbitrary bytes gives a module or an error. Cutting and flipping
/// real modules reaches more code than random bytes do.
#[test]
fn damaged_modules_are_refused_or_loaded_but_nothing_else() {
    let mut refused = 0;
    for index in 0..8 {
        let drawn = gcdiff::generate::case(&gcdiff::generate::input(10182, index)).unwrap();
        let case = drawn.case;
        let wasm = &case.wasm;
        for len in 0..wasm.len() {
            refused += u32::from(Module::new(&wasm[..len], &mut Arc::default()).is_err());
        }
        let mut damaged = wasm.clone();
        for at in 0..wasm.len() {
            for bit in [0x01, 0x80] {
                damaged[at] ^= bit;
                refused += u32::from(Module::new(&damaged, &mut Arc::default()).is_err());
                damaged[at] = wasm[at];
            }
        }
    }
    assert!(refused > 10_000, "{refused}");
}

/// A host function with many results allocates much for the fuel of one
/// instruction. The check for endless runs took that for an endless run.
#[test]
fn what_the_host_allocates_is_not_held_against_a_run() {
    let text = format!(
        r#";;! limits = {{ fuel = 500 }}
        (module
          (import "host" "make" (func $make (result {})))
          (func (export "run")
            (loop $again (call $make) (br $again))))"#,
        "externref ".repeat(200)
    );
    assert_eq!(outcomes(&text), [StepOutcome::Trapped(Trap::OutOfFuel)]);
}

/// An exception passes handlers of other tags, even of tags of the same type.
#[test]
fn a_catch_is_for_its_tag_alone() {
    let func = |name: &str, handlers: &str| {
        format!(
            r#"(func (export "{name}")
              (block $wrong (result i32)
                (block $empty
                  (block $right (result i32)
                    (try_table {handlers} (throw $a (i32.const 5)))
                    unreachable)
                  (if (i32.ne (i32.const 5)) (then unreachable))
                  return)
                unreachable)
              unreachable)"#
        )
    };
    let text = format!(
        "(module (tag $a (param i32)) (tag $b (param i32)) (tag $c) {} {} {})",
        func("same type", "(catch $b $wrong) (catch $a $right)"),
        func("other type", "(catch $c $empty) (catch $a $right)"),
        func("first", "(catch $a $right) (catch $b $wrong)"),
    );
    let outcomes = outcomes(&text);
    assert_eq!(outcomes.len(), 3);
    let returned = |o: &StepOutcome| matches!(o, StepOutcome::Returned(_));
    assert!(outcomes.iter().all(returned), "{outcomes:?}");
}

/// The host sets a whole vector. Setting only its low half left the high half of the old value.
#[test]
fn a_vector_that_the_host_sets_has_no_old_half() {
    let text = r#";;! [[steps]]
;;! global = "v"
;;! value = "5"
;;! [[steps]]
;;! call = "high"
(module
  (global (export "v") (mut v128) (v128.const i64x2 1 2))
  (func (export "high") (result i64) (i64x2.extract_lane 1 (global.get 0))))"#;
    let zero = StepOutcome::Returned(vec![ObservedValue::Bits(0)]);
    assert_eq!(outcomes(text)[1], zero);
}

/// An import that is named like the one that collects is another function if it has another type.
#[test]
fn only_a_function_that_takes_and_returns_nothing_collects() {
    let text = r#"(module
  (type $s (struct))
  (import "gcdiff" "collect" (func $give (result (ref $s))))
  (func (export "f") (drop (call $give))))"#;
    assert_eq!(outcomes(text), [StepOutcome::Returned(Vec::new())]);
}
