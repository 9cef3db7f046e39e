//! Bodies of the appended functions.

use wasm_encoder::{BlockType, Function, HeapType, RefType, ValType};

use super::choice::Choice;
use super::emit::Emitter;
use super::layout::{Layout, MANY, NARROW, PASSED, TEN};
use super::scale::{NESTED, Scale};
use super::sequence::{compare, endless, hold, must_trap, trap};
use crate::case::claims::Claim;
use crate::generate::Feature;

/// Separates the streams of these bodies from those of the module's own.
const STREAM: u64 = 1 << 32;

/// Writes a body with `params` parameters.
fn function(
    layout: &Layout,
    params: u32,
    choice: Choice,
    write: impl FnOnce(&mut Emitter<'_>),
) -> Function {
    let mut e = Emitter::new(layout, params, choice);
    write(&mut e);
    e.op().end();
    let mut function = Function::new(e.locals());
    function.raw(e.out);
    function
}

/// Takes two references and returns one; allocates in between.
pub(super) fn join(layout: &Layout, seed: u64) -> Function {
    function(layout, 2, Choice::new(seed, STREAM), |e| {
        let (eq, node) = (e.local.eq(0), e.local.node(0));
        e.op()
            .local_get(0)
            .local_set(eq)
            .local_get(1)
            .local_set(node);
        for _ in 0..e.choice.range(1, 3) {
            e.leaf_sequence();
        }
        if e.choice.chance(1, 3) {
            // Returns early, with values on the stack that are dropped with the frame.
            e.new_node(1);
            e.new_refs(0);
            e.condition();
            e.op().if_(BlockType::Empty).local_get(0).return_().end();
            e.op().drop().drop();
        }
        match e.choice.below(3) {
            0 => {
                e.op().local_get(0);
            }
            1 => e.eq_value(1),
            _ => {
                let ty = e.layout.types.node;
                e.op()
                    .local_get(0)
                    .local_get(1)
                    .i32_const(77)
                    .struct_new(ty);
            }
        }
    })
}

/// The same type; a tail call, if there are some, replaces its frame with that of [`join`].
pub(super) fn relay(layout: &Layout, seed: u64) -> Function {
    function(layout, 2, Choice::new(seed, STREAM + 1), |e| {
        let (eq, node) = (e.local.eq(1), e.local.node(1));
        e.op()
            .local_get(0)
            .local_set(eq)
            .local_get(1)
            .local_set(node);
        if e.choice.chance(1, 2) {
            e.leaf_sequence();
        }
        let join = e.layout.funcs.join;
        e.eq_value(1);
        e.op().local_get(1);
        match e.layout.features.has(Feature::TailCalls) {
            true => e.op().return_call(join),
            false => e.op().call(join),
        };
    })
}

/// Throws its parameter, if there are exceptions, after holding other references.
pub(super) fn thrower(layout: &Layout, seed: u64) -> Function {
    function(layout, 1, Choice::new(seed, STREAM + 2), |e| {
        for _ in 0..e.choice.range(0, 2) {
            e.leaf_sequence();
        }
        if e.layout.has_exceptions() {
            let tag = e.layout.tag;
            e.op().local_get(0).throw(tag);
        }
    })
}

/// Returns its first parameter and three new objects; see [`MANY`]. All wait on the stack while
/// sequences run.
pub(super) fn many(layout: &Layout, seed: u64) -> Function {
    function(layout, 2, Choice::new(seed, STREAM + 6), |e| {
        let [node, eq, array] = MANY;
        let pause = |e: &mut Emitter<'_>| match e.choice.below(3) {
            0 => e.leaf_sequence(),
            1 => e.garbage(),
            _ => {}
        };
        e.op().local_get(0);
        pause(e);
        hold::push_node(e, node);
        pause(e);
        hold::push_eq(e, eq);
        pause(e);
        hold::push_array(e, array);
    })
}

/// Returns a new node with the number [`NARROW`].
pub(super) fn narrow(layout: &Layout, seed: u64) -> Function {
    function(layout, 2, Choice::new(seed, STREAM + 7), |e| {
        let (any, eq) = (e.local.any(), e.local.eq(0));
        e.op()
            .local_get(0)
            .local_set(any)
            .local_get(1)
            .local_set(eq);
        if e.choice.chance(1, 2) {
            e.leaf_sequence();
        }
        hold::push_node(e, NARROW);
    })
}

/// Returns its parameters.
pub(super) fn ten(layout: &Layout, seed: u64) -> Function {
    let params = TEN.len() as u32;
    function(layout, params, Choice::new(seed, STREAM + 10), |e| {
        e.garbage();
        for i in 0..params {
            e.op().local_get(i);
        }
    })
}

/// Passes its parameters on in another order.
pub(super) fn pass(layout: &Layout, seed: u64) -> Function {
    let params = TEN.len() as u32;
    function(layout, params, Choice::new(seed, STREAM + 11), |e| {
        let (func, ty) = (e.layout.funcs.ten, e.layout.types.ten);
        for i in PASSED {
            e.op().local_get(i);
        }
        e.garbage();
        let is_tail = e.layout.features.has(Feature::TailCalls);
        match (is_tail, e.choice.chance(1, 2)) {
            (true, true) => e.op().return_call(func),
            (true, false) => e.op().ref_func(func).return_call_ref(ty),
            (false, _) => e.op().call(func),
        };
    })
}

