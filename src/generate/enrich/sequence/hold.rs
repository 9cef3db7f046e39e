//! Operands that stay on the stack while other sequences run, and are then looked at.
//!
//! A compiler tells a collector which places of a frame hold references, and most of these places
//! are operands: under others, across calls, branches and handlers. Nearly every operand is known, so
//! that it can be compared; and nothing else holds it, so that a collection that does not see it frees
//! it.

use wasm_encoder::{BlockType, HeapType, RefType, ValType};

use super::super::emit::{Emitter, Role};
use super::super::layout::{LEN, MANY, NARROW};
use super::super::ref_types::{EQ, nullable};
use super::exception::payload;
use crate::case::claims::Claim;

/// What is known of an operand.
#[derive(Clone, Copy)]
pub(in crate::generate::enrich) enum Held {
    /// A new node with this number, and the same as an i31 in its first field.
    Node(i32),
    /// The same, whose second field is a node with the next number.
    Pair(i32),
    /// The same as an eqref.
    Eq(i32),
    /// The same as an external value.
    External(i32),
    /// A new array of i31s, counted from this one.
    Array(i32),
    /// An eqref.
    Some,
    /// An i64.
    Number(i64),
    /// This many i31s, counted from this one in steps of [`STEP`].
    I31s(i32, u32),
}

/// The distance of i31s that look like addresses: one of them is that of an object, if a reference to
/// an i31 is a shifted number with a bit that tells.
const STEP: i32 = 8;

/// Maximum nesting of these sequences.
const DEPTH: u32 = 2;

/// Keeps a few operands on the stack while other sequences run.
pub(super) fn hold(e: &mut Emitter<'_>) {
    if too_deep(e) {
        return;
    }
    let count = match e.choice.below(8) {
        0 => e.choice.range(5, 12),
        1..=3 => 1,
        _ => e.choice.range(2, 4),
    };
    // Some operands have passed through an instruction that may branch.
    e.op().block(BlockType::Empty);
    let held: Vec<Held> = (0..count)
        .map(|_| {
            let held = push(e);
            pass(e, held);
            held
        })
        .collect();
    meanwhile(e);
    check(e, &held, Claim::Operand);
    e.op().end();
}

/// Passes an operand through an instruction that leaves it where it is. None of them branches.
fn pass(e: &mut Emitter<'_>, held: Held) {
    let node = HeapType::Concrete(e.layout.types.node);
    match (held, e.choice.below(12)) {
        (Held::Node(_) | Held::Pair(_) | Held::Eq(_) | Held::External(_), 0) => {
            e.op().br_on_null(0);
        }
        (Held::Node(_) | Held::Pair(_) | Held::Eq(_) | Held::Array(_), 1) => {
            e.op().ref_as_non_null();
        }
        (Held::Node(_) | Held::Pair(_) | Held::Eq(_), 2) => {
            e.op().ref_cast_nullable(node);
        }
        _ => {}
    }
}

/// Passes two operands into a block, a loop or an `if`, where they stay while other sequences run.
pub(super) fn hold_in_block(e: &mut Emitter<'_>) {
    if too_deep(e) {
        return;
    }
    let under = push(e);
    let number = e.mark();
    push_eq(e, number);
    push_node(e, number + 1);
    let pair = BlockType::FunctionType(e.layout.types.pair);
    match e.choice.below(4) {
        0 => {
            e.op().block(pair);
            meanwhile(e);
            if e.choice.chance(1, 2) {
                e.condition();
                e.op().br_if(0);
                meanwhile(e);
            }
            e.op().end();
        }
        1 => {
            e.condition();
            e.op().if_(pair);
            meanwhile(e);
            e.op().else_();
            meanwhile(e);
            e.op().end();
        }
        _ => turns(e, number, pair),
    }
    check(
        e,
        &[under, Held::Eq(number), Held::Node(number + 1)],
        Claim::Operand,
    );
}

