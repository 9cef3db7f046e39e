//! Objects followed through a run: each keeps its number, also when a collection moves it.

use crate::engine::{Point, View};
use crate::heap::{GcRef, Heap, ObjectEvent};
use crate::oracle::audit::census::Census;
use std::collections::{BTreeMap, BTreeSet};

/// The number of an object, in the order of allocation.
pub(super) type ObjectId = u64;

/// Numbers the objects of a run.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// The allocated objects and their addresses, in the order of addresses.
    live: Vec<(u32, ObjectId)>,
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

/// The most objects for which the heap's record is searched.
const FORWARDED: usize = 256;

/// Adds objects that a collection has moved without updating the reference that leads to them, if the
/// heap has recorded it.
fn add_forwarded<H: Heap>(
    pairs: &mut BTreeMap<u32, u32>,
    before: &Graph,
    after: &Graph,
    view: &View<'_, H>,
) {
    let mut taken: BTreeSet<u32> = pairs.values().copied().collect();
    let lost = before.objects.keys().filter(|old| !pairs.contains_key(old));
    let lost: Vec<u32> = lost.take(FORWARDED).copied().collect();
    for old in lost {
        let mut to = None;
        view.store.heap.object_events(GcRef(old), &mut |event| {
            if let ObjectEvent::Forwarded(r) = event {
                to = Some(r.0);
            }
        });
        let to = to.filter(|to| after.objects.contains_key(to));
        if let Some(to) = to.filter(|to| taken.insert(*to)) {
            pairs.insert(old, to);
        }
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
            let after = Graph::of(view, &self.census);
            let mut pairs = before.paired(&after);
            add_forwarded(&mut pairs, &before, &after, view);
            self.move_all(&pairs);
        }
        let mut live = Vec::with_capacity(self.census.objects.len());
        self.freed.clear();
        let mut before = std::mem::take(&mut self.live).into_iter().peekable();
        let mut gone = |(address, id): (u32, ObjectId)| {
            self.freed.push(id);
            self.dead.insert(address, id);
        };
        for object in &self.census.objects {
            let address = object.block.start;
            while let Some(dead) = before.next_if(|(at, _)| *at < address) {
                gone(dead);
            }
            let same = before.next_if(|(at, _)| *at == address);
            live.push(same.unwrap_or_else(|| {
                self.next += 1;
                (address, self.next)
            }));
        }
        before.for_each(gone);
        self.live = live;
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
        let moved = moved.into_iter().map(|(old, id)| (pairs[&old], id));
        let mut live: BTreeMap<u32, ObjectId> = stayed.into_iter().collect();
        live.extend(moved);
        self.live = live.into_iter().collect();
    }

    /// The object at an address, or the last one that was there.
    pub fn at(&self, address: u32) -> Option<ObjectId> {
        let live = self.live.binary_search_by_key(&address, |(at, _)| *at);
        let live = live.ok().map(|index| self.live[index].1);
        live.or_else(|| self.dead.get(&address).copied())
    }

    /// The address of an object, if it is allocated.
    pub fn address(&self, id: ObjectId) -> Option<u32> {
        let mut all = self.live.iter();
        all.find(|(_, other)| *other == id).map(|(at, _)| *at)
    }
}
