//! Types at run time: i31, tests, casts, conversions, packed fields.

use wasm_encoder::{AbstractHeapType, BlockType, HeapType, RefType, ValType};

use super::super::emit::{Emitter, i31_value};
use super::super::ref_types::{EQ, EQ_BLOCK, heap, nullable};

/// Stores an i31, or reads one back as a number.
pub(super) fn i31(e: &mut Emitter<'_>) {
    if e.choice.chance(2, 3) {
        e.store_eq(Emitter::i31);
        return;
    }
    let local = e.any_eq();
    let signed = e.choice.chance(1, 2);
    // Only an i31 is read; any other value counts as a fixed number.
    e.digest(|e| {
        e.op()
            .local_get(local)
            .ref_test_non_null(HeapType::I31)
            .if_(BlockType::Result(ValType::I32))
            .local_get(local)
            .ref_cast_non_null(HeapType::I31);
        if signed {
            e.op().i31_get_s();
        } else {
            e.op().i31_get_u();
        }
        e.op().else_().i32_const(3).end();
    });
}

/// Observes the outcome of a test or a comparison.
pub(super) fn test(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let targets = [
        HeapType::Concrete(t.node),
        HeapType::Concrete(t.leaf),
        HeapType::Concrete(t.refs),
        HeapType::Concrete(t.packed),
        HeapType::I31,
        heap(AbstractHeapType::Struct),
        heap(AbstractHeapType::Array),
        heap(AbstractHeapType::None),
    ];
    let target = e.choice.pick(&targets).unwrap_or(EQ);
    let variant = e.choice.below(4);
    e.digest(|e| match variant {
        0 => {
            e.eq_value(1);
            e.eq_value(1);
            e.op().ref_eq();
        }
        1 => {
            e.any_value(2);
            e.op().ref_test_nullable(target);
        }
        _ => {
            e.eq_value(2);
            e.op().ref_test_non_null(target);
        }
    });
}

/// Tests any value against any type of the internal hierarchy, nullable or not, and casts it if the
/// test succeeds.
pub(super) fn test_any(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let abstracts = [
        AbstractHeapType::Any,
        AbstractHeapType::Eq,
        AbstractHeapType::I31,
        AbstractHeapType::Struct,
        AbstractHeapType::Array,
        AbstractHeapType::None,
    ];
    let concretes = [t.node, t.leaf, t.refs, t.nodes, t.i31s, t.packed, t.empty];
    let target = match e.choice.below(2) {
        0 => e.choice.pick(&abstracts).map(heap),
        _ => e.choice.pick(&concretes).map(HeapType::Concrete),
    };
    let target = target.unwrap_or(EQ);
    let null = e.choice.chance(1, 2);
    let value = e.local.any();
    let to = e.any_eq();
    if e.choice.chance(1, 4) {
        e.op().ref_null(heap(AbstractHeapType::None));
    } else {
        e.any_value(2);
    }
    e.op().local_set(value);
    let test = |e: &mut Emitter<'_>| {
        e.op().local_get(value);
        match null {
            true => e.op().ref_test_nullable(target),
            false => e.op().ref_test_non_null(target),
        };
    };
    e.digest(test);
    test(e);
    e.op().if_(BlockType::Empty).local_get(value);
    match null {
        true => e.op().ref_cast_nullable(target),
        false => e.op().ref_cast_non_null(target),
    };
    if target == heap(AbstractHeapType::Any) {
        e.op().local_set(value);
    } else {
        e.op().local_set(to);
    }
    e.op().end();
}

/// A cast that succeeds.
pub(super) fn cast(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let to = e.any_node();
    let node = HeapType::Concrete(t.node);
    match e.choice.below(5) {
        0 => {
            let through = e.any_eq();
            e.new_leaf(1);
            e.op().local_set(through);
            e.op()
                .local_get(through)
                .ref_cast_non_null(node)
                .local_set(to);
        }
        1 => {
            let through = e.local.any();
            e.node_value(1);
            e.op().local_set(through);
            e.op()
                .local_get(through)
                .ref_cast_nullable(node)
                .local_set(to);
        }
        2 => {
            // An object made by a constant expression.
            let (fixed, global) = (e.layout.globals.fixed, e.layout.globals.any);
            e.op()
                .global_get(fixed)
                .global_set(global)
                .global_get(global)
                .ref_cast_non_null(node)
                .local_set(to);
        }
        3 => {
            let (array, through) = (e.any_refs(), e.any_eq());
            e.new_refs(1);
            e.op()
                .local_set(through)
                .local_get(through)
                .ref_cast_non_null(HeapType::Concrete(t.refs))
                .local_set(array);
        }
        _ => {
            let through = e.local.any();
            let back = e.any_eq();
            e.eq_value(1);
            e.op()
                .local_set(through)
                .local_get(through)
                .ref_cast_nullable(EQ)
                .local_set(back);
        }
    }
}

