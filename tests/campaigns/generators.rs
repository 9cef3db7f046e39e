//! All generators make valid modules, tested here on 10,000 inputs. The unit
//! tests of each generator try the first thousand.

use arbitrary::Unstructured;
use gcdiff::engine::{Trap, Traps};
use gcdiff::generate::{Feature, Features, Generator, Profile, enrich, gc_ops, input, smith};
use gcdiff::module::Module;
use gcdiff::observe::StepOutcome;
use gcdiff::oracle::{Collector, Options, Verdict, judge};
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
        let plain = smith::module(Features::ALL, &mut Unstructured::new(&bytes)).expect("a module");
        check(&plain, features, &format!("plain {seed}"));
        let rich = enrich::enrich(&plain, Features::ALL, &mut Unstructured::new(&bytes))
            .expect("enriched");
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

/// The validator's name of a feature.
fn flag(feature: Feature) -> WasmFeatures {
    match feature {
        Feature::Exceptions => WasmFeatures::EXCEPTIONS,
        Feature::TailCalls => WasmFeatures::TAIL_CALL,
        Feature::Simd => WasmFeatures::SIMD.union(WasmFeatures::RELAXED_SIMD),
        Feature::RelaxedSimd => WasmFeatures::RELAXED_SIMD,
        Feature::Memory64 => WasmFeatures::MEMORY64,
        Feature::MultiMemory => WasmFeatures::MULTI_MEMORY,
        other => panic!("which flag is {other}?"),
    }
}

/// A feature that is left out is in no module; with all features, each is in some.
#[test]
fn a_profile_does_without_features() {
    for feature in Feature::ALL {
        let enabled = WasmFeatures::WASM3.difference(flag(feature));
        let is_without = |features: Features, index: u64| {
            // Vectors and 64-bit indices are in no structured program.
            let generator = [Generator::Default, Generator::GcOps][usize::from(index % 4 == 3)];
            let profile = Profile {
                generator,
                features,
            };
            let case = profile.case(&input(43, index)).expect("a case").case;
            check(
                &case.wasm,
                WasmFeatures::WASM3,
                &format!("{profile} {index}"),
            );
            Validator::new_with_features(enabled)
                .validate_all(&case.wasm)
                .is_ok()
        };
        let without = Features::ALL.without(feature);
        for index in 0..400 {
            assert!(is_without(without, index), "{feature} in case {index}");
        }
        assert!(
            // Cases 12n to 12n + 11 share a module of wasm-smith. Relaxed vectors are in few of them: one
            // in a thousand, and most are in code that never runs, which is left out.
            (0..10_000).any(|n| !is_without(Features::ALL, 12 * n)),
            "{feature}"
        );
    }
    let none: Features = Feature::ALL.into_iter().collect();
    let flags = Feature::ALL.map(flag).into_iter().collect();
    for index in 0..400 {
        let profile = Profile {
            generator: Generator::Default,
            features: none,
        };
        let case = profile.case(&input(44, index)).expect("a case").case;
        let enabled = WasmFeatures::WASM3.difference(flags);
        check(&case.wasm, enabled, &format!("without any, {index}"));
    }
}

/// Calls of generated code end in every kind of trap that it has on purpose, and in none of the claims
/// of the code.
#[test]
fn calls_end_in_all_kinds_of_traps() {
    use Trap::{
        ArrayOutOfBounds, CastFailure, DivisionByZero, IntegerOverflow, MemoryOutOfBounds,
        NullReference, OutOfFuel, SignatureMismatch, TableOutOfBounds, UninitializedElement,
    };
    let options = Options::fuzzing()
        .with_collectors([Collector::Null.into()])
        .with_sometimes([]);
    let mut seen = Traps::default();
    for index in 0..150 {
        let case = Profile::default().case(&input(43, index)).unwrap().case;
        let judged = judge(&case, &options).unwrap();
        assert_eq!(judged.verdict, Verdict::Agree, "case {index}");
        for step in judged.observations.iter().flat_map(|seen| &seen.steps) {
            if let StepOutcome::Trapped(trap) = step.outcome {
                seen.insert(trap);
            }
        }
    }
    for trap in [
        ArrayOutOfBounds,
        CastFailure,
        DivisionByZero,
        IntegerOverflow,
        MemoryOutOfBounds,
        NullReference,
        OutOfFuel,
        SignatureMismatch,
        TableOutOfBounds,
        UninitializedElement,
    ] {
        assert!(seen.contains(trap), "{trap}");
    }
}
