//! Sequences with the large items of a module.

use wasm_encoder::{BlockType, Catch, HeapType, RefType};

use super::super::emit::Emitter;
use super::super::ref_types::{EQ, EQ_BLOCK, nullable};
use super::super::scale::Scale;
use super::hold::{Held, check, is_node_among_any, meanwhile, push_eq, push_node};
use crate::case::claims::Claim;

/// Of many values the places of the objects; the others are i31s.
fn places(e: &mut Emitter<'_>, count: u32) -> Vec<u32> {
    let edges = [0, 7, 8, 15, 16, 31, 32, 62, 63, 64, count.saturating_sub(1)];
    let mut places: Vec<u32> = (0..3)
        .filter_map(|_| match e.choice.below(3) {
            0 => Some(e.choice.below(count.max(1))),
            _ => e.choice.pick(&edges),
        })
        .filter(|place| *place < count)
        .collect();
    places.push(count.saturating_sub(1));
    places.sort_unstable();
    places.dedup();
    places
}

/// Pushes eqrefs: nodes with the number of their place at these places, and else i31s with it.
fn push_all(e: &mut Emitter<'_>, count: u32, places: &[u32], first: i32) {
    for i in 0..count {
        let number = first + i as i32;
        match places.contains(&i) {
            true => push_node(e, number),
            false => {
                e.op().i32_const(number).ref_i31();
            }
        }
    }
}

/// Claims that the eqref on the stack is what [`push_all`] has pushed for this place.
fn check_one(e: &mut Emitter<'_>, place: u32, places: &[u32], first: i32, claim: Claim) {
    let number = first + place as i32;
    match places.contains(&place) {
        true => is_node_among_any(e, number, claim),
        false => {
            e.op().i32_const(number).ref_i31().ref_eq();
            e.claim(claim);
        }
    }
}

/// Writes a sequence with the large items, if there are any.
fn with(e: &mut Emitter<'_>, write: impl FnOnce(&mut Emitter<'_>, &Scale)) {
    let layout = e.layout;
    match &layout.scale {
        Some(scale) => write(e, scale),
        None => e.store_eq(|e| e.new_node(1)),
    }
}

/// Compares known outcomes with each of the large items, if there are any.
pub(in crate::generate::enrich) fn compare_large(e: &mut Emitter<'_>) {
    if e.layout.scale.is_some() {
        for write in [structure, fixed, segment, call, hierarchy, handlers, frames] {
            write(e);
        }
    }
}

/// A structure of many references.
pub(super) fn structure(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let ty = scale.wide;
        let object = e.known(false, nullable(ty));
        let mut places = places(e, scale.fields);
        let first = e.mark();
        if e.choice.chance(2, 3) {
            push_all(e, scale.fields, &places, first);
            e.op().struct_new(ty).local_set(object);
        } else {
            // Only some fields are written.
            e.op().struct_new_default(ty).local_set(object);
            places.truncate(3);
            for place in &places {
                e.op().local_get(object);
                push_eq(e, first + *place as i32);
                e.op().struct_set(ty, *place);
            }
        }
        if e.choice.chance(1, 3) {
            e.store_eq(|e| {
                e.op().local_get(object);
            });
        }
        meanwhile(e);
        for place in &places {
            e.op().local_get(object).struct_get(ty, *place);
            check_one(e, *place, &places, first, Claim::Stored);
        }
    });
}

/// An array of many operands.
pub(super) fn fixed(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let refs = e.layout.types.refs;
        let array = e.known(false, nullable(refs));
        let count = match e.choice.below(6) {
            0 => scale.elements,
            _ => scale.fields,
        };
        let places = places(e, count);
        let first = e.mark();
        push_all(e, count, &places, first);
        e.op().array_new_fixed(refs, count).local_set(array);
        meanwhile(e);
        let other = e.choice.below(count);
        for place in places.iter().copied().chain([other]) {
            e.op()
                .local_get(array)
                .i32_const(place as i32)
                .array_get(refs);
            check_one(e, place, &places, first, Claim::Stored);
        }
    });
}

