//! What has changed since the picture before.

use super::{Change, Edge, Key, Node, Picture};
use crate::oracle::Scene;

impl Picture {
    /// Marks what has changed since the picture before, and adds what is gone.
    pub(super) fn compare(&mut self, old: &Picture, before: &Scene, now: &Scene) {
        for node in &mut self.nodes {
            match old.node(&node.key) {
                Some(earlier) => node.compare(earlier),
                // An object that was only left out before is not new.
                None if node.change == Change::Same && shows_all(old, before, &node.key) => {
                    node.change = Change::New;
                }
                None => {}
            }
        }
        for edge in &mut self.edges {
            let is_same = |other: &&Edge| {
                (&other.from, &other.label, &other.to) == (&edge.from, &edge.label, &edge.to)
                    && other.change != Change::Gone
                    && other.stale == edge.stale
            };
            let holder_was_there = old.node(&edge.from).is_some();
            if old.edges.iter().find(is_same).is_none()
                && (holder_was_there || shows_all(old, before, &edge.from))
            {
                edge.change = Change::New;
            }
        }
        self.add_gone(old, now);
    }

    fn add_gone(&mut self, old: &Picture, now: &Scene) {
        for node in &old.nodes {
            let Key::Object(id) = node.key else { continue };
            let is_freed = node.change != Change::Gone && now.freed.contains(&id);
            match self.nodes.iter_mut().find(|other| other.key == node.key) {
                // A ghost knows less than the picture before.
                Some(ghost) if ghost.change == Change::Gone => {
                    let remarks = std::mem::take(&mut ghost.remarks);
                    *ghost = node.clone();
                    ghost.change = Change::Gone;
                    ghost.remarks = remarks;
                    ghost.rows.clear();
                    ghost.count = None;
                    ghost.wrong = true;
                }
                None if is_freed => {
                    let mut ghost = node.clone();
                    ghost.change = Change::Gone;
                    ghost.remarks = vec!["freed"];
                    ghost.rows.clear();
                    ghost.count = None;
                    self.nodes.push(ghost);
                }
                _ => {}
            }
        }
        // References that are gone, between nodes that are still there.
        for edge in old.edges.iter().filter(|edge| edge.change != Change::Gone) {
            let is_there = |other: &Edge| {
                (&other.from, &other.label, &other.to) == (&edge.from, &edge.label, &edge.to)
            };
            let row = edge.row.is_none_or(|row| {
                let holder = self.node(&edge.from);
                holder.is_some_and(|node| node.rows.len() > row)
            });
            if !self.edges.iter().any(is_there)
                && row
                && self.node(&edge.from).is_some()
                && self.node(&edge.to).is_some()
            {
                self.edges.push(Edge {
                    change: Change::Gone,
                    ..edge.clone()
                });
            }
        }
    }
}

impl Node {
    fn compare(&mut self, earlier: &Node) {
        if self.change == Change::Gone {
            return;
        }
        for row in &mut self.rows {
            let before = earlier.rows.iter().find(|other| other.name == row.name);
            if before.is_some_and(|before| before.value != row.value) {
                row.change = Change::Changed;
            }
        }
        let has_changed = self.count != earlier.count
            || self.address != earlier.address
            || self.remarks != earlier.remarks
            || self.rows.iter().any(|row| row.change != Change::Same);
        if earlier.change == Change::Gone {
            self.change = Change::New;
        } else if has_changed {
            self.change = Change::Changed;
        }
    }
}

/// Whether the picture of a scene would have shown what a node stands for.
fn shows_all(picture: &Picture, scene: &Scene, key: &Key) -> bool {
    match key {
        Key::Object(_) => scene.more_objects == 0,
        Key::Register(..) | Key::Slot(_) => picture.more_roots == 0,
        Key::Address(_) => false,
    }
}
