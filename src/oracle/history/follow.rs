//! Objects followed through a run: each keeps its number, also when a collection moves it.

use crate::engine::{Point, View};
use crate::heap::{GcRef, Heap};
use crate::oracle::audit::census::Census;
use std::collections::BTreeMap;

/// The number of an object, in the order of allocation.
pub(super) type ObjectId = u64;

/// Numbers the objects of a run.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// The allocated objects, by address.
    live: BTreeMap<u32, ObjectId>,
    /// The last object at each address that has been freed.
    dead: BTreeMap<u32, ObjectId>,
    next: ObjectId,
    /// The objects freed between the last two looks.
    pub freed: Vec<ObjectId>,
    /// The references before the collection that is about to run.
    before: Option<Graph>,
    pub census: Census,
}

/// References: of roots, in a fixed order, and of objects.
#[derive(Debug)]
struct Graph {
    roots: Vec<GcRef>,
    objects: BTreeMap<u32, Vec<GcRef>>,
}

impl Graph {
    fn of<H: Heap>(view: &View<'_, H>, census: &Census) -> Graph {
        let mut roots = Vec::new();
        view.owners(|_, r| roots.push(r));
        view.frame_references(|_, _, r| roots.push(r));
        let objects = census.objects.iter().enumerate();
        let objects = objects.map(|(i, object)| (object.block.start, census.held(i).to_vec()));
        Graph {
            roots,
            objects: objects.collect(),
        }
    }

    /// The address in `after` of each object that both reach in the same way.
    fn paired(&self, after: &Graph) -> BTreeMap<u32, u32> {
        let mut pairs = BTreeMap::new();
        let mut next: Vec<(GcRef, GcRef)> = Vec::new();
        next.extend(self.roots.iter().copied().zip(after.roots.iter().copied()));
        while let Some((old, new)) = next.pop() {
            let (Some(from), Some(to)) = (self.objects.get(&old.0), after.objects.get(&new.0))
            else {
                continue;
            };
            if let std::collections::btree_map::Entry::Vacant(free) = pairs.entry(old.0) {
                free.insert(new.0);
                next.extend(from.iter().copied().zip(to.iter().copied()));
            }
        }
        pairs
    }
}

impl Follower {
    /// Looks at the heap. Returns false if that takes more memory than there is.
    pub fn look<H: Heap>(&mut self, point: Point, view: &View<'_, H>) -> bool {
        if !self.census.take(view, view.store.limits().footprint) {
            return false;
        }
        let before = self.before.take();
        if let (Some(before), Point::Collection | Point::End) = (before, point) {
            self.move_all(&before.paired(&Graph::of(view, &self.census)));
        }
        let mut live = BTreeMap::new();
        for object in &self.census.objects {
            let address = object.block.start;
            let id = self.live.remove(&address).unwrap_or_else(|| {
                self.next += 1;
                self.next
            });
            live.insert(address, id);
        }
        let gone = std::mem::replace(&mut self.live, live);
        self.freed = gone.values().copied().collect();
        self.dead.extend(gone);
        if point == Point::Collecting {
            self.before = Some(Graph::of(view, &self.census));
        }
        true
    }

    /// Moves objects. One without a new address stays, if it is still there.
    fn move_all(&mut self, pairs: &BTreeMap<u32, u32>) {
        let all = std::mem::take(&mut self.live);
        let (moved, stayed): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(old, _)| pairs.contains_key(old));
        self.live.extend(stayed);
        self.live
            .extend(moved.into_iter().map(|(old, id)| (pairs[&old], id)));
    }

    /// The object at an address, or the last one that was there.
    pub fn at(&self, address: u32) -> Option<ObjectId> {
        self.live.get(&address).or(self.dead.get(&address)).copied()
    }

    /// The address of an object, if it is allocated.
    pub fn address(&self, id: ObjectId) -> Option<u32> {
        let mut all = self.live.iter();
        all.find(|(_, other)| **other == id).map(|(at, _)| *at)
    }
}
