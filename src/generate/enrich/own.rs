//! The module's own types, globals and tables as places and sources of references.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{HeapType, RefType};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FieldType, HeapType as ParsedHeap, RefType as ParsedRef,
};

use super::survey::Survey;

/// How many types of the module are considered for one place.
const MAX_NEW: usize = 4;

/// A way to make a value for a place of the module.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The null of this type.
    Null(HeapType),
    /// An i31.
    I31,
    /// A new node.
    Node,
    /// A new array of references.
    Refs,
    /// A reference turned into an external one.
    Extern,
    /// `struct.new_default` of a type of the module.
    Struct(u32),
    /// `array.new_default` of a type of the module.
    Array(u32),
}

/// A place of the module.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A mutable global.
    Global(u32),
    /// An immutable global, imported perhaps: only read.
    Fixed(u32),
    /// A table with at least this many elements.
    Table {
        /// Its index.
        index: u32,
        /// Elements it has for certain.
        len: u32,
    },
}

/// A place of the module, with the values it takes.
#[derive(Debug)]
pub(super) struct Sink {
    /// Where.
    pub(super) place: Place,
    /// How what is read from there is kept.
    pub(super) read: ReadAs,
    /// What may go there; never empty.
    pub(super) sources: Vec<Source>,
}

impl Sink {
    /// The place, if there is a value to put there.
    pub(super) fn new(survey: &Survey, place: Place, slot: ParsedRef) -> Option<Sink> {
        let sources = sources(survey, slot);
        (!sources.is_empty()).then(|| Sink {
            place,
            read: ReadAs::of(slot),
            sources,
        })
    }
}

/// What kind of object an adopted type is.
#[derive(Debug)]
pub(super) enum Shape {
    /// A struct with these fields.
    Struct(Vec<FieldType>),
    /// An array of this element.
    Array(FieldType),
}

/// A field of an adopted type that holds references and can be written; the element, for an array.
#[derive(Debug)]
pub(super) struct Slot {
    /// The field; zero for an array.
    pub(super) field: u32,
    /// How what is read from it is kept.
    pub(super) read: ReadAs,
    /// What may go there; never empty.
    pub(super) sources: Vec<Source>,
}

/// A type of the module that sequences make objects of.
#[derive(Debug)]
pub(super) struct Adopted {
    /// Its index.
    pub(super) ty: u32,
    /// Whether it is an array.
    pub(super) array: bool,
    /// Its writable reference fields.
    pub(super) slots: Vec<Slot>,
}

impl Adopted {
    /// The type at index `ty`, which `shape` describes.
    pub(super) fn new(survey: &Survey, ty: u32, shape: Shape) -> Adopted {
        let (array, fields) = match shape {
            Shape::Struct(fields) => (false, fields),
            Shape::Array(field) => (true, vec![field]),
        };
        let mut slots = Vec::new();
        for (index, field) in (0..).zip(fields) {
            let Some(ty) = field.element_type.unpack().as_reference_type() else {
                continue;
            };
            let sources = sources(survey, ty);
            if field.mutable && !sources.is_empty() {
                slots.push(Slot {
                    field: index,
                    read: ReadAs::of(ty),
                    sources,
                });
            }
        }
        Adopted { ty, array, slots }
    }

    /// Whether an object of this type can be made to point at others.
    pub(super) fn writable(&self) -> bool {
        !self.slots.is_empty()
    }

    /// The type of a scratch local for it.
    pub(super) fn local(&self) -> RefType {
        RefType {
            nullable: true,
            heap_type: HeapType::Concrete(self.ty),
        }
    }
}

/// The values that may be stored where `slot` is expected.
fn sources(survey: &Survey, slot: ParsedRef) -> Vec<Source> {
    use AbstractHeapType::{Any, Array, Eq, Extern, I31, Struct};
    let mut sources = Vec::new();
    if let ParsedHeap::Abstract { shared: false, ty } = slot.heap_type() {
        match ty {
            Any | Eq => sources.extend([Source::I31, Source::Node, Source::Refs]),
            Struct => sources.push(Source::Node),
            Array => sources.push(Source::Refs),
            I31 => sources.push(Source::I31),
            Extern => sources.push(Source::Extern),
            _ => {}
        }
    }
    let mut found = 0;
    for (index, ty) in (0..).zip(&survey.types) {
        if found == MAX_NEW {
            break;
        }
        if !survey.accepts(slot, index) {
            continue;
        }
        let default = |field: &FieldType| field.element_type.unpack().is_defaultable();
        let source = match &ty.composite_type.inner {
            CompositeInnerType::Struct(ty) if ty.fields.iter().all(default) => {
                Source::Struct(index)
            }
            CompositeInnerType::Array(ty) if default(&ty.0) => Source::Array(index),
            _ => continue,
        };
        sources.push(source);
        found += 1;
    }
    // Null alone would make a place that can only be cleared, which is fine for a table of functions and useless otherwise.
    if slot.is_nullable()
        && !sources.is_empty()
        && let Ok(heap) = RoundtripReencoder.heap_type(slot.heap_type())
    {
        sources.push(Source::Null(heap));
    }
    sources
}

/// The scratch local that keeps what is read from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadAs {
    /// An eqref.
    Eq,
    /// An anyref.
    Any,
    /// An externref.
    Extern,
}

impl ReadAs {
    /// For a place of type `slot` that has sources: none of them is a function or an exception.
    fn of(slot: ParsedRef) -> ReadAs {
        match slot.heap_type() {
            ParsedHeap::Abstract { ty, .. } => match ty {
                AbstractHeapType::Any => ReadAs::Any,
                AbstractHeapType::Extern => ReadAs::Extern,
                _ => ReadAs::Eq,
            },
            _ => ReadAs::Eq,
        }
    }
}
