//! The shadow: an account of owners that is kept up to date, so that an audit
//! after every operation need not visit the whole heap.
//!
//! A census counts all owners of all objects. The shadow starts from a census, and
//! from then on checks only the writes in the heap's log, the slots outside the heap,
//! and the frames. If anything there looks wrong, it only reports a suspicion: the
//! verdict comes from a census with all laws. So a shadow can miss a breach until the
//! next census, which comes with every collection, but it cannot raise a false alarm.
//! Owners are filed under the address they hold, not under the object there, so that
//! an address may be reused between two checks.

use super::census::Census;
use super::laws::block_size;
use super::type_info::Plans;
use super::types::{fits, funcs_fit, type_of_owner, wrong, wrong_tag};
use crate::engine::View;
use crate::heap::{Block, Change, GRANULE, GcRef, Header, Heap, POISON, Shape};
use crate::types::ARRAY_ELEMENTS;
use std::ops::Range;

/// The result of checking the changes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Screening {
    /// All changes are consistent with the laws.
    Sound,
    /// Something looks wrong.
    Suspicious,
    /// The changes are not known.
    Unknown,
}

/// An object as it was last checked.
#[derive(Copy, Clone, Debug)]
struct Entry {
    start: u32,
    granules: u32,
    header: Header,
    /// The start of its references in [`Shadow::held`].
    first: u32,
    slots: u32,
    alive: bool,
}

/// Objects with at most this many references are read in full.
const FEW: u32 = 32;

/// The account; see the module documentation. Granules are counted from the
/// first address in use.
#[derive(Debug, Default)]
pub(super) struct Shadow {
    valid: bool,
    start: u32,
    /// For each granule, the entry of the object that it belongs to, plus one.
    cover: Vec<u32>,
    /// For each granule, the number of slots that hold its address.
    owners: Vec<u32>,
    entries: Vec<Entry>,
    held: Vec<GcRef>,
    /// The values of all slots outside the heap.
    outside: Vec<GcRef>,
    /// Granules whose owners or object changed.
    touched: Vec<u32>,
    changes: Vec<Change>,
}

/// A suspicion.
struct Wrong;

type Checked = Result<(), Wrong>;

impl Shadow {
    /// Forgets everything.
    pub fn invalidate(&mut self) {
        self.valid = false;
    }

    /// Starts from a census of a heap that breaks no law.
    pub fn seed<H: Heap>(&mut self, census: &Census, view: &View<'_, H>) {
        self.valid = census.parked.is_empty();
        self.start = census.start;
        self.entries.clear();
        self.held.clear();
        self.held.extend_from_slice(&census.held);
        for list in [&mut self.cover, &mut self.owners] {
            list.clear();
            list.resize(census.index.len(), 0);
        }
        for (i, object) in census.objects.iter().enumerate() {
            let granule = (object.block.start - self.start) / GRANULE;
            let granules = object.block.size / GRANULE;
            let covered = granule as usize..(granule + granules) as usize;
            self.cover[covered].fill(i as u32 + 1);
            self.owners[granule as usize] = census.owners[i];
            self.entries.push(Entry {
                start: object.block.start,
                granules,
                header: object.header,
                first: object.first,
                slots: object.slots,
                alive: true,
            });
        }
        self.outside.clear();
        view.owners(|_, r| self.outside.push(r));
    }

    /// Whether a census of the same heap has the same numbers of owners.
    pub fn agrees(&self, census: &Census) -> bool {
        let same = |(i, object): (usize, &super::census::Object)| {
            let granule = (object.block.start - self.start) / GRANULE;
            self.owners.get(granule as usize) == Some(&census.owners[i])
        };
        census.objects.iter().enumerate().all(same)
    }

