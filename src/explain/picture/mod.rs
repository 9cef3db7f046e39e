//! Scenes as graphs: objects and roots are nodes, references are edges, and each says whether it is
//! new.

mod compare;
mod draw;
mod nearest;
#[cfg(test)]
mod tests;

pub use draw::name_of_register;

use crate::oracle::{Scene, SceneValue};
use draw::Draw;

/// The heap around an object between two operations, as a graph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Picture {
    /// Roots, then objects.
    pub nodes: Vec<Node>,
    /// References.
    pub edges: Vec<Edge>,
    /// Objects that are left out.
    pub more_objects: usize,
    /// Roots that are left out.
    pub more_roots: usize,
}

/// What a node stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// A register of a frame, by the frame's depth and the register's index.
    Register(u32, u16),
    /// A slot outside the heap, in words.
    Slot(String),
    /// An object, by its number.
    Object(u64),
    /// An address at which no object is.
    Address(u32),
}

/// A change since the picture before.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Change {
    /// None.
    #[default]
    Same,
    /// Something in it has changed.
    Changed,
    /// It was not there.
    New,
    /// It is no longer there.
    Gone,
}

/// A root or an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What it stands for.
    pub key: Key,
    /// The root in words, or the object's number.
    pub title: String,
    /// The object's type.
    pub ty: Option<String>,
    /// The object's address.
    pub address: Option<u32>,
    /// The reference count, in a counting heap, and the count that the owners require.
    pub count: Option<(u32, u32)>,
    /// Remarks: `in the stack-root list`.
    pub remarks: Vec<&'static str>,
    /// Fields or elements.
    pub rows: Vec<Row>,
    /// Fields that are left out.
    pub more_rows: u32,
    /// What has changed.
    pub change: Change,
    /// Whether it is the object that the finding is about.
    pub focus: bool,
    /// Whether something is wrong with it: a count, a collection that was not shown the root.
    pub wrong: bool,
}

/// A field or an element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its name or index.
    pub name: String,
    /// What it holds.
    pub value: SceneValue,
    /// What has changed.
    pub change: Change,
}

/// A reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The node that holds it.
    pub from: Key,
    /// The row of that node, if it has rows.
    pub row: Option<usize>,
    /// The field's name.
    pub label: String,
    /// The node that it refers to.
    pub to: Key,
    /// What has changed.
    pub change: Change,
    /// Whether no object is where it points.
    pub stale: bool,
}

/// Pictures of scenes that follow one another. `culprit` is the index of the one that matters most.
pub fn pictures(scenes: &[Scene], culprit: usize) -> Vec<Picture> {
    let mut draw = Draw::new(nearest::nearest(scenes, culprit));
    let mut pictures: Vec<Picture> = Vec::new();
    let mut before: Option<&Scene> = None;
    for scene in scenes {
        let mut picture = draw.picture(scene);
        if let (Some(old), Some(before)) = (pictures.last(), before) {
            picture.compare(old, before, scene);
        }
        pictures.push(picture);
        before = Some(scene);
    }
    pictures
}

impl Node {
    /// A node without anything in it.
    pub(crate) fn new(key: Key, title: String) -> Node {
        Node {
            key,
            title,
            ty: None,
            address: None,
            count: None,
            remarks: Vec::new(),
            rows: Vec::new(),
            more_rows: 0,
            change: Change::Same,
            focus: false,
            wrong: false,
        }
    }
}

impl Picture {
    /// The node with a key.
    pub fn node(&self, key: &Key) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == *key)
    }
}
