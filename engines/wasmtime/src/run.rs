//! Cases. An exported one is an instance, calls in order, and numbers as results.

use crate::failure::{CallFailure, call_failure};
use crate::plan::follow_plan;
use gcdiff::engines::protocol::{Answer, CallEnd, Request};
use gcdiff::export::Number;
use wasmtime::{Engine, Error, Instance, Linker, Module, Store, Val};

/// Runs a case.
pub fn run(engine: &Engine, request: &Request) -> Answer {
    let case = request.case;
    let done = compiled(engine, request).and_then(|(wasm, module)| match &request.plan {
        None => exported(engine, &module, request),
        Some(plan) => follow_plan(engine, &module, &wasm, plan),
    });
    match done {
        Ok(answer) => Answer { case, ..answer },
        Err(why) => Answer {
            case,
            refused: Some(why),
            ..Answer::default()
        },
    }
}

fn compiled(engine: &Engine, request: &Request) -> Result<(Vec<u8>, Module), String> {
    let wasm = bytes(&request.module)?;
    let module = Module::new(engine, &wasm).map_err(|error| format!("{error:#}"))?;
    Ok((wasm, module))
}

/// Runs an exported case. An error says what cannot be shown: a feature of the module, or a limit of the
/// engine that a case does not have.
fn exported(engine: &Engine, module: &Module, request: &Request) -> Result<Answer, String> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    for (module, name) in &request.imports {
        let collect = |mut caller: wasmtime::Caller<'_, ()>| collect(&mut caller);
        let added = linker.func_wrap(module, name, collect);
        added.map_err(|error| format!("{error:#}"))?;
    }
    let instance = match linker.instantiate(&mut store, module) {
        Ok(instance) => instance,
        Err(error) => {
            return Ok(Answer {
                instantiation: Some(failed(&mut store, error)?),
                ..Answer::default()
            });
        }
    };
    let calls = request.calls.iter();
    let calls: Result<_, String> = calls.map(|name| call(&mut store, instance, name)).collect();
    Ok(Answer {
        instantiation: Some(CallEnd::Returns(Vec::new())),
        calls: calls?,
        ..Answer::default()
    })
}

#[cfg(feature = "recent")]
fn collect(caller: &mut wasmtime::Caller<'_, ()>) -> wasmtime::Result<()> {
    caller.gc(None)
}

#[cfg(feature = "v31")]
fn collect(caller: &mut wasmtime::Caller<'_, ()>) {
    caller.gc();
}

fn call(store: &mut Store<()>, instance: Instance, name: &str) -> Result<CallEnd, String> {
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
            Ok(CallEnd::Returns(numbers.collect::<Result<_, String>>()?))
        }
        Err(error) => failed(store, error),
    }
}

/// How a call ended that did not return.
fn failed(store: &mut Store<()>, error: Error) -> Result<CallEnd, String> {
    match call_failure(&error) {
        CallFailure::Trapped(trap) => Ok(CallEnd::Traps(Some(trap.to_string()))),
        CallFailure::Threw => {
            forget(store);
            Ok(CallEnd::Throws(true))
        }
        CallFailure::Host(stop) => panic!("{stop}: an exported case has no host"),
        CallFailure::Limit(why) => Err(why),
    }
}

/// Takes the pending exception, so that it is no root any more.
#[cfg(feature = "recent")]
fn forget(store: &mut Store<()>) {
    let mut scope = wasmtime::RootScope::new(store);
    let _ = wasmtime::AsContextMut::as_context_mut(&mut scope).take_pending_exception();
}

#[cfg(feature = "v31")]
fn forget(_: &mut Store<()>) {}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    let bytes: Option<_> = digits.map(byte).collect();
    bytes.ok_or_else(|| "the module is not in hexadecimal digits".into())
}
