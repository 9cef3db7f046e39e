use std::collections::BTreeMap;

use arbitrary::Unstructured;
use wasmparser::{Operator, Parser, Payload, Validator, WasmFeatures};

use super::choice::Choice;
use super::emit::{Emitter, Scratch};
use super::layout::Layout;
use super::ref_types::nullable;
use super::sequence::KINDS;
use super::survey::Survey;
use super::{EnrichError, enrich, lay_out};
use crate::generate::{Features, module, smith};

/// Features that this engine accepts.
fn features() -> WasmFeatures {
    WasmFeatures::WASM3.difference(WasmFeatures::THREADS)
}

fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut choice = Choice::new(seed, 0);
    (0..len).map(|_| choice.below(256) as u8).collect()
}

#[track_caller]
fn check(wasm: &[u8], what: &str) {
    if let Err(error) = Validator::new_with_features(features()).validate_all(wasm) {
        let text = wasmprinter::print_bytes(wasm).unwrap_or_default();
        panic!("{what}: {error}\n{text}");
    }
}

/// Number of bodies with an operator for which `test` holds.
fn bodies_with(wasm: &[u8], mut test: impl FnMut(&Operator<'_>) -> bool) -> usize {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.expect("parses") {
            let ops = body.get_operators_reader().expect("has operators");
            count += usize::from(ops.into_iter().any(|op| test(&op.expect("decodes"))));
        }
    }
    count
}

#[test]
fn plain_and_enriched_modules_validate() {
    // `tests/campaigns/generators.rs` tries ten thousand.
    for seed in 0..1_000 {
        let input = bytes(seed, 200 + (seed as usize % 9) * 200);
        let plain = smith::module(Features::ALL, &mut Unstructured::new(&input)).expect("a module");
        check(&plain, &format!("plain {seed}"));
        let rich = enrich(&plain, Features::ALL, &mut Unstructured::new(&input)).expect("enriched");
        check(&rich, &format!("enriched {seed}"));
    }
}

#[test]
fn any_small_input_works() {
    check(
        &module(&mut Unstructured::new(&[])).expect("from nothing"),
        "empty",
    );
    for byte in 0..=u8::MAX {
        for len in [1, 2, 3, 7, 20] {
            let input = vec![byte; len];
            check(
                &module(&mut Unstructured::new(&input)).expect("a module"),
                "tiny",
            );
        }
    }
}

#[test]
fn same_bytes_same_module() {
    for seed in 0..50 {
        let input = bytes(seed, 1_000);
        let once = module(&mut Unstructured::new(&input)).expect("a module");
        let again = module(&mut Unstructured::new(&input)).expect("a module");
        assert_eq!(once, again);
    }
}

#[test]
fn most_modules_copy_arrays_of_references() {
    let total = 300;
    let mut with_copy = 0;
    let mut plain = 0;
    for seed in 0..total {
        let input = bytes(seed, 1_000);
        let wasm = module(&mut Unstructured::new(&input)).expect("a module");
        let survey = Survey::new(&wasm).expect("surveys");
        plain += u32::from(!survey.export_names.contains("gc.driver"));
        let copies = bodies_with(&wasm, |op| match op {
            Operator::ArrayCopy {
                array_type_index_dst,
                ..
            } => {
                let element = survey.types[*array_type_index_dst as usize]
                    .unwrap_array()
                    .0;
                element.element_type.unpack().is_reference_type()
            }
            _ => false,
        });
        with_copy += u32::from(copies > 0);
    }
    assert!(with_copy > total as u32 / 2, "{with_copy} of {total}");
    assert!((10..=70).contains(&plain), "{plain} of {total} are plain");
}

