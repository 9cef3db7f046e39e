//! The recorder: a layer in front of a heap that counts events.
//!
//! It checks the heap's state before an operation, runs the operation, and
//! checks again. It uses only the interface of the heap, and may be slow:
//! production runs have no recorder.
//!
//! | file | counts |
//! |---|---|
//! | `forward` | nothing; it wraps the heap's operations with a check before and after each |
//! | `store` | single reads and writes of references |
//! | `bulk` | operations on many references at once |
//! | `collect` | collections, and the references in frames during one |

mod bulk;
mod collect;
mod forward;
mod store;

use super::{Event, Sink, Tally};
use crate::heap::{GcRef, Header, Heap, HeapError, Shape, Stats, TraceInfo};
use crate::module::Module;
use crate::oracle::{Collector, SharedSubject, Variant};
use crate::types::{StorageKind, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// A collector of this crate with a recorder in front, which adds its counts to
/// `sink` when its run is over.
pub fn recorder(collector: Collector, sink: &Sink) -> SharedSubject {
    let sink = sink.clone();
    let heap = move || -> Box<dyn Heap> { Box::new(Recorder::new(collector.heap(), &sink)) };
    Variant::new(collector, heap).subject()
}

/// The heap in front.
struct Recorder {
    heap: Box<dyn Heap>,
    /// The case's own module, the only one in the store.
    module: Option<Arc<Module>>,
    trace_info: TraceInfo,
    tally: Tally,
    sink: Sink,
    /// For every address at which an object was ever allocated, the number of
    /// collections before the latest of these allocations.
    born: HashMap<u32, u64>,
    /// Number of collections so far.
    collections: u64,
    /// The latest exception. Throwing it is not a rethrow.
    made: GcRef,
    /// Whether the capacity has been set before.
    has_capacity: bool,
}

impl Recorder {
    fn new(heap: Box<dyn Heap>, sink: &Sink) -> Recorder {
        Recorder {
            heap,
            module: None,
            trace_info: TraceInfo::default(),
            tally: Tally::default(),
            sink: sink.clone(),
            born: HashMap::new(),
            collections: 0,
            made: GcRef::NULL,
            has_capacity: false,
        }
    }

    fn count(&mut self, event: Event) {
        self.tally.count(event);
    }

    /// Counts an event if `happened`.
    fn count_if(&mut self, happened: bool, event: Event) {
        if happened {
            self.count(event);
        }
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        r.is_object().then(|| self.heap.header(r)).flatten()
    }

    /// Whether one of the registers `values`, which initialise an object of
    /// this shape, refers to an object.
    fn has_object(&self, shape: Shape, values: &[u64]) -> bool {
        let Ok(layout) = self.trace_info.of(shape) else {
            return false;
        };
        let mut register = 0;
        for index in layout.fields() {
            let Ok(field) = self.trace_info.field(index) else {
                return false;
            };
            let value = values.get(register).copied().unwrap_or(0);
            if field.kind == StorageKind::Gc && GcRef::from_register(value).is_object() {
                return true;
            }
            register += field.kind.registers();
        }
        false
    }

    /// Whether elements of an array type are references into the heap.
    fn holds_references(&self, ty: TypeId) -> bool {
        let layout = self.trace_info.of(Shape::Array(ty));
        layout.is_ok_and(|layout| layout.element == StorageKind::Gc)
    }

    /// The event for the allocation of an array.
    fn array_event(&self, ty: TypeId) -> Event {
        match self.holds_references(ty) {
            true => Event::NewReferences,
            false => Event::NewNumbers,
        }
    }

    /// Whether a packed field is initialised with a number that does not fit.
    fn is_out_of_range(&self, ty: TypeId, values: &[u64]) -> bool {
        let fields = self.trace_info.of(Shape::Struct(ty)).map(|l| l.fields());
        let mut register = 0;
        for field in fields.into_iter().flatten() {
            let Ok(field) = self.trace_info.field(field) else {
                return false;
            };
            let bits = 8 * field.kind.width();
            let value = values.get(register).copied().unwrap_or(0);
            if bits < 32 && value >> bits != 0 {
                return true;
            }
            register += field.kind.registers();
        }
        false
    }

    /// Records a new object.
    fn made(&mut self, made: &Result<GcRef, HeapError>, event: Event) {
        let Ok(r) = made else { return };
        self.count(event);
        let again = self.born.insert(r.0, self.collections).is_some();
        self.count_if(again, Event::Reuse);
    }

    /// The number of collections that an object has survived.
    fn age(&self, r: GcRef) -> u64 {
        let born = self.born.get(&r.0).copied();
        self.collections - born.unwrap_or(self.collections)
    }

    /// Counts the objects that a write has freed.
    fn freed(&mut self, before: Stats) {
        let freed = self.heap.stats().freed - before.freed;
        self.count_if(freed > 0, Event::FreeByWrite);
        self.count_if(freed > 1, Event::FreeChain);
        self.count_if(freed > 30, Event::FreeMany);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.sink.add(&self.tally);
    }
}
