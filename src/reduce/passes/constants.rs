//! Constant expressions: initial values, items of segments, and offsets.

use super::numbers::simpler_constants;
use super::{Pass, defaults, one};
use crate::module_ir::{Items, Mode, Module, Ops, Shape};
use crate::reduce::draft::{Edit, edit};
use std::ops::Range;
use wasmparser::{AbstractHeapType, HeapType, Operator};

pub(super) const CONSTANTS: Pass = Pass {
    name: "constants",
    about: "makes constant expressions simpler: operands, lengths, numbers",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        for place in places(module) {
            let Some(ops) = place.ops(module) else {
                continue;
            };
            let Some(values) = values(ops, module) else {
                continue;
            };
            for (at, value) in values.iter().enumerate() {
                for simpler in simpler(&ops[at], &value.operands) {
                    edits.push(replace(place, value.start..at + 1, simpler));
                }
                if let Operator::GlobalGet { global_index } = ops[at]
                    && let Some(global) = module.globals.get(global_index as usize)
                    && let Some(code) = defaults::constant(global.ty.content_type, module)
                    && let [op] = &code[..]
                {
                    let op = Some(op.clone());
                    let kept = Vec::new();
                    edits.push(replace(place, at..at + 1, Simpler { kept, op }));
                }
            }
        }
        edits
    },
};

/// Where a constant expression is.
#[derive(Copy, Clone)]
enum Place {
    Global(usize),
    Table(usize),
    /// A segment and one of its items.
    Item(usize, usize),
    ElementOffset(usize),
    DataOffset(usize),
}

impl Place {
    fn ops<'m, 'a>(self, module: &'m Module<'a>) -> Option<&'m Ops<'a>> {
        let offset = |mode: &'m Mode<'a>| match mode {
            Mode::Active(_, offset) => Some(offset),
            Mode::Passive | Mode::Declared => None,
        };
        match self {
            Place::Global(index) => Some(&module.globals.get(index)?.init),
            Place::Table(index) => module.tables.get(index)?.init.as_ref(),
            Place::Item(index, item) => match &module.elements.get(index)?.items {
                Items::Exprs(_, items) => items.get(item),
                Items::Funcs(_) => None,
            },
            Place::ElementOffset(index) => offset(&module.elements.get(index)?.mode),
            Place::DataOffset(index) => offset(&module.data.get(index)?.mode),
        }
    }

    fn edit<'m, 'a>(self, module: &'m mut Module<'a>) -> Option<&'m mut Ops<'a>> {
        let offset = |mode: &'m mut Mode<'a>| match mode {
            Mode::Active(_, offset) => Some(offset),
            Mode::Passive | Mode::Declared => None,
        };
        match self {
            Place::Global(index) => Some(&mut module.globals.get_mut(index)?.init),
            Place::Table(index) => module.tables.get_mut(index)?.init.as_mut(),
            Place::Item(index, item) => match &mut module.elements.get_mut(index)?.items {
                Items::Exprs(_, items) => items.get_mut(item),
                Items::Funcs(_) => None,
            },
            Place::ElementOffset(index) => offset(&mut module.elements.get_mut(index)?.mode),
            Place::DataOffset(index) => offset(&mut module.data.get_mut(index)?.mode),
        }
    }
}

/// The places of constant expressions in items that are not removed.
fn places(module: &Module<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let globals = module.globals.iter().enumerate();
    places.extend(
        globals
            .filter(|(_, g)| !g.removed)
            .map(|(i, _)| Place::Global(i)),
    );
    let tables = module.tables.iter().enumerate();
    places.extend(
        tables
            .filter(|(_, t)| !t.removed)
            .map(|(i, _)| Place::Table(i)),
    );
    for (index, element) in module.elements.iter().enumerate() {
        if !element.removed {
            places.push(Place::ElementOffset(index));
            places.extend((0..element.items.len()).map(|item| Place::Item(index, item)));
        }
    }
    let data = module.data.iter().enumerate();
    places.extend(
        data.filter(|(_, d)| !d.removed)
            .map(|(i, _)| Place::DataOffset(i)),
    );
    places
}

/// The code of a value: from here to the instruction that makes it, and that of its operands.
struct Value {
    start: usize,
    operands: Vec<Range<usize>>,
}

/// The value that each instruction makes. `None` if one is not known here.
fn values(ops: &Ops<'_>, module: &Module<'_>) -> Option<Vec<Value>> {
    let mut stack: Vec<Range<usize>> = Vec::new();
    let mut values = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        if matches!(op, Operator::End) {
            break;
        }
        let operands = stack.split_off(stack.len().checked_sub(operands(op, module)?)?);
        let start = operands.first().map_or(at, |operand| operand.start);
        stack.push(start..at + 1);
        values.push(Value { start, operands });
    }
    Some(values)
}