/// Each kind is valid by itself, in live and in dead code.
#[test]
fn every_kind_validates_alone() {
    let mut large = 0;
    for seed in 0..40 {
        let plain = smith::module(Features::ALL, &mut Unstructured::new(&bytes(seed, 800)))
            .expect("a module");
        let survey = Survey::new(&plain).expect("surveys");
        for kind in KINDS {
            let mut choice = Choice::new(seed, 3);
            let mut layout = lay_out(&survey, Features::ALL, &mut choice);
            let index = KINDS
                .iter()
                .position(|k| k.name == kind.name)
                .expect("is one") as u8;
            if kind.name.starts_with("module-")
                && (layout.adopted.is_empty() || layout.sinks.is_empty())
            {
                continue;
            }
            if kind.name.starts_with("large-") || kind.name.starts_with("deep-") {
                if layout.scale.is_none() {
                    continue;
                }
                large += 1;
            }
            layout.kinds = vec![index];
            layout.leaf_kinds = vec![0];
            let seeds = super::Seeds {
                layout: seed,
                helpers: seed,
                bodies: [seed as u32; 8],
            };
            let rich = rewritten(&plain, &survey, &layout, &seeds, choice, true);
            check(&rich, kind.name);
        }
    }
    assert!(large > 6, "{large}");
}

/// The module with the additions of a layout.
fn rewritten(
    plain: &[u8],
    survey: &Survey,
    layout: &Layout,
    seeds: &super::Seeds,
    choice: Choice,
    guard: bool,
) -> Vec<u8> {
    use wasm_encoder::reencode::Reencode;
    let mut rewriter = super::Rewriter {
        survey,
        layout,
        choice,
        seeds,
        guard,
        settle: true,
        splice: true,
    };
    let mut module = wasm_encoder::Module::new();
    rewriter
        .parse_core_module(&mut module, Parser::new(0), plain)
        .expect("rewrites");
    module.finish()
}

#[test]
fn names_are_not_taken_twice() {
    let text = r#"(module (func (export "gc.driver")) (func (export "gc.driver'")))"#;
    let wasm = wat::parse_str(text).expect("parses");
    let rich = enrich(&wasm, Features::ALL, &mut Unstructured::new(&[])).expect("enriches");
    check(&rich, "names");
}

#[test]
fn a_module_without_sections_gets_them() {
    let empty = b"\0asm\x01\0\0\0";
    check(
        &enrich(empty, Features::ALL, &mut Unstructured::new(&[1, 2, 3])).expect("enriches"),
        "empty module",
    );
}

#[test]
fn nonsense_is_an_error() {
    let result = enrich(b"nonsense", Features::ALL, &mut Unstructured::new(&[]));
    assert!(matches!(result, Err(EnrichError::Parse(_))));
}

#[test]
fn without_guards_original_instructions_are_kept() {
    for seed in 0..50 {
        let input = bytes(seed, 1_000);
        let plain = smith::module(Features::ALL, &mut Unstructured::new(&input)).expect("a module");
        let survey = Survey::new(&plain).expect("surveys");
        let mut choice = Choice::new(seed, 0);
        let layout = lay_out(&survey, Features::ALL, &mut choice);
        let seeds = super::Seeds {
            layout: seed,
            helpers: seed,
            bodies: [seed as u32; 8],
        };
        let rich = rewritten(&plain, &survey, &layout, &seeds, choice, false);
        let (mut before, mut after) = (operators(&plain), operators(&rich));
        after.truncate(before.len());
        for (old, new) in before.drain(..).zip(after) {
            let mut rest = new.iter();
            for op in &old {
                assert!(rest.any(|other| other == op), "{op} is lost");
            }
        }
    }
}

fn operators(wasm: &[u8]) -> Vec<Vec<String>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.expect("parses") {
            let ops = body.get_operators_reader().expect("has operators");
            bodies.push(
                ops.into_iter()
                    .map(|op| format!("{:?}", op.expect("decodes")))
                    .collect(),
            );
        }
    }
    bodies
}

/// The types of the scratch locals match the indices of the methods.
#[test]
fn scratch_types_match_indices() {
    let wasm = wat::parse_str("(module (type (array (mut eqref))))").expect("parses");
    let survey = Survey::new(&wasm).expect("surveys");
    let layout = lay_out(&survey, Features::ALL, &mut Choice::new(0, 0));
    let local = Scratch::new(0);
    let mut types = BTreeMap::new();
    let mut next = 0;
    for (count, ty) in Scratch::types(&layout) {
        for _ in 0..count {
            types.insert(next, ty);
            next += 1;
        }
    }
    let object = |ty| wasm_encoder::ValType::Ref(nullable(ty));
    assert_eq!(types[&local.node(2)], object(layout.types.node));
    assert_eq!(types[&local.refs(1)], object(layout.types.refs));
    assert_eq!(types[&local.holder()], object(layout.types.holder));
    assert_eq!(types[&local.counter(1)], wasm_encoder::ValType::I32);
    assert_eq!(types[&local.adopted(0)], object(0));
    assert_eq!(next, local.adopted(layout.adopted.len() as u32));
    let mut e = Emitter::new(&layout, 0, Choice::new(1, 1));
    e.sequence();
    assert!(!e.out.is_empty());
}

