//! The reachable heap as a graph without addresses.
//!
//! Objects are numbered in the order in which a breadth-first walk from the
//! roots first meets them, fields in order. Two heaps hold the same values if
//! and only if their graphs are equal: shape, types, payload, identity and
//! sharing all show, addresses do not.
//!
//! A graph takes about as much memory as its objects do in a heap, whatever
//! they are made of: values are kept as bytes, as wide as the language stores
//! them. A run has an observation besides its heap, and a comparison has two.

use super::packed::{Format, Lanes, Values, lane_of, pack};
use super::value::ObservedValue;
use crate::heap::Shape;

/// An object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its run-time type.
    pub shape: Shape,
    /// The tag of an exception, or the host's name of an external value.
    pub word: u32,
    /// How its values are stored: one of [`Graph::formats`].
    pub(super) format: u32,
    /// Where its values start in [`Graph::bytes`]; they end where the next
    /// node's start.
    pub(super) start: usize,
}

/// The objects reachable from an observation's values. One that was not built by
/// a walk may number them in any order.
///
/// Of two graphs that were built by walks, equal values mean equal graphs. One
/// built by [`Graph::push`] may look different and still hold the same: that is
/// for [`compare`](crate::oracle::compare) to say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graph {
    /// All objects, in the order of the walk.
    pub nodes: Vec<Node>,
    /// What is in objects: few, since objects of one type are alike.
    pub(super) formats: Vec<Format>,
    /// The values of all objects.
    pub(super) bytes: Vec<u8>,
}

impl Graph {
    /// Adds an object. Its values may refer to objects that are added later.
    pub fn push(&mut self, shape: Shape, word: u32, values: &[ObservedValue]) -> u32 {
        let lanes = match (shape, values) {
            (Shape::Array(_), [first, rest @ ..])
                if rest.iter().all(|v| lane_of(*v) == lane_of(*first)) =>
            {
                Lanes::All(lane_of(*first))
            }
            _ => Lanes::Each(values.iter().map(|v| lane_of(*v)).collect()),
        };
        let format = Format { lanes, cut: false };
        let known = self.formats.iter().position(|known| *known == format);
        let format = known.unwrap_or_else(|| {
            self.formats.push(format);
            self.formats.len() - 1
        });
        self.nodes.push(Node {
            shape,
            word,
            format: format as u32,
            start: self.bytes.len(),
        });
        for value in values {
            pack(*value, &mut self.bytes);
        }
        self.nodes.len() as u32 - 1
    }

    /// The fields, elements or payload of an object. In an object that was
    /// broken, everything from the first value on that could not be read is one
    /// [`ObservedValue::Dangling`].
    pub fn values_of(&self, node: u32) -> Values<'_> {
        let (format, bytes) = self.packed(node as usize);
        format.values(bytes)
    }

    /// The values of an object as they are kept.
    pub(super) fn packed(&self, node: usize) -> (&Format, &[u8]) {
        let end = self
            .nodes
            .get(node + 1)
            .map_or(self.bytes.len(), |n| n.start);
        let Node { format, start, .. } = self.nodes[node];
        (&self.formats[format as usize], &self.bytes[start..end])
    }

    /// Calls `visit` for each reference from an object to an object.
    fn each_link(&self, mut visit: impl FnMut(usize, usize)) {
        for node in 0..self.nodes.len() {
            let (format, bytes) = self.packed(node);
            format.objects(bytes, |target| {
                if (target as usize) < self.nodes.len() {
                    visit(node, target as usize);
                }
            });
        }
    }

    /// Bytes of memory that it takes, but for its few formats.
    pub(super) fn footprint(&self) -> usize {
        size_of_val(&self.nodes[..]) + self.bytes.len()
    }

    /// Whether some object is referred to by two fields or elements.
    pub fn has_sharing(&self) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut shared = false;
        self.each_link(|_, target| shared |= std::mem::replace(&mut seen[target], true));
        shared
    }

    /// Whether some object can be reached from itself.
    pub fn has_cycle(&self) -> bool {
        // A cycle goes back somewhere: to an object numbered before, or to itself.
        let mut back = false;
        self.each_link(|node, target| back |= target <= node);
        if !back {
            return false;
        }
        // Peel off objects that nothing left refers to; cycles remain.
        let mut incoming = vec![0u32; self.nodes.len()];
        self.each_link(|_, target| incoming[target] += 1);
        let mut free: Vec<usize> = (0..self.nodes.len())
            .filter(|node| incoming[*node] == 0)
            .collect();
        let mut peeled = 0;
        while let Some(node) = free.pop() {
            peeled += 1;
            let (format, bytes) = self.packed(node);
            format.objects(bytes, |target| {
                let Some(left) = incoming.get_mut(target as usize) else {
                    return;
                };
                *left -= 1;
                if *left == 0 {
                    free.push(target as usize);
                }
            });
        }
        peeled < self.nodes.len()
    }
}
