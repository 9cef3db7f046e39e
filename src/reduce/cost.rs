//! The cost of a case: what reduction makes smaller.
//!
//! A pass accepts only what costs less than before, so reduction ends, and the passes
//! cannot undo each other's work. Only the schedule may get worse for a while. The weights say what is simpler to
//! read: an instruction is worth about one line, a function or a type several.

use super::draft::Draft;
use crate::case::{Arg, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::module_ir::{
    Code, Global, Immediate, Items, Mode, Module, Ops, Shape, Type, annotations, immediates,
};
use wasmparser::{FieldType, HeapType, Operator, StorageType, ValType};

/// The cost of a case.
pub(super) fn cost(draft: &Draft<'_>) -> u64 {
    module(&draft.module)
        + plan(&draft.plan)
        + draft.host.iter().map(step).sum::<u64>()
        + schedule(&draft.schedule)
        + limits(&draft.limits)
        // A module that is not shown weighs more than any instruction.
        + draft.client.map_or(0, |client| 60 + number(client.into()))
}

fn plan(plan: &Plan) -> u64 {
    match plan {
        Plan::EveryExport => 0,
        Plan::Steps(steps) => steps.iter().map(step).sum(),
    }
}

fn step(step: &Step) -> u64 {
    let value = |value: &Option<Arg>| 12 + value.map_or(0, arg);
    match step {
        Step::Call(call) => 12 + call.args.iter().copied().map(arg).sum::<u64>(),
        Step::Global { value: v, .. } => value(v),
        Step::Table {
            value: v, index, ..
        } => value(v) + number(u64::from(*index)),
        Step::Drop(n) => 12 + number(u64::from(*n)),
        Step::Collect => 10,
    }
}

fn arg(arg: Arg) -> u64 {
    match arg {
        Arg::Auto => 1,
        Arg::Null => 2,
        Arg::Bits(n) => 2 + number(n),
        Arg::I31(n) => 3 + number(n.unsigned_abs().into()),
        Arg::F32(bits) => 3 + number(bits.into()),
        Arg::F64(bits) => 3 + number(bits),
        Arg::Kept(n) => 4 + number(n.into()),
    }
}

/// Zero is free, one nearly; negative numbers cost more than positive ones.
fn number(n: u64) -> u64 {
    match n {
        0 => 0,
        1 => 1,
        n => 2 + u64::from(64 - n.leading_zeros()) / 2,
    }
}

/// The cost of a schedule, which is a part of that of its case.
pub(super) fn schedule(schedule: &Schedule) -> u64 {
    match schedule {
        Schedule::Never => 0,
        Schedule::At(points) => points.iter().map(|at| 6 + number(*at)).sum(),
        _ => 1_000,
    }
}

fn limits(limits: &Limits) -> u64 {
    let default = Limits::default();
    let differs = [
        limits.fuel != default.fuel,
        limits.frames != default.frames,
        limits.registers != default.registers,
        limits.heap_bytes != default.heap_bytes,
        limits.table_elements != default.table_elements,
        limits.memory_bytes != default.memory_bytes,
        limits.reentry != default.reentry,
        limits.footprint != default.footprint,
        limits.work != default.work,
        limits.capacity != default.capacity,
        limits.refuse != default.refuse,
        limits.exhaust != default.exhaust,
        limits.inside != default.inside,
        limits.thin != default.thin,
    ];
    let switched = [
        limits.capacity,
        limits.refuse,
        limits.exhaust,
        limits.inside,
        limits.thin,
    ];
    let numbers = switched
        .iter()
        .filter(|n| **n > 0)
        .map(|n| number((*n).into()));
    differs.iter().filter(|differs| **differs).count() as u64 * 6 + numbers.sum::<u64>()
}

fn module(module: &Module<'_>) -> u64 {
    let types = module.types.iter().filter(|ty| !ty.removed).map(type_cost);
    let funcs = module.funcs.iter().filter(|func| !func.removed);
    let funcs = funcs.map(|func| 20 + func.code().map_or(4, |code| code_cost(code)));
    let tables = module.tables.iter().filter(|table| !table.removed);
    let tables = tables.map(|table| {
        20 + number(table.ty.initial)
            + table.ty.maximum.map_or(0, |max| 2 + number(max))
            + table.init.as_ref().map_or(0, ops_cost)
            + value(ValType::Ref(table.ty.element_type))
            + u64::from(table.import.is_some()) * 4
            + u64::from(table.ty.table64)
    });
    let memories = module.memories.iter().filter(|memory| !memory.removed);
    let memories = memories.map(|memory| {
        20 + number(memory.ty.initial)
            + memory.ty.maximum.map_or(0, |max| 2 + number(max))
            + u64::from(memory.import.is_some()) * 4
            + u64::from(memory.ty.memory64)
    });
    let globals = module.globals.iter().filter(|global| !global.removed);
    let globals = globals.map(|global: &Global<'_>| {
        20 + u64::from(global.ty.mutable)
            + value(global.ty.content_type)
            + u64::from(global.import.is_some()) * 8
            + ops_cost(&global.init)
    });
    let tags = module.tags.iter().filter(|tag| !tag.removed);
    let tags = tags.map(|tag| 15 + u64::from(tag.import.is_some()) * 4);
    let exports = module.exports.iter();
    let exports = exports.map(|export| 10 + export.name.len().min(100) as u64 / 2);
    let elements = module.elements.iter().filter(|element| !element.removed);
    let elements = elements.map(|element| {
        let items = match &element.items {
            Items::Funcs(items) => items.len() as u64 * 5,
            Items::Exprs(ty, items) => {
                3 + value(ValType::Ref(*ty))
                    + items.iter().map(|item| 2 + ops_cost(item)).sum::<u64>()
            }
        };
        15 + items + mode(&element.mode)
    });
    let data = module.data.iter().filter(|data| !data.removed);
    let data = data.map(|data| {
        let zeroes = data.bytes.iter().filter(|byte| **byte == 0).count();
        15 + 2 * data.bytes.len() as u64 - zeroes as u64 + mode(&data.mode)
    });
    let customs = module.customs.iter();
    let customs = customs.map(|(name, bytes)| (10 + name.len() + bytes.len()) as u64);
    types.sum::<u64>()
        + funcs.sum::<u64>()
        + tables.sum::<u64>()
        + memories.sum::<u64>()
        + globals.sum::<u64>()
        + tags.sum::<u64>()
        + exports.sum::<u64>()
        + elements.sum::<u64>()
        + data.sum::<u64>()
        + customs.sum::<u64>()
        + u64::from(module.start.is_some()) * 6
        + groups(&module.types)
}

