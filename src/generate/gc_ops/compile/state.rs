//! Operations on globals, tables and segments.

use super::arrays::part;
use super::body::Body;
use super::{DATA_SEGMENTS, env};
use crate::generate::gc_ops::program::{FieldStorage, Global, Op, OpKind, TableDef, Ty};

impl Body<'_> {
    pub(super) fn global(&mut self, op: Op) {
        let [a, _, c, _] = op.with;
        let sets = op.kind == OpKind::GlobalSet;
        let all = &self.env.program.globals;
        let will_do = |global: &&Global| global.mutable || !sets;
        let count = all.iter().filter(will_do).count();
        let nth = usize::from(a) % count.max(1);
        let mut found = (0..).zip(all).filter(|(_, global)| will_do(global));
        let Some((index, global)) = found.nth(nth) else {
            return;
        };
        let index = env::global(index);
        if sets {
            self.value(global.ty);
            self.i().global_set(index);
        } else {
            self.i().global_get(index);
            self.put(global.ty, c);
        }
    }

    /// Tables never shrink, so indices below the initial length are always in bounds.
    pub(super) fn table(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        let all = &env.program.tables;
        let nth = usize::from(a) % all.len().max(1);
        let Some(table) = all.get(nth) else { return };
        let index = nth as u32;
        let at = d % table.len;
        let len = c % (table.len - at + 1);
        match op.kind {
            OpKind::TableGet => {
                self.i().i32_const(at.into()).table_get(index);
                self.put(table.ty, c);
            }
            OpKind::TableSet => {
                self.i().i32_const(at.into());
                self.value(table.ty);
                self.i().table_set(index);
            }
            OpKind::TableFill => {
                self.i().i32_const(at.into());
                self.value(table.ty);
                self.i().i32_const(len.into()).table_fill(index);
            }
            OpKind::TableGrow => {
                self.value(table.ty);
                self.i().i32_const((c % 4).into()).table_grow(index);
                self.fold(Ty::I32);
                self.i().table_size(index);
                self.fold(Ty::I32);
            }
            OpKind::TableCopy => {
                // The same table, if no other fits.
                let fitting = |other: &(u32, &TableDef)| env.fits(other.1.ty, table.ty);
                let others = (0..).zip(all).filter(fitting);
                let nth = usize::from(b) % others.clone().count().max(1);
                let Some((from, other)) = others.clone().nth(nth) else {
                    return;
                };
                let start = b % other.len;
                let len = len.min(other.len - start);
                self.i().i32_const(at.into()).i32_const(start.into());
                self.i().i32_const(len.into()).table_copy(index, from);
            }
            _ => {
                let Some(segment) = self.segment(FieldStorage::Val(table.ty), b) else {
                    return;
                };
                let (from, len) = part(d);
                let at = (i32::from(c) % i32::from(table.len)).min(i32::from(table.len) - len);
                self.i().i32_const(at).i32_const(from).i32_const(len);
                self.i().table_init(index, segment);
            }
        }
    }

    /// Later uses of the segment trap, so this is rare.
    pub(super) fn drop_segment(&mut self, op: Op) {
        let [a, ..] = op.with;
        let count = self.env.program.segments.len();
        self.begin();
        self.rarely(3);
        match op.kind {
            OpKind::DataDrop => {
                self.i().data_drop(u32::from(a) % DATA_SEGMENTS);
            }
            _ => {
                if let Some(nth) = usize::from(a).checked_rem(count) {
                    self.i().elem_drop(nth as u32);
                }
            }
        }
        self.done();
    }
}