/// The outcome of a call of `f`, the module's only function.
fn ends(text: &str, guard: bool, seed: u64) -> crate::observe::StepOutcome {
    let plain = wat::parse_str(text).expect("valid text");
    let survey = Survey::new(&plain).expect("surveys");
    let mut choice = Choice::new(0, 0);
    let mut layout = lay_out(&survey, Features::ALL, &mut choice);
    // Sequences of one kind only, so that they do not affect the outcome.
    layout.kinds = vec![0];
    layout.leaf_kinds = vec![0];
    let seeds = super::Seeds {
        layout: seed,
        helpers: seed,
        bodies: [seed as u32; 8],
    };
    let rich = rewritten(&plain, &survey, &layout, &seeds, choice, guard);
    check(&rich, text);
    let (mut case, _) = crate::case::read(&rich).expect("a case");
    case.plan = crate::case::Plan::Steps(vec![crate::case::Step::Call(crate::case::Call {
        export: "f".into(),
        args: vec![],
    })]);
    let judged = crate::oracle::judge(&case, &Default::default()).expect("runs");
    let seen = judged.observation().expect("comes to its end");
    seen.steps[1].outcome.clone()
}

#[test]
fn guards_keep_calls_from_trapping() {
    use crate::observe::StepOutcome;
    let types = "(type $t (struct (field i8))) (type $s (struct (field (mut i32)) (field (ref $t)))) (type $a (array (mut i64)))";
    for body in [
        "unreachable",
        "(loop (br 0))",
        "(drop (struct.get $s 1 (ref.null $s)))",
        "(drop (struct.get_s $t 0 (ref.null $t)))",
        "(struct.set $s 0 (ref.null $s) (i32.const 1))",
        "(drop (array.get $a (ref.null $a) (i32.const 70)))",
        "(drop (array.get $a (array.new_default $a (i32.const 2)) (i32.const -1)))",
        "(array.set $a (array.new_default $a (i32.const 0)) (i32.const 0) (i64.const 7))",
        "(drop (array.len (ref.null array)))",
        "(drop (i31.get_s (ref.null i31)))",
        "(drop (ref.cast (ref $s) (ref.i31 (i32.const 1))))",
        "(drop (ref.cast (ref null $t) (ref.i31 (i32.const 1))))",
        "(drop (ref.cast (ref i31) (struct.new_default $e)))",
        "(throw_ref (ref.null exn))",
        "(drop (array.new_default $a (i32.const -1)))",
        "(drop (array.new_data $bytes 0 (i32.const 9) (i32.const 9)))",
        "(drop (table.get 0 (i32.const -1)))",
        "(table.set 0 (i32.const 99) (ref.null any))",
        "(table.init 0 0 (i32.const 9) (i32.const 9) (i32.const 9))",
        "(table.copy 0 0 (i32.const 9) (i32.const 9) (i32.const 9))",
        "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
        "(drop (i64.rem_u (i64.const 1) (i64.const 0)))",
    ] {
        let text = format!(
            "(module {types} (type $e (struct)) (type $bytes (array i8)) (table 2 anyref)
             (elem anyref (ref.null any)) (data \"x\")
             (func (export \"f\") (result (ref $t)) {body} (struct.new_default $t)))"
        );
        let plain = ends(&text, false, 0);
        assert!(
            matches!(plain, StepOutcome::Trapped(_)),
            "{body}: {plain:?}"
        );
        // Some instructions are left unguarded and may trap.
        let guarded: Vec<StepOutcome> = (0..6).map(|seed| ends(&text, true, seed)).collect();
        let returned = |outcome: &&StepOutcome| matches!(outcome, StepOutcome::Returned(_));
        let returned = guarded.iter().filter(returned).count();
        assert!(returned >= 4, "{body}: {guarded:?}");
    }
}
