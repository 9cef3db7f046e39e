//! References across calls, on the operand stack and through `select`.

use wasm_encoder::{BlockType, HeapType, RefType, ValType};

use super::super::emit::Emitter;
use super::exception::payload;

/// Calls an appended function with two references, which may be the same.
pub(super) fn call(e: &mut Emitter<'_>) {
    let to = e.any_eq();
    arguments(e);
    let func = callee(e);
    e.op().call(func).local_set(to);
}

/// The same through a function reference.
pub(super) fn call_ref(e: &mut Emitter<'_>) {
    let to = e.any_eq();
    let ty = e.layout.types.join;
    arguments(e);
    let func = callee(e);
    e.op().ref_func(func).call_ref(ty).local_set(to);
}

/// Calls a function that throws; the exception unwinds its frame.
pub(super) fn thrower(e: &mut Emitter<'_>) {
    let func = e.layout.funcs.thrower;
    let to = e.any_eq();
    // A reference that is live in this frame while the callee's frame is unwound.
    let live = e.any_node();
    e.ensure_node(live);
    payload(e, |e, _| {
        e.eq_value(2);
        e.op().call(func);
    });
    e.op().local_set(to);
    let node = e.layout.types.node;
    e.op().local_get(live).local_get(to).struct_set(node, 0);
}

/// Keeps values on the operand stack while another function allocates.
pub(super) fn across(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (node, eq) = (e.any_node(), e.any_eq());
    e.new_node(1);
    e.new_refs(1);
    arguments(e);
    let func = callee(e);
    // [node, array, result]: the result goes into the array, the array into the node.
    e.op().call(func).local_set(eq);
    let array = e.any_refs();
    e.op()
        .local_tee(array)
        .i32_const(1)
        .local_get(eq)
        .array_set(t.refs);
    e.op()
        .local_tee(node)
        .local_get(array)
        .struct_set(t.node, 0);
}

/// Calls in a loop, with one reference that stays and others that change in each iteration.
pub(super) fn call_loop(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (eq, stays, changes) = (e.any_eq(), e.local.node(0), e.local.node(1));
    e.ensure_node(stays);
    let times = e.choice.range(2, 5);
    e.repeat(times, 0, |e| {
        let func = callee(e);
        e.op()
            .local_get(eq)
            .local_get(stays)
            .call(func)
            .local_set(eq);
        e.op().local_get(eq).local_get(changes).i32_const(11);
        e.op().struct_new(t.node).local_set(changes);
    });
    e.op()
        .local_get(stays)
        .local_get(changes)
        .struct_set(t.node, 1);
}

fn callee(e: &mut Emitter<'_>) -> u32 {
    let funcs = e.layout.funcs;
    if e.choice.chance(2, 3) {
        funcs.join
    } else {
        funcs.relay
    }
}

fn arguments(e: &mut Emitter<'_>) {
    if e.choice.chance(1, 4) {
        let local = e.any_node();
        e.op().local_get(local).local_get(local);
    } else {
        e.eq_value(2);
        e.node_value(2);
    }
}

/// Uses the result of `select` after an allocation.
pub(super) fn select(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    e.eq_value(2);
    e.eq_value(2);
    e.condition();
    e.op().typed_select(ValType::Ref(RefType::EQREF));
    let (node, eq) = (e.any_node(), e.any_eq());
    if e.choice.chance(1, 2) {
        e.node_value(0);
        e.op().i32_const(9).struct_new(t.node).local_set(node);
    } else {
        e.new_refs(0);
        e.op().drop().local_set(eq);
    }
}

/// Keeps values on the operand stack while others are made above them, in and around a block.
pub(super) fn stack(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (node, eq) = (e.any_node(), e.any_eq());
    e.eq_value(2);
    e.node_value(2);
    match e.choice.below(3) {
        0 => {
            e.op().block(BlockType::Empty);
            e.store_eq(|e| e.new_node(1));
            e.op().end();
        }
        1 => {
            // Clears the locals, so that only the stack holds the objects.
            e.op().ref_null(HeapType::Concrete(t.node)).local_set(node);
            e.new_refs(1);
            e.op().drop();
        }
        _ => {
            e.condition();
            e.op().if_(BlockType::Empty);
            e.store_eq(|e| e.new_node(1));
            e.op().else_();
            e.new_leaf(0);
            e.op().local_set(node).end();
        }
    }
    e.op().local_set(node).local_set(eq);
}

/// Puts a number that looks like a reference into the stack slot of a former reference, and
/// allocates.
pub(super) fn number_over_reference(e: &mut Emitter<'_>) {
    e.eq_value(1);
    e.op().drop();
    // References are small multiples of eight in many heaps.
    let number = i64::from(e.choice.below(512)) * 8;
    e.op().i64_const(number);
    let to = e.any_node();
    e.new_node(1);
    e.op().local_set(to).drop();
}

/// Leaves a block early, with values on its stack.
pub(super) fn leave(e: &mut Emitter<'_>) {
    let (node, eq) = (e.any_node(), e.any_eq());
    match e.choice.below(3) {
        0 => {
            e.op().block(BlockType::Empty);
            e.new_node(1);
            e.new_refs(0);
            e.condition();
            e.op().br_if(0).drop().local_set(node).end();
        }
        1 => {
            // Out of two blocks, or out of one.
            e.op().block(BlockType::Empty).block(BlockType::Empty);
            e.new_node(1);
            e.condition();
            e.op().br_table([0], 1).end();
            e.eq_value(1);
            e.op().local_set(eq).end();
        }
        _ => {
            let result = BlockType::Result(ValType::Ref(RefType::EQREF));
            e.op().block(result);
            e.new_refs(0);
            e.new_node(1);
            e.eq_value(1);
            e.condition();
            e.op().br_if(0).drop().local_set(node).end().local_set(eq);
        }
    }
}
