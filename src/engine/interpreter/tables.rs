//! Instructions on whole tables and element segments: decoding of operands.

use super::inside::halves;
use crate::engine::storage::range;
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
        if self.has_table_range(table, start, n) && self.collects_inside(n) {
            let [first, second] = halves(n as u32, 0, 0);
            self.table_fill(table, start, value, first.end.into())?;
            self.collect_inside(inspector)?;
            let value = self.machine.register(op.b + 1);
            let (start, n) = (start + u64::from(second.start), second.len() as u64);
            return self.table_fill(table, start, value, n);
        }
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
        let fits = self.has_table_range(dst, to, n) && self.has_table_range(src, from, n);
        if fits && self.collects_inside(n) {
            for (part, i) in halves(n as u32, to, from).into_iter().enumerate() {
                if part > 0 {
                    self.collect_inside(inspector)?;
                }
                let (to, from) = (to + u64::from(i.start), from + u64::from(i.start));
                self.table_copy((dst, to), (src, from), i.len() as u64)?;
            }
            return Ok(());
        }
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
        let table = u32::from(op.a);
        let segment = self.instances[instance as usize].elements[op.imm as usize]
            .refs
            .len();
        let fits = self.has_table_range(self.table(instance, table), to, n)
            && range(from, n, segment).is_some();
        if fits && self.collects_inside(n) {
            for (part, i) in halves(n as u32, 0, 0).into_iter().enumerate() {
                if part > 0 {
                    self.collect_inside(inspector)?;
                }
                let (to, from) = (to + u64::from(i.start), from + u64::from(i.start));
                self.table_init(instance, table, op.imm, to, from, i.len() as u64)?;
            }
            return Ok(());
        }
        self.table_init(instance, table, op.imm, to, from, n)
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
