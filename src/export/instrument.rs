//! Fuel, depth, collections and canonical NaNs in the case's own code.

use super::meter::Meter;
use super::nans::Float;
use crate::module_ir::{Module, Ops, Shape, allocates, is_opener};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{Operator, StorageType, ValType};

/// Makes all functions of the case pay for what they do, so that every engine runs out at the same
/// place, collect where the schedule says, and make NaNs canonical.
pub(super) fn instrument(module: &mut Module<'_>, meter: &Meter) {
    for func in 0..module.funcs.len() {
        if let Some(code) = module.funcs[func].code() {
            let params = match module.types.get(module.funcs[func].ty as usize) {
                Some(ty) => match &ty.shape {
                    Shape::Func(params, _) => params.len(),
                    _ => 0,
                },
                None => 0,
            };
            let first = (params + code.locals.len()) as u32;
            let locals = Scratch {
                depth: first,
                length: first + 1,
                length64: first + 2,
            };
            let ops = paying(&code.ops, module, meter, locals);
            let (ops, floats) = with_canonical_nans(ops, first + 3);
            if let Some(code) = module.funcs[func].edit() {
                code.locals
                    .extend([ValType::I32, ValType::I32, ValType::I64]);
                code.locals.extend(floats);
                code.ops = ops;
            }
        }
    }
}

/// Locals of the instrumentation.
#[derive(Copy, Clone)]
struct Scratch {
    depth: u32,
    length: u32,
    length64: u32,
}

fn call<'a>(function_index: u32) -> Operator<'a> {
    Operator::Call { function_index }
}

fn number<'a>(value: i32) -> Operator<'a> {
    Operator::I32Const { value }
}

