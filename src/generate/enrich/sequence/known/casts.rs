//! Tests, casts and branches on values whose types are known.

use wasm_encoder::{BlockType, HeapType, RefType, ValType};

use super::super::super::emit::Emitter;
use super::super::super::ref_types::EQ;
use super::made::{Asked, Hierarchy, Made, Of, ask, make, may_name};
use crate::case::claims::Claim;

/// Tests and casts a value whose type is known, and branches on it.
pub(in crate::generate::enrich::sequence) fn casts(e: &mut Emitter<'_>) {
    let made = make(e);
    if e.choice.chance(1, 3) {
        e.garbage();
    }
    for _ in 0..e.choice.range(2, 3) {
        match e.choice.below(10) {
            0..=3 => tests(e, &made),
            4 | 5 => cast(e, &made),
            6 => branch(e, &made, true),
            7 => branch(e, &made, false),
            _ => null(e, &made),
        }
    }
}

/// Many tests at once.
fn tests(e: &mut Emitter<'_>, made: &Made) {
    for i in 0..e.choice.range(4, 10) {
        let asked = ask(e, made);
        let null = e.choice.chance(1, 2);
        e.op().local_get(made.local);
        match null {
            true => e.op().ref_test_nullable(asked.heap),
            false => e.op().ref_test_non_null(asked.heap),
        };
        if !holds(made, asked, null) {
            e.op().i32_eqz();
        }
        if i > 0 {
            e.op().i32_and();
        }
    }
    e.claim(Claim::Type);
}

/// Whether the value has the type, with or without null.
fn holds(made: &Made, asked: Asked, null: bool) -> bool {
    asked.holds || null && made.of == Of::Null
}

/// A cast that succeeds.
fn cast(e: &mut Emitter<'_>, made: &Made) {
    // Mostly one of the first few types is one that the value has.
    let Some((asked, null)) = (0..6)
        .map(|_| (ask(e, made), e.choice.chance(1, 2)))
        .find(|(asked, null)| holds(made, *asked, *null))
    else {
        return;
    };
    e.completes(|e| {
        e.op().local_get(made.local);
        match null {
            true => e.op().ref_cast_nullable(asked.heap),
            false => e.op().ref_cast_non_null(asked.heap),
        };
        is_same(e, made);
    });
    e.claim(Claim::Identity);
}

/// Branches on a cast that succeeds, or on one that fails.
fn branch(e: &mut Emitter<'_>, made: &Made, on_success: bool) {
    let asked = ask(e, made);
    let to = RefType {
        nullable: e.choice.chance(1, 2),
        heap_type: asked.heap,
    };
    let from = match may_name(e, made, to.heap_type) {
        true => made.ty,
        false => RefType {
            nullable: true,
            heap_type: top(made.hierarchy),
        },
    };
    let passed = e.known_number();
    e.op().i32_const(0).local_set(passed);
    e.completes(|e| {
        e.op().block(BlockType::Result(ValType::Ref(from)));
        e.op().local_get(made.local);
        match on_success {
            true => e.op().br_on_cast(0, from, to),
            false => e.op().br_on_cast_fail(0, from, to),
        };
        e.op().i32_const(1).local_set(passed).end();
        is_same(e, made);
    });
    e.claim(Claim::Identity);
    let passes = holds(made, asked, to.nullable) != on_success;
    e.op().local_get(passed);
    e.op().i32_const(i32::from(passes)).i32_eq();
    e.claim(Claim::Type);
}

/// Asks whether the value is null, in one of several ways.
fn null(e: &mut Emitter<'_>, made: &Made) {
    let is_null = made.of == Of::Null;
    let passed = e.known_number();
    let choice = e.choice.below(4);
    if choice == 0 {
        e.op().local_get(made.local).ref_is_null();
        e.op().i32_const(i32::from(is_null)).i32_eq();
        e.claim(Claim::Type);
        return;
    }
    if choice == 1 && !is_null {
        e.completes(|e| {
            e.op().local_get(made.local).ref_as_non_null();
            is_same(e, made);
        });
        e.claim(Claim::Identity);
        return;
    }
    e.op()
        .i32_const(0)
        .local_set(passed)
        .block(BlockType::Empty);
    if choice == 2 {
        e.op().local_get(made.local).br_on_null(0);
    } else {
        let some = ValType::Ref(made.ty.nullable(false));
        e.op().block(BlockType::Result(some));
        e.op().local_get(made.local).br_on_non_null(0).br(1).end();
    }
    is_same(e, made);
    e.op().local_set(passed).end().local_get(passed);
    e.op().i32_const(i32::from(!is_null)).i32_eq();
    e.claim(Claim::Type);
}

/// Pops a reference, and pushes whether it is the value, as far as that can be compared.
fn is_same(e: &mut Emitter<'_>, made: &Made) {
    if made.hierarchy != Hierarchy::Any {
        let is_null = i32::from(made.of == Of::Null);
        e.op().ref_is_null().i32_const(is_null).i32_eq();
        return;
    }
    e.op().ref_cast_nullable(EQ).local_get(made.local);
    if made.ty.heap_type == HeapType::ANY {
        e.op().ref_cast_nullable(EQ);
    }
    e.op().ref_eq();
}

fn top(hierarchy: Hierarchy) -> HeapType {
    match hierarchy {
        Hierarchy::Any => HeapType::ANY,
        Hierarchy::Func => HeapType::FUNC,
        Hierarchy::Extern => HeapType::EXTERN,
    }
}

/// A cast that fails, if the drawn value and type are such: pushes nothing.
pub(super) fn fail(e: &mut Emitter<'_>) -> bool {
    let made = make(e);
    for _ in 0..4 {
        let asked = ask(e, &made);
        let null = e.choice.chance(1, 2);
        if holds(&made, asked, null) {
            continue;
        }
        e.op().local_get(made.local);
        match null {
            true => e.op().ref_cast_nullable(asked.heap),
            false => e.op().ref_cast_non_null(asked.heap),
        };
        e.op().drop();
        return true;
    }
    false
}
