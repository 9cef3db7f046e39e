//! The walk that builds a graph.

use super::graph::{Graph, Node};
use super::packed::{Formats, StorageKinds, pack};
use super::value::ObservedValue;
use crate::heap::{GcRef, Header, Inspect, Place, Shape};
use crate::types::{Composite, StorageKind, Types, ValType};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// A hash of an address. It is cheaper than one that must resist an attacker:
/// the case chooses the number of objects, but not their addresses.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32((*byte).into()));
    }

    fn write_u32(&mut self, word: u32) {
        // Multiply by an odd number without a pattern; all bits affect the high half.
        let product = (self.0 ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Bytes of memory that a walk takes for an object besides its values: a graph
/// node, a queue entry, and an entry in a hash table that has just grown.
const OBJECT_FOOTPRINT: u64 = size_of::<Node>() as u64 + 4 + 31;

/// Builds a graph.
pub(super) struct Walk<'a, H> {
    heap: &'a H,
    types: &'a Types,
    numbers: HashMap<GcRef, u32, BuildHasherDefault<Spread>>,
    queue: Vec<GcRef>,
    formats: Formats,
    graph: Graph,
    /// Bytes of memory that the walk may still take.
    room: u64,
    /// Whether the walk met an object that there is no room for.
    is_full: bool,
}

impl<'a, H: Inspect> Walk<'a, H> {
    /// A walk that takes at most `room` bytes of memory.
    pub(super) fn new(heap: &'a H, types: &'a Types, room: u64) -> Walk<'a, H> {
        Walk {
            heap,
            types,
            numbers: HashMap::default(),
            queue: Vec::new(),
            formats: Formats::default(),
            graph: Graph::default(),
            room,
            is_full: false,
        }
    }

    /// Observes the value in a register or slot of type `ty`. `high` is the
    /// high half of a vector.
    pub(super) fn value(&mut self, ty: ValType, bits: u64, high: u64) -> ObservedValue {
        match ty.storage_kind() {
            StorageKind::Gc => self.reference(GcRef::from_register(bits)),
            kind => ObservedValue::plain(kind, bits, high),
        }
    }

    /// Observes a reference. A new object gets the next number.
    pub(super) fn reference(&mut self, r: GcRef) -> ObservedValue {
        if r.is_null() {
            return ObservedValue::Null;
        }
        if r.is_i31() {
            return ObservedValue::I31(r.i31_signed());
        }
        let new = match self.numbers.entry(r) {
            Entry::Occupied(number) => return ObservedValue::Object(*number.get()),
            Entry::Vacant(new) => new,
        };
        match self.heap.header(r) {
            Some(header) if header.shape.is_some() => {
                let Some(room) = self.room.checked_sub(OBJECT_FOOTPRINT) else {
                    self.is_full = true;
                    return ObservedValue::Dangling;
                };
                self.room = room;
                let number = self.queue.len() as u32;
                new.insert(number);
                self.queue.push(r);
                ObservedValue::Object(number)
            }
            _ => ObservedValue::Dangling,
        }
    }

    /// Reads all objects reachable from the references met so far. `None` if
    /// there is not enough room.
    pub(super) fn finish(mut self) -> Option<Graph> {
        let mut at = 0;
        while let Some(&r) = self.queue.get(at) {
            at += 1;
            let header = self.heap.header(r);
            // No element is wider than a vector.
            let most = header.map_or(0, |header| 16 * u64::from(header.len));
            if most > self.room && self.size(header) > self.room {
                return None;
            }
            let start = self.graph.bytes.len();
            let shape = header.and_then(|h| h.shape).unwrap_or(Shape::Extern);
            let word = match shape {
                Shape::Exception(_) | Shape::Extern => self.heap.peek_word(r).unwrap_or(u32::MAX),
                _ => 0,
            };
            let format = self.object(r, shape, header.map_or(0, |h| h.len));
            self.graph.nodes.push(Node {
                shape,
                word,
                format,
                start,
            });
            let taken = (self.graph.bytes.len() - start) as u64;
            match self.room.checked_sub(taken) {
                Some(room) if !self.is_full => self.room = room,
                _ => return None,
            }
        }
        if self.is_full {
            return None;
        }
        self.graph.bytes.shrink_to_fit();
        Some(self.graph)
    }

    /// Bytes that the object's elements take in the graph; 0 if it is not an array.
    fn size(&self, header: Option<Header>) -> u64 {
        let (Some(header), Some(shape)) = (header, header.and_then(|header| header.shape)) else {
            return 0;
        };
        match shape {
            Shape::Array(id) => match self.types.get(id).map(|entry| &entry.sub.composite) {
                Some(Composite::Array(element)) => {
                    u64::from(element.storage.storage_kind().width()) * u64::from(header.len)
                }
                _ => 0,
            },
            _ => 0,
        }
    }

    /// Reads the values of an object, and returns their format.
    ///
    /// Stops at the first value that cannot be read: an object with a wrong
    /// length in its header must not take more memory here than in the heap.
    fn object(&mut self, r: GcRef, shape: Shape, len: u32) -> u32 {
        let types = self.types;
        match shape {
            Shape::Struct(id) | Shape::Exception(id) => {
                let fields = types.get(id).map_or(&[][..], |entry| &entry.layout.fields);
                let unread = fields.iter().position(|f| !self.place(r, Place::Field(*f)));
                let read = &fields[..unread.unwrap_or(fields.len())];
                self.format(shape, unread.map(|read| read as u32), || {
                    StorageKinds::Each(read.iter().map(|field| field.kind).collect())
                })
            }
            Shape::Array(id) => match types.get(id).map(|entry| &entry.sub.composite) {
                Some(Composite::Array(element)) => {
                    let kind = element.storage.storage_kind();
                    let whole = self.elements(r, kind, len) == len;
                    self.format(shape, (!whole).then_some(0), || StorageKinds::All(kind))
                }
                _ => self.format(shape, None, || StorageKinds::Each([].into())),
            },
            Shape::Extern => self.format(shape, None, || StorageKinds::Each([].into())),
        }
    }

    /// The index of the format for a shape, either complete or cut off at a value.
    fn format(
        &mut self,
        shape: Shape,
        cut: Option<u32>,
        storage_kinds: impl FnOnce() -> StorageKinds,
    ) -> u32 {
        let formats = &mut self.graph.formats;
        self.formats.number(formats, (shape, cut), storage_kinds)
    }

    /// Reads the elements of an array. Returns how many could be read.
    fn elements(&mut self, r: GcRef, kind: StorageKind, len: u32) -> u32 {
        if kind != StorageKind::Gc {
            return self.heap.peek_elements(r, kind, len, &mut self.graph.bytes);
        }
        let unread = (0..len).find(|index| {
            let index = *index;
            !self.place(r, Place::Element { index, kind })
        });
        unread.unwrap_or(len)
    }

    /// Reads and packs a value. Returns false if it cannot be read. Numbers and
    /// functions keep their heap encoding.
    #[inline(always)]
    fn place(&mut self, r: GcRef, place: Place) -> bool {
        let Some(bits) = self.heap.peek(r, place) else {
            return false;
        };
        match place.kind() {
            StorageKind::Gc => {
                let seen = self.reference(GcRef::from_register(bits));
                pack(seen, &mut self.graph.bytes);
            }
            StorageKind::B128 => match self.heap.peek_high(r, place) {
                Some(high) => pack(ObservedValue::Vector([bits, high]), &mut self.graph.bytes),
                None => return false,
            },
            kind => {
                let bytes = &bits.to_le_bytes()[..kind.width() as usize];
                self.graph.bytes.extend_from_slice(bytes);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Heap;
    use crate::heap::model::Model;
    use crate::types::{FieldType, StorageType, SubType};

    /// Objects that do not match their headers are cut off at the first
    /// unreadable value.
    #[test]
    fn broken_objects_are_cut() {
        let field = |storage| FieldType {
            storage,
            mutable: true,
        };
        let (byte, number) = (
            field(StorageType::I8),
            field(StorageType::Val(ValType::I32)),
        );
        let mut types = Types::new();
        let mut add = |composite| {
            types.intern(vec![SubType {
                is_final: true,
                supertype: None,
                composite,
            }])
        };
        let two = add(Composite::Struct([number, byte].into()));
        let other = add(Composite::Struct([number, number, byte].into()));
        let bytes = add(Composite::Array(byte));
        let numbers = add(Composite::Array(number));
        let mut heap = Model::new(1 << 16);
        heap.add_types(&types);
        let good = heap.new_struct(two, &[7, 8]).unwrap();
        let mut objects = vec![good];
        for shape in [other, two].map(Shape::Struct) {
            objects.push(heap.new_struct(two, &[7, 8]).unwrap());
            heap.set_shape(objects[objects.len() - 1], shape).unwrap();
        }
        let broken = [numbers, two, crate::types::TypeId(99)];
        for shape in broken.map(Shape::Array) {
            objects.push(heap.new_array(bytes, 3, 9).unwrap());
            heap.set_shape(objects[objects.len() - 1], shape).unwrap();
        }
        let mut walk = Walk::new(&heap, &types, u64::MAX);
        for r in objects {
            walk.reference(r);
        }
        assert_eq!(walk.reference(GcRef(0xdada_dad0)), ObservedValue::Dangling);
        let graph = walk.finish().unwrap();
        let values = |object| graph.values_of(object).collect::<Vec<ObservedValue>>();
        let whole = [ObservedValue::Bits(7), ObservedValue::Bits(8)];
        assert_eq!(values(0), whole);
        assert_eq!(values(1), [ObservedValue::Bits(7), ObservedValue::Dangling]);
        assert_eq!(values(2), whole);
        assert_eq!(values(3), [ObservedValue::Dangling]);
        assert_eq!((values(4), values(5)), (vec![], vec![]));
        assert_eq!(graph.values_of(1).len(), 2);
    }
}
