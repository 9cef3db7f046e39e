//! Operations that trap. Few bodies contain any, because the rest of the call is lost; one appended
//! function is dedicated to them.

use wasm_encoder::HeapType;

use super::super::emit::Emitter;
use super::super::near::Kind;
use super::super::ref_types::{EQ, EXN};
use super::endless;

/// One of several accesses that trap, with references among the operands.
pub(in super::super) fn trap(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let array = e.any_refs();
    e.ensure_refs(array);
    match e.choice.below(20) {
        // Length zero, but the offset is past the end.
        0 => {
            e.op().local_get(array).i32_const(4_000);
            e.eq_value(1);
            e.op().i32_const(0).array_fill(refs);
        }
        1 => {
            e.op()
                .local_get(array)
                .i32_const(0)
                .local_get(array)
                .i32_const(4_000)
                .i32_const(0)
                .array_copy(refs, refs);
        }
        2 => {
            let table = e.layout.eq_table;
            e.op().i32_const(99);
            e.new_node(1);
            e.op().table_set(table);
        }
        3 => {
            e.op().local_get(array).i32_const(4_000);
            e.new_node(1);
            e.op().array_set(refs);
        }
        // Starts in bounds, ends outside.
        4 => {
            e.op().local_get(array).i32_const(6);
            e.new_node(1);
            e.op().i32_const(4_000).array_fill(refs);
        }
        5 => {
            let segment = e.layout.kept_elem;
            e.op()
                .i32_const(5)
                .i32_const(60)
                .array_new_elem(refs, segment)
                .local_set(array);
        }
        6 => {
            let table = e.layout.eq_table;
            let to = e.any_eq();
            e.op().i32_const(99).table_get(table).local_set(to);
        }
        7 => {
            let table = e.layout.null_table;
            let to = e.any_eq();
            e.op().i32_const(99).table_get(table).local_set(to);
        }
        // An access to null, with other references on the stack.
        8 => {
            e.new_node(1);
            let node = e.layout.types.node;
            e.op()
                .ref_null(HeapType::Concrete(node))
                .struct_get(node, 0)
                .drop()
                .drop();
        }
        9 => {
            let local = e.any_node();
            e.new_refs(0);
            e.op().ref_cast_non_null(EQ);
            let node = e.layout.types.node;
            e.op()
                .ref_cast_nullable(HeapType::Concrete(node))
                .local_set(local);
        }
        10 => {
            e.new_leaf(1);
            e.ends_at_limit();
            e.op().unreachable();
        }
        11 if e.layout.has_exceptions() => {
            e.op().ref_null(EXN).throw_ref();
        }
        12 | 13 => endless::run(e),
        // More elements than possible: the size in bytes does not fit into 32 bits, or only just.
        _ => {
            let (types, near) = (&e.layout.types, &e.layout.near);
            // An array type, and the elements that take 2^32 bytes.
            let arrays = [
                (refs, 1 << 30),
                (types.nodes, 1 << 30),
                (types.bytes, 1 << 32),
                (types.vectors, 1 << 28),
                (near.index(Kind::Shorts), 1 << 31),
                (near.index(Kind::Floats), 1 << 30),
                (near.index(Kind::Longs), 1 << 29),
                (near.index(Kind::Doubles), 1 << 29),
            ];
            let (ty, all): (u32, i64) = e.choice.pick(&arrays).unwrap_or((refs, 1 << 30));
            let near = all - i64::from(e.choice.below(40));
            let len = match e.choice.below(4) {
                0 => all - 1,
                1 => 2 * all - i64::from(e.choice.below(3)),
                2 => all,
                _ => near,
            };
            let len = len.min((1 << 32) - 1) as u32;
            e.ends_at_limit();
            e.op().i32_const(len as i32).array_new_default(ty).drop();
        }
    }
}