/// Compares outcomes that are known; see [`known`](super::sequence::known). No other function runs them all,
/// and this one ends in no trap.
pub(super) fn known(layout: &Layout, seed: u64) -> Function {
    function(layout, 0, Choice::new(seed, STREAM + 12), |e| {
        for _ in 0..e.choice.range(8, 12) {
            compare(e);
        }
    })
}

/// Returns its first parameter.
pub(super) fn same() -> Function {
    let mut function = Function::new([]);
    function.instructions().local_get(0).end();
    function
}

/// Returns its parameters, which wait in many locals while a sequence runs.
pub(super) fn wide(layout: &Layout, scale: &Scale, seed: u64) -> Function {
    let (params, locals) = (scale.params, scale.locals);
    let mut e = Emitter::new(layout, params + locals, Choice::new(seed, STREAM + 8));
    for i in 0..locals {
        e.op().local_get(i % params).local_set(params + i);
    }
    e.leaf_sequence();
    for i in 0..params {
        // The last local with this parameter, if there is one.
        let again = (0..locals).rev().find(|local| local % params == i);
        let local = again.map_or(i, |local| params + local);
        e.op().local_get(local);
    }
    e.op().end();
    let eqs = (locals, ValType::Ref(RefType::EQREF));
    let mut function = Function::new([vec![eqs], e.locals()].concat());
    function.raw(e.out);
    function
}

/// Calls itself as often as its first parameter says, with a node on the stack of each frame, and
/// returns the second parameter.
pub(super) fn nested(layout: &Layout, scale: &Scale, seed: u64) -> Function {
    function(layout, 3, Choice::new(seed, STREAM + 9), |e| {
        let eq = e.local.eq(0);
        e.op().local_get(0).i32_eqz().if_(BlockType::Empty);
        e.leaf_sequence();
        e.op().local_get(1).return_().end();
        hold::push_node(e, NESTED);
        e.op().local_get(0).i32_const(1).i32_sub();
        e.op()
            .local_get(1)
            .local_get(2)
            .call(scale.nested)
            .local_set(eq);
        hold::check(e, &[hold::Held::Node(NESTED)], Claim::Operand);
        e.op().local_get(eq);
    })
}

/// Runs sequences, independently of the module's own functions.
pub(super) fn driver(layout: &Layout, seed: u64) -> Function {
    function(layout, 0, Choice::new(seed, STREAM + 3), |e| {
        for _ in 0..e.choice.range(5, 16) {
            e.sequence();
        }
    })
}

/// A number that differs for values of different kinds or contents, as far as one access shows.
pub(super) fn look(layout: &Layout, seed: u64) -> Function {
    function(layout, 1, Choice::new(seed, STREAM + 4), |e| {
        let t = e.layout.types;
        let value = e.local.any();
        e.op().local_get(0).local_set(value);
        // Null, or a value of none of the following types.
        e.op()
            .block(BlockType::Empty)
            .local_get(0)
            .br_on_null(0)
            .drop();
        for ty in [
            HeapType::I31,
            HeapType::Concrete(t.node),
            HeapType::Concrete(t.refs),
        ] {
            e.op()
                .local_get(value)
                .ref_test_non_null(ty)
                .if_(BlockType::Empty)
                .local_get(value)
                .ref_cast_non_null(ty);
            match ty {
                HeapType::I31 => {
                    e.op().i31_get_s();
                }
                HeapType::Concrete(ty) if ty == t.node => {
                    e.op().struct_get(ty, 2).i32_const(7).i32_mul();
                }
                _ => {
                    e.op().array_len().i32_const(-1).i32_xor();
                }
            }
            e.op().return_().end();
        }
        e.op().i32_const(5).return_().end().i32_const(3);
    })
}

/// Runs sequences, then traps. Later calls can observe their effects. Only the host calls it, so
/// the trap ends no other function.
pub(super) fn trapper(layout: &Layout, seed: u64) -> Function {
    function(layout, 1, Choice::new(seed, STREAM + 5), |e| {
        const TRAPS: u32 = 8;
        for _ in 0..=TRAPS {
            e.op().block(BlockType::Empty);
        }
        let targets: Vec<u32> = (0..TRAPS).collect();
        e.op()
            .local_get(0)
            .i32_const(TRAPS as i32)
            .i32_rem_u()
            .br_table(targets, TRAPS);
        for _ in 0..TRAPS {
            e.op().end();
            match e.choice.below(12) {
                0 => endless::run(e),
                1..=4 => {
                    for _ in 0..e.choice.range(0, 2) {
                        e.leaf_sequence();
                    }
                    trap::trap(e);
                }
                _ => must_trap(e),
            }
            e.op().return_();
        }
        e.op().end();
    })
}