fn paying<'a>(ops: &Ops<'a>, module: &Module<'a>, meter: &Meter, locals: Scratch) -> Ops<'a> {
    let costs = costs(ops);
    let mut out = Vec::with_capacity(ops.len() * 2);
    let get = |local_index| Operator::LocalGet { local_index };
    let set = |local_index| Operator::LocalSet { local_index };
    let depth = Operator::GlobalSet {
        global_index: meter.depth,
    };
    out.extend([number(costs[0]), call(meter.enter), set(locals.depth)]);
    for (at, op) in ops.iter().enumerate() {
        match op {
            Operator::Loop { .. } => {
                out.extend([op.clone(), number(costs[at + 1]), call(meter.burn)]);
                continue;
            }
            Operator::Call { .. } | Operator::CallRef { .. } | Operator::CallIndirect { .. } => {
                out.extend([get(locals.depth), depth.clone()]);
            }
            // The callee takes the place of this frame.
            Operator::ReturnCall { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::ReturnCallIndirect { .. } => {
                out.extend([
                    get(locals.depth),
                    number(1),
                    Operator::I32Sub,
                    depth.clone(),
                ]);
            }
            _ => {}
        }
        if let Some(length) = length(op, module) {
            let (local, pay) = match length.is_64 {
                true => (locals.length64, meter.pay64),
                false => (locals.length, meter.pay),
            };
            out.extend([Operator::LocalTee { local_index: local }, get(local)]);
            if length.shift > 0 {
                match length.is_64 {
                    true => out.extend([
                        Operator::I64Const {
                            value: length.shift.into(),
                        },
                        Operator::I64ShrU,
                    ]),
                    false => out.extend([number(length.shift), Operator::I32ShrU]),
                }
            }
            if length.factor > 1 {
                // No product overflows once the length has been paid for.
                let last = get(local);
                out.push(call(pay));
                out.push(last);
                match length.is_64 {
                    true => out.extend([
                        Operator::I64Const {
                            value: (length.factor - 1).into(),
                        },
                        Operator::I64Mul,
                    ]),
                    false => out.extend([number(length.factor - 1), Operator::I32Mul]),
                }
            }
            out.push(call(pay));
        }
        if let (Some(tick), true) = (meter.tick, allocates(op)) {
            out.push(call(tick));
        }
        out.push(op.clone());
    }
    out
}

/// The same code without NaNs whose bits may differ between engines, and the types of new locals,
/// from `next` on.
fn with_canonical_nans(ops: Ops<'_>, next: u32) -> (Ops<'_>, Vec<ValType>) {
    let floats: BTreeSet<Float> = ops.iter().filter_map(Float::of).collect();
    if floats.is_empty() {
        return (ops, Vec::new());
    }
    let locals: BTreeMap<Float, u32> = floats.iter().copied().zip(next..).collect();
    let mut out = Vec::with_capacity(ops.len() * 2);
    for op in ops {
        let float = Float::of(&op);
        out.push(op);
        if let Some(float) = float {
            out.extend(float.canonical(locals[&float]));
        }
    }
    (out, floats.into_iter().map(Float::ty).collect())
}

/// The cost of a function and of each of its loops: the number of instructions that run at most once
/// in it.
fn costs(ops: &Ops<'_>) -> Vec<i32> {
    let mut costs = vec![0; ops.len() + 1];
    // The loops that are open, by the places of their costs, and the blocks in between.
    let mut open: Vec<Option<usize>> = vec![Some(0)];
    let innermost = |open: &[Option<usize>]| open.iter().rev().find_map(|place| *place);
    for (at, op) in ops.iter().enumerate() {
        if let Some(place) = innermost(&open) {
            costs[place] += 1;
        }
        if is_opener(op) {
            open.push(matches!(op, Operator::Loop { .. }).then_some(at + 1));
        } else if matches!(op, Operator::End) {
            open.pop();
        }
    }
    costs
}

/// The length of a bulk operation, which is on top of the stack.
struct Length {
    is_64: bool,
    /// Its cost is the length, shifted to the right and multiplied.
    shift: i32,
    factor: i32,
}

fn length(op: &Operator<'_>, module: &Module<'_>) -> Option<Length> {
    let table = |index: u32| {
        module
            .tables
            .get(index as usize)
            .is_some_and(|t| t.ty.table64)
    };
    let memory = |index: u32| {
        module
            .memories
            .get(index as usize)
            .is_some_and(|m| m.ty.memory64)
    };
    let references = |is_64| Length {
        is_64,
        shift: 0,
        factor: 1,
    };
    // Sixteen bytes cost as much as one reference.
    let bytes = |is_64| Length {
        is_64,
        shift: 4,
        factor: 1,
    };
    let elements = |ty: u32| {
        let is_ref = |ty: &StorageType| matches!(ty, StorageType::Val(ValType::Ref(_)));
        let shape = module.types.get(ty as usize).map(|ty| &ty.shape);
        match shape {
            Some(Shape::Array(element)) if !is_ref(&element.element_type) => Length {
                shift: 2,
                ..bytes(false)
            },
            _ => references(false),
        }
    };
    Some(match op {
        Operator::ArrayNew { array_type_index }
        | Operator::ArrayNewDefault { array_type_index }
        | Operator::ArrayNewData {
            array_type_index, ..
        }
        | Operator::ArrayNewElem {
            array_type_index, ..
        }
        | Operator::ArrayFill { array_type_index }
        | Operator::ArrayInitData {
            array_type_index, ..
        }
        | Operator::ArrayInitElem {
            array_type_index, ..
        } => elements(*array_type_index),
        Operator::ArrayCopy {
            array_type_index_dst,
            ..
        } => elements(*array_type_index_dst),
        Operator::TableInit { .. } => references(false),
        Operator::TableFill { table: index } | Operator::TableGrow { table: index } => {
            references(table(*index))
        }
        Operator::TableCopy {
            dst_table,
            src_table,
        } => references(table(*dst_table) && table(*src_table)),
        Operator::MemoryInit { .. } => bytes(false),
        Operator::MemoryFill { mem } => bytes(memory(*mem)),
        Operator::MemoryCopy { dst_mem, src_mem } => bytes(memory(*dst_mem) && memory(*src_mem)),
        // Pages are expensive: a module may grow to a few megabytes.
        Operator::MemoryGrow { mem } => Length {
            is_64: memory(*mem),
            shift: 0,
            factor: 64,
        },
        _ => return None,
    })
}
