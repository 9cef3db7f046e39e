//! The census: every object, every owner, everything reachable.

use crate::engine::View;
use crate::heap::{Block, GRANULE, GcRef, Header, Heap, Inspect, Place, RootList, Shape};
use crate::types::{Composite, Lane, Types};

/// An allocated block and the header in it.
#[derive(Copy, Clone, Debug)]
pub(super) struct Object {
    pub block: Block,
    pub header: Header,
}

impl Object {
    pub fn reference(&self) -> GcRef {
        GcRef(self.block.start)
    }
}

/// What an audit knows. Kept between audits for its memory.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub blocks: Vec<Block>,
    /// Allocated objects by address.
    pub objects: Vec<Object>,
    /// From the granule an object starts at to its place in `objects`, plus
    /// one.
    index: Vec<u32>,
    /// For every object the number of its owners.
    pub owners: Vec<u32>,
    /// For every object whether it can be reached.
    pub reachable: Vec<bool>,
    /// The first reachable reference that is no object.
    pub dangling: Option<GcRef>,
    /// References in frames.
    frames: Vec<GcRef>,
    /// For every object whether a frame refers to it.
    pub framed: Vec<bool>,
    pub list: Option<RootList>,
    /// For every object how often it is in the list.
    pub listed: Vec<u32>,
    work: Vec<u32>,
}

impl Census {
    /// Counts everything.
    pub fn take<H: Heap>(&mut self, view: &View<'_, H>) {
        let heap = &view.store.heap;
        self.blocks = heap.blocks();
        self.objects.clear();
        self.index.clear();
        self.index
            .resize((heap.extent().1 / GRANULE) as usize + 1, 0);
        for block in self.blocks.iter().filter(|b| !b.free) {
            if let Some(header) = heap.header(GcRef(block.start))
                && let Some(slot) = self.index.get_mut((block.start / GRANULE) as usize)
            {
                self.objects.push(Object {
                    block: *block,
                    header,
                });
                *slot = self.objects.len() as u32;
            }
        }
        let n = self.objects.len();
        for counts in [&mut self.owners, &mut self.listed] {
            counts.clear();
            counts.resize(n, 0);
        }
        for flags in [&mut self.reachable, &mut self.framed] {
            flags.clear();
            flags.resize(n, false);
        }
        self.dangling = None;
        self.frames.clear();
        self.count_owners(view);
        self.reach(view);
    }

    /// The object that starts at `r`.
    pub fn find(&self, r: GcRef) -> Option<usize> {
        if !r.is_object() || !r.0.is_multiple_of(GRANULE) {
            return None;
        }
        let place = *self.index.get((r.0 / GRANULE) as usize)?;
        Some(place.checked_sub(1)? as usize)
    }

    fn count_owners<H: Heap>(&mut self, view: &View<'_, H>) {
        let heap = &view.store.heap;
        let types = view.store.types();
        for i in 0..self.objects.len() {
            let object = self.objects[i];
            references(heap, types, &object, |_, r| {
                if let Some(j) = self.find(r) {
                    self.owners[j] += 1;
                }
            });
        }
        view.owners(|_, r| {
            if let Some(j) = self.find(r) {
                self.owners[j] += 1;
            }
        });
        let list = heap.root_list();
        for r in list.iter().flat_map(|list| &list.members) {
            if let Some(j) = self.find(*r) {
                self.listed[j] += 1;
                self.owners[j] += 1;
            }
        }
        self.list = list;
    }

    fn reach<H: Heap>(&mut self, view: &View<'_, H>) {
        let heap = &view.store.heap;
        let types = view.store.types();
        view.frame_references(|_, _, r| {
            if r.is_object() {
                self.frames.push(r);
            }
        });
        let mut work = std::mem::take(&mut self.work);
        for i in 0..self.frames.len() {
            let r = self.frames[i];
            if let Some(j) = self.find(r) {
                self.framed[j] = true;
            }
            self.visit(r, &mut work);
        }
        view.owners(|_, r| self.visit(r, &mut work));
        while let Some(i) = work.pop() {
            let object = self.objects[i as usize];
            references(heap, types, &object, |_, r| self.visit(r, &mut work));
        }
        self.work = work;
    }

    fn visit(&mut self, r: GcRef, work: &mut Vec<u32>) {
        if !r.is_object() {
            return;
        }
        match self.find(r) {
            Some(i) if self.reachable[i] => {}
            Some(i) => {
                self.reachable[i] = true;
                work.push(i as u32);
            }
            None => self.dangling = self.dangling.or(Some(r)),
        }
    }
}

/// Calls `visit` with every slot of an object that may hold a reference into
/// the heap, by its type, and with what it holds.
pub(super) fn references<H: Inspect>(
    heap: &H,
    types: &Types,
    object: &Object,
    mut visit: impl FnMut(Place, GcRef),
) {
    let r = object.reference();
    let mut peek = |place: Place| {
        if let Some(value) = heap.peek(r, place) {
            visit(place, GcRef::from_register(value));
        }
    };
    let id = match object.header.shape {
        Some(Shape::Struct(id) | Shape::Array(id) | Shape::Exception(id)) => id,
        Some(Shape::Extern) | None => return,
    };
    let Some(entry) = types.get(id) else { return };
    if let Composite::Array(element) = &entry.sub.composite {
        if element.storage.lane() == Lane::Gc {
            for index in 0..object.header.len {
                peek(Place::Element {
                    index,
                    lane: Lane::Gc,
                });
            }
        }
    } else {
        let fields = entry.layout.fields.iter();
        fields
            .filter(|f| f.lane == Lane::Gc)
            .for_each(|f| peek(Place::Field(*f)));
    }
}
