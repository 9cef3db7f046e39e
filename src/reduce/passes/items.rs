//! Exports, imports, globals, the uses of an item, and the sizes of tables and memories.

use super::bodies::empty;
use super::code::{funcs, neutral};
use super::{Pass, chunks, defaults, levels, one};
use crate::case::{Plan, Step};
use crate::module_ir::{Item, of_op};
use crate::reduce::draft::{Draft, Edit, edit};
use std::collections::BTreeMap;
use wasmparser::{ExternalKind, Operator};

pub(super) const CUSTOMS: Pass = Pass {
    name: "customs",
    about: "removes custom sections and the start function",
    levels: one,
    edits: |state, _| {
        let mut edits = vec![edit(|draft| {
            draft.module.customs.clear();
            Some(())
        })];
        for index in 0..state.draft.module.customs.len() {
            edits.push(edit(move |draft| {
                draft.module.customs.get(index)?;
                draft.module.customs.remove(index);
                Some(())
            }));
        }
        edits.push(edit(|draft| draft.module.start.take().map(|_| ())));
        // Called from outside, or from nowhere, in the place of the start.
        edits.push(edit(|draft| {
            let start = draft.module.start.take()?;
            draft.module.exports.push(crate::module_ir::Export {
                name: "f",
                kind: ExternalKind::Func,
                index: start,
            });
            Some(())
        }));
        edits
    },
};

pub(super) const EXPORTS: Pass = Pass {
    name: "exports",
    about: "removes exports, with the steps that use them, and shortens their names",
    levels: |state| levels(state.draft.module.exports.len()),
    edits: |state, level| {
        let exports = &state.draft.module.exports;
        let mut edits = Vec::new();
        for (start, end) in chunks(exports.len(), level) {
            edits.push(edit(move |draft| remove_exports(draft, start, end)));
        }
        if level == 0 {
            for (index, export) in exports.iter().enumerate() {
                let free = NAMES
                    .iter()
                    .filter(|name| exports.iter().all(|e| e.name != **name));
                for name in free.filter(|name| name.len() < export.name.len()).take(1) {
                    edits.push(edit(move |draft| rename_export(draft, index, name)));
                }
            }
        }
        edits
    },
};

/// Names for exports.
const NAMES: [&str; 12] = ["f", "g", "h", "a", "b", "c", "d", "e", "i", "j", "k", "l"];

fn remove_exports(draft: &mut Draft<'_>, start: usize, end: usize) -> Option<()> {
    draft.module.exports.get(start..end)?;
    let gone: Vec<_> = draft.module.exports.drain(start..end).collect();
    let stays = |step: &Step| {
        gone.iter()
            .all(|export| exported(step) != Some(export.name))
    };
    draft.host.retain(stays);
    if let Plan::Steps(steps) = &mut draft.plan {
        steps.retain(stays);
    }
    Some(())
}

fn rename_export(draft: &mut Draft<'_>, index: usize, name: &'static str) -> Option<()> {
    let export = draft.module.exports.get_mut(index)?;
    let old = export.name;
    export.name = name;
    let steps = match &mut draft.plan {
        Plan::EveryExport => &mut [],
        Plan::Steps(steps) => &mut steps[..],
    };
    for step in steps.iter_mut().chain(&mut draft.host) {
        let used = match step {
            Step::Call(call) => &mut call.export,
            Step::Global { export, .. } | Step::Table { export, .. } => export,
            Step::Drop(_) | Step::Collect => continue,
        };
        if used == old {
            *used = name.into();
        }
    }
    Some(())
}

/// The export that a step uses.
fn exported(step: &Step) -> Option<&str> {
    match step {
        Step::Call(call) => Some(&call.export),
        Step::Global { export, .. } | Step::Table { export, .. } => Some(export),
        Step::Drop(_) | Step::Collect => None,
    }
}

