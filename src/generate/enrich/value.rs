//! Values: each method pushes one reference and never traps.

use wasm_encoder::{HeapType, RefType, ValType};

use super::emit::{Emitter, i31_value};
use super::layout::LEN;
use super::ref_types::{EQ, nullable};

impl Emitter<'_> {
    /// An i31, as `(ref i31)`.
    pub(super) fn i31(&mut self) {
        let value = i31_value(&mut self.choice);
        self.op().i32_const(value).ref_i31();
    }

    /// Pushes an eqref. `depth` bounds its nesting.
    pub(super) fn eq_value(&mut self, depth: u32) {
        let t = self.layout.types;
        let leaves = 8;
        let choices = if depth == 0 { leaves } else { 16 };
        match self.choice.below(choices) {
            0 => {
                self.op().ref_null(EQ);
            }
            1 | 2 => self.i31(),
            3 => {
                let local = self.any_node();
                self.op().local_get(local);
            }
            4 => {
                let local = self.any_eq();
                self.op().local_get(local);
            }
            5 => {
                let local = self.any_refs();
                self.op().local_get(local);
            }
            6 => {
                let ty = self
                    .choice
                    .pick(&[t.node, t.leaf, t.packed, t.empty, t.holder, t.box_]);
                self.op().struct_new_default(ty.unwrap_or(t.node));
            }
            7 => {
                let global = self.layout.globals.eq;
                self.op().global_get(global);
            }
            8..=10 => self.new_node(depth - 1),
            11 => {
                let table = self.layout.eq_table;
                self.index();
                self.op().table_get(table);
            }
            12 => {
                let local = self.any_node();
                self.guarded(local, RefType::EQREF, |e| {
                    e.op().local_get(local).struct_get(t.node, 0);
                });
            }
            13 => {
                let local = self.any_refs();
                self.guarded(local, RefType::EQREF, |e| {
                    e.op().local_get(local);
                    e.index();
                    e.op().array_get(t.refs);
                });
            }
            14 => self.new_refs(depth - 1),
            _ => {
                self.eq_value(depth - 1);
                self.eq_value(depth - 1);
                self.condition();
                self.op().typed_select(ValType::Ref(RefType::EQREF));
            }
        }
    }

    /// Pushes a number that may differ between iterations of a loop.
    pub(super) fn condition(&mut self) {
        match self.choice.below(4) {
            0 => {
                let digest = self.layout.globals.digest;
                self.op().global_get(digest).i32_const(1).i32_and();
            }
            1 => {
                let local = self.any_node();
                self.op().local_get(local).ref_is_null();
            }
            2 => {
                let counter = self.local.counter(0);
                self.op().local_get(counter).i32_const(1).i32_and();
            }
            _ => {
                let bit = self.choice.below(2) as i32;
                self.op().i32_const(bit);
            }
        }
    }

    /// A `(ref null $node)`.
    pub(super) fn node_value(&mut self, depth: u32) {
        let t = self.layout.types;
        let choices = if depth == 0 { 5 } else { 10 };
        match self.choice.below(choices) {
            0 => {
                self.op().ref_null(HeapType::Concrete(t.node));
            }
            1 | 2 => {
                let local = self.any_node();
                self.op().local_get(local);
            }
            3 => {
                let globals = [self.layout.globals.node, self.layout.globals.fixed];
                let global = globals[self.choice.below(2) as usize];
                self.op().global_get(global);
            }
            4 => {
                self.op().struct_new_default(t.node);
            }
            5 | 6 => self.new_node(depth - 1),
            7 => {
                let table = self.layout.node_table;
                self.index();
                self.op().table_get(table);
            }
            8 => {
                let local = self.any_node();
                self.guarded(local, nullable(t.node), |e| {
                    e.op().local_get(local).struct_get(t.node, 1);
                });
            }
            _ => self.new_leaf(depth - 1),
        }
    }

    /// A new node, as `(ref $node)`.
    pub(super) fn new_node(&mut self, depth: u32) {
        let node = self.layout.types.node;
        self.eq_value(depth);
        self.node_value(depth);
        let tag = self.choice.below(1 << 16) as i32;
        self.op().i32_const(tag).struct_new(node);
    }

    /// A new leaf, as `(ref $leaf)`.
    pub(super) fn new_leaf(&mut self, depth: u32) {
        let leaf = self.layout.types.leaf;
        self.eq_value(depth);
        self.node_value(depth);
        let tag = self.choice.below(1 << 16) as i32;
        self.op().i32_const(tag);
        self.ext_value(depth);
        let refs = self.any_refs();
        let wide = self.choice.bits() as i64;
        self.op().local_get(refs).i64_const(wide).struct_new(leaf);
    }

    /// A new array of eqrefs, as `(ref $refs)`, at least [`LEN`] long.
    pub(super) fn new_refs(&mut self, depth: u32) {
        let refs = self.layout.types.refs;
        let len = self.length();
        match self.choice.below(5) {
            // All elements are one object with many owners.
            0 | 1 => {
                self.eq_value(depth);
                self.op().i32_const(len).array_new(refs);
            }
            2 => {
                self.op().i32_const(len).array_new_default(refs);
            }
            // Distinguishable values, so that one in the wrong place shows.
            3 => {
                let first = self.choice.below(1 << 16) as i32;
                for i in 0..LEN as i32 {
                    self.op().i32_const(first + i).ref_i31();
                }
                self.op().array_new_fixed(refs, LEN);
            }
            _ if depth > 0 => {
                for _ in 0..LEN {
                    self.eq_value(depth - 1);
                }
                self.op().array_new_fixed(refs, LEN);
            }
            _ => {
                let segment = self.layout.kept_elem;
                self.op()
                    .i32_const(0)
                    .i32_const(LEN as i32)
                    .array_new_elem(refs, segment);
            }
        }
    }

    /// Length of a new array: mostly [`LEN`], at times more, rarely more than 255.
    pub(super) fn length(&mut self) -> i32 {
        let len = match self.choice.below(24) {
            0 => self.choice.range(256, 320),
            1 | 2 if self.layout.large => self.size() / 4,
            1..=4 => self.choice.range(LEN, 40),
            _ => LEN,
        };
        len.max(LEN) as i32
    }

    /// A size in bytes, at least [`LEN`]: in half of the cases near a power of two, where heaps
    /// round sizes.
    pub(super) fn size(&mut self) -> u32 {
        let most = if self.layout.large { 17 } else { 10 };
        let power = 1 << self.choice.range(3, most);
        match self.choice.below(2) {
            0 => power + self.choice.below(power),
            _ => (power + self.choice.below(33)).saturating_sub(24).max(LEN),
        }
    }

    /// An anyref.
    pub(super) fn any_value(&mut self, depth: u32) {
        let choices = if depth == 0 { 3 } else { 6 };
        match self.choice.below(choices) {
            0 => {
                let local = self.local.any();
                self.op().local_get(local);
            }
            1 => {
                let global = self.layout.globals.any;
                self.op().global_get(global);
            }
            2 => self.i31(),
            3 => {
                self.ext_value(depth - 1);
                self.op().any_convert_extern();
            }
            _ => self.eq_value(depth - 1),
        }
    }

    /// An externref.
    pub(super) fn ext_value(&mut self, depth: u32) {
        let choices = if depth == 0 { 4 } else { 6 };
        match self.choice.below(choices) {
            0 => {
                self.op().ref_null(HeapType::EXTERN);
            }
            1 => {
                let local = self.local.ext();
                self.op().local_get(local);
            }
            2 => {
                let global = self.layout.globals.ext;
                self.op().global_get(global);
            }
            3 => {
                self.i31();
                self.op().extern_convert_any();
            }
            _ => {
                self.any_value(depth - 1);
                self.op().extern_convert_any();
            }
        }
    }
}
