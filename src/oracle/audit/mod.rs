//! The audit: one heap at one moment, against the laws.
//!
//! # What is looked at
//!
//! Let *A* be the allocated objects, as the heap's blocks name them, and *F*
//! the slots that own what they hold:
//!
//! * fields and elements of reference type of all objects in *A*, exceptions'
//!   payloads included;
//! * globals, elements of tables and of element segments;
//! * the pending exception, and handles of the host;
//! * references that a queue of deferred work owns.
//!
//! Registers of frames hold references too, but do not own them: that is what
//! *deferred* means. Whether a value is null, an i31 or an address is told from
//! the value. Where slots are, what they may hold and how large an object is
//! follows from the type section; nothing is taken from the collector's own
//! tracing tables, so that an error in these shows.
//!
//! For an object *o* let `owners(o)` be the number of slots in *F* that hold its
//! address, plus 1 if it is in the stack-root list. An object is *reachable* if
//! a frame or a slot outside the heap holds its address, or a slot of a
//! reachable object does.
//!
//! # The laws
//!
//! Of every heap:
//!
//! * **blocks** — The blocks follow each other without gap or overlap from the
//!   start of the heap to its end. The size of an allocated block is that of
//!   its header and of the payload that type and length ask for, in whole
//!   granules.
//! * **type** — Every header names a type of its kind, an exception's tag has
//!   the exception's type, and every slot holds null, an i31, a function or the
//!   start of an object in *A*, as its static type allows.
//! * **poison** — Free blocks, and memory outside all blocks, hold the poison
//!   pattern and nothing else. No run reads it: a heap refuses accesses that do
//!   not hit an allocated object, and that is a violation of this law, too, as
//!   is whatever else a heap notices of itself
//!   ([`Layer::Heap`]).
//!
//! * **limits** — A run ends: it does not pass more safepoints than its fuel can
//!   pay for (the engine watches that itself), and where a time is set it ends
//!   within that time (whoever sets it watches that).
//! * **panic** — A run does not panic. ([`Subject`](super::Subject) catches it.)
//!
//! Of a counting heap:
//!
//! * **exact** — For every *o* in *A*: `count(o) = owners(o)`.
//! * **zero** — Whatever is reachable is in *A*, and its count is not zero. This
//!   is the assertion of Wasmtime issue 10182.
//! * **roots** — Every object that a frame holds is in the stack-root list. The
//!   list has no duplicates, no member that is not in *A*, and the length on
//!   record; an object's header says that it is a member if and only if it is
//!   one.
//! * **leak** — No object in *A* has a count of zero. Right after a collection
//!   every member of the list is in a frame, and every unreachable object in
//!   *A* is in a garbage cycle or can be reached from one, where a *garbage
//!   cycle* is a strongly connected component of the unreachable objects with a
//!   reference inside it.
//!
//! Of a tracing heap *leak* is that right after a collection every object in *A*
//! is reachable. That whatever is reachable is in *A* is part of *type* where
//! nothing is counted.
//!
//! # Why *exact* is complete
//!
//! The laws are about one moment. Suppose they hold whenever the interpreter is
//! between two instructions, and the collector frees an object just when its
//! count becomes zero. Then:
//!
//! * *Nothing in use is freed.* Let *o* be freed. Its count was zero, so by
//!   *exact* no slot in *F* held it and it was not in the list; by *roots* no
//!   frame held it either. Nothing held it, so nothing could reach it.
//! * *Nothing but cycles is kept.* Let *o* be unreachable right after a
//!   collection. By *leak* it is not in the list, or a frame would hold it. Its
//!   count is not zero, so by *exact* a slot in *F* holds it, which must be one
//!   of an unreachable object in *A*. That object has an unreachable owner in
//!   turn, and so on; *A* is finite, so the walk comes back to where it has
//!   been. *o* hangs off a cycle. The second half of *leak* therefore follows
//!   from the rest, and is checked apart because it needs no counts: it still
//!   tells when counts and owners are wrong together.
//! * *A weaker law is not enough.* A count that is too high by one frees
//!   nothing that is in use and keeps the object for ever; a count that is too
//!   low is still positive until other owners go. Both are wrong at once by
//!   *exact*, and at some later time, or never, by *zero*.
//!
//! *zero* follows from *exact* and *roots*. It is checked on its own, and before
//! them, because it is what a user recognises.
//!
//! # When
//!
//! See [`Timing`]. What an audit costs depends on how often it is made: for 200
//! generated modules with about a hundred collections each, on average, in
//! microseconds per run of the counting heap (`cargo bench --bench pipeline`):
//!
#![doc = include_str!("costs.md")]
//!
//! At every operation an account of owners is kept up to date with what the
//! heap's log says has changed; each collection, and whatever looks wrong, is
//! followed by a full count, which also checks the account.

mod census;
mod fast_path;
mod garbage;
mod laws;
mod owners;
mod shadow;
mod type_info;
mod types;

