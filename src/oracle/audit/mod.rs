//! The audit: checks one heap at one moment against the laws.
//!
//! # Objects and owners
//!
//! Let *A* be the set of allocated objects, as given by the heap's blocks, and
//! *F* the set of slots that own the references they hold:
//!
//! * fields and elements of reference type of all objects in *A*, exceptions'
//!   payloads included;
//! * globals, elements of tables and of element segments;
//! * the pending exception, and handles of the host;
//! * references owned by a queue of deferred work.
//!
//! Registers of frames hold references too, but do not own them: that is the
//! *deferred* in deferred reference counting. A value alone determines whether
//! it is null, an i31 or an address. The type section determines where slots
//! are, what they may hold and how large an object is. Nothing is taken from the
//! collector's own tracing tables, so that an error in them shows.
//!
//! For an object *o* let `owners(o)` be the number of slots in *F* that hold its
//! address, plus 1 if it is in the stack-root list. An object is *reachable* if
//! its address is held by a frame, by a slot outside the heap, or by a slot of a
//! reachable object.
//!
//! # The laws
//!
//! Laws of every heap:
//!
//! * **blocks** — Blocks follow each other without gap or overlap from the start
//!   of the heap to its end. The size of an allocated block is the size of its
//!   header plus the payload that its type and length require, rounded up to
//!   whole granules. The free list, if the heap shows one, has every free block once, with its size,
//!   and nothing else.
//! * **type** — Every header names a type of its kind. An exception's tag has
//!   the exception's type. Every slot holds null, an i31, a function or the
//!   start of an object in *A*, as its static type allows.
//! * **poison** — Free blocks, and memory outside all blocks, hold the poison
//!   pattern and nothing else: the heap fills what it frees, and nothing writes
//!   there. No run reads them: a heap refuses an access that
//!   does not hit an allocated object. Such an access breaks this law, as does
//!   any other error that a heap detects in itself ([`Layer::Heap`]).
//! * **limits** — A run ends. It does not pass more safepoints than its fuel can
//!   pay for, which the engine checks. Where a time limit is set, the run ends
//!   within it, which the caller that sets the limit checks.
//! * **panic** — A run does not panic. ([`Subject`](super::Subject) catches
//!   panics.)
//!
//! A law of the engine, which needs no audit:
//!
//! * **language** — No run contradicts a claim of its case. Generated cases know the outcome of some
//!   of their code and compare it ([`claims`](crate::case::claims)). It is checked if all runs show
//!   the same, since a difference says more: then what is wrong is a part that all heaps share.
//!
//! Laws of a counting heap:
//!
//! * **exact** — For every *o* in *A*: `count(o) = owners(o)`.
//! * **zero** — Every reachable object is in *A*, and its count is not zero.
//!   This is the assertion of Wasmtime issue 10182.
//! * **roots** — Every object that a frame holds is in the stack-root list. The
//!   list has no duplicates and no member outside *A*, and its length is the
//!   recorded one. An object's header marks it as a member if and only if it is
//!   one.
//! * **leak** — No object in *A* has a count of zero. Right after a collection
//!   every member of the list is in a frame, and every unreachable object in
//!   *A* is in a garbage cycle or can be reached from one. A *garbage cycle* is
//!   a strongly connected component of the unreachable objects with a reference
//!   inside it.
//!
//! For a tracing heap, *leak* requires that right after a collection every
//! object in *A* is reachable. In a heap that moves objects, the cause may also
//! be a reference that was not updated: its object is then unreachable. Without counts, *type* covers the requirement
//! that every reachable object is in *A*.
//!
//! # Why *exact* is complete
//!
//! The laws describe one moment. Suppose they hold whenever the interpreter is
//! between two instructions, and the collector frees an object exactly when its
//! count becomes zero. Then:
//!
//! * *Nothing in use is freed.* Let *o* be freed. Its count was zero, so by
//!   *exact* no slot in *F* held it and it was not in the list. By *roots* no
//!   frame held it either. Nothing held it, so nothing could reach it.
//! * *Nothing but cycles is kept.* Let *o* be unreachable right after a
//!   collection. By *leak* it is not in the list, or a frame would hold it. Its
//!   count is not zero, so by *exact* a slot in *F* holds it, and that slot must
//!   belong to an unreachable object in *A*. That object has an unreachable
//!   owner in turn, and so on. *A* is finite, so the walk returns to an object
//!   that it has visited: *o* hangs off a cycle. The second half of *leak*
//!   therefore follows from the other laws. It is checked separately because it
//!   needs no counts: it still fails when counts and owners are wrong together.
//! * *A weaker law is not enough.* A count that is too high by one frees nothing
//!   in use and keeps the object for ever. A count that is too low stays
//!   positive until other owners go. *exact* reports both at once; *zero*
//!   reports them later or never.
//!
//! *zero* follows from *exact* and *roots*. It is checked separately, and before
//! them, because users recognise it.
//!
//! # When
//!
//! See [`Timing`]. The cost of auditing depends on its frequency. For 200
//! generated modules with about a hundred collections each, on average, in
//! microseconds per run of the counting heap (`cargo bench --bench pipeline`):
//!
#![doc = include_str!("costs.md")]
//!
//! At the grain of every operation, an account of owners is kept up to date
//! from the heap's log of changes. A full census follows each collection, and
//! every suspicious change; it also checks the account.

