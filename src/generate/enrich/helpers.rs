//! Bodies of the appended functions.

use wasm_encoder::{BlockType, Function, HeapType, RefType, ValType};

use super::choice::Choice;
use super::emit::Emitter;
use super::layout::{Layout, MANY, NARROW};
use super::near::Kind;
use super::ref_types::{ARRAY, EQ, EQ_BLOCK, NONE, STRUCT};
use super::scale::{NESTED, Scale};
use super::sequence::{compare, compare_large, endless, hold, must_trap, trap};
use super::storage::{MIXED, PASSED};
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

/// Returns its parameters, after it has overwritten them.
pub(super) fn mixed(layout: &Layout, seed: u64) -> Function {
    let params = MIXED.len() as u32;
    function(layout, params, Choice::new(seed, STREAM + 10), |e| {
        e.garbage();
        for i in 0..params {
            e.op().local_get(i);
        }
        for (i, kind) in (0..).zip(MIXED) {
            kind.default().push(e.op(), layout, kind);
            e.op().local_set(i);
        }
    })
}

/// Passes its parameters on in another order.
pub(super) fn pass(layout: &Layout, seed: u64) -> Function {
    let params = MIXED.len() as u32;
    function(layout, params, Choice::new(seed, STREAM + 11), |e| {
        let (func, ty) = (e.layout.funcs.mixed, e.layout.types.mixed);
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
        e.completes(|e| {
            for _ in 0..e.choice.range(14, 19) {
                compare(e);
            }
        });
        compare_large(e);
    })
}

/// Calls an element of a table.
pub(super) fn indexed(layout: &Layout) -> Function {
    function(layout, 2, Choice::new(0, 0), |e| {
        let near = &e.layout.near;
        let (table, ty) = (near.table, near.index(Kind::OpenFunc));
        e.op().local_get(0).local_get(1);
        match e.layout.features.has(Feature::TailCalls) {
            true => e.op().return_call_indirect(table, ty),
            false => e.op().call_indirect(table, ty),
        };
    })
}

/// Tests its parameter, of which nothing is known, in several ways, and compares what they say.
pub(super) fn foreign(layout: &Layout) -> Function {
    function(layout, 1, Choice::new(0, 0), |e| {
        let any = e.local.any();
        e.op().local_get(0).any_convert_extern().local_set(any);
        // An eqref is an i31, a structure or an array.
        e.op().local_get(any).ref_test_non_null(EQ);
        for ty in [HeapType::I31, STRUCT, ARRAY] {
            e.op().local_get(any).ref_test_non_null(ty);
        }
        e.op().i32_or().i32_or().i32_eq();
        // Null and only null has the bottom type, and stays null.
        e.op().local_get(0).ref_is_null();
        e.op().local_get(any).ref_test_nullable(NONE).i32_eq();
        e.op().local_get(0).ref_is_null().local_get(any);
        e.op().extern_convert_any().ref_is_null().i32_eq();
        e.op().i32_and().i32_and();
        e.claim(Claim::Type);
        // A branch on a cast goes the way that the test says.
        let eq = RefType::EQREF;
        e.op().block(BlockType::Empty).block(EQ_BLOCK);
        e.op().local_get(any).br_on_cast(0, RefType::ANYREF, eq);
        e.op().ref_test_nullable(EQ).i32_eqz();
        e.claim(Claim::Type);
        e.op().br(1).end().local_get(any).ref_test_nullable(EQ);
        e.claim(Claim::Type);
        e.op().drop().end();
    })
}

/// Returns its first parameter.
pub(super) fn same() -> Function {
    let mut function = Function::new([]);
    function.instructions().local_get(0).end();
    function
}

/// Returns its parameters, which wait in many locals while a sequence runs, and then on the stack while
/// the locals are overwritten.
pub(super) fn wide(layout: &Layout, scale: &Scale, seed: u64) -> Function {
    let (params, locals) = (scale.params, scale.locals);
    let mut choice = Choice::new(seed, STREAM + 8);
    // Numbers stand between the references, alone or in groups.
    let group = choice.pick(&[1, 1, 2, 5]).unwrap_or(1);
    let is_number = |local: u32| local / group % 2 == 1;
    let mut e = Emitter::new(layout, params + locals, choice);
    let mut holder: Vec<u32> = (0..params).collect();
    for i in 0..locals {
        let local = params + i;
        if is_number(i) {
            // As large as an address.
            e.op().i64_const(i64::from(i) * 16).local_set(local);
        } else {
            e.op().local_get(i % params).local_set(local);
            holder[(i % params) as usize] = local;
        }
    }
    e.leaf_sequence();
    for local in &holder {
        e.op().local_get(*local);
    }
    for local in holder {
        e.op().ref_null(EQ).local_set(local);
    }
    e.op().end();
    let types = (0..locals).map(|i| match is_number(i) {
        true => (1, ValType::I64),
        false => (1, ValType::Ref(RefType::EQREF)),
    });
    let types: Vec<(u32, ValType)> = types.chain(e.locals()).collect();
    let mut function = Function::new(types);
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
        for _ in 0..e.choice.range(3, 10) {
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
        const TRAPS: u32 = 12;
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
            match e.choice.below(16) {
                0 => endless::run(e),
                1..=3 => {
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