use super::layers::{Layer, Layers};
use super::place::Place;
use super::violation::{Law, Violation};
use crate::engine::{Actor, Cause, Grain, Halt, Inspector, Location, Point, Resource, View};
use crate::heap::{Heap, Reclaims};
use census::Census;
pub use garbage::Garbage;
use shadow::{Look, Shadow};

/// A broken law, before what broke it is known by name.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub violation: Violation,
    /// What has changed the heap last.
    pub by: Option<Cause>,
}

/// When to audit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Timing {
    /// Never: only what a heap notices by itself, and what runs show, counts.
    Never,
    /// At the end, and after the first collection, the fourth, the sixteenth,
    /// and so on, so that a case that collects thousands of times does not take
    /// thousands of times as long. For screening: what is broken at one
    /// collection mostly is at the next, too.
    Sampled,
    /// As often as this says.
    At(Grain),
}

/// What else an auditor is to do, to find the instruction to blame.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Focus {
    /// Nothing.
    None,
    /// Count the moments on the way.
    Count,
    /// Audit at the moment of this number, counted from 1, and then stop.
    Moment(u64),
}

/// Work of a look at what has changed since the last one.
const LOOK_WORK: u64 = 120;

/// An inspector that audits, and stops the run at the first broken law.
#[derive(Debug)]
pub struct Auditor {
    timing: Timing,
    layers: Layers,
    focus: Focus,
    /// Moments seen: operations that are about to be, and collections that have
    /// been. Each collection is preceded by an operation of its own.
    moments: u64,
    /// Collections seen, and the next one to audit.
    collections: u64,
    next: u64,
    /// What was found.
    pub(super) broken: Option<Broken>,
    /// Bytes of memory that the run may take.
    footprint: u64,
    /// What the run would need more of than it may have.
    pub(super) over: Option<Resource>,
    /// Work that audits have taken so far.
    work: u64,
    /// How often the laws were checked.
    pub audits: u64,
    /// What a counting heap had left unfreed when it was last audited after a
    /// collection.
    pub garbage: Garbage,
    /// How often the account that is kept between audits at every operation was
    /// not what a recount says: bugs of the harness, or of a heap's log of
    /// changes, without effect on verdicts. 0 for the heaps of this crate.
    pub disagreements: u64,
    /// Whether what was found was found at a moment that counts.
    at_moment: bool,
    census: Census,
    shadow: Shadow,
}

impl Auditor {
    /// An auditor that looks as often as `timing` says.
    pub fn new(timing: Timing) -> Auditor {
        Auditor {
            timing,
            layers: Layers::ALL,
            focus: Focus::None,
            moments: 0,
            collections: 0,
            next: 0,
            broken: None,
            footprint: u64::MAX,
            over: None,
            work: 0,
            audits: 0,
            garbage: Garbage::default(),
            disagreements: 0,
            at_moment: false,
            shadow: Shadow::default(),
            census: Census::new(),
        }
    }

    /// Gives back the memory of what it knows, for the next one on this thread.
    pub(super) fn retire(self) {
        self.census.give_back();
    }
}

impl Auditor {
    /// The same auditor, checking the laws among these layers only.
    pub fn with_layers(self, layers: Layers) -> Auditor {
        Auditor { layers, ..self }
    }

    /// The same auditor of a run that may take so many bytes of memory.
    pub(super) fn with_footprint(self, footprint: u64) -> Auditor {
        Auditor { footprint, ..self }
    }

    /// Stops a run that has taken all the work that it may.
    fn may_go_on<H: Heap>(&mut self, view: &View<'_, H>) -> Result<(), Halt> {
        if self.work <= view.store.limits().work {
            return Ok(());
        }
        self.over = Some(Resource::Work);
        Err(Halt)
    }

    /// An auditor like that of [`Auditor::new`] that counts moments, too.
    pub(super) fn counting(timing: Timing) -> Auditor {
        Auditor {
            focus: Focus::Count,
            ..Auditor::new(timing)
        }
    }

    /// An auditor that looks once: at moment number `moment`.
    pub(super) fn at_moment(moment: u64) -> Auditor {
        Auditor {
            focus: Focus::Moment(moment),
            ..Auditor::new(Timing::Sampled)
        }
    }

    /// The broken law that was found, if any.
    pub fn violation(&self) -> Option<&Violation> {
        self.broken.as_ref().map(|broken| &broken.violation)
    }

    /// Work that audits have taken so far, in the unit of
    /// [`Limits::work`](crate::engine::Limits::work).
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// The moment at which a broken law was found, or the one that would have come
    /// next.
    pub(super) fn found_at(&self) -> u64 {
        self.moments + u64::from(!self.at_moment)
    }

    /// Whether to look at this point, as far as the focus is concerned; `None`
    /// leaves it to the timing.
    fn focused(&mut self, point: Point) -> Option<bool> {
        let counts = is_moment(point);
        self.moments += u64::from(counts);
        match (self.focus, point) {
            (Focus::None, _) | (_, Point::Corruption) => None,
            (Focus::Count, Point::Operation) => Some(self.timing == Timing::At(Grain::Every)),
            (Focus::Count, _) => None,
            (Focus::Moment(wanted), _) => Some(counts && self.moments == wanted),
        }
    }
}

