//! Loops that end when the fuel is used up: each kind of back edge must cost fuel, and a bulk
//! operation that cannot be paid for must not happen.

use wasm_encoder::{AbstractHeapType, BlockType, RefType};

use super::super::emit::Emitter;
use super::super::ref_types::{heap, nullable};

/// Writes one of them. No code follows it.
pub(in crate::generate::enrich) fn run(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let node = e.any_node();
    let (null, some) = (nullable(t.node), nullable(t.node).nullable(false));
    e.ends_at_limit();
    match e.choice.below(9) {
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
            e.op().ref_null(ty).local_set(node).loop_(BlockType::Empty);
            e.op().local_get(node).br_on_null(0).drop().end();
        }
        // Loops with the reference that they branch on as a parameter.
        3 => {
            begin(e, node);
            e.op().local_get(node).br_on_non_null(0).local_get(node);
            end(e);
        }
        4 => {
            begin(e, node);
            e.op().local_get(node).br_on_cast(0, null, some);
            end(e);
        }
        5 => {
            let none = RefType {
                nullable: true,
                heap_type: heap(AbstractHeapType::None),
            };
            begin(e, node);
            e.op().local_get(node).br_on_cast_fail(0, null, none);
            end(e);
        }
        // Fills all of an array, repeatedly: the last time there is fuel for a part only.
        6 | 7 => {
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

/// Begins a loop with two parameters, of which it takes the second, a node, into a local.
fn begin(e: &mut Emitter<'_>, node: u32) {
    let pair = BlockType::FunctionType(e.layout.types.pair);
    e.ensure_node(node);
    e.eq_value(1);
    e.op().local_get(node).loop_(pair).local_set(node);
}

/// Ends it.
fn end(e: &mut Emitter<'_>) {
    e.op().end().drop().drop();
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
