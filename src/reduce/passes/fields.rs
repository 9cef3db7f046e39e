//! Fields of structures.

use super::code::{funcs, is_whole};
use super::defaults::{self, unpacked};
use super::{Pass, one};
use crate::module_ir::{Items, Module, Ops, Shape, Type};
use crate::reduce::draft::{Draft, Edit, State, edit};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use wasmparser::{FieldType, Operator};

pub(super) const FIELDS: Pass = Pass {
    name: "fields",
    about: "removes fields of structures, in a type with its supertypes and subtypes",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        let families = families(module);
        let mut seen = BTreeSet::new();
        for (index, ty) in module.types.iter().enumerate() {
            let Shape::Struct(fields) = &ty.shape else {
                continue;
            };
            if ty.removed {
                continue;
            }
            let family = &families[index];
            for (field, ty) in fields.iter().enumerate() {
                if seen.insert((family.iter().next().copied(), field)) {
                    edits.extend(remove_field(state, family, field, ty));
                }
            }
        }
        edits
    },
};

/// For each type, the types that supertypes connect with it, itself included.
pub(super) fn families(module: &Module<'_>) -> Vec<Arc<BTreeSet<usize>>> {
    // A supertype comes before its subtypes, so its family is known.
    let mut first: Vec<usize> = Vec::with_capacity(module.types.len());
    let mut members: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (index, ty) in module.types.iter().enumerate() {
        let above = ty
            .supertype
            .filter(|_| !ty.removed)
            .map(|above| above as usize);
        let family = above
            .and_then(|above| first.get(above).copied())
            .unwrap_or(index);
        first.push(family);
        members.entry(family).or_default().insert(index);
    }
    let members = members
        .into_iter()
        .map(|(first, all)| (first, Arc::new(all)));
    let members: BTreeMap<usize, Arc<BTreeSet<usize>>> = members.collect();
    first.iter().map(|first| members[first].clone()).collect()
}

/// A change of one instruction, or of a stretch before it.
#[derive(Clone)]
enum Change {
    Remove(Range<usize>),
    Replace(usize, defaults::Code),
}

fn remove_field(
    state: &State<'_>,
    family: &Arc<BTreeSet<usize>>,
    field: usize,
    ty: &FieldType,
) -> Option<Edit> {
    let module = &state.draft.module;
    let default = defaults::options(unpacked(ty), module).into_iter().next()?;
    let number = field as u32;
    let mut changes: Vec<(usize, Vec<Change>)> = Vec::new();
    for (func, ops, view) in funcs(state) {
        let mut list = Vec::new();
        for (at, op) in ops.iter().enumerate() {
            match op {
                Operator::StructNew { struct_type_index }
                    if family.contains(&(*struct_type_index as usize)) =>
                {
                    let has = has_field(module, *struct_type_index, field);
                    if has {
                        if !is_whole(&view.ops[at]) {
                            return None;
                        }
                        let (start, end) = *view.ops[at].operands.get(field)?;
                        list.push(Change::Remove(start..end));
                    }
                }
                Operator::StructGet {
                    struct_type_index,
                    field_index,
                }
                | Operator::StructGetS {
                    struct_type_index,
                    field_index,
                }
                | Operator::StructGetU {
                    struct_type_index,
                    field_index,
                } if *field_index == number && family.contains(&(*struct_type_index as usize)) => {
                    let mut code = vec![Operator::Drop];
                    code.extend(default.iter().cloned());
                    list.push(Change::Replace(at, code));
                }
                Operator::StructSet {
                    struct_type_index,
                    field_index,
                } if *field_index == number && family.contains(&(*struct_type_index as usize)) => {
                    list.push(Change::Replace(at, vec![Operator::Drop, Operator::Drop]));
                }
                _ => {}
            }
        }
        if !list.is_empty() {
            changes.push((func, list));
        }
    }
    let family = family.clone();
    Some(edit(move |draft| {
        for (func, list) in &changes {
            let ops = &mut draft.module.funcs.get_mut(*func)?.edit()?.ops;
            apply(ops, list)?;
        }
        let has: Vec<bool> = (0..draft.module.types.len())
            .map(|i| family.contains(&i) && has_field(&draft.module, i as u32, field))
            .collect();
        let shift = |op: &mut Operator<'_>| match op {
            Operator::StructGet {
                struct_type_index,
                field_index,
            }
            | Operator::StructGetS {
                struct_type_index,
                field_index,
            }
            | Operator::StructGetU {
                struct_type_index,
                field_index,
            }
            | Operator::StructSet {
                struct_type_index,
                field_index,
            } if has.get(*struct_type_index as usize) == Some(&true) && *field_index > number => {
                *field_index -= 1;
            }
            _ => {}
        };
        for func in &mut draft.module.funcs {
            let touched = func.code().is_some_and(|code| {
                code.ops.iter().any(|op| {
                    let mut moved = op.clone();
                    shift(&mut moved);
                    moved != *op
                })
            });
            if touched && let Some(code) = func.edit() {
                code.ops.iter_mut().for_each(shift);
            }
        }
        in_constants(draft, &has, field)?;
        for index in family.iter() {
            if let Shape::Struct(fields) = &mut draft.module.types.get_mut(*index)?.shape
                && field < fields.len()
            {
                fields.remove(field);
            }
        }
        Some(())
    }))
}