pub(super) const USES: Pass = Pass {
    name: "uses",
    about: "replaces all uses of a function, table, memory, global, tag or segment",
    levels: one,
    edits: |state, _| {
        /// Instructions with their neutral replacement: function, index, code.
        type Places = Vec<(usize, usize, defaults::Code)>;
        let mut places: BTreeMap<Item, Places> = BTreeMap::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                let items = of_op(op).into_iter();
                for item in items.filter(|item| !matches!(item, Item::Type(_))) {
                    if let Some(code) = neutral(&state.draft.module, op, &view.ops[at]) {
                        places.entry(item).or_default().push((func, at, code));
                    }
                }
            }
        }
        let uses = places.into_values().map(|places| {
            edit(move |draft| {
                // From behind, so that the indices of those before stay.
                for (func, at, code) in places.iter().rev() {
                    let ops = &mut draft.module.funcs.get_mut(*func)?.edit()?.ops;
                    ops.get(*at)?;
                    ops.splice(*at..*at + 1, code.iter().cloned());
                }
                Some(())
            })
        });
        uses.collect()
    },
};

pub(super) const IMPORTS: Pass = Pass {
    name: "imports",
    about: "turns imports into definitions of the module",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let imported = module
            .items()
            .into_iter()
            .filter(|item| module.is_imported(*item));
        let imported: Vec<Item> = imported.collect();
        let mut edits = Vec::new();
        if imported.len() > 1 {
            let all = imported.clone();
            edits.push(edit(move |draft| {
                all.iter().try_for_each(|item| define(draft, *item))
            }));
        }
        edits.extend(
            imported
                .into_iter()
                .map(|item| edit(move |draft| define(draft, item))),
        );
        edits
    },
};

fn define(draft: &mut Draft<'_>, item: Item) -> Option<()> {
    let module = &mut draft.module;
    match item {
        Item::Func(i) => empty(module, i as usize, false)?,
        Item::Table(i) => module.tables.get_mut(i as usize)?.import = None,
        Item::Memory(i) => module.memories.get_mut(i as usize)?.import = None,
        Item::Tag(i) => module.tags.get_mut(i as usize)?.import = None,
        Item::Global(i) => {
            let ty = module.globals.get(i as usize)?.ty.content_type;
            let mut init = defaults::constant(ty, module)?;
            init.push(Operator::End);
            let global = module.globals.get_mut(i as usize)?;
            global.import = None;
            global.init = init;
        }
        Item::Type(_) | Item::Element(_) | Item::Data(_) => return None,
    }
    Some(())
}

pub(super) const GLOBALS: Pass = Pass {
    name: "globals",
    about: "gives globals and tables default values, and makes globals immutable",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        for (index, global) in module.globals.iter().enumerate() {
            if global.removed || global.import.is_some() {
                continue;
            }
            if let Some(mut code) = defaults::constant(global.ty.content_type, module) {
                code.push(Operator::End);
                edits.push(edit(move |draft| {
                    draft.module.globals.get_mut(index)?.init = code.clone();
                    Some(())
                }));
            }
            edits.push(edit(move |draft| {
                draft.module.globals.get_mut(index)?.ty.mutable = false;
                Some(())
            }));
        }
        for (index, table) in module.tables.iter().enumerate() {
            if !table.removed && table.init.is_some() {
                edits.push(edit(move |draft| {
                    draft.module.tables.get_mut(index)?.init = None;
                    Some(())
                }));
            }
        }
        edits
    },
};

pub(super) const SIZES: Pass = Pass {
    name: "sizes",
    about: "makes tables and memories small, and without a maximum",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits: Vec<Edit> = Vec::new();
        for (index, table) in module.tables.iter().enumerate() {
            for initial in smaller(table.ty.initial) {
                edits.push(edit(move |draft| {
                    draft.module.tables.get_mut(index)?.ty.initial = initial;
                    Some(())
                }));
            }
            edits.push(edit(move |draft| {
                draft
                    .module
                    .tables
                    .get_mut(index)?
                    .ty
                    .maximum
                    .take()
                    .map(|_| ())
            }));
        }
        for (index, memory) in module.memories.iter().enumerate() {
            for initial in smaller(memory.ty.initial) {
                edits.push(edit(move |draft| {
                    draft.module.memories.get_mut(index)?.ty.initial = initial;
                    Some(())
                }));
            }
            edits.push(edit(move |draft| {
                draft
                    .module
                    .memories
                    .get_mut(index)?
                    .ty
                    .maximum
                    .take()
                    .map(|_| ())
            }));
        }
        edits
    },
};

/// Sizes below one, the smallest first.
fn smaller(size: u64) -> Vec<u64> {
    let mut sizes = vec![0, 1, 2, size / 2, size.saturating_sub(1)];
    sizes.retain(|smaller| *smaller < size);
    sizes.dedup();
    sizes
}
