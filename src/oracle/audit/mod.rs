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
//!   pay for. (The engine watches that itself.)
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
mod garbage;
mod laws;
mod owners;
mod plan;
mod shadow;
mod sound;
mod types;

use super::instruction::instruction_at;
use super::layers::{Layer, Layers};
use super::violation::{Law, Violation};
use crate::engine::{Grain, Halt, Inspector, Location, Point, View};
use crate::heap::{Heap, Reclaims};
use crate::module::Module;
use census::Census;
pub use garbage::Garbage;
use shadow::{Look, Shadow};

/// A broken law, before its instruction is known by name.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub violation: Violation,
    /// Where execution stood, or last stood.
    pub at: Option<Location>,
}

impl Broken {
    /// The violation, with its instruction.
    pub fn named(self, module: &Module) -> Violation {
        Violation {
            place: self.at.map(|at| instruction_at(&module.wasm, at)),
            ..self.violation
        }
    }
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
    /// Count the operations on the way.
    Count,
    /// Audit before the operation of this number, counted from 1, and then
    /// stop.
    Operation(u64),
}

/// An inspector that audits, and stops the run at the first broken law.
#[derive(Debug)]
pub struct Auditor {
    timing: Timing,
    layers: Layers,
    focus: Focus,
    /// Operations seen, if they are counted.
    operations: u64,
    /// Collections seen, and the next one to audit.
    collections: u64,
    next: u64,
    /// What was found.
    pub(super) broken: Option<Broken>,
    /// How often the laws were checked.
    pub audits: u64,
    /// What a counting heap had left unfreed when it was last audited after a
    /// collection.
    pub garbage: Garbage,
    /// How often the account that is kept between audits at every operation was
    /// not what a recount says: bugs of the harness, or of a heap's log of
    /// changes, without effect on verdicts. 0 for the heaps of this crate.
    pub disagreements: u64,
    /// Whether what was found was found right before an operation.
    at_operation: bool,
    /// Where a collection has struck since the last operation.
    struck: Option<Location>,
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
            operations: 0,
            collections: 0,
            next: 0,
            broken: None,
            audits: 0,
            garbage: Garbage::default(),
            disagreements: 0,
            at_operation: false,
            struck: None,
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

    /// An auditor like that of [`Auditor::new`] that counts operations, too.
    pub(super) fn counting(timing: Timing) -> Auditor {
        Auditor {
            focus: Focus::Count,
            ..Auditor::new(timing)
        }
    }

    /// An auditor that looks once: before operation number `operation`.
    pub(super) fn before(operation: u64) -> Auditor {
        Auditor {
            focus: Focus::Operation(operation),
            ..Auditor::new(Timing::Sampled)
        }
    }

    /// The broken law that was found, if any.
    pub fn violation(&self) -> Option<&Violation> {
        self.broken.as_ref().map(|broken| &broken.violation)
    }

    /// Whether a broken law was found right before an operation.
    pub(super) fn found_before_an_operation(&self) -> bool {
        self.at_operation
    }

    /// Operations seen by an auditor that is asked about each.
    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    /// Whether to look at this point, as far as the focus is concerned; `None`
    /// leaves it to the timing.
    fn focused(&mut self, point: Point) -> Option<bool> {
        if point == Point::Operation {
            self.operations += 1;
        }
        match (self.focus, point) {
            (Focus::None, _) | (_, Point::Corruption) => None,
            (Focus::Count, Point::Operation) => Some(self.timing == Timing::At(Grain::Every)),
            (Focus::Count, _) => None,
            (Focus::Operation(wanted), Point::Operation) => Some(self.operations == wanted),
            (Focus::Operation(_), _) => Some(false),
        }
    }
}

impl<H: Heap> Inspector<H> for Auditor {
    fn grain(&self) -> Grain {
        match (self.focus, self.timing) {
            (Focus::Count | Focus::Operation(_), _) => Grain::Every,
            (Focus::None, Timing::Never) => Grain::End,
            (Focus::None, Timing::Sampled) => Grain::Collection,
            (Focus::None, Timing::At(grain)) => grain,
        }
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        // Every operation is preceded by a look, and so is every collection: what
        // has broken since the last look was a collection's doing, if there was
        // one.
        let struck = match point {
            Point::Operation => self.struck.take(),
            Point::Collection => {
                self.struck = view.location();
                None
            }
            _ => None,
        };
        let focused = self.focused(point);
        let never = self.timing == Timing::Never && point != Point::Corruption;
        if focused == Some(false) || (focused.is_none() && never) {
            self.shadow.invalidate();
            return Ok(());
        }
        if let (Timing::Sampled, Point::Collection) = (self.timing, point) {
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
        if look == Look::Sound && matches!(point, Point::Operation | Point::Call) {
            return Ok(());
        }
        self.census.take(&view);
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
            return match self.focus {
                Focus::Operation(_) => Err(Halt),
                _ => Ok(()),
            };
        };
        // At every operation, the one to blame has just been left; a collection
        // and a corruption strike during the current one.
        let at = match point {
            Point::Operation | Point::Call | Point::End => {
                struck.or_else(|| view.store.last_operation())
            }
            Point::Collection | Point::Corruption => view.location(),
        };
        // At any coarser grain the instruction would only be where it showed.
        if let (Some(at), Timing::At(Grain::Every)) = (at, self.timing)
            && let Some(instance) = view.store.instances().get(at.instance as usize)
        {
            violation.place = Some(instruction_at(&instance.module().wasm, at));
        }
        self.at_operation = point == Point::Operation;
        self.broken = Some(Broken { violation, at });
        Err(Halt)
    }

    fn complaint(&mut self) -> Option<String> {
        let broken = self.broken.take()?;
        Some(broken.violation.to_string())
    }

    fn minds_corruption(&self) -> bool {
        self.layers.has(Layer::Heap)
    }
}

/// Checks the laws once, at a moment when no collection has just run.
pub fn audit<H: Heap>(view: &View<'_, H>) -> Option<Violation> {
    let mut census = Census::new();
    census.take(view);
    let broken = laws::first_broken(&census, view, Point::Call, Layers::ALL);
    census.give_back();
    broken
}

/// A violation of `law` in the heap of `view`, about nothing in particular.
fn violation<H: Heap>(law: Law, view: &View<'_, H>, message: String) -> Violation {
    Violation::new(law, view.store.heap.name(), message)
}
