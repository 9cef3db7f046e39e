//! Objects of the module's own types, and references in the module's own globals and tables.

use super::super::adopted::{AdoptedField, ModulePlace, ReadAs};
use super::super::emit::Emitter;
use super::super::inhabit::Source;
use super::super::layout::LEN;

/// Makes, writes, reads or keeps an object of a type of the module.
pub(super) fn object(e: &mut Emitter<'_>) {
    let layout = e.layout;
    if layout.adopted.is_empty() {
        return;
    }
    let which = e.choice.below(layout.adopted.len() as u32);
    let Some(adopted) = layout.adopted.get(which as usize) else {
        return;
    };
    let local = e.local.adopted(which);
    e.ensure(local, |e| e.object(adopted.ty, 2));
    let slot = if adopted.slots.is_empty() {
        None
    } else {
        adopted
            .slots
            .get(e.choice.below(adopted.slots.len() as u32) as usize)
    };
    if let Some(slot) = slot {
        if adopted.array {
            elements(e, local, adopted.ty, slot);
        } else {
            fields(e, local, adopted.ty, slot);
        }
    }
    if e.choice.chance(1, 3) {
        e.store_eq(|e| {
            e.op().local_get(local);
        });
    }
}

fn value(e: &mut Emitter<'_>, sources: &[Source]) {
    e.one_of_sources(sources, 2);
}

fn keep(e: &mut Emitter<'_>, read: ReadAs) {
    let local = match read {
        ReadAs::Eq => e.any_eq(),
        ReadAs::Any => e.local.any(),
        ReadAs::Extern => e.local.ext(),
    };
    e.op().local_set(local);
}

fn fields(e: &mut Emitter<'_>, local: u32, ty: u32, slot: &AdoptedField) {
    let kinds = if slot.mutable { 4 } else { 1 };
    match e.choice.below(kinds) {
        0 => {
            e.op().local_get(local).struct_get(ty, slot.field);
            keep(e, slot.read);
        }
        1 => {
            e.op()
                .local_get(local)
                .local_get(local)
                .struct_get(ty, slot.field)
                .struct_set(ty, slot.field);
        }
        _ => {
            e.op().local_get(local);
            value(e, &slot.sources);
            e.op().struct_set(ty, slot.field);
        }
    }
}

fn elements(e: &mut Emitter<'_>, local: u32, ty: u32, slot: &AdoptedField) {
    let len = e.choice.range(1, LEN);
    let at = e.choice.below(LEN - len + 1) as i32;
    let kinds = if slot.mutable { 5 } else { 1 };
    match e.choice.below(kinds) {
        0 => {
            e.op().local_get(local);
            e.index();
            e.op().array_get(ty);
            keep(e, slot.read);
        }
        1 => {
            e.op().local_get(local).i32_const(at);
            value(e, &slot.sources);
            e.op().i32_const(len as i32).array_fill(ty);
        }
        2 => {
            let from = e.choice.below(LEN - len + 1) as i32;
            e.op()
                .local_get(local)
                .i32_const(at)
                .local_get(local)
                .i32_const(from)
                .i32_const(len as i32)
                .array_copy(ty, ty);
        }
        _ => {
            e.op().local_get(local);
            e.index();
            value(e, &slot.sources);
            e.op().array_set(ty);
        }
    }
}

/// Writes or reads a global or a table of the module.
pub(super) fn place(e: &mut Emitter<'_>) {
    let layout = e.layout;
    if layout.sinks.is_empty() {
        return;
    }
    let which = e.choice.below(layout.sinks.len() as u32);
    let Some(sink) = layout.sinks.get(which as usize) else {
        return;
    };
    let write = e.choice.chance(2, 3);
    match sink.place {
        ModulePlace::Global(global) if write => {
            value(e, &sink.sources);
            e.op().global_set(global);
        }
        ModulePlace::Global(global) => {
            e.op().global_get(global);
            keep(e, sink.read);
        }
        ModulePlace::Fixed(global) => twice(e, global, sink.read),
        ModulePlace::Table { index, len } => {
            let at = e.choice.below(len) as i32;
            e.op().i32_const(at);
            match e.choice.below(4) {
                0 => {
                    e.op().table_get(index);
                    keep(e, sink.read);
                }
                1 => {
                    let count = e.choice.range(1, len - at as u32) as i32;
                    value(e, &sink.sources);
                    e.op().i32_const(count).table_fill(index);
                }
                _ => {
                    value(e, &sink.sources);
                    e.op().table_set(index);
                }
            }
        }
    }
}

/// Reads a constant before and after an allocation: it must be the same object even if it has
/// moved.
fn twice(e: &mut Emitter<'_>, global: u32, read: ReadAs) {
    if read != ReadAs::Eq {
        e.op().global_get(global);
        keep(e, read);
        return;
    }
    let first = e.any_eq();
    let node = e.any_node();
    e.op().global_get(global).local_set(first);
    e.new_node(1);
    e.op().local_set(node);
    e.digest(|e| {
        e.op().global_get(global).local_get(first).ref_eq();
    });
}
