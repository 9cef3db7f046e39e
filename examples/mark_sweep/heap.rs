//! A mark-sweep heap, written from scratch: the required methods of [`Heap`]
//! and [`Inspect`], and nothing else. An object is a Rust value in a numbered
//! slot; the object in slot `n` has the address `GRANULE * (n + 1)`.

use gcdiff::heap::{
    Block, GRANULE, GcRef, Header, Heap, HeapError, Inspect, NewObject, Place, Reclaims, Roots,
    Shape, Stats, TraceInfo,
};
use gcdiff::types::{StorageKind, Types};

/// The number of objects at which the engine collects.
const MAX_OBJECTS: usize = 1 << 20;

struct Object {
    shape: Shape,
    /// The tag of an exception, or the host's number for an external value.
    word: u32,
    /// Fields or elements, each with its storage kind.
    values: Vec<(StorageKind, u128)>,
    is_marked: bool,
}

impl Object {
    /// The index of the value at a place, if one is stored there with that storage kind.
    fn index(&self, place: Place) -> Option<usize> {
        let (index, is_array) = match place {
            Place::Field(field) => (field.index as usize, false),
            Place::Element { index, .. } => (index as usize, true),
        };
        let (kind, _) = self.values.get(index)?;
        let is_there = *kind == place.kind() && is_array == matches!(self.shape, Shape::Array(_));
        is_there.then_some(index)
    }

    fn references(&self) -> impl Iterator<Item = GcRef> {
        let references = self.values.iter().filter(|v| v.0 == StorageKind::Gc);
        references.map(|(_, value)| GcRef(*value as u32))
    }
}

/// The heap.
#[derive(Default)]
pub struct MarkSweep {
    trace_info: TraceInfo,
    slots: Vec<Option<Object>>,
    /// Numbers of empty slots.
    empty: Vec<usize>,
    stats: Stats,
}

fn number(r: GcRef) -> Option<usize> {
    let is_aligned = r.is_object() && r.0.is_multiple_of(GRANULE);
    is_aligned.then(|| (r.0 / GRANULE) as usize - 1)
}

fn address(number: usize) -> u32 {
    GRANULE * (number as u32 + 1)
}

fn missing(r: GcRef) -> HeapError {
    HeapError::corrupt(r.0, "there is no such object, or no such value in it")
}

impl MarkSweep {
    fn find(&self, r: GcRef) -> Option<&Object> {
        self.slots.get(number(r)?)?.as_ref()
    }

    fn find_mut(&mut self, r: GcRef) -> Option<&mut Object> {
        self.slots.get_mut(number(r)?)?.as_mut()
    }

    fn object(&self, r: GcRef) -> Result<&Object, HeapError> {
        self.find(r).ok_or_else(|| missing(r))
    }
}

impl Heap for MarkSweep {
    fn add_types(&mut self, types: &Types) {
        self.trace_info.add(types);
    }

    fn trace_info(&self) -> &TraceInfo {
        &self.trace_info
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let mut reached = Vec::new();
        roots.stack(&mut |register| reached.push(GcRef::from_register(*register)));
        roots.slots(&mut |_, slot| reached.push(GcRef(*slot)));
        while let Some(r) = reached.pop() {
            if let Some(object) = self.find_mut(r).filter(|object| !object.is_marked) {
                object.is_marked = true;
                reached.extend(object.references());
            }
        }
        for (number, slot) in self.slots.iter_mut().enumerate() {
            match slot {
                Some(object) if object.is_marked => object.is_marked = false,
                Some(_) => {
                    *slot = None;
                    self.empty.push(number);
                    self.stats.freed += 1;
                }
                None => {}
            }
        }
        self.stats.collections += 1;
        Ok(())
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        let storage_kinds = self.trace_info.storage_kinds_of(object)?;
        let values = storage_kinds.map(|kind| (kind, 0)).collect();
        if self.empty.is_empty() && self.slots.len() < MAX_OBJECTS {
            self.empty.push(self.slots.len());
            self.slots.push(None);
        }
        let number = self.empty.pop().ok_or(HeapError::Full)?;
        self.slots[number] = Some(Object {
            shape: object.shape(),
            word: object.word(),
            values,
            is_marked: false,
        });
        self.stats.allocated += 1;
        Ok(GcRef(address(number)))
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
        let object = self.find_mut(r).ok_or_else(|| missing(r))?;
        let index = object.index(place).ok_or_else(|| missing(r))?;
        let mask = u128::MAX >> (128 - 8 * place.kind().width());
        object.values[index].1 = value & mask;
        Ok(())
    }
}

impl Inspect for MarkSweep {
    fn name(&self) -> &'static str {
        "mark-sweep"
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Everything
    }

    fn stats(&self) -> Stats {
        self.stats
    }

    fn extent(&self) -> (u32, u32) {
        (address(0), address(self.slots.len()))
    }

    fn blocks(&self) -> Vec<Block> {
        let slots = self.slots.iter().enumerate();
        let blocks = slots.map(|(number, slot)| Block {
            start: address(number),
            size: GRANULE,
            free: slot.is_none(),
        });
        blocks.collect()
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
