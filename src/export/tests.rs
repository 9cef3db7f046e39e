use super::{Collect, Exported, export};
use crate::generate::{self, GeneratedCase};
use crate::observe::StepOutcome;
use crate::oracle::{JudgeReport, Options, Verdict, judge};
use wasmparser::{Validator, WasmFeatures};

fn exported(index: u64) -> (GeneratedCase, Exported) {
    let drawn = generate::case(&generate::input(7, index)).unwrap();
    let exported = export(&drawn.case, &drawn.module, Collect::Import);
    let exported = exported.unwrap_or_else(|error| panic!("case {index}: {error}"));
    (drawn, exported)
}

fn judged(exported: &Exported) -> JudgeReport {
    judge(&exported.case(), &Options::default()).unwrap()
}

#[test]
fn exported_modules_are_valid_and_all_heaps_agree() {
    let (mut ended, mut trapped, mut discarded) = (0, 0, 0);
    for index in 0..120 {
        let (_, exported) = exported(index);
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
