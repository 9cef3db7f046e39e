//! wasmi: an interpreter without garbage-collected types.

use super::{Engine, Run};
use std::time::Instant;
use wasmi::{Instance, Module, Store};

/// The engine for long programs that use only numbers.
pub fn run() -> Engine<Run> {
    Engine::new(
        "wasmi",
        Box::new(|wasm, argument| {
            let engine = wasmi::Engine::default();
            let Ok(module) = Module::new(&engine, wasm) else {
                return (f64::NAN, 0);
            };
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
            let run = instance
                .get_typed_func::<u32, u32>(&store, "run")
                .expect("exported");
            let start = Instant::now();
            let result = run.call(&mut store, argument).expect("returns");
            (start.elapsed().as_secs_f64() * 1e3, result)
        }),
    )
}
