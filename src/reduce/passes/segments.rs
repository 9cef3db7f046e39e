//! Segments and their contents.

use super::{Pass, chunks, defaults, levels};
use crate::module_ir::{Item, Items, Mode, Module};
use crate::reduce::draft::edit;
use std::borrow::Cow;
use wasmparser::{Operator, ValType};

pub(super) const WHOLE_SEGMENTS: Pass = Pass {
    name: "whole segments",
    about: "removes segments, many at a time",
    levels: |state| levels(segments(&state.draft.module).len()),
    edits: |state, level| {
        let all = segments(&state.draft.module);
        let removals = chunks(all.len(), level).map(|(start, end)| {
            let some = all[start..end].to_vec();
            edit(move |draft| some.iter().try_for_each(|item| draft.module.remove(*item)))
        });
        removals.collect()
    },
};

fn segments(module: &Module<'_>) -> Vec<Item> {
    let mut items = module.items();
    items.retain(|item| matches!(item, Item::Element(_) | Item::Data(_)));
    items
}

pub(super) const SEGMENTS: Pass = Pass {
    name: "segments",
    about: "removes items and bytes of segments, and makes offsets and items simple",
    levels: |state| {
        let module = &state.draft.module;
        let elements = module.elements.iter().map(|element| element.items.len());
        let data = module.data.iter().map(|data| data.bytes.len());
        levels(elements.chain(data).max().unwrap_or(0)).max(1)
    },
    edits: |state, level| {
        let module = &state.draft.module;
        let mut edits = Vec::new();
        for (index, element) in module.elements.iter().enumerate() {
            if element.removed {
                continue;
            }
            if level == 0 {
                if let Mode::Active(table, _) = element.mode {
                    edits.push(edit(move |draft| {
                        draft.module.elements.get_mut(index)?.mode = Mode::Active(table, zero());
                        Some(())
                    }));
                    edits.push(edit(move |draft| {
                        draft.module.elements.get_mut(index)?.mode = Mode::Passive;
                        Some(())
                    }));
                }
                edits.push(edit(move |draft| {
                    draft.module.elements.get_mut(index)?.mode = Mode::Declared;
                    Some(())
                }));
                if let Items::Exprs(ty, exprs) = &element.items
                    && let Some(mut simple) = defaults::constant(ValType::Ref(*ty), module)
                {
                    simple.push(Operator::End);
                    for item in 0..exprs.len() {
                        let simple = simple.clone();
                        edits.push(edit(move |draft| {
                            match &mut draft.module.elements.get_mut(index)?.items {
                                Items::Exprs(_, exprs) => *exprs.get_mut(item)? = simple.clone(),
                                Items::Funcs(_) => return None,
                            }
                            Some(())
                        }));
                    }
                }
            }
            for (start, end) in chunks(element.items.len(), level) {
                edits.push(edit(move |draft| {
                    match &mut draft.module.elements.get_mut(index)?.items {
                        Items::Exprs(_, exprs) => {
                            exprs.drain(start..end);
                        }
                        Items::Funcs(funcs) => {
                            funcs.drain(start..end);
                        }
                    }
                    Some(())
                }));
            }
        }
        for (index, data) in module.data.iter().enumerate() {
            if data.removed {
                continue;
            }
            if level == 0 {
                edits.push(edit(move |draft| {
                    draft.module.data.get_mut(index)?.removed = true;
                    Some(())
                }));
                if let Mode::Active(memory, _) = data.mode {
                    edits.push(edit(move |draft| {
                        draft.module.data.get_mut(index)?.mode = Mode::Active(memory, zero());
                        Some(())
                    }));
                    edits.push(edit(move |draft| {
                        draft.module.data.get_mut(index)?.mode = Mode::Passive;
                        Some(())
                    }));
                }
            }
            for (start, end) in chunks(data.bytes.len(), level) {
                edits.push(edit(move |draft| {
                    let bytes = &mut draft.module.data.get_mut(index)?.bytes;
                    bytes.to_mut().drain(start..end);
                    Some(())
                }));
                edits.push(edit(move |draft| {
                    let bytes: &mut Cow<'_, [u8]> = &mut draft.module.data.get_mut(index)?.bytes;
                    bytes.to_mut().get_mut(start..end)?.fill(0);
                    Some(())
                }));
            }
        }
        edits
    },
};

/// The offset zero.
fn zero() -> defaults::Code {
    vec![Operator::I32Const { value: 0 }, Operator::End]
}
