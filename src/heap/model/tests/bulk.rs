//! Random bulk operations, on arrays and on slots outside the heap.

use super::pair::{Pair, Registers, Twin};
use crate::heap::{GcRef, Heap, RootSlot, Shape};
use crate::types::StorageKind;
use std::ops::Range;

impl Pair {
    /// A random part of a row of `of` elements.
    fn part(&mut self, of: usize) -> Range<usize> {
        let start = self.random.below(of + 1);
        start..start + self.random.below(of - start + 1)
    }

    /// One bulk operation on an array.
    pub fn bulk(&mut self, twin: Twin, kind: StorageKind) {
        let (n, m) = (twin.null, twin.model);
        let part = self.part(twin.len as usize);
        let (start, len) = (part.start as u32, part.len());
        match self.random.below(4) {
            0 if kind == StorageKind::B128 && self.random.below(2) == 0 => {
                self.tried.insert("fill vector".into());
                let vector = u128::from(self.random.next()) * u128::from(u64::MAX);
                let len = len as u32;
                self.null.fill(n, start, len, kind, vector).unwrap();
                self.model.fill(m, start, len, kind, vector).unwrap();
            }
            0 => {
                self.try_kind("fill", kind);
                let value = self.values(&[kind]);
                let len = len as u32;
                self.null
                    .fill(n, start, len, kind, value.null[0].into())
                    .unwrap();
                let model = value.model[0];
                self.model.fill(m, start, len, kind, model.into()).unwrap();
            }
            1 if matches!(kind, StorageKind::Gc | StorageKind::Func) => {
                self.try_kind("elements", kind);
                let Registers { null, model } = self.values(&vec![kind; len]);
                let slots = |row: &[u64]| -> Vec<u32> { row.iter().map(|r| *r as u32).collect() };
                let (null, model) = (slots(&null), slots(&model));
                self.null.init_elements(n, start, kind, &null).unwrap();
                self.model.init_elements(m, start, kind, &model).unwrap();
            }
            1 => {
                self.try_kind("data", kind);
                let bytes = len * kind.width() as usize;
                let data: Vec<u8> = (0..bytes).map(|_| self.random.next() as u8).collect();
                self.null.init_data(n, start, kind, &data).unwrap();
                self.model.init_data(m, start, kind, &data).unwrap();
            }
            _ => self.copy(twin, start, len, kind),
        }
    }

    /// Copies part of the array onto itself, or part of another one.
    fn copy(&mut self, dst: Twin, to: u32, len: usize, kind: StorageKind) {
        let other = self.twin();
        let src = match other.shape {
            Shape::Array(ty) if self.types.element(ty).storage.storage_kind() == kind => other,
            _ => dst,
        };
        let len = len.min(src.len as usize) as u32;
        let from = self.random.below((src.len - len) as usize + 1) as u32;
        let overlaps = src.null == dst.null && from.abs_diff(to) < len;
        let name = match overlaps {
            true if from < to => "overlap up",
            true if from > to => "overlap down",
            _ => "copy",
        };
        self.try_kind(name, kind);
        self.null
            .copy((dst.null, to), (src.null, from), len, kind)
            .unwrap();
        self.model
            .copy((dst.model, to), (src.model, from), len, kind)
            .unwrap();
        self.compare_object(src);
    }

    /// One operation on the slots outside the heap.
    pub fn slots(&mut self) {
        let (null, model): (GcRef, GcRef) = self.reference();
        self.null.expose(RootSlot::Handle(0), null).unwrap();
        self.model.expose(RootSlot::Handle(0), model).unwrap();
        let len = self.slots.0.len();
        let (i, part) = (self.random.below(len), self.part(len));
        let choice = self.random.below(6);
        let (mut a, mut b) = std::mem::take(&mut self.slots);
        match choice {
            0 => {
                self.null
                    .write_slot(RootSlot::Handle(0), &mut a[i], null)
                    .unwrap();
                self.model
                    .write_slot(RootSlot::Handle(0), &mut b[i], model)
                    .unwrap();
            }
            1 => {
                (a[i], b[i]) = (0, 0);
                self.null
                    .init_slot(RootSlot::Handle(0), &mut a[i], null)
                    .unwrap();
                self.model
                    .init_slot(RootSlot::Handle(0), &mut b[i], model)
                    .unwrap();
            }
            2 => {
                self.null
                    .drop_slots(RootSlot::Handle(0), &mut a[part.clone()])
                    .unwrap();
                self.model
                    .drop_slots(RootSlot::Handle(0), &mut b[part])
                    .unwrap();
            }
            3 => {
                self.null.fill_slots(0, &mut a[part.clone()], null).unwrap();
                self.model.fill_slots(0, &mut b[part], model).unwrap();
            }
            4 => {
                let from = self.random.below(len - part.len() + 1);
                let (x, y) = (
                    a[from..from + part.len()].to_vec(),
                    b[from..from + part.len()].to_vec(),
                );
                self.null.copy_slots(0, &mut a[part.clone()], &x).unwrap();
                self.model.copy_slots(0, &mut b[part], &y).unwrap();
            }
            _ if len < 40 => {
                a.resize(len + 3, 0);
                b.resize(len + 3, 0);
                self.null.grow_slots(0, &mut a[len..], null).unwrap();
                self.model.grow_slots(0, &mut b[len..], model).unwrap();
            }
            _ => {}
        }
        self.slots = (a, b);
        self.compare_slots();
    }
}
