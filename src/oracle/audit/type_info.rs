//! Type information for audits, computed from the type section: the size of a
//! type's objects, and the locations of their references. It takes nothing from
//! a collector's own tables.

use crate::heap::{Block, GRANULE, GcRef, Header, Inspect, Place, Shape};
use crate::types::{
    ARRAY_ELEMENTS, Composite, RefType, StorageKind, StorageType, TypeId, Types, ValType,
};
use std::ops::Range;

/// A reference in a structure or an exception's payload.
#[derive(Copy, Clone, Debug)]
pub(super) struct RefField {
    pub place: Place,
    /// Its offset in the payload.
    offset: u32,
    pub ty: RefType,
}

/// The element of an array.
#[derive(Copy, Clone, Debug)]
pub(super) struct Element {
    pub kind: StorageKind,
    /// Its type, if it is a reference.
    pub ty: Option<RefType>,
}

/// Sizes and references of the objects of one type.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    shape: Shape,
    /// Bytes of payload; for an array, without its elements.
    size: u32,
    pub element: Option<Element>,
    /// The ranges in [`Plans::slots`] of its references into the heap, and of
    /// its references to functions.
    slots: Range<u32>,
    funcs: Range<u32>,
}

/// All types of a store, by [`TypeId`].
#[derive(Debug, Default)]
pub(super) struct Plans {
    plans: Vec<Plan>,
    slots: Vec<RefField>,
}

impl Plans {
    /// Forgets all types.
    pub fn forget(&mut self) {
        self.plans.clear();
        self.slots.clear();
    }

    /// Adds the types that are not known yet.
    pub fn learn(&mut self, types: &Types) {
        self.plans
            .reserve(types.len().saturating_sub(self.plans.len()));
        for (ty, entry) in types.iter().skip(self.plans.len()) {
            let layout = &entry.layout;
            let plan = match &entry.sub.composite {
                Composite::Array(element) => {
                    let ty_of = |storage: StorageType| match storage.unpacked() {
                        ValType::Ref(ty) => Some(ty),
                        _ => None,
                    };
                    Plan {
                        shape: Shape::Array(ty),
                        size: ARRAY_ELEMENTS,
                        element: Some(Element {
                            kind: element.storage.storage_kind(),
                            ty: ty_of(element.storage),
                        }),
                        slots: 0..0,
                        funcs: 0..0,
                    }
                }
                Composite::Struct(fields) => {
                    let types = fields.iter().map(|f| f.storage.unpacked());
                    let (slots, funcs) = self.add(types.zip(layout.fields.iter()));
                    Plan {
                        shape: Shape::Struct(ty),
                        size: layout.size,
                        element: None,
                        slots,
                        funcs,
                    }
                }
                Composite::Func(f) => {
                    let types = f.params.iter().copied();
                    let (slots, funcs) = self.add(types.zip(layout.fields.iter()));
                    Plan {
                        shape: Shape::Exception(ty),
                        size: layout.size,
                        element: None,
                        slots,
                        funcs,
                    }
                }
            };
            self.plans.push(plan);
        }
    }

    /// Adds the references among fields: those into the heap, then those to
    /// functions.
    fn add<'a>(
        &mut self,
        fields: impl Iterator<Item = (ValType, &'a crate::types::Field)> + Clone,
    ) -> (Range<u32>, Range<u32>) {
        let mut add = |kind: StorageKind| {
            let first = self.slots.len() as u32;
            for (ty, field) in fields.clone().filter(|(_, field)| field.kind == kind) {
                if let ValType::Ref(ty) = ty {
                    self.slots.push(RefField {
                        place: Place::Field(*field),
                        offset: field.offset,
                        ty,
                    });
                }
            }
            first..self.slots.len() as u32
        };
        (add(StorageKind::Gc), add(StorageKind::Func))
    }

    /// The plan of an object's type; `None` if its header names no type of its
    /// own kind, or if it is an external value.
    #[inline]
    pub fn of(&self, shape: Option<Shape>) -> Option<&Plan> {
        let plan = self.plans.get(type_of(shape)?.0 as usize)?;
        (Some(plan.shape) == shape).then_some(plan)
    }

    /// The references into the heap of a structure or exception.
    #[inline]
    pub fn slots(&self, plan: &Plan) -> &[RefField] {
        &self.slots[plan.slots.start as usize..plan.slots.end as usize]
    }