pub(super) mod census;
mod fast_path;
mod focus;
mod garbage;
mod laws;
mod lost;
pub(super) mod owners;
mod shadow;
mod type_info;
mod types;

use super::broken_at::BrokenAt;
use super::layers::{Layer, Layers};
use super::violation::{Law, Violation};
use crate::engine::{Actor, Cause, Grain, Halt, Inspector, Location, Point, Resource, View};
use crate::heap::{Header, Heap, Reclaims};
use census::Census;
use focus::Focus;
pub(super) use focus::{CENSUS, is_moment};
pub use garbage::Garbage;
use shadow::{Screening, Shadow};

/// A broken law, before its cause is known by name.
#[derive(Clone, Debug)]
pub(super) struct BrokenLaw {
    pub violation: Violation,
    /// The last actor that changed the heap.
    pub by: Option<Cause>,
}

/// When to audit. The command line calls the sampled timing `auto`, and the
/// others by the names of their grain.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Timing {
    /// Never: only errors that a heap detects itself, and observations, count.
    Never,
    /// At the end, and after the first collection, the fourth, the sixteenth,
    /// and so on, so that the number of audits stays small in a case with
    /// thousands of collections. Also after the first sixteen collections of a heap that is full, the
    /// 32nd, the 64th, and so on. For screening: a law broken at one collection
    /// is mostly still broken at the next. Not so if the only holder is a frame: after every other
    /// collection the objects in frames are looked at, and if one is not as it should be, the heap is
    /// audited.
    Sampled,
    /// At every point of this grain.
    At(Grain),
}

/// Collections of a full heap that are all audited.
const FULL: u64 = 16;

/// Work of one check of the changes since the last one, or of one look at the frames.
const LOOK_WORK: u64 = 120;

/// An inspector that audits, and stops the run at the first broken law.
#[derive(Debug)]
pub struct Auditor {
    timing: Timing,
    layers: Layers,
    focus: Focus,
    /// Moments seen: upcoming operations and finished collections. Each
    /// collection is preceded by an operation of its own.
    moments: u64,
    /// Number of collections seen, and the number of the next one to audit.
    collections: u64,
    next: u64,
    /// Number of collections of a full heap.
    full: u64,
    /// The broken law that was found.
    pub(super) broken: Option<BrokenLaw>,
    /// Bytes of memory that the run may use.
    footprint: u64,
    /// The resource whose budget the run would exceed.
    pub(super) over: Option<Resource>,
    /// Work done by audits so far.
    work: u64,
    /// Number of audits.
    pub audits: u64,
    /// Garbage that a counting heap had left when it was last audited after a
    /// collection.
    pub garbage: Garbage,
    /// Number of audits at which the account kept between audits at every operation
    /// differed from a recount: bugs of the harness, or of a heap's log of changes,
    /// without effect on verdicts. 0 for the heaps of this crate.
    pub disagreements: u64,
    /// Whether the broken law was found at a numbered moment.
    at_moment: bool,
    /// The last numbered moment whose census broke no law.
    sound_at: u64,
    /// The number of the last collection whose audit broke no law, with [`Timing::Sampled`].
    sound_until: u64,
    /// The number of the collection up to which audits are known to find nothing.
    known: u64,
    census: Census,
    shadow: Shadow,
}