    /// Checks the changes since the last check.
    pub fn look<H: Heap>(&mut self, plans: &Plans, view: &View<'_, H>) -> Screening {
        let heap = &view.store.heap;
        let (start, end) = heap.extent();
        self.changes.clear();
        let changes = &mut self.changes;
        if !self.valid
            || start != self.start
            || !heap.changes(&mut |change| changes.push(change))
            || !heap.parked().is_empty()
        {
            self.valid = false;
            return Screening::Unknown;
        }
        let granules = (end - start).div_ceil(GRANULE) as usize;
        if granules > self.cover.len() {
            self.cover.resize(granules, 0);
            self.owners.resize(granules, 0);
        }
        self.touched.clear();
        match self.check(plans, view) {
            Ok(()) => Screening::Sound,
            Err(Wrong) => {
                self.valid = false;
                Screening::Suspicious
            }
        }
    }

    fn check<H: Heap>(&mut self, plans: &Plans, view: &View<'_, H>) -> Checked {
        let changes = std::mem::take(&mut self.changes);
        let alive = self.deaths(view, &changes)?;
        let known = self.entries.len();
        self.births(plans, view, &changes)?;
        self.changes = changes;
        for entry in known..self.entries.len() {
            self.check_types(plans, view, entry)?;
        }
        for (entry, slots) in alive {
            self.reread(plans, view, entry, slots)?;
        }
        self.slots(view)?;
        self.frames(view)?;
        let counting = view.store.heap.is_counting();
        for granule in &self.touched {
            let owners = self.owners[*granule as usize];
            match self.entry_at(*granule) {
                Some(entry) if counting => {
                    let expected = owners + u32::from(entry.header.listed);
                    if entry.header.count != Some(expected) || expected == 0 {
                        return Err(Wrong);
                    }
                }
                Some(_) => {}
                None if owners > 0 => return Err(Wrong),
                None => {}
            }
        }
        Ok(())
    }

    /// The object that starts at a granule.
    fn entry_at(&self, granule: u32) -> Option<&Entry> {
        let place = self.cover.get(granule as usize)?.checked_sub(1)?;
        let entry = &self.entries[place as usize];
        (entry.start == self.start + granule * GRANULE).then_some(entry)
    }

    /// The granules of a change.
    fn granules(&self, change: &Change) -> Result<Range<u32>, Wrong> {
        let first = change.at.checked_sub(self.start).ok_or(Wrong)? / GRANULE;
        let last = (change.at - self.start + change.len.max(1) - 1) / GRANULE;
        Ok(first..(last + 1).min(self.cover.len() as u32))
    }

    /// Removes freed objects from the account. Returns the other objects that
    /// were written to, each with the slots that may have changed.
    fn deaths<H: Heap>(
        &mut self,
        view: &View<'_, H>,
        changes: &[Change],
    ) -> Result<Vec<(u32, Range<u32>)>, Wrong> {
        let mut alive = Vec::new();
        for change in changes {
            let range = self.granules(change)?;
            let mut granule = range.start;
            while granule < range.end {
                let Some(place) = self.cover[granule as usize].checked_sub(1) else {
                    granule += 1;
                    continue;
                };
                let entry = self.entries[place as usize];
                granule = (entry.start - self.start) / GRANULE + entry.granules;
                let same =
                    |now: &Header| (now.shape, now.len) == (entry.header.shape, entry.header.len);
                // The address may be that of another object by now, even of one with the same header.
                let heap = &view.store.heap;
                let size = entry.granules * GRANULE;
                let is_whole = heap
                    .size_of_block(GcRef(entry.start))
                    .is_none_or(|block| block == size);
                match heap.header(GcRef(entry.start)).filter(same) {
                    Some(now) if is_whole => {
                        self.entries[place as usize].header = now;
                        self.touched.push((entry.start - self.start) / GRANULE);
                        alive.push((place, slots_of(view, &entry, change)));
                    }
                    _ => self.kill(place),
                }
            }
        }
        Ok(alive)
    }

