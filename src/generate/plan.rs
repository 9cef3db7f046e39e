//! Generation of plans from bytes: the steps of the host, and the limits of a run.
//!
//! Every exported function is called once, in order, then some of them again: the second calls find
//! what the first ones returned and stored. In between the host acts as an embedder: it sets
//! globals and table elements to references that it has kept, reads them, releases references, and
//! collects. If the module imports functions, the host may do the same, calls of exports included,
//! each time it is called.

use crate::case::{Arg, Call, Plan, Step};
use crate::engine::Limits;
use crate::module::{ExportItem, ExternType, Module};
use crate::types::{TypeId, ValType};
use arbitrary::Unstructured;

/// Maximum number of calls after the first of each function.
const AGAIN: u8 = 6;

/// Maximum number of actions of the host during its calls; after the last it starts over.
const ACTS: u8 = 4;

/// Items of a module that a plan can name.
pub(super) struct Exports<'a> {
    module: &'a Module,
    funcs: Vec<(&'a str, TypeId)>,
    /// Globals of reference type, and whether they can be set.
    globals: Vec<(&'a str, ValType, bool)>,
    /// Tables of references into the heap, with their initial sizes.
    tables: Vec<(&'a str, ValType, u64)>,
    /// Whether there are imported functions.
    has_host: bool,
}

impl<'a> Exports<'a> {
    pub(super) fn of(module: &'a Module) -> Exports<'a> {
        let mut exports = Exports {
            module,
            funcs: Vec::new(),
            globals: Vec::new(),
            tables: Vec::new(),
            has_host: module
                .imports
                .iter()
                .any(|import| matches!(import.ty, ExternType::Func(_))),
        };
        for export in &module.exports {
            let name = export.name.as_str();
            match export.item {
                ExportItem::Func(i) => exports.funcs.push((name, module.funcs[i as usize])),
                ExportItem::Global(i) => {
                    let global = module.globals[i as usize];
                    if global.value.is_gc() {
                        exports.globals.push((name, global.value, global.mutable));
                    }
                }
                ExportItem::Table(i) => {
                    let table = &module.tables[i as usize];
                    let element = ValType::Ref(table.element);
                    if element.is_gc() {
                        exports.tables.push((name, element, table.min));
                    }
                }
                ExportItem::Memory(_) | ExportItem::Tag(_) => {}
            }
        }
        exports
    }

    /// The steps of the host from outside.
    pub(super) fn plan(&self, u: &mut Unstructured<'_>) -> arbitrary::Result<Plan> {
        let mut steps = Vec::new();
        // Half of all plans consist of calls only.
        let between = u.arbitrary::<u8>()? & 1 == 1;
        for func in &self.funcs {
            steps.push(self.call(*func, u)?);
            if between {
                steps.extend(self.act(u)?);
            }
        }
        if !self.funcs.is_empty() {
            let again = u.arbitrary::<u8>()? % AGAIN;
            for _ in 0..again {
                let func = self.funcs[usize::from(u.arbitrary::<u8>()?) % self.funcs.len()];
                steps.push(self.call(func, u)?);
                if between {
                    steps.extend(self.act(u)?);
                }
            }
        }
        Ok(Plan::Steps(steps))
    }

    /// The actions of the host when it is called.
    pub(super) fn host(&self, u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Step>> {
        let mut acts = Vec::new();
        // Zero, and so an exhausted input, means that it only returns.
        let choice = u.arbitrary::<u8>()?;
        if self.has_host && choice & 1 == 1 {
            for _ in 0..=(choice >> 1) % ACTS {
                let act = match u.arbitrary::<u8>()? % 4 {
                    0 => Some(Step::Collect),
                    1 | 2 if !self.funcs.is_empty() => {
                        let func = usize::from(u.arbitrary::<u8>()?) % self.funcs.len();
                        Some(self.call(self.funcs[func], u)?)
                    }
                    _ => self.act(u)?,
                };
                acts.extend(act);
            }
        }
        Ok(acts)
    }

    /// A step other than a call, or none.
    fn act(&self, u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Step>> {
        let choice = u.arbitrary::<u8>()?;
        let which = usize::from(choice >> 3);
        let global = self.globals.get(which % self.globals.len().max(1));
        let table = self.tables.get(which % self.tables.len().max(1));
        Ok(match (choice % 8, global, table) {
            (1, Some((name, ty, true)), _) => Some(Step::Global {
                export: name.to_string(),
                value: Some(argument(*ty, u)?),
            }),
            (2, Some((name, ..)), _) => Some(Step::Global {
                export: name.to_string(),
                value: None,
            }),
            (3 | 4, _, Some((name, ty, len))) => {
                let index = u32::from(u.arbitrary::<u8>()?);
                Some(Step::Table {
                    export: name.to_string(),
                    // Nearly always in bounds.
                    index: index % (*len as u32).max(1),
                    value: match choice % 8 {
                        3 => Some(argument(*ty, u)?),
                        _ => None,
                    },
                })
            }
            (5, ..) => Some(Step::Drop(u32::from(choice >> 3))),
            (6, ..) => Some(Step::Collect),
            _ => None,
        })
    }

    fn call(&self, func: (&str, TypeId), u: &mut Unstructured<'_>) -> arbitrary::Result<Step> {
        let params = &self.module.types.func(func.1).params;
        let args = params.iter().map(|ty| argument(*ty, u));
        Ok(Step::Call(Call {
            export: func.0.to_string(),
            args: args.collect::<Result<_, _>>()?,
        }))
    }
}

/// The limits of a run. Mostly the usual ones; now and then so low that the run exceeds one in the
/// middle, or higher than usual.
pub(super) fn limits(u: &mut Unstructured<'_>) -> arbitrary::Result<Limits> {
    let mut limits = Limits::fuzzing();
    // Zero, and so an exhausted input, means the usual limits.
    let choice = u.arbitrary::<u8>()?;
    let share = u64::from(u.arbitrary::<u8>()?);
    match choice % 32 {
        1 | 2 => limits.fuel = 200 + share * share / 16,
        8 | 9 => limits.fuel = 800 + share * share / 16,
        3..=5 => limits.fuel = 40_000,
        6 => limits.heap_bytes = 256 << (share % 10),
        7 => limits.frames = 4 + (share % 16) as usize,
        _ => {}
    }
    // A long run collects often at first, and less often later; docs/zoo/tuning.md has the figures.
    limits.thin = match share >> 5 {
        7 => 1024,
        6 => 128,
        _ => 32,
    };
    // Scarce memory, in one case of three.
    let (choice, share) = (share % 32, u32::from(choice));
    match choice {
        1 | 2 => limits.capacity = 512 << (share % 6),
        // The first allocation of all, which may be in a constant expression.
        3 => limits.refuse = 1,
        4 | 5 => limits.refuse = 1 + share % 24,
        6 => limits.exhaust = 6 + share % 48,
        7..=9 | 11 | 12 => limits.inside = 1 + share % 3,
        10 => {
            limits.capacity = 1024 << (share % 4);
            limits.refuse = 5 + share % 7;
            limits.inside = 1;
        }
        _ => {}
    }
    Ok(limits)
}

/// The optional heaps that a case with these limits runs under, one bit for each: those of `drawn`, and
/// the copying heap, which is the first, where memory is scarce and `joins`. It collects at other moments
/// than the counting heap when it is full.
pub(super) fn joining(drawn: u8, limits: &Limits, joins: bool) -> u8 {
    let is_scarce = [
        limits.capacity,
        limits.refuse,
        limits.exhaust,
        limits.inside,
    ] != [0; 4];
    drawn | u8::from(is_scarce && joins)
}

fn argument(ty: ValType, u: &mut Unstructured<'_>) -> arbitrary::Result<Arg> {
    let choice = u.arbitrary::<u8>()?;
    let number = u64::from(choice >> 3);
    Ok(match ty {
        ValType::Ref(r) => match choice % 8 {
            // An exhausted input passes values that the host has kept.
            0..=2 => Arg::Auto,
            3..=5 => Arg::Kept(u32::from(choice >> 3)),
            6 if r.nullable => Arg::Null,
            _ => Arg::I31([0, 1, -1, 0x3fff_ffff, -0x4000_0000][(choice >> 3) as usize % 5]),
        },
        ValType::F32 => Arg::Bits(u64::from((number as f32).to_bits())),
        ValType::F64 => Arg::Bits((number as f64).to_bits()),
        _ => Arg::Bits(match choice % 8 {
            0..=4 => number,
            5 => u64::MAX,
            6 => 1 << 31,
            _ => u.arbitrary()?,
        }),
    })
}
