//! Bodies of the appended functions.

use wasm_encoder::{Function, ValType};

use super::choice::Choice;
use super::emit::{Emitter, Scratch};
use super::layout::Layout;

/// Sets the streams of these bodies apart from those of the module's own.
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
    let locals: Vec<(u32, ValType)> = Scratch::types(layout);
    let mut function = Function::new(locals);
    function.raw(e.out);
    function
}

/// Two references in, one out; allocates in between.
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

/// The same type; its frame is replaced by that of [`join`].
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
        e.op().local_get(1).return_call(join);
    })
}

/// Throws its parameter after having held others.
pub(super) fn thrower(layout: &Layout, seed: u64) -> Function {
    function(layout, 1, Choice::new(seed, STREAM + 2), |e| {
        for _ in 0..e.choice.range(0, 2) {
            e.leaf_sequence();
        }
        let tag = e.layout.tag;
        e.op().local_get(0).throw(tag);
    })
}

/// Sequences that run whatever the module's own functions do.
pub(super) fn driver(layout: &Layout, seed: u64) -> Function {
    function(layout, 0, Choice::new(seed, STREAM + 3), |e| {
        for _ in 0..e.choice.range(6, 20) {
            e.sequence();
        }
    })
}
