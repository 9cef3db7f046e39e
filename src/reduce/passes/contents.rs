//! What globals and tables hold.

use super::code::{funcs, is_whole};
use super::unused::remove_if_unused;
use super::{Pass, one};
use crate::module_ir::{Item, Items, Mode, Module, Ops};
use crate::reduce::draft::{Draft, Edit, edit};
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::Operator;

pub(super) const CONTENTS: Pass = Pass {
    name: "contents",
    about: "makes what a global or a table holds where it is read, or gives it to it at first",
    levels: one,
    edits: |state, _| {
        let mut reads: BTreeMap<Place, Vec<Stretch>> = BTreeMap::new();
        let mut edits: Vec<Edit> = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                let seen = &view.ops[at];
                match op {
                    Operator::GlobalGet { global_index } => {
                        let reads = reads.entry(Place::Global(*global_index)).or_default();
                        reads.push((func, at..at + 1));
                    }
                    Operator::TableGet { table } if is_whole(seen) => {
                        let reads = reads.entry(Place::Table(*table)).or_default();
                        reads.push((func, seen.start..at + 1));
                    }
                    Operator::GlobalSet { global_index } if is_whole(seen) => {
                        edits.push(set_at_first(func, seen.start..at + 1, *global_index));
                    }
                    _ => {}
                }
            }
        }
        for (place, reads) in reads {
            let all = reads.clone();
            edits.push(edit(move |draft| make_where_read(draft, place, &all)));
            if reads.len() > 1 {
                let each = reads.into_iter();
                edits.extend(each.map(|read| {
                    edit(move |draft| make_where_read(draft, place, std::slice::from_ref(&read)))
                }));
            }
        }
        edits
    },
};

/// A function, and a stretch of its code.
type Stretch = (usize, Range<usize>);

/// Something that holds values.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Global(u32),
    Table(u32),
}

/// The constant expression of what is there at first, without its `end`.
fn first<'a>(module: &Module<'a>, place: Place) -> Option<Ops<'a>> {
    let mut init = match place {
        Place::Global(index) => module.globals.get(index as usize)?.init.clone(),
        Place::Table(index) => {
            let table = module.tables.get(index as usize)?;
            table.init.clone().or_else(|| {
                // What an active segment puts there.
                let is_into = |mode: &Mode<'_>| matches!(mode, Mode::Active(t, _) if *t == index);
                let segments = module.elements.iter().filter(|segment| !segment.removed);
                segments
                    .filter(|segment| is_into(&segment.mode))
                    .find_map(|segment| match &segment.items {
                        Items::Exprs(_, items) => items.first().cloned(),
                        Items::Funcs(_) => None,
                    })
            })?
        }
    };
    init.pop()?;
    (!init.is_empty()).then_some(init)
}

/// Replaces stretches that read from a place by what is there at first, and removes the place if
/// nothing else uses it.
fn make_where_read(draft: &mut Draft<'_>, place: Place, reads: &[Stretch]) -> Option<()> {
    let value = first(&draft.module, place)?;
    // From behind, so that the indices of those before stay.
    for (func, read) in reads.iter().rev() {
        let ops = &mut draft.module.funcs.get_mut(*func)?.edit()?.ops;
        ops.get(read.clone())?;
        ops.splice(read.clone(), value.iter().cloned());
    }
    let item = match place {
        Place::Global(index) => Item::Global(index),
        Place::Table(index) => Item::Table(index),
    };
    remove_if_unused(&mut draft.module, item)
}

/// Gives a global at first what an instruction puts there.
fn set_at_first(func: usize, set: Range<usize>, global: u32) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        let mut value: Ops<'_> = ops.get(set.clone())?.to_vec();
        ops.drain(set.clone());
        *value.last_mut()? = Operator::End;
        let global = draft.module.globals.get_mut(global as usize)?;
        if global.import.is_some() {
            return None;
        }
        global.init = value;
        Some(())
    })
}
