//! When an inspector is called.

use gcdiff::case;
use gcdiff::engine::{Grain, Halt, Inspector, Point, Schedule, View};
use gcdiff::heap::Heap;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use std::sync::Arc;

/// Notes each call.
struct Calls {
    grain: Grain,
    points: Vec<Point>,
}

impl<H: Heap> Inspector<H> for Calls {
    fn grain(&self) -> Grain {
        self.grain
    }

    fn inspect(&mut self, point: Point, _: View<'_, H>) -> Result<(), Halt> {
        self.points.push(point);
        Ok(())
    }
}

/// The calls of an inspector during one call that passes three safepoints and writes once.
fn calls<H: Heap>(grain: Grain, heap: H) -> Vec<Point> {
    let text = r#"(module
        (type $s (struct (field (mut i32))))
        (func (export "f") (local $x (ref null $s))
          (local.set $x (struct.new_default $s))
          (struct.set $s 0 (local.get $x) (i32.const 1))
          (drop (struct.new_default $s))))"#;
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = Schedule::EverySafepoint;
    let module = Module::new(&case.wasm, &mut Default::default()).unwrap();
    let mut calls = Calls {
        grain,
        points: Vec::new(),
    };
    case::run(&case, &Arc::new(module), heap, &mut calls);
    calls.points
}

#[test]
fn each_grain_adds_points() {
    use Point::{Call, Collecting, Collection, End, Operation};
    assert_eq!(calls(Grain::End, Null::new(1 << 16)), [End]);
    assert_eq!(calls(Grain::Call, Null::new(1 << 16)), [Call, Call, End]);
    assert_eq!(
        calls(Grain::Collection, Drc::new(1 << 16)),
        [Collection, Collection, Collection, End]
    );
    // The first call is instantiation. Three collections are in the code, one is at the end.
    let collecting = [
        Call, Collecting, Collecting, Collecting, Call, Collecting, End,
    ];
    assert_eq!(calls(Grain::Collecting, Null::new(1 << 16)), collecting);
    let every = calls(Grain::Every, Null::new(1 << 16));
    let count = |point| every.iter().filter(|p| **p == point).count();
    assert_eq!((count(Collecting), count(Collection)), (4, 3));
    assert!(count(Operation) >= 3, "{every:?}");
}