    /// The references to functions of a structure or exception.
    #[inline]
    pub fn funcs(&self, plan: &Plan) -> &[RefField] {
        &self.slots[plan.funcs.start as usize..plan.funcs.end as usize]
    }

    /// The bytes of payload that an object needs, if its header names a type.
    #[inline]
    pub fn payload(&self, header: &Header) -> Option<u64> {
        if header.shape == Some(Shape::Extern) {
            // One word, padded to a double word.
            return Some(8);
        }
        let plan = self.of(header.shape)?;
        Some(match plan.element {
            Some(element) => {
                u64::from(plan.size) + u64::from(element.kind.width()) * u64::from(header.len)
            }
            None => plan.size.into(),
        })
    }

    /// The bytes of the block that an object needs, including `header_size`
    /// bytes of header, if its header names a type.
    #[inline]
    pub fn block_size(&self, header: &Header, header_size: u32) -> Option<u64> {
        let size = u64::from(header_size) + self.payload(header)?;
        Some(size.next_multiple_of(u64::from(GRANULE)))
    }

    /// The place of the `slot`-th reference into the heap, and its static type.
    pub fn slot(&self, shape: Option<Shape>, slot: usize) -> Option<(Place, RefType)> {
        let plan = self.of(shape)?;
        if let Some(Element { kind, ty }) = plan.element {
            let index = slot as u32;
            return Some((Place::Element { index, kind }, ty?));
        }
        let slot = self.slots(plan).get(slot)?;
        Some((slot.place, slot.ty))
    }

    /// Appends to `held` the values of all references into the heap in the
    /// object at `r`, in order. A field that cannot be read counts as null; the
    /// first element that cannot be read ends the list. Returns whether all
    /// could be read.
    #[inline]
    pub fn read<H: Inspect>(
        &self,
        heap: &H,
        (r, size, header): (GcRef, u32, &Header),
        plan: &Plan,
        held: &mut Vec<GcRef>,
    ) -> bool {
        let slots = self.slots(plan);
        let is_array = matches!(
            plan.element,
            Some(Element {
                kind: StorageKind::Gc,
                ty: Some(_),
            })
        );
        if slots.is_empty() && !is_array {
            return true;
        }
        // Reading a heap's bytes as one block is much faster than reading each slot.
        let block = Block {
            start: r.0,
            size,
            free: false,
        };
        let bytes = heap.header_size().and_then(|size| {
            let bytes = heap.bytes(block)?;
            bytes.get(size as usize..)
        });
        match (is_array, bytes) {
            (false, Some(bytes)) => {
                held.extend(slots.iter().map(|slot| {
                    let word = bytes.get(slot.offset as usize..);
                    let word = word.and_then(<[u8]>::first_chunk);
                    word.map_or(GcRef::NULL, word_at)
                }));
                true
            }
            (false, None) => {
                let mut complete = true;
                held.extend(slots.iter().map(|slot| {
                    let value = heap.peek(r, slot.place);
                    complete &= value.is_some();
                    value.map_or(GcRef::NULL, GcRef::from_register)
                }));
                complete
            }
            (true, Some(bytes)) => {
                let words = bytes.get(ARRAY_ELEMENTS as usize..).unwrap_or_default();
                let words = words.as_chunks().0;
                let len = words.len().min(header.len as usize);
                held.extend(words[..len].iter().map(word_at));
                len == header.len as usize
            }
            (true, None) => {
                // A wrong length reserves no memory: reading stops at the first
                // element that cannot be read.
                let place = |index| Place::Element {
                    index,
                    kind: StorageKind::Gc,
                };
                let values = (0..header.len).map_while(|index| heap.peek(r, place(index)));
                let before = held.len();
                held.extend(values.map(GcRef::from_register));
                held.len() - before == header.len as usize
            }
        }
    }
}

fn word_at(word: &[u8; 4]) -> GcRef {
    GcRef(u32::from_le_bytes(*word))
}

/// The module type of a shape, if it has one.
pub(super) fn type_of(shape: Option<Shape>) -> Option<TypeId> {
    match shape? {
        Shape::Struct(id) | Shape::Array(id) | Shape::Exception(id) => Some(id),
        Shape::Extern => None,
    }
}
