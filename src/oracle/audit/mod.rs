//! The audit: one heap at one moment, against the laws.
//!
//! Let *A* be the allocated objects, as the heap's blocks name them. Let
//! `refs(s)` be 1 if slot *s* holds the address of an object, which is told
//! from the value. Every fact below is computed from the type section and the
//! roots, by reading slots one by one; nothing is taken from the collector's
//! own tracing tables.
//!
//! * **blocks** — The blocks follow each other without gap or overlap from the
//!   start of the heap to its end. The size of an allocated block is that of
//!   its header and of the payload that type and length ask for, in whole
//!   granules.
//! * **zero** — Every object that can be reached from frames and slots outside
//!   the heap is allocated, and in a counting heap its count is not zero. This
//!   is the assertion of Wasmtime issue 10182.
//! * **roots** — Every reference in a frame is a member of the stack-root list.
//!   The list has no duplicates, no member that is not allocated, and the
//!   length on record; an object's header says that it is a member if and only
//!   if it is one.
//! * **exact** — In a counting heap, for every *o* in *A*,
//!   `count(o) = Σ refs(s) over the fields and elements s of all of A, and over
//!   globals, tables, segments, the pending exception and host handles, that
//!   hold o, plus 1 if o is in the stack-root list`.
//!   References in frames are not counted: that is what *deferred* means.
//! * **leak** — In a counting heap no allocated object has a count of zero, and
//!   right after a collection every member of the stack-root list is in a frame.
//!   By *exact*, whatever is allocated and unreachable then has an owner that is
//!   allocated and unreachable, too: it is a cycle or hangs off one, which is
//!   what a counting collector cannot free.
//! * **type** — Every header names a type. Every slot holds null, an i31 or the
//!   start of an object, whichever its static type allows, and an object's
//!   type matches that static type.
//! * **poison** — Free blocks hold the poison pattern and nothing else.
//!
//! Why *exact* suffices for safety: an object is freed when its count becomes
//! zero. If every count equals the number of owners at every moment, then an
//! object is freed only when nothing but frames may refer to it and it is not
//! in the list; and by *roots* no frame refers to an object outside the list.
//! So nothing that can be reached is ever freed.

mod census;
mod laws;
mod owners;

use super::instruction::instruction_at;
use super::verdict::{Law, Verdict, Violation};
use crate::engine::{Grain, Halt, Inspector, Location, Point, View};
use crate::heap::Heap;
use census::Census;

/// A broken law, before its instruction is known by name.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub violation: Violation,
    /// Where execution stood, or last stood.
    pub at: Option<Location>,
}

/// When to audit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Timing {
    /// At the end, and after collections: after each of the first few, then
    /// ever more rarely, so that a case that collects thousands of times does
    /// not take thousands of times as long. For screening: what is broken at
    /// one collection mostly is at the next, too.
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

/// How many collections are all audited when sampling.
const SAMPLES: u64 = 16;

/// An inspector that audits, and stops the run at the first broken law.
#[derive(Debug)]
pub struct Auditor {
    timing: Timing,
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
    census: Census,
}

impl Auditor {
    /// An auditor that looks as often as `timing` says.
    pub fn new(timing: Timing) -> Auditor {
        Auditor {
            timing,
            focus: Focus::None,
            operations: 0,
            collections: 0,
            next: 0,
            broken: None,
            audits: 0,
            census: Census::default(),
        }
    }
}

impl Auditor {
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

    /// Operations seen by an auditor that counts them.
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
            (Focus::None, Timing::Sampled) => Grain::Collection,
            (Focus::None, Timing::At(grain)) => grain,
        }
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        let focused = self.focused(point);
        if focused == Some(false) {
            return Ok(());
        }
        if let (Timing::Sampled, Point::Collection) = (self.timing, point) {
            self.collections += 1;
            if self.collections < self.next {
                return Ok(());
            }
            if self.collections >= SAMPLES {
                self.next = self.collections + self.collections / 4;
            }
        }
        self.audits += 1;
        self.census.take(&view);
        let Some(mut violation) = laws::first_broken(&self.census, &view, point) else {
            return match self.focus {
                Focus::Operation(_) => Err(Halt),
                _ => Ok(()),
            };
        };
        // At every operation, the one to blame has just been left; a collection
        // and a corruption strike during the current one.
        let at = match point {
            Point::Operation | Point::Call | Point::End => view.store.last_operation(),
            Point::Collection | Point::Corruption => view.location(),
        };
        // At any coarser grain the instruction would only be where it showed.
        if let (Some(at), Timing::At(Grain::Every)) = (at, self.timing)
            && let Some(instance) = view.store.instances().get(at.instance as usize)
        {
            violation.place = Some(instruction_at(&instance.module().wasm, at));
        }
        self.broken = Some(Broken { violation, at });
        Err(Halt)
    }

    fn complaint(&mut self) -> Option<String> {
        let broken = self.broken.take()?;
        Some(Verdict::Violation(Box::new(broken.violation)).to_string())
    }
}

/// Checks the laws once, at a moment when no collection has just run.
pub fn audit<H: Heap>(view: &View<'_, H>) -> Option<Violation> {
    let mut census = Census::default();
    census.take(view);
    laws::first_broken(&census, view, Point::End)
}

/// A violation of `law` in the heap of `view`, about nothing in particular.
fn violation<H: Heap>(law: Law, view: &View<'_, H>, message: String) -> Violation {
    Violation {
        law,
        collector: view.store.heap.name(),
        message,
        object: None,
        ty: None,
        expected: None,
        actual: None,
        owners: Vec::new(),
        place: None,
    }
}
