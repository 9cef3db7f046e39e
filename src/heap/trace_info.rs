//! The part of the type section that a heap keeps: how to initialise an object,
//! and which of its words are references (the *trace information* of a
//! collector).
//!
//! The tables are flat because every run makes a heap: learning the types of a
//! module extends three vectors, however many types there are.

use super::{HeapError, NewObject, Shape};
use crate::pool::Spare;
use crate::types::{ARRAY_ELEMENTS, Composite, Field, StorageKind, TypeId, Types};
use std::ops::Range;

/// One type, as a heap sees it.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The shape of its objects: a function type describes the exceptions of
    /// tags with that type.
    pub shape: Shape,
    /// Payload size in bytes; for an array, without its elements.
    pub size: u32,
    /// How an element of an array is stored; meaningless for other types.
    pub element: StorageKind,
    /// Whether a collector traces the elements.
    pub traced_elements: bool,
    fields: Range<u32>,
    traced: Range<u32>,
}

impl Layout {
    /// The indices of the fields for [`TraceInfo::field`], in order.
    #[inline]
    pub fn fields(&self) -> Range<u32> {
        self.fields.clone()
    }

    /// The indices of the references for [`TraceInfo::traced`].
    #[inline]
    pub fn traced(&self) -> Range<u32> {
        self.traced.clone()
    }

    /// The payload size of an array of this type.
    #[inline]
    pub fn array_size(&self, len: u32) -> u64 {
        element_offset(len, self.element)
    }

    /// The length of an array initialised from `registers` registers, and the
    /// storage kind for one register: a `v128` is written as two halves.
    pub fn element_registers(&self, registers: usize) -> Result<(u32, StorageKind), HeapError> {
        let kind = match self.element {
            StorageKind::B128 => StorageKind::B64,
            kind => kind,
        };
        let per_element = self.element.registers();
        match u32::try_from(registers / per_element) {
            Ok(len) if registers.is_multiple_of(per_element) => Ok((len, kind)),
            _ => Err(HeapError::corrupt(
                0,
                "registers do not make whole elements",
            )),
        }
    }
}

/// The payload offset of an element, in 64 bits so that no index overflows.
#[inline]
pub fn element_offset(index: u32, kind: StorageKind) -> u64 {
    u64::from(ARRAY_ELEMENTS) + u64::from(index) * u64::from(kind.width())
}

/// Payload size in bytes of an external value: one word, rounded up to eight bytes.
const EXTERN_SIZE: u64 = 8;

/// The longest tables that are kept for another heap, in entries.
const KEPT: usize = 1 << 12;

thread_local! {
    /// Empty tables of dropped heaps.
    static TYPES: Spare<Vec<Layout>> = const { Spare::new() };
    static FIELDS: Spare<Vec<Field>> = const { Spare::new() };
    static TRACED: Spare<Vec<u32>> = const { Spare::new() };
}

/// The trace information of all types that a heap knows, by [`TypeId`].
#[derive(Clone, Debug)]
pub struct TraceInfo {
    types: Vec<Layout>,
    fields: Vec<Field>,
    traced: Vec<u32>,
}

impl Default for TraceInfo {
    fn default() -> TraceInfo {
        TraceInfo {
            types: Spare::take(&TYPES),
            fields: Spare::take(&FIELDS),
            traced: Spare::take(&TRACED),
        }
    }
}

impl Drop for TraceInfo {
    fn drop(&mut self) {
        self.types.clear();
        self.fields.clear();
        self.traced.clear();
        Spare::give_up_to(&TYPES, std::mem::take(&mut self.types), KEPT);
        Spare::give_up_to(&FIELDS, std::mem::take(&mut self.fields), KEPT);
        Spare::give_up_to(&TRACED, std::mem::take(&mut self.traced), KEPT);
    }
}

/// The table behind [`TraceInfo::none`].
static NONE: TraceInfo = TraceInfo {
    types: Vec::new(),
    fields: Vec::new(),
    traced: Vec::new(),
};

