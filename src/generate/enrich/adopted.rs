//! The module's own types, globals and tables, as places and sources of references.

use wasm_encoder::{HeapType, RefType};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FieldType, HeapType as ParsedHeap, RefType as ParsedRef,
};

use super::choice::Choice;
use super::inhabit::{self, Source};
use super::survey::Survey;

/// Maximum number of the module's types that get a scratch local.
const MAX_ADOPTED: usize = 3;

/// A place of the module that can hold a reference.
#[derive(Clone, Copy, Debug)]
pub(super) enum ModulePlace {
    /// A mutable global.
    Global(u32),
    /// An immutable global, possibly imported: only read.
    Fixed(u32),
    /// A table with at least this many elements.
    Table {
        /// Its index.
        index: u32,
        /// Minimum number of elements.
        len: u32,
    },
}

/// A place of the module, with the sources of its values.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    /// The place.
    pub(super) place: ModulePlace,
    /// The scratch local for values read from it.
    pub(super) read: ReadAs,
    /// Sources of values to store there; never empty.
    pub(super) sources: Vec<Source>,
}

impl Sink {
    /// The place, if a value can be made for it.
    pub(super) fn new(survey: &Survey, place: ModulePlace, slot: ParsedRef) -> Option<Sink> {
        Some(Sink {
            place,
            read: ReadAs::of(slot),
            sources: heap_sources(survey, slot)?,
        })
    }
}

/// A field of an adopted type that holds references; for an array, its elements.
#[derive(Clone, Debug)]
pub(super) struct AdoptedField {
    /// The field; zero for an array.
    pub(super) field: u32,
    /// Whether it can be written.
    pub(super) mutable: bool,
    /// The scratch local for values read from it.
    pub(super) read: ReadAs,
    /// Sources of values to store there; never empty.
    pub(super) sources: Vec<Source>,
}

/// A type of the module of which sequences make objects.
#[derive(Clone, Debug)]
pub(super) struct Adopted {
    /// Its index.
    pub(super) ty: u32,
    /// Whether it is an array.
    pub(super) array: bool,
    /// Its reference fields.
    pub(super) slots: Vec<AdoptedField>,
}

impl Adopted {
    /// The type at index `ty`, if objects of it can be made.
    pub(super) fn new(survey: &Survey, ty: u32) -> Option<Adopted> {
        (*survey.costs.get(ty as usize)?)?;
        let (array, fields): (bool, &[FieldType]) =
            match &survey.types.get(ty as usize)?.composite_type.inner {
                CompositeInnerType::Struct(ty) => (false, &ty.fields),
                CompositeInnerType::Array(ty) => (true, std::slice::from_ref(&ty.0)),
                _ => return None,
            };
        let mut slots = Vec::new();
        for (index, field) in (0..).zip(fields) {
            let Some(ty) = field.element_type.unpack().as_reference_type() else {
                continue;
            };
            let Some(sources) = heap_sources(survey, ty) else {
                continue;
            };
            slots.push(AdoptedField {
                field: index,
                mutable: field.mutable,
                read: ReadAs::of(ty),
                sources,
            });
        }
        Some(Adopted { ty, array, slots })
    }

    /// Whether an object of this type has a mutable reference field.
    pub(super) fn writable(&self) -> bool {
        self.slots.iter().any(|slot| slot.mutable)
    }

    /// The type of a scratch local for it.
    pub(super) fn local(&self) -> RefType {
        RefType {
            nullable: true,
            heap_type: HeapType::Concrete(self.ty),
        }
    }
}

/// Sources of values for a place of type `slot`, if they include a non-null value and no function.
fn heap_sources(survey: &Survey, slot: ParsedRef) -> Option<Vec<Source>> {
    let sources = inhabit::sources(survey, slot);
    let is_func = |source: &Source| matches!(source, Source::Func(_));
    let is_some = |source: &Source| !matches!(source, Source::Null(_));
    (sources.iter().any(is_some) && !sources.iter().any(is_func)).then_some(sources)
}

/// The scratch local for values read from a place.
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
    /// The local for a place of type `slot` that has sources: none of them is a function or an
    /// exception.
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

/// Picks types of the module to adopt, those with reference fields first, since the others give a
/// collector little work.
pub(super) fn adopt(survey: &Survey, choice: &mut Choice) -> Vec<Adopted> {
    let mut rich = Vec::new();
    let mut plain = Vec::new();
    for index in 0..survey.costs.len() as u32 {
        let Some(adopted) = Adopted::new(survey, index) else {
            continue;
        };
        if adopted.writable() {
            rich.push(adopted);
        } else {
            plain.push(adopted);
        }
    }
    let mut chosen = Vec::new();
    for pool in [&mut rich, &mut plain] {
        while !pool.is_empty() && chosen.len() < MAX_ADOPTED {
            let at = choice.below(pool.len() as u32) as usize;
            chosen.push(pool.swap_remove(at));
        }
    }
    chosen
}

/// Globals and tables of the module for which a value can be made, or from which a reference can be
/// read.
pub(super) fn sinks(survey: &Survey) -> Vec<Sink> {
    let mut sinks = Vec::new();
    for (index, global) in (0..).zip(&survey.globals) {
        if let Some(slot) = global.content_type.as_reference_type() {
            let place = if global.mutable {
                ModulePlace::Global(index)
            } else {
                ModulePlace::Fixed(index)
            };
            sinks.extend(Sink::new(survey, place, slot));
        }
    }
    for (index, table) in (0..).zip(&survey.tables) {
        if table.initial > 0 && !table.table64 {
            // The initial size is small by configuration; of a larger table in a foreign module
            // only a part is used.
            let len = table.initial.min(64) as u32;
            sinks.extend(Sink::new(
                survey,
                ModulePlace::Table { index, len },
                table.element_type,
            ));
        }
    }
    sinks
}
