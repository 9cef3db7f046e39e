//! Wasmtime: Cranelift and Pulley, each with several collectors.

use super::{Engine, Execute, LIMITS, Run};
use std::time::Instant;
use wasmtime::{
    Collector, Config, ExternType, Func, Instance, Module, OptLevel, RegallocAlgorithm, Store,
    StoreLimitsBuilder, Val, ValType,
};

/// The way code is compiled or interpreted.
#[derive(Copy, Clone, PartialEq)]
enum Compiler {
    /// Cranelift at its fastest: no optimisation, single-pass register allocation.
    Cheapest,
    /// Cranelift with its default settings.
    Cranelift,
    /// Pulley, the interpreter, with optimised bytecode.
    Pulley,
}

/// The default settings except for the compiler. Explicit bounds checks instead of guard pages, which Wasmtime's fuzz
/// targets sometimes use, make these modules a quarter more expensive to compile.
fn engine(compiler: Compiler, collector: Collector, fuel: bool) -> wasmtime::Engine {
    let mut config = Config::new();
    config.collector(collector).consume_fuel(fuel);
    config
        .wasm_gc(true)
        .wasm_function_references(true)
        .wasm_exceptions(true)
        .wasm_tail_call(true)
        .wasm_memory64(true);
    config.wasm_backtrace_max_frames(None);
    match compiler {
        Compiler::Cheapest => {
            config.cranelift_opt_level(OptLevel::None);
            config.cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
        }
        Compiler::Cranelift => {}
        Compiler::Pulley => {
            config.target("pulley64").expect("there is a Pulley");
        }
    }
    wasmtime::Engine::new(&config).expect("settings that go together")
}

/// A value as an embedder sees it: the bits of a number, or whether a reference is null.
#[derive(PartialEq, Debug)]
enum Seen {
    Bits(u128),
    Null(bool),
}

fn see(value: &Val) -> Seen {
    match value {
        Val::I32(v) => Seen::Bits(*v as u32 as u128),
        Val::I64(v) => Seen::Bits(*v as u64 as u128),
        Val::F32(v) => Seen::Bits(u128::from(*v)),
        Val::F64(v) => Seen::Bits(u128::from(*v)),
        Val::V128(v) => Seen::Bits(v.as_u128()),
        Val::FuncRef(r) => Seen::Null(r.is_none()),
        Val::AnyRef(r) => Seen::Null(r.is_none()),
        Val::ExternRef(r) => Seen::Null(r.is_none()),
        Val::ExnRef(r) => Seen::Null(r.is_none()),
        Val::ContRef(r) => Seen::Null(r.is_none()),
    }
}

fn default(ty: ValType) -> Option<Val> {
    match ty {
        ValType::Ref(ty) if !ty.is_nullable() => None,
        ty => Val::default_for_ty(&ty),
    }
}

/// Runs a module, from its bytes to the results of its exports.
fn once(engine: &wasmtime::Engine, wasm: &[u8]) -> Result<Vec<Option<Vec<Seen>>>, String> {
    let module = Module::new(engine, wasm).map_err(|e| e.to_string())?;
    let limits = StoreLimitsBuilder::new()
        .memory_size(LIMITS.memory_bytes as usize)
        .table_elements(LIMITS.table_elements as usize)
        .build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_fuel(LIMITS.fuel).expect("fuel is on");
    let Ok(instance) = Instance::new(&mut store, &module, &[]) else {
        return Ok(Vec::new());
    };
    let mut seen = Vec::new();
    for export in module.exports() {
        let ExternType::Func(ty) = export.ty() else {
            continue;
        };
        let func: Func = instance
            .get_func(&mut store, export.name())
            .expect("an exported function");
        let Some(args) = ty.params().map(default).collect::<Option<Vec<Val>>>() else {
            continue;
        };
        let mut results = vec![Val::I32(0); ty.results().len()];
        store.set_fuel(LIMITS.fuel).expect("fuel is on");
        let ended = func.call(&mut store, &args, &mut results);
        seen.push(ended.is_ok().then(|| results.iter().map(see).collect()));
        if ended.is_err() {
            // An uncaught exception stays pending until it is taken.
            let _ = store.take_pending_exception();
        }
    }
    Ok(seen)
}

/// A differential execution under the null and the counting collector. Compiles and runs the module twice, and compares the
/// results.
fn pair(compiler: Compiler) -> Execute {
    let null = engine(compiler, Collector::Null, true);
    let drc = engine(compiler, Collector::DeferredReferenceCounting, true);
    Box::new(move |wasm| {
        // Single-pass register allocation makes frames larger, so stack overflows happen elsewhere. Differences are not
        // judged here.
        let same = once(&null, wasm)? == once(&drc, wasm)?;
        std::hint::black_box(same);
        Ok(())
    })
}

/// The differential pairs.
pub fn pairs() -> Vec<Engine<Execute>> {
    vec![
        Engine::new(
            "Wasmtime null + drc, cheapest Cranelift",
            pair(Compiler::Cheapest),
        ),
        Engine::new("Wasmtime null + drc, Cranelift", pair(Compiler::Cranelift)),
        Engine::new("Wasmtime null + drc, Pulley", pair(Compiler::Pulley)),
    ]
}

fn program(compiler: Compiler, collector: Collector) -> Run {
    let engine = engine(compiler, collector, false);
    Box::new(move |wasm, argument| {
        let module = Module::new(&engine, wasm).expect("valid");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
        let run = instance
            .get_typed_func::<u32, u32>(&mut store, "run")
            .expect("exported");
        let start = Instant::now();
        let result = run.call(&mut store, argument).expect("returns");
        (start.elapsed().as_secs_f64() * 1e3, result)
    })
}

/// The engines for long programs.
pub fn runs() -> Vec<Engine<Run>> {
    use Collector::{Copying, DeferredReferenceCounting as Drc, Null};
    use Compiler::{Cranelift, Pulley};
    vec![
        Engine::new("Cranelift null", program(Cranelift, Null)),
        Engine::new("Cranelift drc", program(Cranelift, Drc)),
        Engine::new("Cranelift copying", program(Cranelift, Copying)),
        Engine::new("Pulley null", program(Pulley, Null)),
        Engine::new("Pulley drc", program(Pulley, Drc)),
        Engine::new("Pulley copying", program(Pulley, Copying)),
    ]
}
