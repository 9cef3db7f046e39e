use super::{Collect, ExportError, Exported, export, for_embedder};
use crate::generate;
use crate::observe::StepOutcome;
use crate::oracle::{JudgeReport, Options, Verdict, judge};
use wasmparser::{Validator, WasmFeatures};

/// A case of each module.
fn exported(index: u64) -> Result<Exported, ExportError> {
    let input = generate::input(7, generate::SAME_MODULE * index);
    let drawn = generate::case(&input).unwrap();
    export(&drawn.case, &drawn.module, Collect::Import)
}

/// Tables come before globals, so their initial values name imported globals only, which become
/// globals of the module.
#[test]
fn initial_values_of_tables_name_no_global() {
    let export = |global: &str| {
        let text = format!(
            r#"(module (import "host" "g" (global $g {global})) (table $t 2 anyref (global.get $g))
                 (func (export "f") (result i32) (ref.is_null (table.get $t (i32.const 1)))))"#
        );
        let (case, _) = crate::case::read(text.as_bytes()).unwrap();
        let module = crate::module::Module::new(&case.wasm, &mut Default::default()).unwrap();
        export(&case, &std::sync::Arc::new(module), Collect::Import)
    };
    let exported = export("(ref i31)").unwrap();
    assert_eq!(judged(&exported).verdict, Verdict::Agree);
    assert_eq!(judged(&export("nullref").unwrap()).verdict, Verdict::Agree);
}

fn judged(exported: &Exported) -> JudgeReport {
    judge(&exported.case(), &Options::default()).unwrap()
}

#[test]
fn exported_modules_are_valid_and_all_heaps_agree() {
    let (mut ended, mut trapped, mut discarded) = (0, 0, 0);
    for index in 0..120 {
        // Few modules import what no module can make.
        let Ok(exported) = exported(index) else {
            discarded += 1;
            continue;
        };
        if let Err(error) =
            Validator::new_with_features(WasmFeatures::WASM3).validate_all(&exported.wasm)
        {
            let text = wasmprinter::print_bytes(&exported.wasm).unwrap_or_default();
            panic!("{text}\ncase {index}: {error}");
        }
        let report = judged(&exported);
        match &report.verdict {
            Verdict::Agree => {}
            Verdict::Discard(..) => discarded += 1,
            other => panic!("case {index}: {other}"),
        }
        let Some(seen) = report.observation() else {
            continue;
        };
        for step in &seen.steps {
            match &step.outcome {
                StepOutcome::Trapped(_) => trapped += 1,
                _ => ended += 1,
            }
        }
    }
    assert!(discarded < 3, "{discarded}");
    assert!(ended > trapped, "{ended} {trapped}");
}

/// What an embedder is given runs under all heaps, is valid, and collects where the case does.
#[test]
fn cases_for_embedders_are_valid_and_all_heaps_agree() {
    let (mut discarded, mut collecting) = (0, 0);
    for index in 0..120 {
        let drawn = generate::case(&generate::input(7, index)).unwrap();
        let case = for_embedder(&drawn.case, &drawn.module);
        let case = case.unwrap_or_else(|error| panic!("case {index}: {error}"));
        let valid = Validator::new_with_features(WasmFeatures::WASM3).validate_all(&case.wasm);
        valid.unwrap_or_else(|error| panic!("case {index}: {error}"));
        let report = judge(&case, &Options::default()).unwrap();
        match &report.verdict {
            Verdict::Agree => {}
            Verdict::Discard(..) => discarded += 1,
            other => panic!("case {index}: {other}"),
        }
        let mut stats = report.stats.iter();
        let drc = stats.find(|(name, _)| name == "drc");
        // One is the last, after the plan.
        collecting += u32::from(drc.is_some_and(|(_, stats)| stats.heap.collections > 1));
    }
    assert!(discarded < 3, "{discarded}");
    assert!(collecting > 60, "{collecting}");
}

/// A module that is in this form already is not taken apart.
#[test]
fn names_of_the_form_are_taken() {
    let (case, _) = crate::case::read(b"(module (func (export \"gcdiff.reset\")))").unwrap();
    let module = crate::module::Module::new(&case.wasm, &mut Default::default()).unwrap();
    let error = for_embedder(&case, &std::sync::Arc::new(module)).unwrap_err();
    assert!(error.to_string().contains("gcdiff.reset"), "{error}");
}

/// The specification allows several NaNs as a result; an exported case shows one.
#[test]
fn nans_are_canonical() {
    let step = |value: &str| {
        let text = format!("(module (func (export \"f\") (result i64) {value}))");
        let (case, _) = crate::case::read(text.as_bytes()).unwrap();
        let module = std::sync::Arc::new(
            crate::module::Module::new(&case.wasm, &mut std::sync::Arc::default()).unwrap(),
        );
        let exported = export(&case, &module, Collect::Import).unwrap();
        let report = judged(&exported);
        assert_eq!(report.verdict, Verdict::Agree, "{text}");
        report.observation().unwrap().steps[1].outcome.clone()
    };
    let f32 = step("(i64.const 0x7fc00000)");
    let f64 = step("(i64.const 0x7ff8000000000000)");
    assert_ne!(f32, f64);
    let (narrow, wide) = ("f32.const nan:0x200001", "f64.const nan:0x4000000000001");
    let bits = |value: &str| format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))");
    for value in [
        bits(&format!("(f32.demote_f64 ({wide}))")),
        bits(&format!("(f32.add ({narrow}) ({narrow}))")),
        bits(&format!("(f32.sqrt ({narrow}))")),
        bits(&format!(
            "(f32x4.extract_lane 2 (f32x4.mul (f32x4.splat ({narrow})) (f32x4.splat ({narrow}))))"
        )),
    ] {
        assert_eq!(step(&value), f32, "{value}");
    }
    for value in [
        format!("(f64.promote_f32 ({narrow}))"),
        format!("(f64.max ({wide}) (f64.const 1))"),
        format!("(f64x2.extract_lane 1 (f64x2.sub (f64x2.splat ({wide})) (f64x2.splat ({wide}))))"),
    ] {
        assert_eq!(
            step(&format!("(i64.reinterpret_f64 {value})")),
            f64,
            "{value}"
        );
    }
    // A number stays what it is.
    let three = step("(i64.const 0x40400000)");
    assert_eq!(step(&bits("(f32.add (f32.const 1) (f32.const 2))")), three);
}
