//! Instructions that have a simpler form.

use super::code::{funcs, is_whole, splice};
use super::unused::Sweep;
use super::{Pass, one};
use crate::module_ir::Shape;
use crate::reduce::draft::{Edit, edit};
use wasmparser::Operator;

pub(super) const SIMPLER: Pass = Pass {
    name: "simpler",
    about: "replaces instructions by simpler ones: default allocation, direct and ordinary calls",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                let seen = &view.ops[at];
                let whole = is_whole(seen);
                match op {
                    Operator::StructNew { struct_type_index } => {
                        let new = Operator::StructNewDefault {
                            struct_type_index: *struct_type_index,
                        };
                        if whole {
                            edits.push(splice(func, seen.start..at + 1, vec![new]));
                        }
                    }
                    Operator::ArrayNew { array_type_index } if whole => {
                        let new = Operator::ArrayNewDefault {
                            array_type_index: *array_type_index,
                        };
                        if let [first, (start, end)] = seen.operands[..] {
                            let fixed = Operator::ArrayNewFixed {
                                array_type_index: *array_type_index,
                                array_size: 1,
                            };
                            edits.push(replace(func, seen.start..at + 1, first, fixed));
                            edits.push(replace(func, seen.start..at + 1, first, new.clone()));
                            edits.push(replace(func, seen.start..at + 1, (start, end), new));
                        }
                    }
                    Operator::ArrayNewDefault { array_type_index } if whole => {
                        let new = Operator::ArrayNewFixed {
                            array_type_index: *array_type_index,
                            array_size: 0,
                        };
                        edits.push(splice(func, seen.start..at + 1, vec![new]));
                    }
                    Operator::ArrayNewFixed {
                        array_type_index,
                        array_size,
                    } if whole => {
                        for dropped in 0..seen.operands.len() {
                            let (start, end) = seen.operands[dropped];
                            let new = Operator::ArrayNewFixed {
                                array_type_index: *array_type_index,
                                array_size: array_size - 1,
                            };
                            edits.push(without(func, at, start..end, new));
                        }
                    }
                    // Behind a trap, elements may be missing.
                    Operator::ArrayNewFixed {
                        array_type_index,
                        array_size: size @ 1..,
                    } => {
                        for array_size in [0, 1, size / 2, size - 1] {
                            let new = Operator::ArrayNewFixed {
                                array_type_index: *array_type_index,
                                array_size,
                            };
                            edits.push(splice(func, at..at + 1, vec![new]));
                        }
                    }
                    Operator::CallRef { type_index }
                    | Operator::CallIndirect { type_index, .. } => {
                        let callees = module.funcs.iter().enumerate();
                        let callees = callees.filter(|(_, f)| !f.removed && f.ty == *type_index);
                        for (callee, _) in callees.take(4) {
                            let call = Operator::Call {
                                function_index: callee as u32,
                            };
                            // The callee, or its index, is made right before.
                            if at > 0 && is_short(&ops[at - 1]) {
                                edits.push(splice(func, at - 1..at + 1, vec![call.clone()]));
                            }
                            edits.push(splice(func, at..at + 1, vec![Operator::Drop, call]));
                        }
                    }
                    Operator::ReturnCall { function_index } => {
                        let call = Operator::Call {
                            function_index: *function_index,
                        };
                        edits.push(splice(func, at..at + 1, vec![call]));
                    }
                    Operator::ReturnCallRef { type_index } => {
                        let call = Operator::CallRef {
                            type_index: *type_index,
                        };
                        edits.push(splice(func, at..at + 1, vec![call]));
                    }
                    // A value that lies below others until it is dropped.
                    Operator::Drop if seen.operands.first().is_some_and(|o| o.1 < at) => {
                        let (start, end) = seen.operands[0];
                        edits.push(edit(move |draft| {
                            let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
                            ops.get(at)?;
                            ops.remove(at);
                            ops.drain(start..end);
                            Some(())
                        }));
                    }
                    // A value that is dropped at once.
                    Operator::Drop if at > 0 && view.ops[at - 1].end == at => {
                        let made = &view.ops[at - 1];
                        if made.pops == 1 && is_whole(made) && made.results.len() == 1 {
                            edits.push(splice(func, at - 1..at, Vec::new()));
                        }
                    }
                    _ => {}
                }
                if let Operator::Call { function_index } = op {
                    // A shorter function of the same type.
                    let ty = module.funcs.get(*function_index as usize).map(|f| f.ty);
                    let is_func = ty.and_then(|ty| module.types.get(ty as usize));
                    if is_func.is_some_and(|ty| matches!(ty.shape, Shape::Func(..))) {
                        let others = module
                            .funcs
                            .iter()
                            .enumerate()
                            .take(*function_index as usize);
                        let others = others.filter(|(_, f)| !f.removed && Some(f.ty) == ty);
                        for (other, _) in others.take(4) {
                            edits.push(alias_call(func, at, other as u32));
                        }
                    }
                }
            }
        }
        edits
    },
};

/// Whether an instruction makes a value out of nothing.
fn is_short(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::RefFunc { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::LocalGet { .. }
            | Operator::GlobalGet { .. }
    )
}

/// Calls another function. It costs the same, unless the one that was called is then unused.
fn alias_call(func: usize, at: usize, callee: u32) -> Edit {
    edit(move |draft| {
        let sweep = Sweep::before(&draft.module);
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        match ops.get_mut(at)? {
            Operator::Call { function_index } => *function_index = callee,
            _ => return None,
        }
        sweep.after(&mut draft.module)
    })
}

/// Replaces a stretch by one of its operands and another instruction.
fn replace(
    func: usize,
    whole: std::ops::Range<usize>,
    operand: (usize, usize),
    op: Operator<'static>,
) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        ops.get(whole.clone())?;
        let mut kept: Vec<_> = ops.get(operand.0..operand.1)?.to_vec();
        kept.push(op.clone());
        ops.splice(whole.clone(), kept);
        Some(())
    })
}

/// Removes an operand, and replaces the instruction.
fn without(func: usize, at: usize, operand: std::ops::Range<usize>, op: Operator<'static>) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        *ops.get_mut(at)? = op.clone();
        ops.get(operand.clone())?;
        ops.drain(operand.clone());
        Some(())
    })
}
