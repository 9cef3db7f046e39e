use std::collections::BTreeSet;

use arbitrary::Unstructured;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::program::{Field, FieldStorage, Heap, OpKind, Shape, Ty, TypeDef};
use super::{Program, case, drawn, mutate};
use crate::generate::{Generator, input};
use crate::module::Module;
use crate::oracle::{Options, Verdict, judge_module};

fn program(seed: u64) -> Program {
    Program::generate(&mut Unstructured::new(&input(41, seed)))
}

#[track_caller]
fn check(program: &Program, what: &str) {
    let wasm = program.compile();
    if let Err(error) = Validator::new_with_features(WasmFeatures::WASM3).validate_all(&wasm) {
        let text = wasmprinter::print_bytes(&wasm).unwrap_or_default();
        panic!("{what}: {error}\n{text}");
    }
    let module = Module::new(&wasm, &mut std::sync::Arc::default());
    assert!(module.is_ok(), "{what}: {:?}", module.err());
}

/// Mutates the byte form in place, in a buffer of `max` bytes.
fn mutated(bytes: &[u8], max: usize, seed: u32) -> Vec<u8> {
    let mut buffer = bytes.to_vec();
    buffer.resize(max.max(bytes.len()), 0xa5);
    let len = mutate(&mut buffer, bytes.len(), max, seed);
    assert!(len <= max, "{len} of {max}");
    buffer.truncate(len);
    buffer
}

#[test]
fn generated_programs_validate() {
    // `tests/campaigns/generators.rs` tries ten thousand.
    for seed in 0..1_000 {
        check(&program(seed), &format!("seed {seed}"));
    }
}

#[test]
fn mutated_programs_validate() {
    for start in 0..20 {
        let mut program = program(start);
        for step in 0..100 {
            let (before, seed) = (program.encode(), 1000 * start as u32 + step);
            let bytes = mutated(&before, 4096, seed);
            assert_eq!(bytes, mutated(&before, 4096, seed));
            check(
                &Program::decode(&bytes).expect("a program"),
                &format!("bytes, seed {seed}"),
            );
            program.mutate(u64::from(seed));
            check(&program, &format!("start {start}, step {step}"));
        }
    }
}

#[test]
fn mutations_mostly_change_something() {
    let mut same = 0;
    for seed in 0..300 {
        let bytes = program(1).encode();
        same += u32::from(mutated(&bytes, 4096, seed) == bytes);
    }
    assert!(same < 30, "{same}");
}

#[test]
fn programs_read_back_and_are_repaired_already() {
    for seed in 0..300 {
        let program = program(seed);
        let mut again = Program::decode(&program.encode()).expect("a program");
        assert_eq!(program, again, "{seed}");
        again.repair();
        assert_eq!(program, again, "{seed}");
    }
}

/// A field that is narrowed to a later type of its group is checked when the supertype of that type is
/// settled: an array cannot inherit from the structure that it names. Case 2140093 of seed 7001 had such
/// a field.
#[test]
fn fields_are_compared_when_all_supertypes_are_settled() {
    let reference = |nullable, i| Field {
        storage: FieldStorage::Val(Ty::Ref {
            nullable,
            heap: Heap::Type(i),
        }),
        mutable: false,
    };
    let structure = |parent, fields| TypeDef {
        open: true,
        parent,
        shape: Shape::Struct(fields),
    };
    let array = TypeDef {
        open: true,
        parent: Some(1),
        shape: Shape::Array(reference(true, 0)),
    };
    let mut program = program(0);
    program.groups = vec![
        vec![
            structure(None, vec![]),
            structure(None, vec![reference(true, 1)]),
        ],
        vec![structure(Some(1), vec![reference(false, 3)]), array],
    ];
    program.repair();
    check(&program, "a field of a later type");
    let repaired = program.clone();
    program.repair();
    assert_eq!(program, repaired);
}

