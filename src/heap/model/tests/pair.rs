//! The null collector and the model, side by side.

use super::super::Model;
use crate::heap::null::Null;
use crate::heap::testing::Random;
use crate::heap::{GcRef, Heap, HeapError, Inspect, Place, Shape};
use crate::types::{StorageKind, TypeId, Types};
use std::collections::{BTreeMap, BTreeSet};

/// One object on both heaps.
#[derive(Copy, Clone, Debug)]
pub struct Twin {
    pub null: GcRef,
    pub model: GcRef,
    pub shape: Shape,
    pub len: u32,
}

/// Registers for both heaps, equal except for references.
#[derive(Clone, Default, Debug)]
pub struct Registers {
    pub null: Vec<u64>,
    pub model: Vec<u64>,
}

/// Both heaps, and the correspondence of their objects.
pub struct Pair {
    pub random: Random,
    pub types: Types,
    pub null: Null,
    pub model: Model,
    pub twins: Vec<Twin>,
    /// From the null collector's address to the model's.
    addresses: BTreeMap<u32, u32>,
    pub slots: (Vec<u32>, Vec<u32>),
    /// The operations that were tried, each with a storage kind.
    pub tried: BTreeSet<String>,
}

impl Pair {
    /// Empty heaps, and an array type of every storage type.
    pub fn new(seed: u64) -> Pair {
        let mut pair = Pair {
            random: Random(seed),
            types: Types::new(),
            null: Null::new(1 << 22),
            model: Model::new(1 << 22),
            twins: Vec::new(),
            addresses: BTreeMap::new(),
            slots: (vec![0; 8], vec![0; 8]),
            tried: BTreeSet::new(),
        };
        pair.add_arrays();
        for _ in 0..8 {
            pair.add_random_type();
        }
        pair.add_types();
        pair
    }

    pub fn add_types(&mut self) {
        self.null.add_types(&self.types);
        self.model.add_types(&self.types);
    }

    /// A random reference of any kind.
    pub fn reference(&mut self) -> (GcRef, GcRef) {
        let n = self.random.next() as u32;
        match self.random.below(4) {
            0 => (GcRef::NULL, GcRef::NULL),
            1 => (GcRef::i31(n), GcRef::i31(n)),
            _ if self.twins.is_empty() => (GcRef::NULL, GcRef::NULL),
            _ => {
                let twin = self.twin();
                (twin.null, twin.model)
            }
        }
    }

    /// A random object.
    pub fn twin(&mut self) -> Twin {
        self.twins[self.random.below(self.twins.len())]
    }

    /// A random value of a storage kind. Bits beyond its width are garbage.
    pub fn value(&mut self, kind: StorageKind, to: &mut Registers) {
        if kind == StorageKind::Gc {
            let garbage = self.random.next() << 32;
            let (null, model) = self.reference();
            to.null.push(garbage | null.register());
            to.model.push(garbage | model.register());
            return;
        }
        for _ in 0..kind.registers() {
            let bits = self.random.next();
            to.null.push(bits);
            to.model.push(bits);
        }
    }

    /// Random values of all these storage kinds.
    pub fn values(&mut self, storage_kinds: &[StorageKind]) -> Registers {
        let mut registers = Registers::default();
        for kind in storage_kinds {
            self.value(*kind, &mut registers);
        }
        registers
    }

    /// The storage kinds of a type's fields or parameters.
    pub fn field_kinds(&self, ty: TypeId) -> Vec<StorageKind> {
        let fields = &self.types.entry(ty).layout.fields;
        fields.iter().map(|f| f.kind).collect()
    }

    /// Records a new object.
    pub fn born(
        &mut self,
        shape: Shape,
        len: u32,
        null: Result<GcRef, HeapError>,
        model: Result<GcRef, HeapError>,
    ) {
        let (null, model) = (null.unwrap(), model.unwrap());
        assert_eq!(self.addresses.insert(null.0, model.0), None);
        self.twins.push(Twin {
            null,
            model,
            shape,
            len,
        });
    }

    /// The places of an object.
    pub fn places(&self, twin: Twin) -> Vec<Place> {
        match twin.shape {
            Shape::Struct(ty) | Shape::Exception(ty) => {
                let fields = &self.types.entry(ty).layout.fields;
                fields.iter().map(|f| Place::Field(*f)).collect()
            }
            Shape::Array(ty) => {
                let kind = self.types.element(ty).storage.storage_kind();
                let element = |index| Place::Element { index, kind };
                (0..twin.len).map(element).collect()
            }
            Shape::Extern => Vec::new(),
        }
    }

    /// A register of the null collector, translated for the model.
    fn translate(&self, kind: StorageKind, register: u64) -> u64 {
        let r = GcRef::from_register(register);
        match kind == StorageKind::Gc && r.is_object() {
            true => u64::from(self.addresses[&r.0]),
            false => register,
        }
    }

    /// Compares everything that can be read at a place.
    pub fn compare_place(&mut self, twin: Twin, place: Place) {
        let kind = place.kind();
        self.tried.insert(format!("get {kind:?}"));
        let (n, m) = (twin.null, twin.model);
        let (null, model) = match place {
            Place::Field(field) => (
                self.null.get_field(n, field),
                self.model.get_field(m, field),
            ),
            Place::Element { index, kind } => (
                self.null.get_element(n, index, kind),
                self.model.get_element(m, index, kind),
            ),
        };
        let expected = self.translate(kind, null.unwrap());
        assert_eq!(model, Ok(expected), "{twin:?} {place:?}");
        assert_eq!(self.model.peek(m, place), Some(expected));
        assert_eq!(
            self.model.peek_high(m, place),
            self.null.peek_high(n, place)
        );
        if kind == StorageKind::B128 {
            let vector = self.null.load(n, place).unwrap();
            assert_eq!(self.model.load(m, place), Ok(vector));
        }
    }

    /// Compares everything that is known about an object.
    pub fn compare_object(&mut self, twin: Twin) {
        let (n, m) = (twin.null, twin.model);
        assert_eq!(self.model.shape(m), Ok(twin.shape));
        assert_eq!(self.null.shape(n), Ok(twin.shape));
        assert_eq!(self.model.array_len(m).ok(), self.null.array_len(n).ok());
        assert_eq!(
            self.model.exception_tag(m).ok(),
            self.null.exception_tag(n).ok()
        );
        assert_eq!(
            self.model.extern_host(m).ok(),
            self.null.extern_host(n).ok()
        );
        assert_eq!(self.model.peek_word(m), self.null.peek_word(n));
        assert_eq!(self.model.header(m), self.null.header(n));
        for place in self.places(twin) {
            self.compare_place(twin, place);
        }
    }

    /// Compares the slots outside the heaps.
    pub fn compare_slots(&self) {
        assert_eq!(self.slots.0.len(), self.slots.1.len());
        for (null, model) in self.slots.0.iter().zip(&self.slots.1) {
            let expected = self.translate(StorageKind::Gc, u64::from(*null));
            assert_eq!(u64::from(*model), expected);
        }
    }

    /// Compares everything.
    pub fn compare(&mut self) {
        for twin in self.twins.clone() {
            self.compare_object(twin);
        }
        self.compare_slots();
        assert_eq!(self.model.stats(), self.null.stats());
        assert_eq!(self.model.wants_collection(), self.null.wants_collection());
    }
}
