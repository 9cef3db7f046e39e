//! Exceptions that carry a reference.

use wasm_encoder::{BlockType, Catch, HeapType, ValType};

use super::super::emit::Emitter;
use super::super::ref_types::{EQ, EXN};

/// Throws in a block that catches the payload.
pub(super) fn throw(e: &mut Emitter<'_>) {
    let to = e.any_eq();
    payload(e, |e, tag| {
        e.eq_value(2);
        e.op().throw(tag);
    });
    e.op().local_set(to);
}

/// Runs `body` in a block that catches the tag, and pushes the payload, or null if nothing was
/// thrown.
pub(super) fn payload(e: &mut Emitter<'_>, body: impl FnOnce(&mut Emitter<'_>, u32)) {
    let tag = e.layout.tag;
    e.eq_block(|e| {
        let catch = Catch::One { tag, label: 0 };
        e.op().try_table(BlockType::Empty, [catch]);
        body(e, tag);
        e.op().end().ref_null(EQ);
    });
}

/// Catches payload and exception, or any exception, with an allocation between throw and use.
pub(super) fn catch_ref(e: &mut Emitter<'_>) {
    let tag = e.layout.tag;
    let (exn, to) = (e.local.exn(), e.any_eq());
    if e.choice.chance(2, 3) {
        let caught = BlockType::FunctionType(e.layout.types.caught);
        e.op().block(caught);
        let catch = Catch::OneRef { tag, label: 0 };
        e.op().try_table(BlockType::Empty, [catch]);
        e.eq_value(2);
        e.op().throw(tag).end().ref_null(EQ).ref_null(EXN).end();
        e.op().local_set(exn).local_set(to);
    } else {
        e.op().block(BlockType::Result(ValType::EXNREF));
        let catch = Catch::AllRef { label: 0 };
        e.op().try_table(BlockType::Empty, [catch]);
        e.new_node(1);
        e.op().throw(tag).end().ref_null(EXN).end();
        e.op().local_set(exn);
    }
    e.store_eq(|e| e.new_node(1));
}

/// Stores an exception in a field or a global, or reads it back.
pub(super) fn keep(e: &mut Emitter<'_>) {
    let ty = e.layout.types.holder;
    let global = e.layout.globals.exn;
    let (exn, holder) = (e.local.exn(), e.local.holder());
    match e.choice.below(5) {
        0 | 1 => {
            e.ensure(holder, |e| {
                e.op().struct_new_default(ty);
            });
            e.op().local_get(holder).local_get(exn).struct_set(ty, 0);
        }
        2 => e.if_some(holder, |e| {
            e.op().local_get(holder).struct_get(ty, 0).local_set(exn);
        }),
        3 => {
            e.op().local_get(exn).global_set(global);
        }
        _ => {
            e.op().global_get(global).local_set(exn);
        }
    }
    match e.choice.below(4) {
        0 => e.store_eq(|e| {
            e.op().local_get(holder);
        }),
        1 => {
            let heap_type = e.layout.exn().heap_type;
            e.op().ref_null(heap_type).local_set(exn);
        }
        2 => {
            e.op().ref_null(HeapType::Concrete(ty)).local_set(holder);
        }
        _ => {}
    }
}

/// Rethrows a kept exception, if there is one, and catches it.
pub(super) fn rethrow(e: &mut Emitter<'_>) {
    let exn = e.local.exn();
    let to = e.any_eq();
    if e.choice.chance(1, 2) {
        catch_ref(e);
    }
    e.if_some(exn, |e| {
        payload(e, |e, _| {
            e.op().local_get(exn).throw_ref();
        });
        e.op().local_set(to);
    });
}
