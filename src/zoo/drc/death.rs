//! Children of an object that is freed.

use super::faults;
use crate::heap::drc::{Core, HeapResult, Policy, Sound};
use crate::heap::{GcRef, HeapError, Shape};
use crate::types::{Composite, StorageKind, Types};

faults! {
    /// W11, Wasmtime issue 9701: freeing an object does not release the
    /// references it owns.
    FreeSkipsChildren,
    /// W14, Wasmtime pull request 13326: the trace information has no entries
    /// for exceptions.
    ExceptionsLackTraceInfo,
    /// W17, Wasmtime issue 12958: children are freed by recursion, or pushed on
    /// a stack all at once. Here that stack has room for a thousand.
    FreeStackOverflows,
}

/// The objects that an object refers to, found by its fields, since a fault may
/// have emptied the trace information.
pub(super) fn children(core: &Core, object: GcRef) -> Result<Vec<GcRef>, HeapError> {
    let shape = core.shape(object)?;
    if shape == Shape::Extern {
        return Ok(Vec::new());
    }
    let layout = core.trace_info().of(shape)?;
    let mut children = Vec::new();
    if let (Shape::Array(_), StorageKind::Gc) = (shape, layout.element) {
        let len = core.array_len(object)?;
        for at in core.element_words(object, 0, len)? {
            children.push(core.word(at)?);
        }
    }
    for field in layout.fields() {
        let field = core.trace_info().field(field)?;
        if field.kind == StorageKind::Gc {
            children.push(core.load_ref(object, field.offset.into())?);
        }
    }
    children.retain(|child| child.is_object());
    Ok(children)
}

impl Policy for FreeSkipsChildren {
    fn decrement_children(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        self.0.run(!children(core, object)?.is_empty());
        Ok(())
    }
}

impl Policy for ExceptionsLackTraceInfo {
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
        for (id, entry) in types.iter() {
            if let Composite::Func(_) = entry.sub.composite {
                core.trace_info_mut().set_traced(id, &[]);
            }
        }
    }

    fn decrement_children(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        if let Shape::Exception(_) = core.shape(object)? {
            self.0.run(!children(core, object)?.is_empty());
        }
        Sound.decrement_children(core, object)
    }
}

impl Policy for FreeStackOverflows {
    fn free_dead(&mut self, core: &mut Core) -> HeapResult {
        const ROOM: usize = 1000;
        let mut stack = Vec::new();
        while let Some(object) = core.pop_dead()? {
            stack.push(object);
            while let Some(object) = stack.pop() {
                let children = children(core, object)?;
                let full = stack.len() + children.len() > ROOM;
                self.0.run(full);
                if full {
                    let what = "the stack of objects to be freed is full";
                    return Err(HeapError::crash(what));
                }
                self.decrement_children(core, object)?;
                self.reclaim(core, object)?;
                while let Some(child) = core.pop_dead()? {
                    stack.push(child);
                }
            }
        }
        Ok(())
    }
}