fn has_field(module: &Module<'_>, ty: u32, field: usize) -> bool {
    let ty = module.types.get(ty as usize).map(|ty| &ty.shape);
    matches!(ty, Some(Shape::Struct(fields)) if field < fields.len())
}

/// Applies changes from behind. Removed stretches may contain other changes: these are gone then.
fn apply(ops: &mut Ops<'_>, list: &[Change]) -> Option<()> {
    let at = |change: &Change| match change {
        Change::Remove(range) => (range.start, range.end),
        Change::Replace(at, _) => (*at, *at + 1),
    };
    let removed: Vec<Range<usize>> = list
        .iter()
        .filter_map(|change| match change {
            Change::Remove(range) => Some(range.clone()),
            Change::Replace(..) => None,
        })
        .collect();
    let mut list: Vec<&Change> = list
        .iter()
        .filter(|change| {
            let (start, end) = at(change);
            removed.iter().all(|range| {
                !(range.start <= start
                    && end <= range.end
                    && (range.start, range.end) != (start, end))
            })
        })
        .collect();
    list.sort_by_key(|change| std::cmp::Reverse(at(change)));
    for change in list {
        let (start, end) = at(change);
        ops.get(start..end)?;
        match change {
            Change::Remove(_) => {
                ops.drain(start..end);
            }
            Change::Replace(_, code) => {
                ops.splice(start..end, code.iter().cloned());
            }
        }
    }
    Some(())
}

/// Removes the operands of a field in constant expressions.
fn in_constants(draft: &mut Draft<'_>, has: &[bool], field: usize) -> Option<()> {
    let module = &mut draft.module;
    let types = module.types.clone();
    let globals = module.globals.iter_mut().map(|global| &mut global.init);
    let tables = module
        .tables
        .iter_mut()
        .filter_map(|table| table.init.as_mut());
    let items = module
        .elements
        .iter_mut()
        .filter_map(|element| match &mut element.items {
            Items::Exprs(_, exprs) => Some(exprs),
            Items::Funcs(_) => None,
        });
    for ops in globals.chain(tables).chain(items.flatten()) {
        let starts = operands(ops, &types)?;
        let mut removed = Vec::new();
        for (at, op) in ops.iter().enumerate() {
            if let Operator::StructNew { struct_type_index } = op
                && has.get(*struct_type_index as usize) == Some(&true)
            {
                let (start, end) = *starts[at].get(field)?;
                removed.push(Change::Remove(start..end));
            }
        }
        apply(ops, &removed)?;
    }
    Some(())
}

/// For each instruction of a constant expression, the code of each operand.
fn operands(ops: &Ops<'_>, types: &[Type]) -> Option<Vec<Vec<(usize, usize)>>> {
    let mut stack: Vec<(usize, usize)> = Vec::new();
    let mut all = Vec::with_capacity(ops.len());
    for (at, op) in ops.iter().enumerate() {
        let (pops, pushes) = match op {
            Operator::End => (0, 0),
            Operator::StructNew { struct_type_index } => {
                match &types.get(*struct_type_index as usize)?.shape {
                    Shape::Struct(fields) => (fields.len(), 1),
                    _ => return None,
                }
            }
            Operator::ArrayNew { .. }
            | Operator::I32Add
            | Operator::I32Sub
            | Operator::I32Mul
            | Operator::I64Add
            | Operator::I64Sub
            | Operator::I64Mul => (2, 1),
            Operator::ArrayNewDefault { .. }
            | Operator::RefI31
            | Operator::AnyConvertExtern
            | Operator::ExternConvertAny => (1, 1),
            Operator::ArrayNewFixed { array_size, .. } => (*array_size as usize, 1),
            _ => (0, 1),
        };
        let from = stack.len().checked_sub(pops)?;
        let taken = stack.split_off(from);
        let start = taken.first().map_or(at, |(start, _)| *start);
        if pushes == 1 {
            stack.push((start, at + 1));
        }
        all.push(taken);
    }
    Some(all)
}
