//! Exported cases: one instance, calls in order, numbers as results.

use gcdiff::engines::protocol::{Answer, Ended, Request};
use gcdiff::export::Number;
use wasmtime::{Engine, Error, GcHeapOutOfMemory, Instance, Linker, Module, Store, Trap, Val};

/// Runs a case.
pub fn run(engine: &Engine, request: &Request) -> Answer {
    let answer = Answer {
        case: request.case,
        ..Answer::default()
    };
    match attempt(engine, request) {
        Ok((instantiation, calls)) => Answer {
            instantiation: Some(instantiation),
            calls,
            ..answer
        },
        Err(why) => Answer {
            refused: Some(why),
            ..answer
        },
    }
}

/// Runs a case. An error says what cannot be shown: a feature of the module, or a limit of the
/// engine that a case does not have.
fn attempt(engine: &Engine, request: &Request) -> Result<(Ended, Vec<Ended>), String> {
    let module = bytes(&request.module)
        .and_then(|wasm| Module::new(engine, wasm).map_err(|error| format!("{error:#}")))?;
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    for (module, name) in &request.imports {
        let collect = |mut caller: wasmtime::Caller<'_, ()>| collect(&mut caller);
        let added = linker.func_wrap(module, name, collect);
        added.map_err(|error| format!("{error:#}"))?;
    }
    let instance = match linker.instantiate(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => return Ok((failed(&mut store, error)?, Vec::new())),
    };
    let calls = request.calls.iter();
    let calls: Result<_, String> = calls.map(|name| call(&mut store, instance, name)).collect();
    Ok((Ended::Returns(Vec::new()), calls?))
}

#[cfg(feature = "v48")]
fn collect(caller: &mut wasmtime::Caller<'_, ()>) -> wasmtime::Result<()> {
    caller.gc(None)
}

#[cfg(feature = "v31")]
fn collect(caller: &mut wasmtime::Caller<'_, ()>) {
    caller.gc();
}

fn call(store: &mut Store<()>, instance: Instance, name: &str) -> Result<Ended, String> {
    let func = instance.get_func(&mut *store, name);
    let func = func.ok_or_else(|| format!("no function {name}"))?;
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    match func.call(&mut *store, &[], &mut results) {
        Ok(()) => {
            let numbers = results.iter().map(|result| match result {
                Val::I32(value) => Ok(Number::I32(*value as u32).into()),
                Val::I64(value) => Ok(Number::I64(*value as u64).into()),
                _ => Err(format!("{name} returns {result:?}, which is no integer")),
            });
            Ok(Ended::Returns(numbers.collect::<Result<_, String>>()?))
        }
        Err(error) => failed(store, error),
    }
}

/// How a call ended that did not return.
fn failed(store: &mut Store<()>, error: Error) -> Result<Ended, String> {
    if has_thrown(store, &error) {
        return Ok(Ended::Throws(true));
    }
    if error.is::<GcHeapOutOfMemory<()>>() {
        return Err("the heap is full".into());
    }
    use Trap::*;
    match error.downcast_ref::<Trap>() {
        // Limits of the engine, which a case does not have.
        Some(trap @ (StackOverflow | AllocationTooLarge)) => Err(trap.to_string()),
        Some(
            trap @ (MemoryOutOfBounds
            | TableOutOfBounds
            | IndirectCallToNull
            | BadSignature
            | IntegerOverflow
            | IntegerDivisionByZero
            | BadConversionToInteger
            | UnreachableCodeReached
            | NullReference
            | ArrayOutOfBounds
            | CastFailure),
        ) => Ok(Ended::Traps(Some(trap.to_string()))),
        // Wasmtime reports what it finds wrong with itself as an error, too.
        _ => panic!("{error:#}"),
    }
}

#[cfg(feature = "v48")]
fn has_thrown(store: &mut Store<()>, error: &Error) -> bool {
    let thrown = error.is::<wasmtime::ThrownException>();
    // So that it is no root any more.
    thrown && store.take_pending_exception().is_some()
}

#[cfg(feature = "v31")]
fn has_thrown(_: &mut Store<()>, _: &Error) -> bool {
    false
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    let bytes: Option<_> = digits.map(byte).collect();
    bytes.ok_or_else(|| "the module is not in hexadecimal digits".into())
}
