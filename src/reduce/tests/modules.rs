//! Modules taken apart and put together, and what the view says of their code.

use crate::case::Case;
use crate::generate;
use crate::module::features;
use crate::module_ir::{Item, Module};
use crate::reduce::draft::State;
use crate::reduce::passes::PASSES;
use wasmparser::{Operator, Validator};

fn cases(count: u64) -> impl Iterator<Item = Case> {
    let inputs = (0..count).map(|index| generate::input(11, index));
    inputs.filter_map(|bytes| generate::case(&bytes).ok().map(|made| made.case))
}

fn is_valid(wasm: &[u8]) -> bool {
    Validator::new_with_features(features())
        .validate_all(wasm)
        .is_ok()
}

/// The module with every body marked as edited, so that it is encoded from its instructions.
fn encoded(module: &Module<'_>) -> Vec<u8> {
    let mut module = module.clone();
    for func in &mut module.funcs {
        func.edit();
    }
    module.encode().unwrap()
}

#[test]
fn a_module_that_is_taken_apart_can_be_put_together() {
    for case in cases(300) {
        let module = Module::decode(&case.wasm).unwrap();
        for bytes in [module.encode().unwrap(), encoded(&module)] {
            assert!(is_valid(&bytes));
            let again = Module::decode(&bytes).unwrap();
            assert_eq!(again.types, module.types);
            assert_eq!(again.exports, module.exports);
            assert_eq!(again.funcs.len(), module.funcs.len());
            for (a, b) in module.funcs.iter().zip(&again.funcs) {
                assert_eq!(a.ty, b.ty);
                assert_eq!(a.import, b.import);
                assert_eq!(a.code(), b.code());
            }
            let lens = |m: &Module<'_>| {
                let items = [
                    m.tables.len(),
                    m.memories.len(),
                    m.globals.len(),
                    m.tags.len(),
                ];
                (items, m.elements.len(), m.data.len())
            };
            assert_eq!(lens(&again), lens(&module));
        }
    }
}

/// A statement takes nothing from the operand stack and leaves nothing on it. Without one that
/// control can leave only at its end, the module is valid.
#[test]
fn statements_can_be_removed() {
    let mut removed = 0;
    for case in cases(60) {
        let state = State::of(&case, features()).unwrap();
        for (index, (func, view)) in state
            .draft
            .module
            .funcs
            .iter()
            .zip(&state.view.funcs)
            .enumerate()
        {
            let (Some(code), Some(view)) = (func.code(), view) else {
                continue;
            };
            assert_eq!(code.ops.len(), view.ops.len());
            for (op, seen) in code.ops.iter().zip(&view.ops) {
                let is_statement = seen.results.is_empty()
                    && seen.operands.len() == seen.pops
                    && seen.reachable
                    && matches!(
                        op,
                        Operator::StructSet { .. }
                            | Operator::ArraySet { .. }
                            | Operator::LocalSet { .. }
                            | Operator::GlobalSet { .. }
                            | Operator::Drop
                            | Operator::Loop { .. }
                            | Operator::TableSet { .. }
                    );
                let part = &code.ops[seen.start..seen.end];
                // Code behind a jump may leave anything on the stack.
                let leaves = |op: &Operator<'_>| {
                    matches!(
                        op,
                        Operator::LocalSet { .. }
                            | Operator::LocalTee { .. }
                            | Operator::Unreachable
                            | Operator::Return
                            | Operator::Br { .. }
                            | Operator::BrTable { .. }
                            | Operator::Throw { .. }
                            | Operator::ThrowRef
                            | Operator::ReturnCall { .. }
                            | Operator::ReturnCallRef { .. }
                            | Operator::ReturnCallIndirect { .. }
                    )
                };
                // A local that is not defaultable must be set before it is read.
                if !is_statement || part.iter().any(leaves) {
                    continue;
                }
                let mut module = state.draft.module.clone();
                let ops = &mut module.funcs[index].edit().unwrap().ops;
                ops.drain(seen.start..seen.end);
                // `ref.func` needs a declaration elsewhere, which the rest keeps.
                let bytes = module.encode().unwrap();
                assert!(is_valid(&bytes), "function {index}, {op:?}: {part:?}");
                removed += 1;
            }
        }
    }
    assert!(removed > 500, "{removed}");
}

#[test]
fn passes_have_one_name_each() {
    for (index, pass) in PASSES.iter().enumerate() {
        let same = PASSES[..index].iter().find(|other| other.name == pass.name);
        assert!(
            same.is_none_or(|other| other.about == pass.about),
            "{}",
            pass.name
        );
        assert!(!pass.about.is_empty() && !pass.about.ends_with('.'));
    }
}

/// A name section as another tool has written it: its names of fields are out of order.
#[test]
fn a_name_section_that_is_partly_malformed_has_the_names_of_what_is_left() {
    use wasm_encoder::{IndirectNameMap, NameMap, NameSection};
    let text = "(module (type (struct (field i32) (field i64))) (func) (func (nop)) (func))";
    let mut wasm = wat::parse_str(text).unwrap();
    let named = |names: &[(u32, &str)]| {
        let mut map = NameMap::new();
        names
            .iter()
            .for_each(|(index, name)| map.append(*index, name));
        map
    };
    let mut section = NameSection::new();
    section.functions(&named(&[(0, "zero"), (1, "one"), (2, "two")]));
    let mut fields = IndirectNameMap::new();
    fields.append(0, &named(&[(1, "last"), (0, "first")]));
    section.fields(&fields);
    wasm_encoder::Section::append_to(&section, &mut wasm);
    let mut module = Module::decode(&wasm).unwrap();
    module.remove(Item::Func(0)).unwrap();
    let text = wasmprinter::print_bytes(module.encode().unwrap()).unwrap();
    assert!(
        text.contains("$one") && text.contains("$two") && text.contains("$last"),
        "{text}"
    );
    assert!(!text.contains("zero") && !text.contains("first"), "{text}");
}
