//! Arrays of references: making, writing, copying, filling, initialising.

use wasm_encoder::{BlockType, HeapType};

use super::super::emit::Emitter;
use super::super::layout::{DATA_LEN, LEN};

/// Puts a new array into a scratch local.
pub(super) fn new(e: &mut Emitter<'_>) {
    let local = e.any_refs();
    e.new_refs(2);
    e.op().local_set(local);
}

/// Writes an element, or reads one into a local.
pub(super) fn set(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let array = e.any_refs();
    e.ensure_refs(array);
    if e.choice.chance(2, 3) {
        for _ in 0..e.choice.range(1, 2) {
            e.op().local_get(array);
            e.index();
            e.eq_value(2);
            e.op().array_set(t.refs);
        }
    } else {
        let to = e.any_eq();
        e.op().local_get(array);
        e.index();
        e.op().array_get(t.refs).local_set(to);
    }
}

/// Copies from one array to another, which may be the same at run time.
pub(super) fn copy(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let (to, from) = (e.local.refs(0), e.local.refs(1));
    let (to, from) = if e.choice.chance(1, 2) {
        (to, from)
    } else {
        (from, to)
    };
    e.ensure_refs(to);
    e.ensure_refs(from);
    let len = e.choice.range(1, LEN);
    copy_range(e, to, from, len, refs, refs);
}

/// Copies within an array: the same range, an overlap to either side, or none.
pub(super) fn copy_self(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let array = e.any_refs();
    e.ensure_refs(array);
    if e.choice.chance(1, 3) {
        // Store a new object first, so that elements differ and some have no other owner.
        e.op().local_get(array);
        e.index();
        e.new_node(1);
        e.op().array_set(refs);
    }
    let len = match e.choice.below(4) {
        0 => LEN,
        1 => 1,
        _ => e.choice.range(2, 6),
    };
    copy_range(e, array, array, len, refs, refs);
}

/// Copies into an array whose elements are of a supertype.
pub(super) fn copy_subtype(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let refs = e.any_refs();
    let (nodes, anys, i31s) = (e.local.nodes(), e.local.anys(), e.local.i31s());
    e.ensure(nodes, |e| {
        let segment = e.layout.node_elem;
        if e.choice.chance(1, 2) {
            let len = e.length();
            e.node_value(1);
            e.op().i32_const(len).array_new(t.nodes);
        } else {
            e.op()
                .i32_const(0)
                .i32_const(LEN as i32)
                .array_new_elem(t.nodes, segment);
        }
    });
    let len = e.choice.range(1, LEN);
    match e.choice.below(5) {
        0 => {
            e.ensure_refs(refs);
            copy_range(e, refs, nodes, len, t.refs, t.nodes);
        }
        1 => {
            e.op().local_get(nodes);
            e.index();
            e.node_value(2);
            e.op().array_set(t.nodes);
            copy_range(e, nodes, nodes, len, t.nodes, t.nodes);
        }
        2 => {
            ensure_anys(e, anys);
            copy_range(e, anys, nodes, len, t.anys, t.nodes);
        }
        3 => {
            ensure_anys(e, anys);
            e.ensure_refs(refs);
            copy_range(e, anys, refs, len, t.anys, t.refs);
        }
        _ => {
            e.ensure(i31s, |e| {
                e.i31();
                e.op().i32_const(LEN as i32).array_new(t.i31s);
            });
            e.op().local_get(i31s);
            e.index();
            e.i31();
            e.op().array_set(t.i31s);
            e.ensure_refs(refs);
            copy_range(e, refs, i31s, len, t.refs, t.i31s);
        }
    }
}

fn ensure_anys(e: &mut Emitter<'_>, local: u32) {
    let anys = e.layout.types.anys;
    e.ensure(local, |e| {
        let len = e.length();
        e.any_value(2);
        e.op().i32_const(len).array_new(anys);
    });
}

/// Copies `len` elements at offsets that are in bounds of any two arrays.
fn copy_range(e: &mut Emitter<'_>, to: u32, from: u32, len: u32, to_ty: u32, from_ty: u32) {
    let len = len.min(LEN);
    let to_at = e.choice.below(LEN - len + 1) as i32;
    let from_at = e.choice.below(LEN - len + 1) as i32;
    e.op()
        .local_get(to)
        .i32_const(to_at)
        .local_get(from)
        .i32_const(from_at)
        .i32_const(len as i32)
        .array_copy(to_ty, from_ty);
}