/// Branches on a cast, taken or not.
pub(super) fn branch(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    if e.choice.chance(1, 2) {
        let ty = nullable(t.node).nullable(false);
        let to = e.any_node();
        e.op().block(BlockType::Result(ValType::Ref(ty)));
        e.eq_value(2);
        e.op().br_on_cast(0, RefType::EQREF, ty).drop();
        e.new_node(1);
        e.op().end().local_set(to);
    } else {
        let ty = nullable(t.refs).nullable(false);
        let (to, other) = (e.any_refs(), e.any_eq());
        e.op().block(EQ_BLOCK);
        e.eq_value(2);
        e.op()
            .br_on_cast_fail(0, RefType::EQREF, ty)
            .local_set(to)
            .ref_null(EQ)
            .end()
            .local_set(other);
    }
}

/// Branches on null, taken or not.
pub(super) fn branch_on_null(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (from, to) = (e.any_node(), e.any_node());
    if e.choice.chance(1, 2) {
        let ty = nullable(t.node).nullable(false);
        e.op()
            .block(BlockType::Result(ValType::Ref(ty)))
            .local_get(from)
            .br_on_non_null(0);
        e.new_node(1);
        e.op().end().local_set(to);
    } else {
        e.op()
            .block(BlockType::Empty)
            .local_get(from)
            .br_on_null(0)
            .struct_get(t.node, 1)
            .local_set(to)
            .end();
    }
}

/// Converts to external and back, and keeps both references.
pub(super) fn external(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (ext, any) = (e.local.ext(), e.local.any());
    match e.choice.below(5) {
        0 => {
            e.any_value(2);
            e.op().extern_convert_any().local_set(ext);
        }
        1 => {
            e.ext_value(2);
            e.op().any_convert_extern().local_set(any);
        }
        2 => {
            let global = e.layout.globals.ext;
            e.ext_value(2);
            e.op().global_set(global);
        }
        3 => {
            let holder = e.local.holder();
            e.ensure(holder, |e| {
                e.op().struct_new_default(t.holder);
            });
            e.op().local_get(holder);
            e.ext_value(2);
            e.op().struct_set(t.holder, 1);
        }
        _ => {
            let to = e.any_node();
            e.node_value(1);
            e.op()
                .extern_convert_any()
                .local_set(ext)
                .local_get(ext)
                .any_convert_extern()
                .ref_cast_nullable(HeapType::Concrete(t.node))
                .local_set(to);
        }
    }
}

/// A struct with packed fields, made or written with numbers that do not fit, and read with both
/// signs.
pub(super) fn packed(e: &mut Emitter<'_>) {
    let ty = e.layout.types.packed;
    let local = e.local.packed();
    e.ensure(local, |e| {
        let (a, b) = (e.choice.bits() as i32, e.choice.bits() as i32);
        e.op().i32_const(a).i32_const(b);
        e.any_value(1);
        e.op().struct_new(ty);
    });
    let field = e.choice.below(2);
    match e.choice.below(3) {
        0 => {
            let value = i31_value(&mut e.choice);
            e.op()
                .local_get(local)
                .i32_const(value)
                .struct_set(ty, field);
        }
        1 => {
            e.op().local_get(local);
            e.any_value(2);
            e.op().struct_set(ty, 2);
        }
        _ => e.store_eq(|e| {
            e.op().local_get(local);
        }),
    }
    let signed = e.choice.chance(1, 2);
    e.digest(|e| {
        e.op().local_get(local);
        if signed {
            e.op().struct_get_s(ty, field);
        } else {
            e.op().struct_get_u(ty, field);
        }
    });
}