/// Number of operands of a constant instruction.
fn operands(op: &Operator<'_>, module: &Module<'_>) -> Option<usize> {
    Some(match op {
        Operator::I32Const { .. }
        | Operator::I64Const { .. }
        | Operator::F32Const { .. }
        | Operator::F64Const { .. }
        | Operator::V128Const { .. }
        | Operator::RefNull { .. }
        | Operator::RefFunc { .. }
        | Operator::GlobalGet { .. }
        | Operator::StructNewDefault { .. } => 0,
        Operator::RefI31
        | Operator::AnyConvertExtern
        | Operator::ExternConvertAny
        | Operator::ArrayNewDefault { .. } => 1,
        Operator::I32Add
        | Operator::I32Sub
        | Operator::I32Mul
        | Operator::I64Add
        | Operator::I64Sub
        | Operator::I64Mul
        | Operator::ArrayNew { .. } => 2,
        Operator::ArrayNewFixed { array_size, .. } => *array_size as usize,
        Operator::StructNew { struct_type_index } => {
            match &module.types.get(*struct_type_index as usize)?.shape {
                Shape::Struct(fields) => fields.len(),
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Code in the place of a value: some of its operands, and an instruction.
struct Simpler {
    kept: Vec<Range<usize>>,
    op: Option<Operator<'static>>,
}

/// What may stand for a value, the simplest first.
fn simpler(op: &Operator<'_>, operands: &[Range<usize>]) -> Vec<Simpler> {
    let with = |kept: &[Range<usize>], op| Simpler {
        kept: kept.to_vec(),
        op: Some(op),
    };
    let null = |ty| {
        let hty = HeapType::Abstract { shared: false, ty };
        with(&[], Operator::RefNull { hty })
    };
    let mut all = match op {
        Operator::RefFunc { .. } => vec![null(AbstractHeapType::NoFunc)],
        Operator::RefI31
        | Operator::AnyConvertExtern
        | Operator::StructNewDefault { .. }
        | Operator::StructNew { .. }
        | Operator::ArrayNewDefault { .. }
        | Operator::ArrayNew { .. }
        | Operator::ArrayNewFixed { .. } => vec![null(AbstractHeapType::None)],
        Operator::ExternConvertAny => vec![null(AbstractHeapType::NoExtern)],
        _ => Vec::new(),
    };
    all.extend(operands.iter().map(|operand| Simpler {
        kept: vec![operand.clone()],
        op: None,
    }));
    match *op {
        Operator::StructNew { struct_type_index } => {
            all.push(with(&[], Operator::StructNewDefault { struct_type_index }));
        }
        Operator::ArrayNew { array_type_index } => {
            let fixed = |array_size| Operator::ArrayNewFixed {
                array_type_index,
                array_size,
            };
            let new = Operator::ArrayNewDefault { array_type_index };
            all.push(with(&[], fixed(0)));
            all.push(with(&operands[..1], fixed(1)));
            all.push(with(&operands[1..], new));
        }
        Operator::ArrayNewDefault { array_type_index } => {
            let new = Operator::ArrayNewFixed {
                array_type_index,
                array_size: 0,
            };
            all.push(with(&[], new));
        }
        Operator::ArrayNewFixed {
            array_type_index, ..
        } if !operands.is_empty() => {
            let fixed = |kept: &[Range<usize>]| {
                let new = Operator::ArrayNewFixed {
                    array_type_index,
                    array_size: kept.len() as u32,
                };
                with(kept, new)
            };
            let half = operands.len() / 2;
            all.push(fixed(&[]));
            all.push(fixed(&operands[half..]));
            all.push(fixed(&operands[..half]));
            for dropped in 0..operands.len().min(MOST_DROPPED) {
                let mut kept = operands.to_vec();
                kept.remove(dropped);
                all.push(fixed(&kept));
            }
        }
        _ => {}
    }
    let constants = simpler_constants(op).into_iter();
    all.extend(constants.map(|op| with(&[], op)));
    all
}

/// Elements of an array that are tried to be dropped alone.
const MOST_DROPPED: usize = 64;

fn replace(place: Place, old: Range<usize>, new: Simpler) -> Edit {
    edit(move |draft| {
        let ops = place.edit(&mut draft.module)?;
        let mut code: Ops<'_> = Vec::new();
        for kept in &new.kept {
            code.extend(ops.get(kept.clone())?.iter().cloned());
        }
        code.extend(new.op.clone());
        ops.get(old.clone())?;
        ops.splice(old.clone(), code);
        Some(())
    })
}