/// Fills part of an array with one value.
pub(super) fn fill(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let array = e.any_refs();
    e.ensure_refs(array);
    let at = e.choice.range(0, 3);
    let len = e.choice.range(2, LEN - at);
    e.op().local_get(array).i32_const(at as i32);
    e.eq_value(2);
    e.op().i32_const(len as i32).array_fill(refs);
}

/// Bulk operations of length zero at the very end, which are in bounds, and arrays without
/// elements.
pub(super) fn edge(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let array = e.any_refs();
    e.ensure_refs(array);
    match e.choice.below(4) {
        0 => {
            e.op().local_get(array).local_get(array).array_len();
            e.eq_value(1);
            e.op().i32_const(0).array_fill(refs);
        }
        1 => {
            e.op()
                .local_get(array)
                .local_get(array)
                .array_len()
                .local_get(array)
                .local_get(array)
                .array_len()
                .i32_const(0)
                .array_copy(refs, refs);
        }
        2 => {
            e.eq_value(1);
            e.op().i32_const(0).array_new(refs).drop();
        }
        _ => {
            // All of an array whose length is known only at run time.
            e.op().local_get(array).i32_const(0);
            e.eq_value(1);
            e.op().local_get(array).array_len().array_fill(refs);
        }
    }
}

/// Uses an element segment: makes a new array, or initialises part of one.
pub(super) fn elem(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (kept, droppable, nodes) = (
        e.layout.kept_elem,
        e.layout.droppable_elem,
        e.layout.node_elem,
    );
    let dropped = e.layout.globals.dropped;
    let array = e.any_refs();
    match e.choice.below(3) {
        0 => {
            e.op()
                .i32_const(0)
                .i32_const(LEN as i32)
                .array_new_elem(t.refs, kept)
                .local_set(array);
        }
        1 => {
            e.ensure_refs(array);
            let segment = if e.choice.chance(1, 2) { kept } else { nodes };
            init_range(e, array, segment);
        }
        _ => {
            e.ensure_refs(array);
            e.op().global_get(dropped).i32_eqz().if_(BlockType::Empty);
            init_range(e, array, droppable);
            // Length zero is in bounds of a dropped segment.
            e.op()
                .else_()
                .i32_const(0)
                .i32_const(0)
                .array_new_elem(t.refs, droppable)
                .drop()
                .end();
        }
    }
}

fn init_range(e: &mut Emitter<'_>, array: u32, segment: u32) {
    let refs = e.layout.types.refs;
    let len = e.choice.range(1, LEN);
    let to = e.choice.below(LEN - len + 1) as i32;
    let from = e.choice.below(LEN - len + 1) as i32;
    e.op()
        .local_get(array)
        .i32_const(to)
        .i32_const(from)
        .i32_const(len as i32)
        .array_init_elem(refs, segment);
}

/// Makes an array of bytes from a data segment, keeps it among other references, and observes one
/// of its bytes.
pub(super) fn bytes(e: &mut Emitter<'_>) {
    let (bytes, node) = (e.layout.types.bytes, e.layout.types.node);
    let data = e.layout.data;
    let array = e.local.bytes();
    let at = e.choice.below(DATA_LEN - LEN) as i32;
    e.ensure(array, |e| {
        e.op()
            .i32_const(at)
            .i32_const(LEN as i32)
            .array_new_data(bytes, data);
    });
    if e.choice.chance(1, 2) {
        e.op()
            .local_get(array)
            .i32_const(2)
            .i32_const(at)
            .i32_const(5)
            .array_init_data(bytes, data);
    }
    // An allocation between the creation of the array and the read.
    e.store_eq(|e| {
        e.op().struct_new_default(node);
    });
    let index = e.choice.below(LEN) as i32;
    let signed = e.choice.chance(1, 2);
    e.digest(|e| {
        e.op().local_get(array).i32_const(index);
        if signed {
            e.op().array_get_s(bytes);
        } else {
            e.op().array_get_u(bytes);
        }
    });
    if e.choice.chance(1, 2) {
        e.store_eq(|e| {
            e.op().local_get(array);
        });
        e.op().ref_null(HeapType::Concrete(bytes)).local_set(array);
    }
}