/// A loop with two parameters. Each turn passes on the same ones, or new ones with the same numbers.
fn turns(e: &mut Emitter<'_>, number: i32, pair: BlockType) {
    let turns = e.choice.range(2, 4) as i32;
    let depth = e.depth;
    let counter = e.counter_of_turns(depth);
    let renews = e.choice.below(3);
    e.op().i32_const(turns).local_set(counter).loop_(pair);
    if e.choice.chance(3, 4) {
        meanwhile(e);
    }
    if renews == 0 {
        let node = e.any_node();
        e.op().local_set(node).drop();
        push_eq(e, number);
        push_node(e, number + 1);
    } else if renews == 1 {
        e.op().drop();
        push_node(e, number + 1);
    }
    e.op()
        .local_get(counter)
        .i32_const(1)
        .i32_sub()
        .local_tee(counter)
        .br_if(0)
        .end();
}

/// Keeps operands under a handler that catches an exception, thrown with others on the stack.
pub(super) fn hold_under_handler(e: &mut Emitter<'_>) {
    if too_deep(e) {
        return;
    }
    let held = [push(e), push(e)];
    let number = e.mark();
    let last = number + 1;
    payload(e, |e, tag| {
        let inner = push(e);
        meanwhile(e);
        // The stack is cut at the throw.
        if e.choice.chance(1, 3) {
            check(e, &[inner], Claim::Operand);
            push_eq(e, last);
        } else {
            push_eq(e, last);
        }
        e.op().throw(tag);
    });
    meanwhile(e);
    check(e, &[Held::Eq(last)], Claim::Caught);
    check(e, &held, Claim::Operand);
}

/// Calls a function with four results, and keeps them on the stack.
pub(super) fn many_results(e: &mut Emitter<'_>) {
    if too_deep(e) {
        return;
    }
    let number = e.mark();
    let func = e.layout.funcs.many;
    let ty = e.layout.types.many;
    let under = push(e);
    push_eq(e, number);
    e.node_value(1);
    if e.choice.chance(1, 3) {
        e.op().ref_func(func).call_ref(ty);
    } else {
        e.op().call(func);
    }
    if e.choice.chance(2, 3) {
        meanwhile(e);
    }
    let [node, eq, array] = MANY;
    let results = [
        Held::Eq(number),
        Held::Node(node),
        Held::Eq(eq),
        Held::Array(array),
    ];
    check(e, &results, Claim::Result);
    check(e, &[under], Claim::Operand);
}

/// Calls a function whose type is a proper subtype of the one that the call names.
pub(super) fn call_by_supertype(e: &mut Emitter<'_>) {
    let (open, narrow) = (e.layout.types.open, e.layout.funcs.narrow);
    let table = e.layout.func_table;
    let under = push(e);
    e.eq_value(1);
    e.node_value(1);
    match e.choice.below(3) {
        0 => {
            e.op().ref_func(narrow).call_ref(open);
        }
        1 => {
            e.op().i32_const(1).table_get(table).call_ref(open);
        }
        _ => {
            e.op().i32_const(0).call_indirect(table, open);
        }
    }
    check(e, &[Held::Eq(NARROW)], Claim::Result);
    check(e, &[under], Claim::Operand);
}

/// In a nest that is deep enough, writes something else.
fn too_deep(e: &mut Emitter<'_>) -> bool {
    let is_deep = e.depth > DEPTH;
    if is_deep {
        e.store_eq(|e| e.new_node(1));
    }
    is_deep
}

/// Runs what may collect.
pub(super) fn meanwhile(e: &mut Emitter<'_>) {
    match e.choice.below(6) {
        0 => e.store_eq(|e| e.new_node(1)),
        1 => e.garbage(),
        2 => {
            e.garbage();
            e.nested_sequence();
        }
        3 => {
            e.nested_sequence();
            e.nested_sequence();
        }
        _ => e.nested_sequence(),
    }
}

