//! Items that can be one.

use super::unused::Sweep;
use super::{Pass, one};
use crate::module_ir::{Func, Global, Shape, Table, Tag, Type};
use crate::reduce::draft::edit;

pub(super) const MERGE: Pass = Pass {
    name: "merge",
    about: "uses one type, function, global, table or tag in the place of another",
    levels: one,
    edits: |state, _| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        let kind = |ty: &Type| match &ty.shape {
            Shape::Func(params, results) => (0, params.len(), results.len()),
            Shape::Struct(_) => (1, 0, 0),
            Shape::Array(_) => (2, 0, 0),
        };
        for (from, ty) in module.types.iter().enumerate() {
            let others = module.types.iter().enumerate();
            let others = others.filter(|(to, other)| {
                *to != from && !ty.removed && !other.removed && kind(ty) == kind(other)
            });
            for (to, _) in others.take(MAX_PAIRS) {
                edits.push(edit(move |draft| {
                    draft.module.aliases.types.insert(from as u32, to as u32);
                    draft.module.types.get_mut(from)?.removed = true;
                    Some(())
                }));
            }
        }
        macro_rules! merge {
            ($items:ident, $same:expr) => {
                for (from, item) in module.$items.iter().enumerate() {
                    let others = module.$items.iter().enumerate();
                    let others = others.filter(|(to, other)| {
                        *to != from && !item.removed && !other.removed && $same(item, other)
                    });
                    for (to, _) in others.take(MAX_PAIRS) {
                        edits.push(edit(move |draft| {
                            let sweep = Sweep::before(&draft.module);
                            draft.module.aliases.$items.insert(from as u32, to as u32);
                            draft.module.$items.get_mut(from)?.removed = true;
                            sweep.after(&mut draft.module)
                        }));
                    }
                }
            };
        }
        merge!(funcs, |a: &Func<'_>, b: &Func<'_>| a.ty == b.ty);
        merge!(globals, |a: &Global<'_>, b: &Global<'_>| a.ty.content_type
            == b.ty.content_type);
        merge!(tables, |a: &Table<'_>, b: &Table<'_>| a.ty.element_type
            == b.ty.element_type);
        merge!(tags, |a: &Tag<'_>, b: &Tag<'_>| a.ty == b.ty);
        edits
    },
};

/// Items that each item is merged with.
const MAX_PAIRS: usize = 12;
