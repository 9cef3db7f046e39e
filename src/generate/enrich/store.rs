//! Stores to appended places, and blocks around a value.

use wasm_encoder::BlockType;

use super::emit::Emitter;
use super::ref_types::EQ_BLOCK;

impl Emitter<'_> {
    /// Makes a node local non-null.
    pub(super) fn ensure_node(&mut self, local: u32) {
        self.ensure(local, |e| e.new_node(1));
    }

    /// Makes a local with an array of eqrefs non-null.
    pub(super) fn ensure_refs(&mut self, local: u32) {
        self.ensure(local, |e| e.new_refs(1));
    }

    /// Stores the eqref that `value` pushes in an appended place.
    pub(super) fn store_eq(&mut self, value: impl FnOnce(&mut Self)) {
        let t = self.layout.types;
        match self.choice.below(7) {
            0 | 1 => {
                let local = self.any_eq();
                value(self);
                self.op().local_set(local);
            }
            2 => {
                let globals = [self.layout.globals.eq, self.layout.globals.any];
                let global = globals[self.choice.below(2) as usize];
                value(self);
                self.op().global_set(global);
            }
            3 => {
                let table = self.layout.eq_table;
                self.index();
                value(self);
                self.op().table_set(table);
            }
            4 | 5 => {
                let local = self.any_node();
                self.ensure_node(local);
                self.op().local_get(local);
                value(self);
                self.op().struct_set(t.node, 0);
            }
            _ => {
                let local = self.any_refs();
                self.ensure_refs(local);
                self.op().local_get(local);
                self.index();
                value(self);
                self.op().array_set(t.refs);
            }
        }
    }

    /// Runs `body`, which pushes an eqref, in a block that can be left with an eqref.
    pub(super) fn eq_block(&mut self, body: impl FnOnce(&mut Self)) {
        self.op().block(EQ_BLOCK);
        body(self);
        self.op().end();
    }

    /// Runs `body` if `local` is not null. `body` pushes nothing.
    pub(super) fn if_some(&mut self, local: u32, body: impl FnOnce(&mut Self)) {
        self.op()
            .local_get(local)
            .ref_is_null()
            .if_(BlockType::Empty)
            .else_();
        body(self);
        self.op().end();
    }
}
