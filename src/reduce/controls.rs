//! Controls: a case without one of its instructions.
//!
//! That a bug is *in* an instruction shows if the same case without it is clean. In the place of the
//! instruction, its operands are dropped, and its results are the simplest values of their types: the
//! code before and behind it is the same. This needs nothing of the engine but a verdict.

use super::ReduceError;
use super::draft::{Draft, State};
use super::passes::{funcs, neutral};
use crate::case::Case;
use crate::module::features;
use crate::module_ir::{Items, Mode, is_opener};
use wasmparser::{Operator, Parser, Payload};

/// A case without a part of its module.
#[derive(Clone, PartialEq, Debug)]
pub struct Control {
    /// The part that it is without.
    pub without: ControlPart,
    /// The case.
    pub case: Case,
}

/// A part of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ControlPart {
    /// An instruction.
    Instruction {
        /// Its function.
        func: u32,
        /// Its byte offset in the module.
        offset: u32,
    },
    /// The initial value of a global, which becomes a null.
    Global(u32),
    /// An active element segment, which becomes passive.
    Segment(u32),
}

/// All controls of a case: for each instruction that does more than move numbers and locals, and has
/// a simplest result; for each global whose initial value allocates; for each active element segment
/// of expressions. They need not be valid, but nearly all are.
///
/// # Errors
///
/// If the module is not valid, or has more than `most` such instructions: each control is a whole case.
pub fn controls(case: &Case, most: usize) -> Result<Vec<Control>, ReduceError> {
    let state = State::of(case, features())?;
    let all = funcs(&state).flat_map(|(_, ops, _)| ops.iter());
    let count = all.filter(|op| acts(op)).count();
    if count > most {
        return Err(ReduceError(format!(
            "{count} instructions are too many to leave one out at a time: reduce the case first"
        )));
    }
    let offsets = offsets(&case.wasm);
    let imported = state.draft.module.funcs.iter();
    let imported = imported.filter(|func| func.import.is_some()).count();
    let mut controls = Vec::new();
    let mut add = |without: ControlPart, draft: &Draft<'_>| {
        // A type without a number in the module cannot be written.
        let case = draft.case().ok();
        controls.extend(case.map(|case| Control { without, case }));
    };
    for (func, ops, view) in funcs(&state) {
        for (at, (op, seen)) in ops.iter().zip(&view.ops).enumerate() {
            let code = neutral(&state.draft.module, op, seen);
            let Some(code) = code.filter(|_| seen.reachable && acts(op)) else {
                continue;
            };
            // A value that no simpler one can stand for.
            if code.iter().any(|op| matches!(op, Operator::Unreachable)) {
                continue;
            }
            let mut draft = state.draft.clone();
            let edited = draft
                .module
                .funcs
                .get_mut(func)
                .and_then(|func| func.edit());
            let Some(edited) = edited else { continue };
            edited.ops.splice(at..at + 1, code);
            let offset = offsets.get(func - imported).and_then(|body| body.get(at));
            let part = ControlPart::Instruction {
                func: func as u32,
                offset: offset.copied().unwrap_or_default(),
            };
            add(part, &draft);
        }
    }
    for index in 0..state.draft.module.globals.len() {
        let mut draft = state.draft.clone();
        let global = &mut draft.module.globals[index];
        let wasmparser::ValType::Ref(ty) = global.ty.content_type else {
            continue;
        };
        if global.init.iter().any(crate::module_ir::allocates) && ty.is_nullable() {
            let hty = ty.heap_type();
            global.init = vec![Operator::RefNull { hty }, Operator::End];
            add(ControlPart::Global(index as u32), &draft);
        }
    }
    for index in 0..state.draft.module.elements.len() {
        let mut draft = state.draft.clone();
        let element = &mut draft.module.elements[index];
        if matches!(
            (&element.mode, &element.items),
            (Mode::Active(..), Items::Exprs(..))
        ) {
            element.mode = Mode::Passive;
            add(ControlPart::Segment(index as u32), &draft);
        }
    }
    Ok(controls)
}

/// Whether an instruction does more than move numbers and locals.
fn acts(op: &Operator<'_>) -> bool {
    let moves = matches!(
        op,
        Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::V128Const { .. }
            | Operator::RefNull { .. }
            | Operator::RefFunc { .. }
            | Operator::RefI31
            | Operator::Drop
            | Operator::Nop
            | Operator::Unreachable
            | Operator::Else
            | Operator::End
    );
    !(moves || is_opener(op))
}

/// The offsets of the instructions of each function with a body.
fn offsets(wasm: &[u8]) -> Vec<Vec<u32>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Ok(Payload::CodeSectionEntry(body)) = payload {
            let mut offsets = Vec::new();
            if let Ok(mut reader) = body.get_operators_reader() {
                while let Ok((_, offset)) = reader.read_with_offset() {
                    offsets.push(offset as u32);
                }
            }
            bodies.push(offsets);
        }
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;
    use crate::module::Module;
    use crate::oracle::{Instruction, Options, judge};
    use crate::zoo::{Probe, fault};
    use std::sync::Arc;

    #[test]
    fn a_fault_in_an_instruction_is_gone_without_it() {
        let text = r#"(module
            (type $s (struct (field i32)))
            (type $list (array (mut (ref null $s))))
            (global $g (export "list") (mut (ref null $list)) (ref.null $list))
            (func (export "f")
              (global.set $g (array.new_fixed $list 1 (struct.new $s (i32.const 7))))
              (array.copy $list $list
                (global.get $g) (i32.const 0) (global.get $g) (i32.const 0) (i32.const 1))))"#;
        let (case, _) = case::read(text.as_bytes()).unwrap();
        let options = fault("W1")
            .unwrap()
            .switch_on(Options::default(), &Probe::default());
        assert!(judge(&case, &options).unwrap().verdict.is_finding());
        let module = Module::new(&case.wasm, &mut Arc::default()).unwrap();
        let mut clean = Vec::new();
        for control in controls(&case, 60).unwrap() {
            let ControlPart::Instruction { func, offset } = control.without else {
                panic!("{:?}", control.without);
            };
            let name = Instruction::at(&module, func, offset).name;
            let verdict = judge(&control.case, &options).unwrap().verdict;
            clean.extend((!verdict.is_finding()).then_some(name));
        }
        // The global, which holds the array, and its reads: a copy from and to null traps.
        let all = ["global.set", "global.get", "global.get", "array.copy"];
        let with_objects = |name: &String| name.starts_with("global") || name == "array.copy";
        assert!(
            clean
                .iter()
                .all(|name| with_objects(name) || name.contains("new")),
            "{clean:?}"
        );
        assert!(
            all.iter()
                .all(|name| clean.iter().any(|known| known == name)),
            "{clean:?}"
        );
    }
}
