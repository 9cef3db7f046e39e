//! How the cost of allocations and collections grows with the number of live objects.
//!
//! Builds lists of a thousand to ten million nodes of two fields. The time per object should stay the same from row to row,
//! apart from effects of the processor's caches. A collection of the counting heap visits only roots, so its cost should not
//! depend on the live objects. The last column is the time to release the list and collect, which frees all nodes.

use gcdiff::engine::{Context, Limits, NoHost, NoInspector, Schedule, Store};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::{ExportItem, Module};
use std::sync::Arc;
use std::time::Instant;

const LIST: &str = r#"
    (module
      (type $node (struct (field i32) (field (ref null $node))))
      (global $list (mut (ref null $node)) (ref.null $node))
      (func (export "build") (param $n i32)
        (loop $again
          (global.set $list (struct.new $node (local.get $n) (global.get $list)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "forget") (global.set $list (ref.null $node))))"#;

/// The size limit of the heaps.
const MAX: u32 = 0xffff_0000;

/// Milliseconds to build the list, to collect with the list live, and to release the list and collect.
fn measure<H: Heap>(module: &Arc<Module>, heap: H, objects: u64) -> [f64; 3] {
    let limits = Limits {
        fuel: u64::MAX >> 1,
        heap_bytes: u64::MAX >> 1,
        footprint: u64::MAX,
        work: u64::MAX,
        ..Limits::default()
    };
    let mut store = Store::new(heap, limits, Schedule::Never);
    let instance = store.link(module, &[]).expect("no imports");
    store
        .start(instance, &mut Context::new(&mut NoHost, &mut NoInspector))
        .expect("starts");
    let call = |store: &mut Store<H>, name: &str, args: &[u64]| {
        let Some(ExportItem::Func(func)) = module.export(name) else {
            panic!("no function {name}");
        };
        store
            .call(func, args, &mut Context::new(&mut NoHost, &mut NoInspector))
            .expect("returns");
    };
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    let build = time(&mut || call(&mut store, "build", &[objects]));
    let live = time(&mut || store.collect(&mut NoInspector).expect("collects"));
    let dead = time(&mut || {
        call(&mut store, "forget", &[]);
        store.collect(&mut NoInspector).expect("collects");
    });
    [build, live, dead]
}

/// Builds and frees a list under one of the heaps, and returns the times.
type Measure = fn(&Arc<Module>, u64) -> [f64; 3];

/// Prints the table.
pub fn table() {
    let wasm = wat::parse_str(LIST).expect("a module");
    let module = Arc::new(Module::new(&wasm, &mut Arc::default()).expect("valid"));
    let heaps: [(&str, Measure); 3] = [
        ("null", |module, n| measure(module, Null::new(MAX), n)),
        ("drc", |module, n| measure(module, Drc::new(MAX), n)),
        ("copying", |module, n| measure(module, Copying::new(MAX), n)),
    ];
    println!(
        "| heap | objects | build, ms | ns per object | collect live, ms | ns per object | free all, ms |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, measure) in heaps {
        for objects in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
            let rounds = (3_000_000 / objects).clamp(3, 101) as usize;
            let mut times: Vec<_> = (0..rounds).map(|_| measure(&module, objects)).collect();
            let [build, live, dead] = [0, 1, 2].map(|i| {
                times.sort_by(|a, b| a[i].total_cmp(&b[i]));
                times[rounds / 2][i]
            });
            println!(
                "| {name} | {objects} | {build:.3} | {:.1} | {live:.3} | {:.1} | {dead:.3} |",
                build * 1e6 / objects as f64,
                live * 1e6 / objects as f64,
            );
        }
    }
}
