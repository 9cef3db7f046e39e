//! Random operations on the null collector and on the model, which must agree.

use super::pair::{Pair, Registers, Twin};
use crate::heap::testing::{STORAGE_KINDS, TestFrame};
use crate::heap::{Heap, Place, Shape};
use crate::types::{Composite, StorageKind, TypeId};
use std::collections::BTreeSet;

/// Lengths of arrays stay below this.
const LEN: usize = 24;

#[test]
fn the_model_agrees_with_the_null_collector() {
    let mut tried = BTreeSet::new();
    for seed in 0..40 {
        let mut pair = Pair::new(seed);
        for i in 0..1200 {
            pair.step();
            if i % 100 == 0 {
                pair.compare();
            }
        }
        pair.compare();
        tried.append(&mut pair.tried);
    }
    for operation in [
        "get",
        "set",
        "fill",
        "copy",
        "overlap up",
        "overlap down",
        "array",
        "default",
        "fixed",
        "struct",
        "exception",
    ] {
        for kind in STORAGE_KINDS {
            let packed = matches!(kind, StorageKind::B8 | StorageKind::B16);
            let possible = operation != "exception" || !packed;
            let name = format!("{operation} {kind:?}");
            assert_eq!(tried.contains(&name), possible, "{name}");
        }
    }
    for name in [
        "fill vector",
        "set vector",
        "data B8",
        "data B16",
        "data B32",
        "data B64",
        "data B128",
        "elements Gc",
        "elements Func",
    ] {
        assert!(tried.contains(name), "{name}");
    }
}

impl Pair {
    /// Records that an operation was tried.
    pub fn try_kind(&mut self, operation: &str, kind: StorageKind) {
        self.tried.insert(format!("{operation} {kind:?}"));
    }

    /// Runs one operation on both heaps.
    fn step(&mut self) {
        if self.twins.len() < 200 && self.random.below(4) == 0 {
            return self.allocate();
        }
        let Some(_) = self.twins.first() else { return };
        let twin = self.twin();
        match self.random.below(20) {
            0 => {
                self.add_random_type();
                self.add_types();
            }
            1 => {
                let mut frame = TestFrame::of(&[twin.null]);
                self.null.collect(&mut frame).unwrap();
                self.model
                    .collect(&mut TestFrame::of(&[twin.model]))
                    .unwrap();
                assert_eq!(frame.0, [twin.null.register()]);
            }
            2 => self.compare_object(twin),
            3..6 => self.slots(),
            6..12 => {
                let places = self.places(twin);
                if !places.is_empty() {
                    let place = places[self.random.below(places.len())];
                    self.set(twin, place);
                    self.compare_place(twin, place);
                }
            }
            _ => {
                if let Shape::Array(ty) = twin.shape {
                    let kind = self.types.element(ty).storage.storage_kind();
                    self.bulk(twin, kind);
                    self.compare_object(twin);
                }
            }
        }
    }

    fn allocate(&mut self) {
        let n = self.random.next() as u32;
        let default = self.random.below(3) == 0;
        if self.random.below(12) == 0 {
            let (null, model) = (self.null.new_extern(n), self.model.new_extern(n));
            return self.born(Shape::Extern, 0, null, model);
        }
        let ty = TypeId(self.random.below(self.types.len()) as u32);
        match self.types.entry(ty).sub.composite {
            Composite::Struct(_) if default => {
                let null = self.null.new_struct_default(ty);
                let model = self.model.new_struct_default(ty);
                self.born(Shape::Struct(ty), 0, null, model);
            }
            Composite::Struct(_) => {
                let storage_kinds = self.field_kinds(ty);
                storage_kinds
                    .iter()
                    .for_each(|kind| self.try_kind("struct", *kind));
                let Registers { null, model } = self.values(&storage_kinds);
                let null = self.null.new_struct(ty, &null);
                let model = self.model.new_struct(ty, &model);
                self.born(Shape::Struct(ty), 0, null, model);
            }
            Composite::Func(_) => {
                let storage_kinds = self.field_kinds(ty);
                storage_kinds
                    .iter()
                    .for_each(|kind| self.try_kind("exception", *kind));
                let Registers { null, model } = self.values(&storage_kinds);
                let null = self.null.new_exception(ty, n, &null);
                let model = self.model.new_exception(ty, n, &model);
                self.born(Shape::Exception(ty), 0, null, model);
            }
            Composite::Array(element) => self.allocate_array(ty, element.storage.storage_kind()),
        }
        let newest = self.twins[self.twins.len() - 1];
        self.compare_object(newest);
    }

    fn allocate_array(&mut self, ty: TypeId, kind: StorageKind) {
        let len = self.random.below(LEN);
        let shape = Shape::Array(ty);
        let n = len as u32;
        match self.random.below(3) {
            0 => {
                self.try_kind("array", kind);
                let value = self.values(&[kind]);
                let null = self.null.new_array(ty, n, value.null[0]);
                let model = self.model.new_array(ty, n, value.model[0]);
                self.born(shape, n, null, model);
            }
            1 => {
                self.try_kind("default", kind);
                let null = self.null.new_array_default(ty, n);
                let model = self.model.new_array_default(ty, n);
                self.born(shape, n, null, model);
            }
            _ => {
                self.try_kind("fixed", kind);
                let Registers { null, model } = self.values(&vec![kind; len]);
                let null = self.null.new_array_fixed(ty, &null);
                let model = self.model.new_array_fixed(ty, &model);
                self.born(shape, n, null, model);
            }
        }
    }

    /// Writes one value. Programs cannot write to exceptions.
    fn set(&mut self, twin: Twin, place: Place) {
        if let Shape::Exception(_) = twin.shape {
            return;
        }
        let (n, m, kind) = (twin.null, twin.model, place.kind());
        let value = self.values(&[kind]);
        if kind == StorageKind::B128 && self.random.below(2) == 0 {
            self.tried.insert("set vector".into());
            let vector = u128::from(value.null[0]) << 64 | u128::from(value.null[1]);
            self.null.store(n, place, vector).unwrap();
            self.model.store(m, place, vector).unwrap();
            return;
        }
        self.try_kind("set", kind);
        let (null, model) = (value.null[0], value.model[0]);
        match place {
            Place::Field(field) => {
                self.null.set_field(n, field, null).unwrap();
                self.model.set_field(m, field, model).unwrap();
            }
            Place::Element { index, kind } => {
                self.null.set_element(n, index, kind, null).unwrap();
                self.model.set_element(m, index, kind, model).unwrap();
            }
        }
    }
}
