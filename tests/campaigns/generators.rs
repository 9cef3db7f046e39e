//! All generators make valid modules, tested here on 10,000 inputs. The unit
//! tests of each generator try the first thousand.

use arbitrary::Unstructured;
use gcdiff::generate::{enrich, gc_ops, input, smith};
use gcdiff::module::Module;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmparser::{Validator, WasmFeatures};

/// Calls a function for each number below 10,000, on all cores.
fn each(f: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= 10_000 {
                break;
            }
            f(seed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
}

#[track_caller]
fn check(wasm: &[u8], features: WasmFeatures, what: &str) {
    if let Err(error) = Validator::new_with_features(features).validate_all(wasm) {
        let text = wasmprinter::print_bytes(wasm).unwrap_or_default();
        panic!("{what}: {error}\n{text}");
    }
}

#[test]
fn ten_thousand_plain_and_enriched_modules_validate() {
    // The features that this engine supports.
    let features = WasmFeatures::WASM3.difference(WasmFeatures::THREADS);
    each(|seed| {
        let mut bytes = input(42, seed);
        bytes.truncate(200 + (seed as usize % 9) * 200);
        let plain = smith::module(&mut Unstructured::new(&bytes)).expect("a module");
        check(&plain, features, &format!("plain {seed}"));
        let rich = enrich::enrich(&plain, &mut Unstructured::new(&bytes)).expect("enriched");
        check(&rich, features, &format!("enriched {seed}"));
    });
}

#[test]
fn ten_thousand_generated_programs_validate() {
    each(|seed| {
        let program = gc_ops::Program::generate(&mut Unstructured::new(&input(41, seed)));
        let wasm = program.compile();
        check(&wasm, WasmFeatures::WASM3, &format!("seed {seed}"));
        let module = Module::new(&wasm, &mut Arc::default());
        assert!(module.is_ok(), "seed {seed}: {:?}", module.err());
    });
}