impl Auditor {
    /// An auditor that audits at `timing`.
    pub fn new(timing: Timing) -> Auditor {
        Auditor {
            timing,
            layers: Layers::ALL,
            focus: Focus::None,
            moments: 0,
            collections: 0,
            next: 0,
            full: 0,
            broken: None,
            footprint: u64::MAX,
            over: None,
            work: 0,
            audits: 0,
            garbage: Garbage::default(),
            disagreements: 0,
            at_moment: false,
            sound_at: 0,
            sound_until: 0,
            known: 0,
            shadow: Shadow::default(),
            census: Census::new(),
        }
    }

    /// Returns the memory of the census to the pool of this thread.
    pub(super) fn retire(self) {
        self.census.give_back();
    }
}

impl Auditor {
    /// The same auditor, restricted to the laws in these layers.
    pub fn with_layers(self, layers: Layers) -> Auditor {
        Auditor { layers, ..self }
    }

    /// The same auditor, for a run that may use this many bytes of memory.
    pub(super) fn with_footprint(self, footprint: u64) -> Auditor {
        Auditor { footprint, ..self }
    }

    /// Stops a run that has exceeded its budget of work.
    fn may_go_on<H: Heap>(&mut self, view: &View<'_, H>) -> Result<(), Halt> {
        if self.work <= view.store.limits().work {
            return Ok(());
        }
        self.over = Some(Resource::Work);
        Err(Halt)
    }

    /// Counts a collection. Returns whether it is one of the sample, or one of a heap that is full.
    fn is_due(&mut self, is_full: bool) -> bool {
        self.collections += 1;
        if self.collections < self.next {
            return self.minds_full(is_full);
        }
        self.next = self.collections * 4;
        true
    }

    /// Whether to audit after a collection because it was one of a heap that is full. Those are too
    /// few to be left to the sample, and too many to be audited all.
    fn minds_full(&mut self, is_full: bool) -> bool {
        self.full += u64::from(is_full);
        is_full && (self.full <= FULL || self.full.is_power_of_two())
    }

    /// The broken law that was found, if any.
    pub fn violation(&self) -> Option<&Violation> {
        self.broken.as_ref().map(|broken| &broken.violation)
    }

    /// Work done by audits so far, in the unit of
    /// [`Limits::work`](crate::engine::Limits::work).
    pub(super) fn work(&self) -> u64 {
        self.work
    }
}

