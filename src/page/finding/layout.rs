//! Places of nodes and references in a picture of the heap.
//!
//! All pictures of a run share one layout, so that an object stays where it is from one operation to
//! the next.

use crate::explain::picture::{Key, Node, Picture};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};
use std::collections::{BTreeMap, BTreeSet};

/// Width of a character and height of a line, in pixels: those of the fixed-width font of `.graph`
/// in the style sheet.
pub(super) const CHARACTER: f64 = 7.0;
pub(super) const LINE: f64 = 17.0;
/// Space around the text of a node.
pub(super) const SPACE: f64 = 8.0;
/// Longer text is cut.
const LONGEST: usize = 34;

/// A rectangle.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub(super) struct Place {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Where nodes and references are.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    places: BTreeMap<Key, Place>,
    /// Bends of the references between two nodes.
    bends: BTreeMap<(Key, Key), Vec<(f64, f64)>>,
}

/// Text that fits into a node.
pub(super) fn cut(text: &str) -> String {
    let text = crate::page::line(text);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// The lines of a node above its rows.
pub(super) fn heading(node: &Node) -> Vec<String> {
    let address = match node.key {
        Key::Object(_) => node.address.map(|address| format!(" at {address:#x}")),
        _ => None,
    };
    let mut lines = vec![format!("{}{}", node.title, address.unwrap_or_default())];
    lines.extend(node.ty.clone());
    lines.extend(
        node.count
            .map(|(count, expected)| format!("count {count}, expected {expected}")),
    );
    lines.extend(node.remarks.iter().map(ToString::to_string));
    lines
}

/// Width and height of a node.
fn size(node: &Node) -> (f64, f64) {
    let rows = node
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.name, row.value));
    let lines: Vec<String> = heading(node).into_iter().chain(rows).collect();
    let widest = lines
        .iter()
        .map(|line| cut(line).chars().count())
        .max()
        .unwrap_or(0);
    let count = lines.len() + usize::from(node.more_rows > 0);
    (
        widest as f64 * CHARACTER + 2.0 * SPACE,
        count as f64 * LINE + SPACE,
    )
}

impl Layout {
    /// The layout of pictures that are shown in turn.
    pub fn of(pictures: &[&Picture]) -> Layout {
        let mut sizes: BTreeMap<&Key, (f64, f64)> = BTreeMap::new();
        let mut pairs: BTreeSet<(&Key, &Key)> = BTreeSet::new();
        for picture in pictures {
            for node in &picture.nodes {
                let (width, height) = size(node);
                let largest = sizes.entry(&node.key).or_default();
                *largest = (largest.0.max(width), largest.1.max(height));
            }
            pairs.extend(picture.edges.iter().map(|edge| (&edge.from, &edge.to)));
        }
        // A reference to itself has no place, and needs none.
        pairs.retain(|(from, to)| from != to && sizes.contains_key(from) && sizes.contains_key(to));
        let mut graph = Graph::with_options(GraphOptions {
            directed: true,
            multigraph: false,
            compound: false,
        });
        let names: BTreeMap<&Key, String> = sizes
            .keys()
            .enumerate()
            .map(|(index, key)| (*key, index.to_string()))
            .collect();
        for (key, (width, height)) in &sizes {
            let mut label = NodeLabel::default();
            (label.width, label.height) = (*width, *height);
            graph.set_node(names[key].clone(), Some(label));
        }
        for (from, to) in &pairs {
            let label = Some(EdgeLabel::default());
            graph.set_edge(&names[from], &names[to], label, None);
        }
        dagre::layout(
            &mut graph,
            Some(LayoutOptions {
                rankdir: RankDir::LR,
                nodesep: 18.0,
                ranksep: 56.0,
                edgesep: 10.0,
                ..LayoutOptions::default()
            }),
        );
        let mut layout = Layout::default();
        for (key, (width, height)) in sizes {
            let Some(node) = graph.node(&names[key]) else {
                continue;
            };
            let (x, y) = (node.x.unwrap_or(0.0), node.y.unwrap_or(0.0));
            let place = Place {
                left: x - width / 2.0,
                top: y - height / 2.0,
                width,
                height,
            };
            layout.places.insert(key.clone(), place);
        }
        for (from, to) in pairs {
            let edge = graph.edge(&names[from], &names[to], None);
            let points = edge.map(|edge| edge.points.iter().map(|p| (p.x, p.y)).collect());
            let points: Vec<(f64, f64)> = points.unwrap_or_default();
            // The ends are at the borders of the nodes, and drawn from a row to a heading.
            let inner = points.get(1..points.len().saturating_sub(1));
            layout.bends.insert(
                (from.clone(), to.clone()),
                inner.unwrap_or_default().to_vec(),
            );
        }
        layout.enclose();
        layout
    }