/// Pushes an operand. The local that it comes from, if any, is overwritten.
pub(super) fn push(e: &mut Emitter<'_>) -> Held {
    let number = e.mark();
    let t = e.layout.types;
    match e.choice.below(17) {
        0 | 1 => {
            push_node(e, number);
            Held::Node(number)
        }
        12..=14 => chosen(e, number),
        15 | 16 => {
            let most = [32, 64, 256, 512][e.choice.below(4) as usize];
            let first = e.choice.below(most) as i32 * STEP;
            let first = first | e.choice.pick(&[0, 0, 0, 1 << 30]).unwrap_or(0);
            let count = e.choice.range(6, 10);
            for i in 0..count as i32 {
                e.op().i32_const(first + i * STEP).ref_i31();
            }
            Held::I31s(first, count)
        }
        3 => {
            // Out of a local that holds something else then.
            let node = e.any_node();
            push_node(e, number);
            e.op().local_set(node);
            if e.choice.chance(1, 3) {
                e.garbage();
            }
            e.op().local_get(node);
            match e.choice.below(2) {
                0 => e.op().ref_null(HeapType::Concrete(t.node)),
                _ => e.op().struct_new_default(t.node),
            };
            e.op().local_set(node);
            Held::Node(number)
        }
        4 | 5 => {
            push_eq(e, number);
            Held::Eq(number)
        }
        6 => {
            e.op().i32_const(number).ref_i31();
            push_node(e, number + 1);
            e.op().i32_const(number).struct_new(t.node);
            Held::Pair(number)
        }
        7 => {
            push_node(e, number);
            e.op().extern_convert_any();
            Held::External(number)
        }
        8 => {
            push_array(e, number);
            Held::Array(number)
        }
        9 => {
            e.eq_value(2);
            Held::Some
        }
        10 => {
            // Numbers in the same places, which look like references.
            let number = i64::from(e.choice.below(512)) * 8;
            e.op().i64_const(number);
            Held::Number(number)
        }
        _ => {
            let global = e.layout.globals.eq;
            push_eq(e, number);
            e.op().global_set(global).global_get(global).ref_null(EQ);
            e.op().global_set(global);
            Held::Eq(number)
        }
    }
}

/// Pushes a node with this number that comes out of another place than a local, or out of one of two.
fn chosen(e: &mut Emitter<'_>, number: i32) -> Held {
    let t = e.layout.types;
    let node = ValType::Ref(nullable(t.node));
    let null = HeapType::Concrete(t.node);
    match e.choice.below(8) {
        way @ 0..=2 => {
            // Both are still in locals, or one of them is.
            let locals = [e.local.node(0), e.local.node(1)];
            for local in locals {
                push_node(e, number);
                e.op().local_set(local);
            }
            match way {
                0 => e.op().local_get(locals[0]).local_get(locals[1]),
                1 => e.op().local_get(locals[0]).ref_null(null),
                _ => e.op().ref_null(null).local_get(locals[1]),
            };
            match way {
                0 => e.condition(),
                way => {
                    e.op().i32_const(2 - way as i32);
                }
            }
            e.op().typed_select(node);
            for local in locals {
                e.op().ref_null(null).local_set(local);
            }
        }
        3 => {
            let local = e.any_node();
            push_node(e, number);
            e.op().local_set(local);
            e.condition();
            e.op().if_(BlockType::Result(node)).local_get(local).else_();
            e.op().local_get(local).end();
            e.op().ref_null(null).local_set(local);
        }
        4 => {
            e.op().block(BlockType::Result(node));
            push_node(e, number);
            e.condition();
            e.op().br_if(0).drop();
            push_node(e, number);
            e.op().end();
        }
        5 => {
            // Out of a table or an array that holds it no more.
            let table = e.layout.node_table;
            let at = e.choice.below(LEN) as i32;
            e.op().i32_const(at);
            push_node(e, number);
            e.op().table_set(table).i32_const(at).table_get(table);
            e.op().i32_const(at).ref_null(null).table_set(table);
        }
        6 => {
            let local = e.any_node();
            e.op().ref_null(EQ);
            push_node(e, number);
            e.op().i32_const(number).struct_new(t.node).local_tee(local);
            e.op().struct_get(t.node, 1);
            e.op().local_get(local).ref_null(null).struct_set(t.node, 1);
        }
        _ => {
            let eq = RefType::EQREF;
            e.op().block(BlockType::Result(node));
            push_eq(e, number);
            e.op().br_on_cast(0, eq, nullable(t.node)).drop();
            e.op().ref_null(null).end();
        }
    }
    Held::Node(number)
}

/// Pushes a new node with this number, which nothing else refers to.
pub(in crate::generate::enrich) fn push_node(e: &mut Emitter<'_>, number: i32) {
    let node = e.layout.types.node;
    e.op()
        .i32_const(number)
        .ref_i31()
        .ref_null(HeapType::Concrete(node))
        .i32_const(number)
        .struct_new(node);
}

/// The same as an eqref.
pub(in crate::generate::enrich) fn push_eq(e: &mut Emitter<'_>, number: i32) {
    e.op()
        .block(BlockType::Result(ValType::Ref(RefType::EQREF)));
    push_node(e, number);
    e.op().end();
}

