//! Instructions on whole tables and element segments: decoding of operands.

use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::Stop;
use crate::heap::Heap;
use crate::module::Op;

impl<H: Heap> Store<H> {
    /// `table.grow`.
    #[inline(never)]
    pub(super) fn run_table_grow(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let table = self.table(self.machine.running.instance, op.imm);
        let (value, n) = (self.machine.register(op.b), self.machine.register(op.c));
        let old = self.table_grow(table, value, n)?;
        self.machine.set_register(op.a, old);
        Ok(())
    }

    /// `table.fill`.
    #[inline(never)]
    pub(super) fn run_table_fill(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let [start, value, n] = self.machine.three(op.b);
        let table = self.table(self.machine.running.instance, op.imm);
        self.table_fill(table, start, value, n)
    }

    /// `table.copy`.
    #[inline(never)]
    pub(super) fn run_table_copy(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let instance = self.machine.running.instance;
        let [to, from, n] = self.machine.three(op.b);
        let src = self.table(instance, op.imm);
        let dst = self.table(instance, u32::from(op.a));
        self.table_copy((dst, to), (src, from), n)
    }

    /// `table.init`.
    #[inline(never)]
    pub(super) fn run_table_init(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        let instance = self.machine.running.instance;
        let [to, from, n] = self.machine.three(op.b);
        self.table_init(instance, u32::from(op.a), op.imm, to, from, n)
    }

    /// `elem.drop`.
    #[inline(never)]
    pub(super) fn run_elem_drop(
        &mut self,
        op: Op,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.touch(inspector)?;
        self.elem_drop(self.machine.running.instance, op.imm)
    }
}