    fn kill(&mut self, place: u32) {
        let entry = &mut self.entries[place as usize];
        entry.alive = false;
        let Entry {
            start,
            granules,
            first,
            slots,
            ..
        } = *entry;
        let granule = (start - self.start) / GRANULE;
        self.cover[granule as usize..(granule + granules) as usize].fill(0);
        self.touched.push(granule);
        for slot in first..first + slots {
            let old = std::mem::take(&mut self.held[slot as usize]);
            self.disown(old);
        }
    }

    /// Adds new objects; all other written memory must be poison.
    fn births<H: Heap>(
        &mut self,
        plans: &Plans,
        view: &View<'_, H>,
        changes: &[Change],
    ) -> Checked {
        let heap = &view.store.heap;
        for change in changes {
            let range = self.granules(change)?;
            for granule in range {
                if self.cover[granule as usize] != 0 {
                    continue;
                }
                let start = self.start + granule * GRANULE;
                let Some(header) = heap.header(GcRef(start)) else {
                    let block = Block {
                        start,
                        size: GRANULE,
                        free: true,
                    };
                    let bytes = heap.bytes(block).unwrap_or_default();
                    if bytes.iter().any(|byte| *byte != POISON) {
                        return Err(Wrong);
                    }
                    continue;
                };
                let size = block_size(plans, view, &header).ok_or(Wrong)?;
                let block = heap.size_of_block(GcRef(start));
                if block.is_some_and(|block| u64::from(block) != size) {
                    return Err(Wrong);
                }
                let granules = (size / u64::from(GRANULE)) as u32;
                let covered = granule as usize..granule as usize + granules as usize;
                let covered = self.cover.get_mut(covered).ok_or(Wrong)?;
                if covered.iter().any(|place| *place != 0) {
                    return Err(Wrong);
                }
                self.entries.push(Entry {
                    start,
                    granules,
                    header,
                    first: self.held.len() as u32,
                    slots: 0,
                    alive: true,
                });
                covered.fill(self.entries.len() as u32);
                self.touched.push(granule);
                self.adopt(plans, view)?;
            }
        }
        Ok(())
    }

    /// Reads the references of the object that was added last.
    fn adopt<H: Heap>(&mut self, plans: &Plans, view: &View<'_, H>) -> Checked {
        let Some(Entry {
            start,
            header,
            first,
            granules,
            ..
        }) = self.entries.last().copied()
        else {
            return Ok(());
        };
        let object = (GcRef(start), granules * GRANULE, &header);
        if let Some(plan) = plans.of(header.shape)
            && !plans.read(&view.store.heap, object, plan, &mut self.held)
        {
            return Err(Wrong);
        }
        for slot in first as usize..self.held.len() {
            self.own(self.held[slot])?;
        }
        if let Some(entry) = self.entries.last_mut() {
            entry.slots = self.held.len() as u32 - first;
        }
        Ok(())
    }

    /// Checks the types of a new object's references, once all new objects are added.
    fn check_types<H: Heap>(&self, plans: &Plans, view: &View<'_, H>, entry: usize) -> Checked {
        let Entry {
            start,
            header,
            first,
            slots,
            ..
        } = self.entries[entry];
        let r = GcRef(start);
        if !funcs_fit(plans, view, r, &header) || wrong_tag(view, r, header.shape).is_some() {
            return Err(Wrong);
        }
        // All elements of an array have one type, and mostly one value.
        let mut last = None;
        for slot in 0..slots {
            let value = self.held[(first + slot) as usize];
            let (_, ty) = plans.slot(header.shape, slot as usize).ok_or(Wrong)?;
            if last.replace((ty, value)) != Some((ty, value))
                && !fits(view.store.types(), ty, value, self.shape(value).flatten())
            {
                return Err(Wrong);
            }
        }
        Ok(())
    }

