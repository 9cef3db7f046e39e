//! Loops that end when the fuel is used up: each kind of back edge must cost fuel, and a bulk
//! operation that cannot be paid for must not happen.

use wasm_encoder::{BlockType, RefType, ValType};

use super::super::emit::Emitter;
use super::super::ref_types::nullable;

/// Writes one of them. No code follows it.
pub(in crate::generate::enrich) fn run(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let node = e.any_node();
    let (null, some) = (nullable(t.node), nullable(t.node).nullable(false));
    match e.choice.below(8) {
        0 => {
            e.op().loop_(BlockType::Empty);
            e.store_eq(|e| e.new_node(0));
            e.op().br(0).end();
        }
        1 => {
            e.op().loop_(BlockType::Empty);
            let eq = e.any_eq();
            e.eq_value(1);
            e.op().local_set(eq).i32_const(1).br_if(0).end();
        }
        2 => {
            let ty = wasm_encoder::HeapType::Concrete(t.node);
            e.op().loop_(BlockType::Empty).ref_null(ty).br_on_null(0);
            e.op().drop().end();
        }
        3 => {
            // A loop with the reference that it branches on as its parameter.
            e.ensure_node(node);
            e.op().local_get(node).ref_as_non_null().local_set(node);
            e.op().block(BlockType::Result(ValType::Ref(some)));
            e.op()
                .loop_(BlockType::Empty)
                .block(BlockType::Result(ValType::Ref(some)));
            e.op().local_get(node).br_on_non_null(0).br(1).end();
            e.op().drop().br(0).end().unreachable().end().drop();
        }
        4 => {
            e.ensure_node(node);
            e.op()
                .loop_(BlockType::Empty)
                .block(BlockType::Result(ValType::Ref(some)));
            e.op()
                .local_get(node)
                .br_on_cast(0, null, some)
                .drop()
                .br(1)
                .end();
            e.op().drop().br(0).end();
        }
        5 => {
            e.ensure_node(node);
            e.op()
                .loop_(BlockType::Empty)
                .block(BlockType::Result(ValType::Ref(RefType::EQREF)));
            e.op()
                .local_get(node)
                .br_on_cast_fail(0, RefType::EQREF, some)
                .drop()
                .br(1)
                .end();
            e.op().drop().br(0).end();
        }
        // Fills all of an array, repeatedly: the last time there is fuel for a part only.
        6 => {
            let array = e.large_refs();
            e.op().loop_(BlockType::Empty).local_get(array).i32_const(0);
            e.eq_value(1);
            e.op().local_get(array).array_len().array_fill(t.refs);
            e.op().br(0).end();
        }
        _ => {
            let array = e.large_refs();
            e.op()
                .loop_(BlockType::Empty)
                .local_get(array)
                .i32_const(1)
                .local_get(array)
                .i32_const(0)
                .local_get(array)
                .array_len()
                .i32_const(1)
                .i32_sub()
                .array_copy(t.refs, t.refs)
                .local_get(array)
                .i32_const(0);
            e.i31();
            e.op().array_set(t.refs).br(0).end();
        }
    }
}

impl Emitter<'_> {
    /// A local with an array of some hundred elements, which is in a global, too.
    fn large_refs(&mut self) -> u32 {
        let refs = self.layout.types.refs;
        let array = self.any_refs();
        let global = self.layout.globals.refs;
        self.eq_value(1);
        let len = self.choice.range(100, 900) as i32;
        self.op()
            .i32_const(len)
            .array_new(refs)
            .local_tee(array)
            .global_set(global);
        array
    }
}
