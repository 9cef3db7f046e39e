//! Items that nothing uses.

use super::{Pass, chunks, levels};
use crate::module_ir::{Export, Item, Mode, Module, of_export};
use crate::reduce::draft::{Draft, Edit, edit};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) const UNUSED: Pass = Pass {
    name: "unused",
    about: "removes items that nothing uses: functions, types, globals, segments and others",
    levels: |state| levels(unused(&state.draft.module).len()),
    edits: |state, level| {
        let module = &state.draft.module;
        let unused: Arc<[Item]> = unused(module).into();
        let mut edits = Vec::new();
        let is_coarsest = level + 1 >= levels(unused.len());
        if is_coarsest && !unused.is_empty() {
            edits.push(removal(unused.to_vec()));
            let is_own = |item: &&Item| !module.is_imported(**item);
            let own: Vec<Item> = unused.iter().filter(is_own).copied().collect();
            if own.len() < unused.len() {
                edits.push(removal(own));
            }
        }
        for (start, end) in chunks(unused.len(), level) {
            let unused = unused.clone();
            edits.push(edit(move |draft| {
                let others = [&unused[..start], &unused[end..]].concat();
                remove_all_but(draft, &others)
            }));
        }
        edits
    },
};

fn removal(items: Vec<Item>) -> Edit {
    edit(move |draft| items.iter().try_for_each(|item| draft.module.remove(*item)))
}

/// Removes what neither the outside nor one of these items uses.
fn remove_all_but(draft: &mut Draft<'_>, items: &[Item]) -> Option<()> {
    let used = used_from(&draft.module, items);
    let mut gone = draft.module.items();
    gone.retain(|item| !used.contains(item));
    gone.into_iter()
        .try_for_each(|item| draft.module.remove(item))
}

/// The items that nothing uses, types last: most are needed by others.
fn unused(module: &Module<'_>) -> Vec<Item> {
    let used = used(module);
    let mut unused = module.items();
    unused.retain(|item| !used.contains(item));
    unused.sort_by_key(|item| matches!(item, Item::Type(_)));
    unused
}

/// The items that exports, the start function and active segments use, directly or not.
fn used(module: &Module<'_>) -> BTreeSet<Item> {
    used_from(module, &[])
}

/// The same, and what other items use.
fn used_from(module: &Module<'_>, others: &[Item]) -> BTreeSet<Item> {
    let exports = module.exports.iter();
    let mut next: Vec<Item> = exports.map(|e| of_export(e.kind, e.index)).collect();
    next.extend(module.start.map(Item::Func));
    for (index, element) in module.elements.iter().enumerate() {
        // A declared segment allows `ref.func` of its functions.
        if !element.removed && !matches!(element.mode, Mode::Passive) {
            next.push(Item::Element(index as u32));
        }
    }
    for (index, data) in module.data.iter().enumerate() {
        if !data.removed && matches!(data.mode, Mode::Active(..)) {
            next.push(Item::Data(index as u32));
        }
    }
    next.extend(others);
    let mut used = BTreeSet::new();
    while let Some(item) = next.pop() {
        if used.insert(item) {
            next.extend(module.uses(item));
        }
    }
    used
}

/// Removes an item if nothing else uses it, used or not.
pub(super) fn remove_if_unused(module: &mut Module<'_>, item: Item) -> Option<()> {
    let is_exported = |export: &Export<'_>| of_export(export.kind, export.index) == item;
    let is_user = |other: &Item| *other != item && module.uses(*other).contains(&item);
    let is_used = module.exports.iter().any(is_exported)
        || module.start.map(Item::Func) == Some(item)
        || module.items().iter().any(is_user);
    match is_used {
        true => Some(()),
        false => module.remove(item),
    }
}

/// Removes what nothing uses any more after an edit.
pub(super) struct Sweep {
    /// Items that nothing used before, and that are there for another reason.
    idle: Vec<Item>,
}

impl Sweep {
    /// To be called before the edit.
    pub(super) fn before(module: &Module<'_>) -> Sweep {
        let used = used(module);
        let mut idle = module.items();
        idle.retain(|item| !used.contains(item) && !matches!(item, Item::Type(_)));
        Sweep { idle }
    }

    /// Removes items that nothing uses after the edit, except imports.
    pub(super) fn after(self, module: &mut Module<'_>) -> Option<()> {
        let items = module.items();
        let left: BTreeSet<Item> = items.iter().copied().collect();
        let idle: Vec<Item> = self.idle.into_iter().filter(|i| left.contains(i)).collect();
        let used = used_from(module, &idle);
        let unused: Vec<Item> = items
            .into_iter()
            .filter(|item| !used.contains(item) && !module.is_imported(*item))
            .collect();
        unused.into_iter().try_for_each(|item| module.remove(item))
    }
}