#[test]
fn any_bytes_will_do() {
    let mut programs = 0;
    for seed in 0..300 {
        let noise = input(7, seed);
        let mut bytes = program(seed % 10).encode();
        let len = bytes.len();
        // Damaged bytes, noise, truncations.
        for i in 0..3 {
            let at = usize::from(noise[2 * i]) * len / 256;
            bytes[at] = noise[2 * i + 1];
        }
        let cut = usize::from(noise[9]) * len / 256;
        for bytes in [&noise[..], &noise[..7], &bytes, &bytes[..cut], &[]] {
            if let Some(program) = Program::decode(bytes) {
                programs += 1;
                check(&program, &format!("seed {seed}"));
            }
            let _ = case(bytes);
            for max in [0, 1, 40, 300, 1 << 16] {
                mutated(&bytes[..bytes.len().min(max)], max, seed as u32);
            }
        }
    }
    // Most damage gives bytes that are not a program: a kind out of range, a list without an end.
    assert!(programs > 20, "{programs}");
    check(&Program::generate(&mut Unstructured::new(&[])), "nothing");
}

#[test]
fn every_kind_occurs_and_nearly_every_instruction() {
    let mut kinds = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let program = program(seed);
        kinds.extend(program.funcs.iter().flat_map(|f| &f.ops).map(|op| op.kind));
        let wasm = program.compile();
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CodeSectionEntry(body) = payload.expect("parses") {
                for op in body.get_operators_reader().expect("has operators") {
                    let name = format!("{:?}", op.expect("decodes"));
                    let end = name.find([' ', '{', '(']).unwrap_or(name.len());
                    seen.insert(name[..end].to_string());
                }
            }
        }
    }
    let all: BTreeSet<OpKind> = OpKind::ALL.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, all);
    let wanted = "StructNew StructNewDefault StructGet StructGetS StructGetU StructSet ArrayNew ArrayNewDefault \
        ArrayNewFixed ArrayNewData ArrayNewElem ArrayGet ArrayGetS ArrayGetU ArraySet ArrayLen ArrayFill ArrayCopy \
        ArrayInitData ArrayInitElem RefI31 I31GetS I31GetU RefEq RefTestNonNull RefTestNullable RefCastNonNull BrOnCast \
        BrOnCastFail BrOnNull BrOnNonNull AnyConvertExtern ExternConvertAny GlobalGet GlobalSet TableGet TableSet \
        TableFill TableGrow TableCopy TableInit ElemDrop DataDrop TypedSelect Block Loop If Else TryTable Throw ThrowRef \
        Return Call CallRef ReturnCall ReturnCallRef RefNull RefFunc";
    for name in wanted.split_whitespace() {
        assert!(seen.contains(name), "{name} not in {seen:?}");
    }
}

#[test]
fn sound_heaps_agree() {
    let options = Options::fuzzing();
    for index in 0..300 {
        let drawn = match index % 3 {
            0 => Generator::GcOps.case(&input(5, index)).expect("a case"),
            _ => {
                let mut program = program(index);
                (0..5).for_each(|step| program.mutate(10 * index + step));
                drawn(&program, Module::new).expect("a case")
            }
        };
        let options = options.for_case(drawn.extra, drawn.reschedule);
        let judged = judge_module(&drawn.case, &drawn.module, &options).expect("a verdict");
        assert!(
            matches!(judged.verdict, Verdict::Agree),
            "{index}: {:?}",
            judged.verdict
        );
    }
}

#[test]
fn nothing_about_a_program_is_left_to_chance() {
    for seed in 0..50 {
        let drawn = [(); 2].map(|()| Generator::GcOps.case(&input(2, seed)).expect("a case"));
        assert_eq!(drawn[0].case.wasm, drawn[1].case.wasm);
        assert_eq!(drawn[0].case.plan, drawn[1].case.plan);
        assert_eq!(drawn[0].case.schedule, drawn[1].case.schedule);
    }
}