impl<H: Heap> Inspector<H> for Auditor {
    fn grain(&self) -> Grain {
        match (self.focus, self.timing) {
            (Focus::Count(_) | Focus::Moment(_) | Focus::Steps { .. } | Focus::From(_), _) => {
                Grain::Every
            }
            (Focus::None, Timing::Never) => Grain::End,
            (Focus::None, Timing::Sampled) => Grain::Collection,
            (Focus::None, Timing::At(grain)) => grain,
        }
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        let focused = self.focused(point);
        // Without laws only the moments count, to place an error that the heap itself notices.
        let never = match self.layers.audits() {
            true => self.timing == Timing::Never && point != Point::Corruption,
            false => point != Point::End,
        };
        if let Focus::Steps { until, .. } = self.focus
            && self.moments >= until
        {
            return Err(Halt);
        }
        if focused == Some(false) || (focused.is_none() && never) {
            self.shadow.invalidate();
            return Ok(());
        }
        if (self.timing, point) == (Timing::Sampled, Point::Collection) {
            let is_due = self.is_due(view.store.is_full());
            if focused.is_none() {
                if !is_due && roots_look_sound(&view, self.census.list.is_some()) {
                    self.work += LOOK_WORK;
                    return self.may_go_on(&view);
                }
                if self.is_known() {
                    // As the census would have it: the memory of this one is that of another run.
                    self.census.list = view.store.heap.root_list();
                    return self.may_go_on(&view);
                }
            }
        }
        self.audits += 1;
        let keeps_account = matches!(self.focus, Focus::None | Focus::From(_));
        let shadowed = keeps_account && self.timing == Timing::At(Grain::Every);
        let look = match shadowed {
            true => {
                self.census.plans.learn(view.store.types());
                self.shadow.look(&self.census.plans, &view)
            }
            false => Screening::Unknown,
        };
        // Both a check of the changes and a full census visit all owners
        // outside the heap.
        self.work += LOOK_WORK + view.store.roots_work();
        let frees = view.store.heap.reclaims() != Reclaims::Nothing;
        let nothing_more = match point {
            Point::Operation | Point::Collecting | Point::Call => true,
            Point::Collection => !frees,
            Point::End | Point::Corruption => false,
        };
        if look == Screening::Sound && nothing_more {
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
        if let (Some(true), Focus::Count(Some(probes))) = (focused, &mut self.focus) {
            probes.advance(self.census.work());
        }
        if matches!(point, Point::Collection | Point::End)
            && view.store.heap.reclaims() == Reclaims::AllButCycles
        {
            self.census.sort_garbage();
            self.garbage = self.census.garbage.0;
        }
        let broken = laws::first_broken(&self.census, &view, point, self.layers);
        let broken = broken.or_else(|| {
            let checks = self.layers.checks(Law::Blocks);
            checks
                .then(|| laws::free_list(&self.census, &view))
                .flatten()
        });
        let Some(mut violation) = broken else {
            if is_moment(point) {
                self.note_sound();
            }
            if shadowed {
                let wrong = self.layers == Layers::ALL
                    && match look {
                        Screening::Sound => !self.shadow.agrees(&self.census),
                        Screening::Suspicious => true,
                        Screening::Unknown => false,
                    };
                self.disagreements += u64::from(wrong);
                self.shadow.seed(&self.census, &view);
            }
            if point == Point::End {
                // The observation comes next and may need the memory.
                self.census.shrink();
            }
            return match self.focus {
                Focus::Moment(_) => Err(Halt),
                _ => self.may_go_on(&view),
            };
        };
        let by = view.cause(point);
        violation.lost = lost::lost_root(&violation, &view, point).map(Box::new);
        // At any coarser grain, `by` is only where the breach was noticed.
        if let (Some(by), Timing::At(Grain::Every)) = (by, self.timing) {
            violation.place = Some(match by.actor {
                Actor::Instruction(at) => match view.store.instances().get(at.instance as usize) {
                    Some(instance) => BrokenAt::of(by, instance.module()),
                    None => BrokenAt::of_embedder(by),
                },
                Actor::Embedder(_) => BrokenAt::of_embedder(by),
            });
        }
        self.at_moment = is_moment(point);
        self.broken = Some(BrokenLaw { violation, by });
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

/// Whether every reference in a frame is to an object that is in the stack-root list, if the heap
/// keeps one. If not, the audit that would be left out is made. A heap that frees nothing loses nothing.
///
/// A root that the collection was not shown is mostly dead before the next audit, and with it what
/// would show.
fn roots_look_sound<H: Heap>(view: &View<'_, H>, keeps_list: bool) -> bool {
    let heap = &view.store.heap;
    if heap.reclaims() == Reclaims::Nothing {
        return true;
    }
    let mut sound = true;
    view.frame_references(|_, _, value| {
        let is_sound = |header: Header| header.count != Some(0) && (header.listed || !keeps_list);
        sound = sound && (!value.is_object() || heap.header(value).is_some_and(is_sound));
    });
    sound
}

/// Checks the laws once, at a moment when no collection has just run.
pub fn audit<H: Heap>(view: &View<'_, H>) -> Option<Violation> {
    let mut census = Census::new();
    census.take(view, u64::MAX);
    let broken = laws::first_broken(&census, view, Point::Call, Layers::ALL);
    census.give_back();
    broken
}

/// A violation of `law` in the heap of `view`, not tied to an object.
fn violation<H: Heap>(law: Law, view: &View<'_, H>, message: String) -> Violation {
    Violation::new(law, view.store.heap.name(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Collections between them of a heap that has room do not count.
    #[test]
    fn a_full_heap_is_audited_often_and_then_seldom() {
        let mut auditor = Auditor::new(Timing::Sampled);
        let audited: Vec<u64> = (1..=200)
            .filter(|_| !auditor.minds_full(false) && auditor.minds_full(true))
            .collect();
        let first: Vec<u64> = (1..=16).collect();
        assert_eq!(audited, [&first[..], &[32, 64, 128]].concat());
    }
}