/// Members of recursion groups beyond the first of each.
fn groups(types: &[Type]) -> u64 {
    let alive: Vec<&Type> = types.iter().filter(|ty| !ty.removed).collect();
    let pairs = alive
        .windows(2)
        .filter(|pair| pair[0].group == pair[1].group);
    pairs.count() as u64
}

fn mode(mode: &Mode<'_>) -> u64 {
    match mode {
        Mode::Declared => 0,
        Mode::Passive => 1,
        Mode::Active(_, offset) => 3 + ops_cost(offset),
    }
}

fn type_cost(ty: &Type) -> u64 {
    let shape = match &ty.shape {
        Shape::Func(params, results) => {
            let all = params.iter().chain(results);
            6 + all.map(|ty| 4 + value(*ty)).sum::<u64>()
        }
        Shape::Struct(fields) => 10 + fields.iter().map(|f| 5 + field(f)).sum::<u64>(),
        Shape::Array(element) => 12 + field(element),
    };
    shape + u64::from(!ty.is_final) * 2 + u64::from(ty.supertype.is_some()) * 4
}

fn field(field: &FieldType) -> u64 {
    let storage = match field.element_type {
        StorageType::I8 | StorageType::I16 => 2,
        StorageType::Val(ty) => value(ty),
    };
    storage + u64::from(field.mutable)
}

/// What a type costs beyond `i32`.
pub(super) fn value(ty: ValType) -> u64 {
    match ty {
        ValType::I32 => 0,
        ValType::I64 | ValType::F32 | ValType::F64 => 1,
        ValType::V128 => 2,
        ValType::Ref(reference) => {
            let heap = match reference.heap_type() {
                HeapType::Concrete(_) | HeapType::Exact(_) => 3,
                HeapType::Abstract { .. } => 1,
            };
            heap + u64::from(!reference.is_nullable())
        }
    }
}

fn code_cost(code: &Code<'_>) -> u64 {
    let locals = code.locals.iter().map(|ty| 4 + value(*ty));
    locals.sum::<u64>() + ops_cost(&code.ops)
}

pub(super) fn ops_cost(ops: &Ops<'_>) -> u64 {
    ops.iter().map(op_cost).sum()
}

/// The cost of an instruction. Those that others are replaced by cost the least.
fn op_cost(op: &Operator<'_>) -> u64 {
    let own = own_cost(op);
    let numbers = immediates(op).into_iter().map(|immediate| match immediate {
        // The alignment of text without one is the natural one.
        Immediate::Memory(memory) => {
            number(memory.offset) + u64::from(memory.align != memory.max_align)
        }
        Immediate::Lane(lane) => number(lane.into()),
    });
    // Abstract types that may be null are free.
    let types = annotations(op).into_iter().map(|ty| match ty {
        ValType::Ref(_) => value(ty) - 1,
        _ => 0,
    });
    own + numbers.sum::<u64>() + types.sum::<u64>()
}

/// The cost of an instruction without its numbers.
fn own_cost(op: &Operator<'_>) -> u64 {
    match op {
        Operator::End => 0,
        Operator::Else => 2,
        Operator::Unreachable => 2,
        Operator::Nop => 1,
        Operator::Drop => 3,
        Operator::I32Const { value } => 5 + signed(i64::from(*value)),
        Operator::I64Const { value } => 6 + signed(*value),
        Operator::F32Const { value } => 6 + number(u64::from(value.bits())),
        Operator::F64Const { value } => 6 + number(value.bits()),
        Operator::V128Const { value } => 7 + number((value.i128() != 0).into()),
        Operator::RefNull { .. } => 5,
        Operator::LocalGet { local_index } => 7 + number((*local_index).into()) / 4,
        Operator::RefFunc { .. } => 8,
        Operator::LocalSet { .. } | Operator::RefAsNonNull | Operator::RefI31 => 8,
        Operator::StructNewDefault { .. } | Operator::GlobalGet { .. } => 9,
        Operator::LocalTee { .. } | Operator::Block { .. } => 9,
        Operator::Call { .. } => 14,
        Operator::ReturnCall { .. } => 15,
        Operator::CallIndirect { .. } | Operator::CallRef { .. } => 16,
        Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => 17,
        Operator::Loop { .. } | Operator::If { .. } => 11,
        Operator::TryTable { try_table } => 10 + 4 * try_table.catches.len() as u64,
        Operator::BrTable { targets } => 10 + u64::from(targets.len()) * 2,
        Operator::ArrayNew { .. } => 11,
        Operator::ArrayNewFixed { array_size, .. } => 11 + number((*array_size).into()),
        Operator::StructNew { .. } => 11,
        _ => 10,
    }
}

fn signed(n: i64) -> u64 {
    number(n.unsigned_abs()) + u64::from(n < 0)
}
