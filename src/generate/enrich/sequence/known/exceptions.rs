//! Exceptions that are kept, and thrown again.

use wasm_encoder::{BlockType, Catch, RefType};

use super::super::super::emit::Emitter;
use super::super::super::ref_types::{EQ, EXN};
use super::super::exception::payload;
use super::super::hold::{is_node_among_any, meanwhile, push_eq};
use crate::case::claims::Claim;

/// Keeps two exceptions, and throws the older one again, or the newer one.
pub(in crate::generate::enrich::sequence) fn exceptions(e: &mut Emitter<'_>) {
    let tag = e.layout.tag;
    let exn = RefType {
        nullable: true,
        heap_type: EXN,
    };
    let kept = [e.known(false, exn), e.known(true, exn)];
    let number = e.mark();
    let caught = BlockType::FunctionType(e.layout.types.caught);
    for (local, number) in kept.into_iter().zip([number, number + 1]) {
        e.op().block(caught);
        e.op()
            .try_table(BlockType::Empty, [Catch::OneRef { tag, label: 0 }]);
        push_eq(e, number);
        e.op().throw(tag).end().ref_null(EQ).ref_null(EXN).end();
        e.op().local_set(local);
        is_node_among_any(e, number, Claim::Caught);
        if e.choice.chance(2, 3) {
            meanwhile(e);
        }
    }
    let (local, number) = match e.choice.chance(2, 3) {
        true => (kept[0], number),
        false => (kept[1], number + 1),
    };
    payload(e, |e, _| {
        e.op().local_get(local).throw_ref();
    });
    is_node_among_any(e, number, Claim::Caught);
    // The payload is the very object that was thrown.
    let thrown = e.known(false, RefType::EQREF);
    push_eq(e, number + 2);
    e.op().local_set(thrown);
    payload(e, |e, tag| {
        e.op().local_get(thrown).throw(tag);
    });
    e.op().local_get(thrown).ref_eq();
    e.claim(Claim::Identity);
    if e.choice.chance(1, 2) {
        for local in kept {
            e.op().ref_null(EXN).local_set(local);
        }
    }
}