/// Whether this is a moment that counts: right before an operation, or right
/// after a collection.
fn is_moment(point: Point) -> bool {
    matches!(point, Point::Operation | Point::Collection | Point::End)
}

impl<H: Heap> Inspector<H> for Auditor {
    fn grain(&self) -> Grain {
        match (self.focus, self.timing) {
            (Focus::Count | Focus::Moment(_), _) => Grain::Every,
            (Focus::None, Timing::Never) => Grain::End,
            (Focus::None, Timing::Sampled) => Grain::Collection,
            (Focus::None, Timing::At(grain)) => grain,
        }
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        let focused = self.focused(point);
        let never = self.timing == Timing::Never && point != Point::Corruption;
        if focused == Some(false) || (focused.is_none() && never) {
            self.shadow.invalidate();
            return Ok(());
        }
        if let (Timing::Sampled, Point::Collection, None) = (self.timing, point, focused) {
            self.collections += 1;
            if self.collections < self.next {
                return Ok(());
            }
            self.next = self.collections * 4;
        }
        self.audits += 1;
        let shadowed = self.focus == Focus::None && self.timing == Timing::At(Grain::Every);
        let look = match shadowed {
            true => {
                self.census.plans.learn(view.store.types());
                self.shadow.look(&self.census.plans, &view)
            }
            false => Look::Blind,
        };
        // A look, and a count of everything, goes over all that owns references.
        self.work += LOOK_WORK + view.store.roots_work();
        let frees = view.store.heap.reclaims() != Reclaims::Nothing;
        let nothing_more = match point {
            Point::Operation | Point::Call => true,
            Point::Collection => !frees,
            Point::End | Point::Corruption => false,
        };
        if look == Look::Sound && nothing_more {
            return self.may_go_on(&view);
        }
        let store = view.store;
        let room = store.limits().footprint.saturating_sub(store.footprint());
        let room = room.checked_sub(store.audit_footprint());
        if !room.is_some_and(|room| self.census.take(&view, room)) {
            self.over = Some(Resource::Memory);
            return Err(Halt);
        }
        self.work += self.census.work();
        if matches!(point, Point::Collection | Point::End)
            && view.store.heap.reclaims() == Reclaims::AllButCycles
        {
            self.census.sort_garbage();
            self.garbage = self.census.garbage.0;
        }
        let Some(mut violation) = laws::first_broken(&self.census, &view, point, self.layers)
        else {
            if shadowed {
                let wrong = self.layers == Layers::ALL
                    && match look {
                        Look::Sound => !self.shadow.agrees(&self.census),
                        Look::Suspicious => true,
                        Look::Blind => false,
                    };
                self.disagreements += u64::from(wrong);
                self.shadow.seed(&self.census, &view);
            }
            if point == Point::End {
                // The observation is made next: it may need the room.
                self.census.shrink();
            }
            return match self.focus {
                Focus::Moment(_) => Err(Halt),
                _ => self.may_go_on(&view),
            };
        };
        let by = view.cause(point);
        // At any coarser grain this would only be where it showed.
        if let (Some(by), Timing::At(Grain::Every)) = (by, self.timing) {
            violation.place = Some(match by.actor {
                Actor::Instruction(at) => match view.store.instances().get(at.instance as usize) {
                    Some(instance) => Place::of(by, instance.module()),
                    None => Place::of_embedder(by),
                },
                Actor::Embedder(_) => Place::of_embedder(by),
            });
        }
        self.at_moment = is_moment(point);
        self.broken = Some(Broken { violation, by });
        Err(Halt)
    }

    fn footprint(&self) -> u64 {
        self.footprint
    }

    fn over_budget(&self) -> Option<Resource> {
        self.over
    }

    fn complaint(&mut self, line: &dyn Fn(Location) -> Option<u32>) -> Option<String> {
        let mut broken = self.broken.take()?;
        if let (Some(place), Some(by)) = (&mut broken.violation.place, broken.by)
            && let Actor::Instruction(at) = by.actor
        {
            place.set_line(line(at));
        }
        Some(broken.violation.to_string())
    }

    fn minds_corruption(&self) -> bool {
        self.layers.has(Layer::Heap)
    }
}

/// Checks the laws once, at a moment when no collection has just run.
pub fn audit<H: Heap>(view: &View<'_, H>) -> Option<Violation> {
    let mut census = Census::new();
    census.take(view, u64::MAX);
    let broken = laws::first_broken(&census, view, Point::Call, Layers::ALL);
    census.give_back();
    broken
}

/// A violation of `law` in the heap of `view`, about nothing in particular.
fn violation<H: Heap>(law: Law, view: &View<'_, H>, message: String) -> Violation {
    Violation::new(law, view.store.heap.name(), message)
}
