//! tinywasm: an interpreter with one collector.

use super::{Engine, Execute, LIMITS, Run};
use std::time::Instant;
use tinywasm::engine::Config;
use tinywasm::{ExternItem, Function, ModuleInstance, ResourceLimiter, Store, Trap, WasmValue};

/// The limits of a gcdiff campaign.
struct Bounded;

impl ResourceLimiter for Bounded {
    fn memory_growing(&self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Trap> {
        Ok(desired as u64 <= LIMITS.memory_bytes)
    }

    fn table_growing(&self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Trap> {
        Ok(desired as u64 <= LIMITS.table_elements)
    }

    fn gc_growing(&self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Trap> {
        Ok(desired as u64 <= LIMITS.heap_bytes)
    }
}

/// Calls a function with the fuel of a campaign.
fn call(store: &mut Store, func: &Function, args: &[WasmValue], results: &mut [WasmValue]) {
    if let Ok(mut execution) = func.call_resumable(store, args, results) {
        let _ = execution.resume_with_fuel(LIMITS.fuel as u32);
    }
    std::hint::black_box(&results);
}

fn once(engine: &tinywasm::Engine, wasm: &[u8]) -> Result<(), String> {
    let module = tinywasm::parse_bytes(wasm).map_err(|e| e.to_string())?;
    let mut store = Store::new(engine.clone());
    let Ok(instance) = ModuleInstance::instantiate_no_start(&mut store, &module, None) else {
        return Ok(());
    };
    if let Some(start) = instance.start_func(&store).map_err(|e| e.to_string())? {
        call(&mut store, &start, &[], &mut []);
    }
    let funcs: Vec<_> = instance
        .exports()
        .filter_map(|(_, item)| match item {
            ExternItem::Func(func) => Some(func),
            _ => None,
        })
        .collect();
    for func in funcs {
        let ty = func.ty(&store).map_err(|e| e.to_string())?;
        let args: Option<Vec<WasmValue>> = ty
            .params()
            .iter()
            .map(|ty| WasmValue::default_for(*ty))
            .collect();
        let mut results = vec![WasmValue::I32(0); ty.results().len()];
        let Some(args) = args else { continue };
        call(&mut store, &func, &args, &mut results);
    }
    Ok(())
}

/// A single execution.
pub fn execution() -> Engine<Execute> {
    let config = Config::new().with_resource_limiter(Bounded);
    let engine = tinywasm::Engine::new(config);
    Engine::new(
        "tinywasm, one execution",
        Box::new(move |wasm| once(&engine, wasm)),
    )
}

/// The engine for long programs.
pub fn run() -> Engine<Run> {
    Engine::new(
        "tinywasm",
        Box::new(|wasm, argument| {
            let module = tinywasm::parse_bytes(wasm).expect("valid");
            let mut store = Store::default();
            let instance =
                ModuleInstance::instantiate(&mut store, &module, None).expect("no imports");
            let run = instance.func::<i32, i32>(&store, "run").expect("exported");
            let start = Instant::now();
            let result = run.call(&mut store, argument as i32).expect("returns") as u32;
            (start.elapsed().as_secs_f64() * 1e3, result)
        }),
    )
}