/// Pushes a new array of eqrefs, of i31s counted from `first`.
pub(in crate::generate::enrich) fn push_array(e: &mut Emitter<'_>, first: i32) {
    let refs = e.layout.types.refs;
    for i in 0..LEN as i32 {
        e.op().i32_const(first + i).ref_i31();
    }
    e.op().array_new_fixed(refs, LEN);
}

/// Pops the operands, and claims that each is what was pushed.
pub(in crate::generate::enrich) fn check(e: &mut Emitter<'_>, held: &[Held], claim: Claim) {
    for held in held.iter().rev() {
        match *held {
            Held::Node(number) => {
                let node = looked_at(e);
                e.op().local_set(node);
                is_node(e, node, number);
                e.claim(claim);
            }
            Held::Pair(number) => {
                let ty = e.layout.types.node;
                let node = looked_at(e);
                e.op().local_set(node);
                is_node(e, node, number);
                e.claim(claim);
                e.op().local_get(node).struct_get(ty, 1).local_set(node);
                is_node(e, node, number + 1);
                e.claim(claim);
            }
            Held::Eq(number) => is_node_among_any(e, number, claim),
            Held::External(number) => {
                e.op().any_convert_extern();
                is_node_among_any(e, number, claim);
            }
            Held::Array(first) => {
                let ty = e.layout.types.refs;
                let array = e.temporary(Role::LookedAt, ValType::Ref(nullable(ty)));
                e.op().local_set(array);
                let at = e.choice.below(LEN) as i32;
                e.op()
                    .local_get(array)
                    .ref_is_null()
                    .if_(BlockType::Result(ValType::I32));
                e.op().i32_const(0).else_();
                e.op().local_get(array).i32_const(at).array_get(ty);
                e.op().i32_const(first + at).ref_i31().ref_eq().end();
                e.claim(claim);
            }
            Held::Some => {
                let look = e.layout.funcs.look;
                e.op().call(look);
                e.digest_of_operand();
            }
            Held::Number(number) => {
                e.op().i64_const(number).i64_eq();
                e.claim(claim);
            }
            Held::I31s(first, count) => {
                let passed = e.temporary(Role::Value, ValType::I32);
                e.op().i32_const(1).local_set(passed);
                for i in (0..count as i32).rev() {
                    e.op().i32_const(first + i * STEP).ref_i31().ref_eq();
                    e.op().local_get(passed).i32_and().local_set(passed);
                }
                e.op().local_get(passed);
                e.claim(claim);
            }
        }
    }
}

/// A local for a node that is looked at. Where other sequences do not find the object, they do not
/// change it.
fn looked_at(e: &mut Emitter<'_>) -> u32 {
    let node = ValType::Ref(nullable(e.layout.types.node));
    e.temporary(Role::LookedAt, node)
}

/// Pops an anyref, and claims that it is a node with this number.
pub(super) fn is_node_among_any(e: &mut Emitter<'_>, number: i32, claim: Claim) {
    let ty = e.layout.types.node;
    let any = e.temporary(Role::LookedAt, ValType::Ref(RefType::ANYREF));
    let node = looked_at(e);
    e.op()
        .local_tee(any)
        .ref_test_non_null(HeapType::Concrete(ty));
    e.op().if_(BlockType::Result(ValType::I32));
    e.op()
        .local_get(any)
        .ref_cast_non_null(HeapType::Concrete(ty));
    e.op().local_set(node);
    is_node(e, node, number);
    e.op().else_().i32_const(0).end();
    e.claim(claim);
}

/// Pushes whether a local is a node with this number, and with the same as an i31 in its first field.
pub(super) fn is_node(e: &mut Emitter<'_>, node: u32, number: i32) {
    let ty = e.layout.types.node;
    e.op()
        .local_get(node)
        .ref_is_null()
        .if_(BlockType::Result(ValType::I32))
        .i32_const(0)
        .else_();
    e.op()
        .local_get(node)
        .struct_get(ty, 2)
        .i32_const(number)
        .i32_eq();
    e.op()
        .local_get(node)
        .struct_get(ty, 0)
        .i32_const(number)
        .ref_i31();
    e.op().ref_eq().i32_and().end();
}
