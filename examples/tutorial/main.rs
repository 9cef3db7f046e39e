//! A heap with all commands of gcdiff.

use collect::{collect, reclaims};
use gcdiff::prelude::*;
use std::process::ExitCode;

mod collect;

struct Object {
    shape: Shape,
    /// The tag of an exception, or the host's number for an external value.
    word: u32,
    /// Fields or elements, each with the kind of its storage.
    values: Vec<(StorageKind, u128)>,
}

impl Object {
    /// The index of the value at a place, if there is a value of that kind.
    fn index(&self, place: Place) -> Option<usize> {
        let (index, is_array) = match place {
            Place::Field(field) => (field.index as usize, false),
            Place::Element { index, .. } => (index as usize, true),
        };
        let (kind, _) = self.values.get(index)?;
        let is_there = *kind == place.kind() && is_array == matches!(self.shape, Shape::Array(_));
        is_there.then_some(index)
    }

    fn references(&self) -> Vec<GcRef> {
        let references = self.values.iter().filter(|v| v.0 == StorageKind::Gc);
        references.map(|(_, value)| GcRef(*value as u32)).collect()
    }
}

/// The object at index `n` has the address `GRANULE * (n + 1)`.
#[derive(Default)]
struct MyHeap {
    trace_info: TraceInfo,
    objects: Vec<Option<Object>>,
    /// All objects before this index are in use.
    next: usize,
    stats: Stats,
}

/// The heap is full with this many objects. The engine then collects.
const MAX_OBJECTS: usize = 1 << 20;

fn address(index: usize) -> u32 {
    GRANULE * (index as u32 + 1)
}

fn missing(r: GcRef) -> HeapError {
    HeapError::corrupt(r.0, "there is no such object, or no such value in it")
}

impl MyHeap {
    fn index(&self, r: GcRef) -> Option<usize> {
        let is_aligned = r.is_object() && r.0.is_multiple_of(GRANULE);
        is_aligned.then(|| (r.0 / GRANULE) as usize - 1)
    }

    fn find(&self, r: GcRef) -> Option<&Object> {
        self.objects.get(self.index(r)?)?.as_ref()
    }

    fn object(&self, r: GcRef) -> Result<&Object, HeapError> {
        self.find(r).ok_or_else(|| missing(r))
    }
}

impl Heap for MyHeap {
    fn add_types(&mut self, types: &Types) {
        self.trace_info.add(types);
    }

    fn trace_info(&self) -> &TraceInfo {
        &self.trace_info
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.stats.freed += collect(&mut self.objects, Object::references, roots);
        self.stats.collections += 1;
        self.next = 0;
        Ok(())
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        let kinds = self.trace_info.storage_kinds_of(object)?;
        let values = kinds.map(|kind| (kind, 0)).collect();
        while self.objects.get(self.next).is_some_and(Option::is_some) {
            self.next += 1;
        }
        if self.next == MAX_OBJECTS {
            return Err(HeapError::Full);
        }
        if self.next == self.objects.len() {
            self.objects.push(None);
        }
        self.objects[self.next] = Some(Object {
            shape: object.shape(),
            word: object.word(),
            values,
        });
        self.stats.allocated += 1;
        Ok(GcRef(address(self.next)))
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        Ok(self.object(r)?.shape)
    }

    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        let object = self.object(r)?;
        match object.shape {
            Shape::Array(_) => Ok(object.values.len() as u32),
            _ => Err(missing(r)),
        }
    }

    fn word(&self, r: GcRef) -> Result<u32, HeapError> {
        Ok(self.object(r)?.word)
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.peek_value(r, place).ok_or_else(|| missing(r))
    }

    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        let at = self.index(r).ok_or_else(|| missing(r))?;
        let object = self.objects.get_mut(at).and_then(Option::as_mut);
        let object = object.ok_or_else(|| missing(r))?;
        let index = object.index(place).ok_or_else(|| missing(r))?;
        object.values[index].1 = value & (u128::MAX >> (128 - 8 * place.kind().width()));
        Ok(())
    }
}

/// What audits read. It changes nothing.
impl Inspect for MyHeap {
    fn name(&self) -> &'static str {
        "mine"
    }

    fn reclaims(&self) -> Reclaims {
        reclaims()
    }

    fn stats(&self) -> Stats {
        self.stats
    }

    fn extent(&self) -> (u32, u32) {
        (address(0), address(self.objects.len()))
    }

    fn blocks(&self) -> Vec<Block> {
        let block = |(index, object): (usize, &Option<Object>)| Block {
            start: address(index),
            size: GRANULE,
            free: object.is_none(),
        };
        self.objects.iter().enumerate().map(block).collect()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let shape = self.find(r)?.shape;
        Some(Header::new(shape, self.array_len(r).unwrap_or(0)))
    }

    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        let object = self.find(r)?;
        Some(object.values[object.index(place)?].1)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        Some(self.find(r)?.word)
    }
}

fn main() -> ExitCode {
    gcdiff::cli::main_with([HeapSubject::shared(MyHeap::default)])
}
