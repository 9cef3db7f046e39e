//! The reachable heap as a graph without addresses.
//!
//! Objects are numbered in breadth-first order from the roots, fields in order.
//! Two heaps hold the same values if and only if their graphs are equal. A
//! graph shows shape, types, payload, identity and sharing, but no addresses.
//!
//! A graph takes about as much memory as its objects take in a heap, whatever
//! their types: values are stored as bytes, each as wide as the language stores
//! it. A run holds an observation besides its heap, and a comparison holds two.

use super::packed::{Format, StorageKinds, Values, pack, storage_kind_of};
use super::value::ObservedValue;
use crate::heap::Shape;

/// An object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its run-time type.
    pub shape: Shape,
    /// The tag of an exception, or the host's id of an external value.
    pub word: u32,
    /// The format of its values: an index into [`Graph::formats`].
    pub(super) format: u32,
    /// Start of its values in [`Graph::bytes`]. They end at the start of the
    /// next node's values.
    pub(super) start: usize,
}

/// The objects reachable from an observation's values. A graph that was not
/// built by a walk may number them in any order.
///
/// Two graphs built by walks are equal if and only if they hold the same
/// values. A graph built with [`Graph::push`] may differ from an equivalent
/// one; [`compare`](crate::oracle::compare) decides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graph {
    /// All objects, in the order of the walk.
    pub nodes: Vec<Node>,
    /// Formats of objects. There are few, since objects of one type mostly
    /// share one.
    pub(super) formats: Vec<Format>,
    /// The values of all objects.
    pub(super) bytes: Vec<u8>,
}

impl Graph {
    /// Adds an object. Its values may refer to objects added later.
    pub fn push(&mut self, shape: Shape, word: u32, values: &[ObservedValue]) -> u32 {
        let storage_kinds = match (shape, values) {
            (Shape::Array(_), [first, rest @ ..])
                if rest
                    .iter()
                    .all(|v| storage_kind_of(*v) == storage_kind_of(*first)) =>
            {
                StorageKinds::All(storage_kind_of(*first))
            }
            _ => StorageKinds::Each(values.iter().map(|v| storage_kind_of(*v)).collect()),
        };
        let format = Format {
            storage_kinds,
            cut: false,
        };
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

    /// The fields, elements or payload of an object. In a broken object, one
    /// [`ObservedValue::Dangling`] stands for the first unreadable value and
    /// all after it.
    pub fn values_of(&self, node: u32) -> Values<'_> {
        let (format, bytes) = self.packed(node as usize);
        format.values(bytes)
    }

    /// The values of an object in packed form.
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

    /// Bytes of memory that the graph takes, without its few formats.
    pub(super) fn footprint(&self) -> usize {
        size_of_val(&self.nodes[..]) + self.bytes.len()
    }

    /// Whether two fields or elements refer to the same object.
    pub fn has_sharing(&self) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut shared = false;
        self.each_link(|_, target| shared |= std::mem::replace(&mut seen[target], true));
        shared
    }

    /// Whether some object can be reached from itself.
    pub fn has_cycle(&self) -> bool {
        // A cycle has a back link: to an object with a lower number, or to the
        // same object.
        let mut back = false;
        self.each_link(|node, target| back |= target <= node);
        if !back {
            return false;
        }
        // Remove objects that no remaining object refers to; only cycles remain.
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
