//! The inspector that writes a ledger.

use super::events::events;
use super::follow::{Follower, ObjectId};
use super::ledger::{Breach, Ledger, LedgerEntry, LedgerEvent};
use crate::case::Case;
use crate::engine::{Grain, Halt, Inspector, Point, View};
use crate::heap::{GcRef, Heap};
use crate::module::Module;
use crate::oracle::audit::{is_moment, owners};
use crate::oracle::broken_at::BrokenAt;
use crate::oracle::describe::Describer;
use crate::oracle::violation::{Holder, in_words};
use std::collections::BTreeMap;

/// Writes the ledger of one object up to a moment.
pub(super) struct Clerk<'a> {
    case: &'a Case,
    module: &'a Module,
    /// The first moment to look at.
    begin: u64,
    /// The moment at which to stop.
    until: u64,
    moments: u64,
    operations: u64,
    /// The operations before the first moment to look at.
    skipped: u64,
    follower: Follower,
    wanted: Wanted,
    last: State,
    /// Where the object is, or was when it was freed.
    place: Option<u32>,
    has_breach: bool,
    has_looked: bool,
    /// What the last state depends on.
    marks: Vec<u64>,
    /// The names of holders.
    words: BTreeMap<Holder, String>,
    ty: Option<String>,
    entries: Vec<LedgerEntry>,
}

/// The object to look for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Wanted {
    /// The one at this address, at the last moment.
    At(u32),
    /// The one with this number.
    Object(ObjectId),
}

/// An object between two operations. Before its allocation, and after its end, it has no address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct State {
    pub address: Option<u32>,
    pub count: Option<u32>,
    pub listed: bool,
    pub holders: Vec<Holder>,
    /// The type of another object that is where this one was.
    pub reused: Option<String>,
}

impl State {
    fn expected(&self) -> u32 {
        let counted = self.holders.iter().filter(|h| h.is_counted());
        counted.count() as u32
    }

    fn breach(&self, is_counting: bool) -> Option<Breach> {
        let is_framed = self.holders.iter().any(|h| !h.is_counted());
        match self.address {
            None => (!self.holders.is_empty()).then_some(Breach::InUse),
            Some(_) if self.count.is_some_and(|count| count != self.expected()) => {
                Some(Breach::Count)
            }
            Some(_) => (is_counting && is_framed && !self.listed).then_some(Breach::NotListed),
        }
    }
}

/// The most entries that are kept. The first one with a breach is kept in any case.
const MOST: usize = 100_000;

