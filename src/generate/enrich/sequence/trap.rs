//! Operations that trap, or may: few modules contain any, because what follows is lost.

use super::super::emit::Emitter;

/// An access that is out of bounds in a way of its own, with references under way.
pub(super) fn trap(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let array = e.any_refs();
    e.ensure_refs(array);
    match e.choice.below(9) {
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
        // More elements than there can be; the size in bytes does not fit into 32 bits.
        _ => {
            let len = e.choice.pick(&[1 << 28, 1 << 29, 1 << 30, i32::MAX, -1]);
            let len = len.unwrap_or(-1);
            e.op()
                .i32_const(len)
                .array_new_default(refs)
                .local_set(array);
        }
    }
}