/// A long segment: an array of it twice.
pub(super) fn segment(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let refs = e.layout.types.refs;
        let locals = [
            e.known(false, nullable(refs)),
            e.known(true, nullable(refs)),
        ];
        for local in locals {
            e.op().i32_const(0).i32_const(scale.elements as i32);
            e.op().array_new_elem(refs, scale.segment).local_set(local);
            meanwhile(e);
        }
        for _ in 0..3 {
            let at = e.choice.below(scale.elements) as i32;
            e.op().local_get(locals[0]).i32_const(at).array_get(refs);
            e.op()
                .local_get(locals[1])
                .i32_const(at)
                .array_get(refs)
                .ref_eq();
            e.claim(Claim::Segment);
        }
    });
}

/// A call with many arguments and results, or an exception with a large payload.
pub(super) fn call(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let count = scale.params;
        let places = places(e, count);
        let first = e.mark();
        let throws = e.layout.has_exceptions() && e.choice.chance(1, 3);
        let claim = match throws {
            true => Claim::Caught,
            false => Claim::Result,
        };
        if throws {
            let catch = Catch::One {
                tag: scale.tag,
                label: 0,
            };
            e.op().block(BlockType::FunctionType(scale.results));
            e.op().try_table(BlockType::Empty, [catch]);
            push_all(e, count, &places, first);
            e.op().throw(scale.tag).end().unreachable().end();
        } else {
            push_all(e, count, &places, first);
            e.op().call(scale.func);
        }
        if e.choice.chance(1, 2) {
            e.garbage();
        }
        for place in (0..count).rev() {
            match places.contains(&place) {
                true => check_one(e, place, &places, first, claim),
                false => {
                    e.op().drop();
                }
            }
        }
    });
}

/// Tests of an object whose type is deep in a hierarchy.
pub(super) fn hierarchy(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let object = e.known(false, RefType::EQREF);
        let made = e.choice.below(scale.depth);
        e.op()
            .struct_new_default(scale.root + made)
            .local_set(object);
        e.garbage();
        for _ in 0..3 {
            let asked = match e.choice.below(3) {
                0 => (made + 1).min(scale.depth - 1),
                _ => e.choice.below(scale.depth),
            };
            let ty = HeapType::Concrete(scale.root + asked);
            e.op().local_get(object).ref_test_non_null(ty);
            e.op().i32_const(i32::from(asked <= made)).i32_eq();
            e.claim(Claim::Type);
        }
        e.store_eq(|e| {
            e.op().local_get(object);
        });
    });
}

/// A chain of frames, each with an object on its stack.
pub(super) fn frames(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let times = match e.choice.below(6) {
            0 => e.choice.range(30, 70),
            1 | 2 => e.choice.range(100, 200),
            _ => e.choice.range(3, 12),
        };
        let number = e.mark();
        e.op().i32_const(times as i32);
        push_eq(e, number);
        e.node_value(1);
        e.op().call(scale.nested);
        check(e, &[Held::Eq(number)], Claim::Result);
    });
}

/// An exception that passes many handlers in one frame.
pub(super) fn handlers(e: &mut Emitter<'_>) {
    with(e, |e, scale| {
        let (tag, other) = (e.layout.tag, e.layout.other_tag);
        if !e.layout.has_exceptions() {
            return e.store_eq(|e| e.new_node(1));
        }
        let number = e.mark();
        let count = scale.handlers;
        let caught = e.known(false, RefType::EQREF);
        e.completes(|e| {
            e.op().block(EQ_BLOCK);
            // Each of the others leads to the same label, but none catches this exception.
            e.op()
                .try_table(BlockType::Empty, [Catch::One { tag, label: 0 }]);
            for label in 1..=count {
                let catch = Catch::One { tag: other, label };
                e.op().try_table(BlockType::Empty, [catch]);
            }
            push_eq(e, number);
            e.op().throw(tag);
            for _ in 0..=count {
                e.op().end();
            }
            e.op().ref_null(EQ).end().local_set(caught);
        });
        e.op().local_get(caught);
        is_node_among_any(e, number, Claim::Caught);
    });
}