impl<'a> Clerk<'a> {
    /// A clerk that looks for the object at an address at moment `until`, from moment `begin` on.
    pub fn seeking(
        address: u32,
        (begin, until): (u64, u64),
        case: &'a Case,
        module: &'a Module,
    ) -> Clerk<'a> {
        Clerk {
            case,
            module,
            begin,
            until,
            moments: 0,
            operations: 0,
            skipped: 0,
            follower: Follower::default(),
            wanted: Wanted::At(address),
            last: State::default(),
            place: None,
            has_breach: false,
            has_looked: false,
            marks: Vec::new(),
            words: BTreeMap::new(),
            ty: None,
            entries: Vec::new(),
        }
    }

    /// A clerk that writes the ledger of the object that this one has found.
    pub fn for_found(self) -> Option<Clerk<'a>> {
        let Wanted::At(address) = self.wanted else {
            return None;
        };
        let found = self.follower.at(address)?;
        Some(Clerk {
            wanted: Wanted::Object(found),
            ..Clerk::seeking(address, (self.begin, self.until), self.case, self.module)
        })
    }

    /// The ledger, if there is anything in it.
    pub fn ledger(self, heap: &str) -> Option<Ledger> {
        Some(Ledger {
            ty: self.ty?,
            heap: heap.into(),
            skipped: self.skipped,
            culprit: self.entries.iter().position(LedgerEntry::is_breach),
            entries: self.entries,
        })
    }

    fn state<H: Heap>(&mut self, view: &View<'_, H>, id: ObjectId) -> State {
        let address = self.follower.address(id);
        self.place = address.or(self.place);
        let Some(r) = self.place.map(GcRef) else {
            return State::default();
        };
        let marks = self.marks(view, r, address);
        if marks == self.marks && self.last != State::default() {
            return self.last.clone();
        }
        self.marks = marks;
        let words = Describer::new(view);
        let census = &self.follower.census;
        // Where another object is now, what refers to it is not about this one.
        let is_reused = address.is_none() && census.find(r).is_some();
        let holders = match is_reused {
            true => Vec::new(),
            false => owners::all(census, view, &words, r),
        };
        let object = address.and(census.find(r)).map(|i| &census.objects[i]);
        if let (Some(object), None) = (object, &self.ty) {
            self.ty = Some(words.shape(object.header.shape));
        }
        let other = is_reused.then(|| census.find(r)).flatten();
        State {
            address,
            reused: other.map(|i| words.shape(census.objects[i].header.shape)),
            count: object.and_then(|object| object.header.count),
            listed: holders.contains(&Holder::List),
            holders,
        }
    }

    /// All that the state depends on, as numbers: most operations do not change it, and words take
    /// long.
    fn marks<H: Heap>(&self, view: &View<'_, H>, r: GcRef, address: Option<u32>) -> Vec<u64> {
        let census = &self.follower.census;
        let header = census.find(r).map(|i| census.objects[i].header);
        let count = header.map(|header| header.count);
        let count = count.map_or(1, |count| count.map_or(2, |count| 3 + u64::from(count)));
        let mut marks = vec![u64::from(address.unwrap_or(0)), u64::from(r.0), count];
        for (i, object) in census.objects.iter().enumerate() {
            let held = census.held(i).iter().zip(0..);
            let here = held.filter(|(held, _)| **held == r);
            marks
                .extend(here.map(|(_, slot): (_, u64)| u64::from(object.block.start) << 32 | slot));
        }
        let mut root = 0;
        view.owners(|_, held| {
            root += 1;
            marks.extend((held == r).then_some(root));
        });
        let list = census.list.iter().flat_map(|list| &list.members);
        marks.push(
            list.chain(&census.parked)
                .filter(|held| **held == r)
                .count() as u64,
        );
        view.frame_references(|(frame, location), register, held| {
            if held == r {
                let func = u64::from(location.func.unwrap_or(u32::MAX));
                marks.push(func << 32 | u64::from(frame) << 16 | u64::from(register));
            }
        });
        marks
    }

    fn note<H: Heap>(&mut self, state: State, view: &View<'_, H>, point: Point) {
        let cause = view.cause(point);
        let last = std::mem::replace(&mut self.last, state);
        // A collection that marks it changes nothing else.
        let collected = cause.is_some_and(|cause| cause.collection);
        if last == self.last && !(collected && last.address.is_some()) {
            return;
        }
        let state = &self.last;
        let heap = &view.store.heap;
        let words = Describer::new(view);
        let (census, known) = (&self.follower.census, &mut self.words);
        // A frame that is gone has no names any more.
        let mut name = |holder: &Holder| match known.get(holder) {
            Some(known) => known.clone(),
            None => {
                let names = owners::names(census, &words, std::slice::from_ref(holder), &[]);
                let words = in_words(&names, holder);
                known.insert(holder.clone(), words.clone());
                words
            }
        };
        let mut events = events(&last, state, &mut name, |address, visit| {
            heap.object_events(GcRef(address), visit)
        });
        // It was there before: what happened to it is unknown.
        let is_found = self.begin > 1 && !self.has_looked;
        if is_found {
            let is_owner = |event: &LedgerEvent| {
                use LedgerEvent::{Gained, Listed, MoreGained};
                matches!(event, Gained(..) | MoreGained(_) | Listed)
            };
            events.retain(is_owner);
            events.insert(0, LedgerEvent::Found);
        }
        let cause = cause.filter(|_| !is_found);
        // In the middle of an operation that was stopped, no law needs to hold.
        let breach = match point {
            Point::Corruption => None,
            _ => state.breach(view.store.heap.is_counting()),
        };
        let is_first_breach = breach.is_some() && !self.has_breach;
        self.has_breach |= breach.is_some();
        if events.is_empty() || (self.entries.len() >= MOST && !is_first_breach) {
            return;
        }
        self.entries.push(LedgerEntry {
            place: cause.map(|cause| BrokenAt::in_case(cause, self.case, self.module)),
            operation: self.operations,
            // What the embedder did shows at the next moment.
            moment: self.moments + u64::from(!is_moment(point)),
            safepoint: view.store.safepoints(),
            events,
            address: self.place.unwrap_or(0),
            count: state.count,
            expected: state.expected(),
            breach,
        });
    }
}

impl<H: Heap> Inspector<H> for Clerk<'_> {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        self.moments += u64::from(is_moment(point));
        if self.moments < self.begin {
            self.skipped += u64::from(point == Point::Operation);
            self.operations = self.skipped;
            return Ok(());
        }
        if !self.follower.look(point, &view) {
            return Err(Halt);
        }
        if let Wanted::Object(id) = self.wanted {
            let state = self.state(&view, id);
            self.note(state, &view, point);
            self.has_looked = true;
        }
        self.operations += u64::from(point == Point::Operation);
        match self.moments >= self.until {
            true => Err(Halt),
            false => Ok(()),
        }
    }
}
