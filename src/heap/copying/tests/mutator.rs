//! A random program, run on the heap and on a shadow of it without addresses.
//! After every collection the roots must reach the same objects in both.

use super::{Held, audit};
use crate::heap::copying::Copying;
use crate::heap::testing::{Kinds, Random};
use crate::heap::{GcRef, Heap, HeapError, Inspect, Place, Shape};
use crate::types::StorageKind;
use std::collections::HashMap;

/// A reference: a value that is no object, or an object of the shadow.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Value {
    Plain(GcRef),
    Object(usize),
}

/// An object of the shadow: a node, or an array of references.
struct Object {
    node: bool,
    number: u64,
    refs: Vec<Value>,
}

/// Roots: the first are registers, the others slots.
const REGISTERS: usize = 5;
const ROOTS: usize = 9;

struct Machine<'a> {
    kinds: &'a Kinds,
    heap: Copying,
    roots: [GcRef; ROOTS],
    shadow: Vec<Object>,
    shadow_roots: [Value; ROOTS],
}

impl Machine<'_> {
    fn new(kinds: &Kinds, max_bytes: u32) -> Machine<'_> {
        let mut heap = Copying::new(max_bytes);
        heap.add_types(&kinds.types);
        let mut roots = [GcRef::NULL; ROOTS];
        roots[1] = GcRef::i31(u32::MAX);
        Machine {
            kinds,
            heap,
            roots,
            shadow: Vec::new(),
            shadow_roots: roots.map(Value::Plain),
        }
    }

    /// Allocates in the heap, after a collection if it is full. If reachable
    /// objects fill it, most roots are emptied.
    fn allocate(
        &mut self,
        to: usize,
        from: [usize; 2],
        object: Object,
        new: impl Fn(&mut Copying, [u64; 2]) -> Result<GcRef, HeapError>,
    ) {
        let values = from.map(|i| self.roots[i].register());
        let mut made = new(&mut self.heap, values);
        if made == Err(HeapError::Full) {
            self.collect();
            let values = from.map(|i| self.roots[i].register());
            made = new(&mut self.heap, values);
        }
        match made {
            Ok(r) => {
                self.roots[to] = r;
                self.shadow_roots[to] = Value::Object(self.shadow.len());
                self.shadow.push(object);
            }
            Err(e) => {
                assert_eq!(e, HeapError::Full);
                for i in 2..ROOTS {
                    self.roots[i] = GcRef::NULL;
                    self.shadow_roots[i] = Value::Plain(GcRef::NULL);
                }
            }
        }
    }

    fn step(&mut self, random: &mut Random) {
        let kinds = self.kinds;
        let [a, b, c] = [0; 3].map(|_| random.below(ROOTS));
        let (x, y) = (self.shadow_roots[a], self.shadow_roots[b]);
        let number = random.next() & 0xffff_ffff;
        match random.below(12) {
            0..=2 => {
                let object = Object {
                    node: true,
                    number,
                    refs: vec![x, y],
                };
                let ty = kinds.node;
                self.allocate(c, [a, b], object, |h, [x, y]| {
                    h.new_struct(ty, &[x, y, number])
                });
            }
            3 => {
                let len = random.below(20);
                let object = Object {
                    node: false,
                    number: len as u64,
                    refs: vec![x; len],
                };
                let ty = kinds.refs;
                self.allocate(c, [a, b], object, |h, [x, _]| {
                    h.new_array(ty, len as u32, x)
                });
            }
            4..=7 => {
                let Value::Object(id) = x else { return };
                if self.shadow[id].refs.is_empty() {
                    return;
                }
                let i = random.below(self.shadow[id].refs.len());
                let (r, new) = (self.roots[a], self.roots[b].register());
                if self.shadow[id].node {
                    let field = kinds.field(kinds.node, i);
                    self.heap.set_field(r, field, new).unwrap();
                } else {
                    self.heap
                        .set_element(r, i as u32, StorageKind::Gc, new)
                        .unwrap();
                }
                self.shadow[id].refs[i] = y;
            }
            8 | 9 => {
                let Value::Object(id) = x else { return };
                if self.shadow[id].refs.is_empty() {
                    return;
                }
                let i = random.below(self.shadow[id].refs.len());
                self.roots[c] = self.kinds.references(&self.heap, self.roots[a])[i];
                self.shadow_roots[c] = self.shadow[id].refs[i];
            }
            10 => {
                self.roots[c] = GcRef::i31(number as u32);
                self.shadow_roots[c] = Value::Plain(self.roots[c]);
            }
            _ => self.collect(),
        }
    }

    fn collect(&mut self) {
        let (frame, slots) = self.roots.split_at(REGISTERS);
        let mut held = Held::by_frame(frame);
        held.slots = Held::by_slots(slots).slots;
        self.heap.collect(&mut held).unwrap();
        for i in 0..REGISTERS {
            self.roots[i] = held.at(i);
            assert_eq!(held.frame[i] >> 32, 0);
        }
        for i in REGISTERS..ROOTS {
            self.roots[i] = GcRef(held.slots[i - REGISTERS]);
        }
        audit(self.kinds, &self.heap);
        let reached = self.compare();
        assert_eq!(reached, self.kinds.live(&self.heap).len());
    }

    /// Walks heap and shadow in step, and returns the number of objects.
    fn compare(&self) -> usize {
        let mut address: HashMap<usize, GcRef> = HashMap::new();
        let mut identity: HashMap<GcRef, usize> = HashMap::new();
        let roots = self.roots.into_iter().zip(self.shadow_roots);
        let mut work: Vec<(GcRef, Value)> = roots.collect();
        while let Some((r, value)) = work.pop() {
            let id = match value {
                Value::Plain(plain) => {
                    assert_eq!(r, plain);
                    continue;
                }
                Value::Object(id) => id,
            };
            let known = address.insert(id, r);
            assert!(known.is_none_or(|known| known == r), "two of one object");
            let known = identity.insert(r, id);
            assert!(known.is_none_or(|known| known == id), "one of two objects");
            if known.is_some() {
                continue;
            }
            let object = &self.shadow[id];
            let header = self.heap.header(r).expect("an object");
            let number = if object.node {
                assert_eq!(header.shape, Some(Shape::Struct(self.kinds.node)));
                let place = self.kinds.field(self.kinds.node, 2);
                self.heap.peek(r, Place::Field(place)).unwrap()
            } else {
                assert_eq!(header.shape, Some(Shape::Array(self.kinds.refs)));
                u64::from(header.len)
            };
            assert_eq!(number, object.number);
            let refs = self.kinds.references(&self.heap, r);
            assert_eq!(refs.len(), object.refs.len());
            work.extend(refs.into_iter().zip(object.refs.iter().copied()));
        }
        address.len()
    }
}

#[test]
fn what_is_reachable_is_what_it_was() {
    let kinds = Kinds::new();
    for seed in 0..200 {
        let mut random = Random(seed);
        let max_bytes = [300, 1000, 4000, 1 << 14, 1 << 20][random.below(5)];
        let mut machine = Machine::new(&kinds, max_bytes);
        for _ in 0..400 {
            machine.step(&mut random);
        }
        machine.compare();
        machine.collect();
    }
}