    /// Reads changed slots of an object again.
    fn reread<H: Heap>(
        &mut self,
        plans: &Plans,
        view: &View<'_, H>,
        entry: u32,
        slots: Range<u32>,
    ) -> Checked {
        let Entry {
            start,
            header,
            first,
            alive,
            ..
        } = self.entries[entry as usize];
        if !alive {
            return Ok(());
        }
        let r = GcRef(start);
        for slot in slots {
            let (place, ty) = plans.slot(header.shape, slot as usize).ok_or(Wrong)?;
            let value = view.store.heap.peek(r, place).ok_or(Wrong)?;
            let new = GcRef::from_register(value);
            let old = std::mem::replace(&mut self.held[(first + slot) as usize], new);
            if old != new {
                self.disown(old);
                self.own(new)?;
                if !fits(view.store.types(), ty, new, self.shape(new).flatten()) {
                    return Err(Wrong);
                }
            }
        }
        // Few objects hold references to functions, so all of these are checked.
        match funcs_fit(plans, view, r, &header) {
            true => Ok(()),
            false => Err(Wrong),
        }
    }

    /// Compares the slots outside the heap with their last known values.
    fn slots<H: Heap>(&mut self, view: &View<'_, H>) -> Checked {
        let mut at = 0;
        let mut outcome = Ok(());
        view.owners(|owner, new| {
            let old = match self.outside.get_mut(at) {
                Some(slot) => std::mem::replace(slot, new),
                None => {
                    self.outside.push(new);
                    GcRef::NULL
                }
            };
            at += 1;
            if old == new {
                return;
            }
            self.disown(old);
            let owned = self.own(new);
            let ty = type_of_owner(view, &owner);
            // The census decides whether a slot may still be null.
            let fits =
                |ty| new.is_null() || wrong(&|r| self.shape(r), view, ty, new.register()).is_none();
            if owned.is_err() || !ty.is_none_or(fits) {
                outcome = Err(Wrong);
            }
        });
        for old in self.outside.split_off(at) {
            self.disown(old);
        }
        outcome
    }

    /// Checks the references in frames.
    fn frames<H: Heap>(&self, view: &View<'_, H>) -> Checked {
        let listing = view.store.heap.is_counting();
        let mut outcome = Ok(());
        view.frame_references(|_, _, r| {
            if r.is_object() {
                let entry = self.granule(r).and_then(|granule| self.entry_at(granule));
                if !entry.is_some_and(|entry| entry.header.listed || !listing) {
                    outcome = Err(Wrong);
                }
            }
        });
        outcome
    }

    fn shape(&self, r: GcRef) -> Option<Option<Shape>> {
        let entry = self.entry_at(self.granule(r)?)?;
        Some(entry.header.shape)
    }

    fn granule(&self, r: GcRef) -> Option<u32> {
        let from_start = r.0.wrapping_sub(self.start);
        let known = (from_start / GRANULE) < self.owners.len() as u32;
        (known && from_start.is_multiple_of(GRANULE)).then_some(from_start / GRANULE)
    }

    /// Counts one more slot that holds `r`.
    fn own(&mut self, r: GcRef) -> Checked {
        if r.is_object() {
            let granule = self.granule(r).ok_or(Wrong)?;
            self.owners[granule as usize] += 1;
            self.touched.push(granule);
        }
        Ok(())
    }

    /// Counts one slot less that holds `r`.
    fn disown(&mut self, r: GcRef) {
        if r.is_object()
            && let Some(granule) = self.granule(r)
        {
            let owners = &mut self.owners[granule as usize];
            *owners = owners.saturating_sub(1);
            self.touched.push(granule);
        }
    }
}

/// The reference slots of an object that a change may have written to.
fn slots_of<H: Heap>(view: &View<'_, H>, entry: &Entry, change: &Change) -> Range<u32> {
    let (Some(Shape::Array(_)), Some(header)) = (entry.header.shape, view.store.heap.header_size())
    else {
        return 0..entry.slots;
    };
    if entry.slots <= FEW {
        return 0..entry.slots;
    }
    let elements = entry.start + header + ARRAY_ELEMENTS;
    let slot = |address: u32| (address.saturating_sub(elements) / 4).min(entry.slots);
    let end = change.at.saturating_add(change.len);
    slot(change.at)..slot(end.saturating_add(3))
}
