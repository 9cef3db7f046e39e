//! The reachable heap as a graph without addresses.
//!
//! Objects are numbered in the order in which a breadth-first walk from the
//! roots first meets them, fields in order. Two heaps hold the same values if
//! and only if their graphs are equal: shape, types, payload, identity and
//! sharing all show, addresses do not.

use crate::heap::{GcRef, Inspect, Place, Shape};
use crate::types::{Lane, TypeId, Types, ValType};
use std::collections::HashMap;

/// A value as an embedder sees it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A number: its bits.
    Bits(u64),
    /// A vector: its halves, the low one first.
    Vector([u64; 2]),
    /// The null reference.
    Null,
    /// An i31.
    I31(i32),
    /// A function, by its index in the store.
    Func(u32),
    /// An object: its number in the graph.
    Object(u32),
    /// A reference to something that is not an object: a broken heap.
    Dangling,
}

/// An object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its run-time type.
    pub shape: Shape,
    /// The tag of an exception, or the host's name of an external value.
    pub word: u32,
    /// Where its values start in [`Graph::values`]; they end where the next
    /// node's start.
    start: u32,
}

/// The objects reachable from an observation's values.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graph {
    /// All objects, in the order of the walk.
    pub nodes: Vec<Node>,
    /// The values of all of them.
    pub values: Vec<Seen>,
}

impl Graph {
    /// The fields, elements or payload of an object.
    pub fn values_of(&self, node: u32) -> &[Seen] {
        let start = self.nodes[node as usize].start as usize;
        match self.nodes.get(node as usize + 1) {
            Some(next) => &self.values[start..next.start as usize],
            None => &self.values[start..],
        }
    }

    /// Whether some object is referred to by two fields or elements.
    pub fn has_sharing(&self) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        self.values.iter().any(|value| match value {
            Seen::Object(node) => std::mem::replace(&mut seen[*node as usize], true),
            _ => false,
        })
    }

    /// Whether some object can be reached from itself.
    pub fn has_cycle(&self) -> bool {
        // Peel off objects that nothing left refers to; cycles remain.
        let mut incoming = vec![0u32; self.nodes.len()];
        for value in &self.values {
            if let Seen::Object(node) = value {
                incoming[*node as usize] += 1;
            }
        }
        let mut free: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|node| incoming[*node as usize] == 0)
            .collect();
        let mut peeled = 0;
        while let Some(node) = free.pop() {
            peeled += 1;
            for value in self.values_of(node) {
                if let Seen::Object(child) = value {
                    incoming[*child as usize] -= 1;
                    if incoming[*child as usize] == 0 {
                        free.push(*child);
                    }
                }
            }
        }
        peeled < self.nodes.len()
    }
}

/// Builds a graph.
pub(super) struct Walk<'a, H> {
    heap: &'a H,
    types: &'a Types,
    numbers: HashMap<GcRef, u32>,
    queue: Vec<GcRef>,
    graph: Graph,
}

impl<'a, H: Inspect> Walk<'a, H> {
    pub(super) fn new(heap: &'a H, types: &'a Types) -> Walk<'a, H> {
        Walk {
            heap,
            types,
            numbers: HashMap::new(),
            queue: Vec::new(),
            graph: Graph::default(),
        }
    }

    /// The value in a register or slot of type `ty`; `high` is the other half
    /// of a vector.
    pub(super) fn value(&mut self, ty: ValType, bits: u64, high: u64) -> Seen {
        match ty.lane() {
            Lane::Gc => self.reference(GcRef::from_register(bits)),
            lane => Seen::plain(lane, bits, high),
        }
    }

    /// A reference, numbered if it is new.
    pub(super) fn reference(&mut self, r: GcRef) -> Seen {
        if r.is_null() {
            return Seen::Null;
        }
        if r.is_i31() {
            return Seen::I31(r.i31_signed());
        }
        if let Some(number) = self.numbers.get(&r) {
            return Seen::Object(*number);
        }
        match self.heap.header(r) {
            Some(header) if header.shape.is_some() => {
                let number = self.queue.len() as u32;
                self.numbers.insert(r, number);
                self.queue.push(r);
                Seen::Object(number)
            }
            _ => Seen::Dangling,
        }
    }

    /// Follows every reference met so far to its end.
    pub(super) fn finish(mut self) -> Graph {
        let mut at = 0;
        while let Some(&r) = self.queue.get(at) {
            at += 1;
            let start = self.graph.values.len() as u32;
            let header = self.heap.header(r);
            let shape = header.and_then(|h| h.shape).unwrap_or(Shape::Extern);
            let word = match shape {
                Shape::Exception(_) | Shape::Extern => self.heap.peek_word(r).unwrap_or(u32::MAX),
                _ => 0,
            };
            self.graph.nodes.push(Node { shape, word, start });
            match shape {
                Shape::Struct(id) | Shape::Exception(id) => self.fields(r, id),
                Shape::Array(id) => {
                    let lane = self.types.element(id).storage.lane();
                    for index in 0..header.map_or(0, |h| h.len) {
                        self.place(r, Place::Element { index, lane });
                    }
                }
                Shape::Extern => {}
            }
        }
        self.graph
    }

    fn fields(&mut self, r: GcRef, id: TypeId) {
        let types = self.types;
        for field in &types.entry(id).layout.fields {
            self.place(r, Place::Field(*field));
        }
    }

    fn place(&mut self, r: GcRef, place: Place) {
        let seen = match (self.heap.peek(r, place), place.lane()) {
            (None, _) => Seen::Dangling,
            (Some(bits), Lane::Gc) => self.reference(GcRef::from_register(bits)),
            (Some(bits), Lane::B128) => match self.heap.peek_high(r, place) {
                Some(high) => Seen::Vector([bits, high]),
                None => Seen::Dangling,
            },
            (Some(bits), lane) => Seen::plain(lane, bits, 0),
        };
        self.graph.values.push(seen);
    }
}

impl Seen {
    /// A value that is not a reference into the heap.
    pub(super) fn plain(lane: Lane, bits: u64, high: u64) -> Seen {
        match lane {
            Lane::Func => match (bits as u32).checked_sub(1) {
                Some(func) => Seen::Func(func),
                None => Seen::Null,
            },
            Lane::B128 => Seen::Vector([bits, high]),
            _ => Seen::Bits(bits),
        }
    }
}