impl TraceInfo {
    /// Trace information without types, for a heap that overrides every method
    /// that reads it.
    pub fn none() -> &'static TraceInfo {
        &NONE
    }

    /// Learns the types that are new.
    pub fn add(&mut self, types: &Types) {
        let more = types.len().saturating_sub(self.types.len());
        self.types.reserve(more);
        // Most types have a few fields, and some of them are references.
        self.fields.reserve(4 * more);
        self.traced.reserve(2 * more);
        for index in self.types.len()..types.len() {
            let ty = TypeId(index as u32);
            let entry = types.entry(ty);
            let (shape, element) = match &entry.sub.composite {
                Composite::Struct(_) => (Shape::Struct(ty), None),
                Composite::Array(element) => {
                    (Shape::Array(ty), Some(element.storage.storage_kind()))
                }
                Composite::Func(_) => (Shape::Exception(ty), None),
            };
            let fields = &entry.layout.fields;
            let traced = fields.iter().filter(|f| f.kind == StorageKind::Gc);
            let first_field = self.fields.len() as u32;
            let first_traced = self.traced.len() as u32;
            self.fields.extend_from_slice(fields);
            self.traced.extend(traced.map(|f| f.offset));
            self.types.push(Layout {
                shape,
                size: entry.layout.size,
                element: element.unwrap_or(StorageKind::B8),
                traced_elements: element == Some(StorageKind::Gc),
                fields: first_field..self.fields.len() as u32,
                traced: first_traced..self.traced.len() as u32,
            });
        }
    }

    /// The layout of the type of `shape`, whose kind must match.
    ///
    /// # Errors
    ///
    /// If the heap knows no such type. External values have none: their payload is one word, and
    /// holds no reference.
    #[inline]
    pub fn of(&self, shape: Shape) -> Result<&Layout, HeapError> {
        let (Shape::Struct(ty) | Shape::Array(ty) | Shape::Exception(ty)) = shape else {
            return Err(HeapError::corrupt(0, "external values have no layout"));
        };
        match self.types.get(ty.0 as usize) {
            Some(layout) if layout.shape == shape => Ok(layout),
            _ => Err(HeapError::corrupt(0, "no such type of this kind")),
        }
    }

    /// Payload size in bytes of a new object. See [the contract](super::contract) for what is
    /// where in it.
    pub fn payload_size(&self, object: NewObject) -> Result<u64, HeapError> {
        match object {
            NewObject::Array(_, len) => Ok(self.of(object.shape())?.array_size(len)),
            NewObject::Struct(_) | NewObject::Exception(..) => {
                Ok(u64::from(self.of(object.shape())?.size))
            }
            NewObject::Extern(_) => Ok(EXTERN_SIZE),
        }
    }

    /// The layout of a type, for writing: a fault may drop the fact that a type
    /// holds references.
    pub fn get_mut(&mut self, ty: TypeId) -> Option<&mut Layout> {
        self.types.get_mut(ty.0 as usize)
    }

    /// Replaces the payload offsets at which a collector traces references in a
    /// structure or an exception.
    pub fn set_traced(&mut self, ty: TypeId, offsets: &[u32]) {
        if let Some(layout) = self.types.get_mut(ty.0 as usize) {
            let first = self.traced.len() as u32;
            self.traced.extend_from_slice(offsets);
            layout.traced = first..self.traced.len() as u32;
        }
    }

    /// All of [`Layout::fields`].
    #[inline]
    pub fn fields_of(&self, layout: &Layout) -> Result<&[Field], HeapError> {
        let range = layout.fields.start as usize..layout.fields.end as usize;
        match self.fields.get(range) {
            Some(fields) => Ok(fields),
            None => Err(HeapError::corrupt(0, "no such fields")),
        }
    }

    /// How the values of a new object are stored, in order: fields or elements.
    pub fn storage_kinds_of(
        &self,
        object: NewObject,
    ) -> Result<impl Iterator<Item = StorageKind>, HeapError> {
        let (fields, elements) = match object {
            NewObject::Extern(_) => (&[][..], None),
            NewObject::Array(_, len) => {
                let kind = self.of(object.shape())?.element;
                (&[][..], Some(std::iter::repeat_n(kind, len as usize)))
            }
            NewObject::Struct(_) | NewObject::Exception(..) => {
                (self.fields_of(self.of(object.shape())?)?, None)
            }
        };
        let fields = fields.iter().map(|field| field.kind);
        Ok(fields.chain(elements.into_iter().flatten()))
    }

    /// One of [`Layout::fields`].
    #[inline]
    pub fn field(&self, index: u32) -> Result<Field, HeapError> {
        match self.fields.get(index as usize) {
            Some(field) => Ok(*field),
            None => Err(HeapError::corrupt(0, "no such field")),
        }
    }

    /// One of [`Layout::traced`]: the payload offset of a reference.
    #[inline]
    pub fn traced(&self, index: u32) -> Result<u64, HeapError> {
        match self.traced.get(index as usize) {
            Some(offset) => Ok(u64::from(*offset)),
            None => Err(HeapError::corrupt(0, "no such traced field")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::testing::Kinds;

    #[test]
    fn what_is_traced_can_be_falsified() {
        let kinds = Kinds::new();
        let mut trace_info = TraceInfo::default();
        trace_info.add(&kinds.types);
        let traced = |trace_info: &TraceInfo, ty| {
            let layout = trace_info.of(Shape::Struct(ty)).unwrap();
            let offsets = layout.traced().map(|i| trace_info.traced(i).unwrap());
            offsets.collect::<Vec<_>>()
        };
        assert_eq!(traced(&trace_info, kinds.node), [0, 4]);
        trace_info.set_traced(kinds.node, &[4]);
        assert_eq!(traced(&trace_info, kinds.node), [4]);
        trace_info.set_traced(kinds.node, &[]);
        assert!(traced(&trace_info, kinds.node).is_empty());
        assert!(trace_info.traced(u32::MAX).is_err());
        trace_info.get_mut(kinds.refs).unwrap().traced_elements = false;
        let array = trace_info.of(Shape::Array(kinds.refs)).unwrap();
        assert!(!array.traced_elements);
        assert!(trace_info.get_mut(TypeId(u32::MAX)).is_none());
    }
}