    /// Moves everything to the edges of the picture.
    fn enclose(&mut self) {
        const MARGIN: f64 = 26.0;
        let bends = self.bends.values().flatten().copied();
        let corners = self
            .places
            .values()
            .flat_map(|p| [(p.left, p.top), (p.left + p.width, p.top + p.height)]);
        let all: Vec<(f64, f64)> = bends.chain(corners).collect();
        let least = |f: fn(&(f64, f64)) -> f64| all.iter().map(f).fold(f64::INFINITY, f64::min);
        let most = |f: fn(&(f64, f64)) -> f64| all.iter().map(f).fold(f64::NEG_INFINITY, f64::max);
        if all.is_empty() {
            return;
        }
        let (left, top) = (least(|p| p.0) - MARGIN, least(|p| p.1) - 16.0);
        self.width = most(|p| p.0) - left + MARGIN;
        self.height = most(|p| p.1) - top + 4.0;
        for place in self.places.values_mut() {
            place.left -= left;
            place.top -= top;
        }
        for (x, y) in self.bends.values_mut().flatten() {
            *x -= left;
            *y -= top;
        }
    }

    /// Where a node is.
    pub fn place(&self, key: &Key) -> Place {
        self.places.get(key).copied().unwrap_or_default()
    }

    /// The bends of the references from one node to another.
    pub fn bends(&self, from: &Key, to: &Key) -> &[(f64, f64)] {
        let bends = self.bends.get(&(from.clone(), to.clone()));
        bends.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::picture::{Change, Edge};

    fn node(id: u64) -> Node {
        Node::new(Key::Object(id), format!("object {id}"))
    }

    fn edge(from: u64, to: u64) -> Edge {
        Edge {
            from: Key::Object(from),
            row: None,
            label: String::new(),
            to: Key::Object(to),
            change: Change::Same,
            stale: false,
        }
    }

    #[test]
    fn nodes_are_inside_and_apart_also_in_cycles_and_across_pictures() {
        let first = Picture {
            nodes: (0..5).map(node).collect(),
            edges: vec![edge(0, 1), edge(1, 2), edge(2, 0), edge(3, 3), edge(0, 4)],
            ..Picture::default()
        };
        let second = Picture {
            nodes: (4..9).map(node).collect(),
            edges: vec![edge(4, 8), edge(8, 4), edge(5, 99)],
            ..Picture::default()
        };
        let layout = Layout::of(&[&first, &second]);
        let places: Vec<Place> = (0..9).map(|id| layout.place(&Key::Object(id))).collect();
        for (i, a) in places.iter().enumerate() {
            assert!(a.left >= 0.0 && a.top >= 0.0, "{a:?}");
            assert!(a.left + a.width <= layout.width && a.top + a.height <= layout.height);
            for b in &places[i + 1..] {
                let apart = a.left + a.width <= b.left
                    || b.left + b.width <= a.left
                    || a.top + a.height <= b.top
                    || b.top + b.height <= a.top;
                assert!(apart, "{a:?} {b:?}");
            }
        }
        let again = Layout::of(&[&first, &second]);
        assert_eq!(again.places, layout.places);
        assert_eq!(again.bends, layout.bends);
        let empty = Layout::of(&[&Picture::default()]);
        assert_eq!((empty.width, empty.height), (0.0, 0.0));
    }
}
