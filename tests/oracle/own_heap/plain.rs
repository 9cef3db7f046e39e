//! A heap reduced to its required methods.

use gcdiff::heap::{
    Block, GcRef, Header, Heap, HeapError, Inspect, NewObject, Place, Reclaims, RootList, RootSlot,
    Roots, Shape, Stats, TraceInfo,
};
use gcdiff::oracle::Collector;
use gcdiff::types::Types;

/// A heap of the crate without its overrides. The provided methods execute
/// every instruction in terms of the required ones. Barriers and inspection of
/// counts are the heap's own.
pub struct Plain {
    collector: Collector,
    heap: Box<dyn Heap>,
    trace_info: TraceInfo,
}

impl Plain {
    pub fn new(collector: Collector) -> Plain {
        Plain {
            collector,
            heap: collector.heap(),
            trace_info: TraceInfo::default(),
        }
    }
}

impl Heap for Plain {
    fn add_types(&mut self, types: &Types) {
        self.trace_info.add(types);
        self.heap.add_types(types);
    }

    fn trace_info(&self) -> &TraceInfo {
        &self.trace_info
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        self.heap.collect(roots)
    }

    fn allocate(&mut self, object: NewObject) -> Result<GcRef, HeapError> {
        self.heap.allocate(object)
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        self.heap.shape(r)
    }

    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        self.heap.array_len(r)
    }

    fn word(&self, r: GcRef) -> Result<u32, HeapError> {
        self.heap.word(r)
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.heap.load(r, place)
    }

    fn store(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        self.heap.store(r, place, value)
    }

    fn init(&mut self, r: GcRef, place: Place, value: u128) -> Result<(), HeapError> {
        match self.collector {
            // The model rejects stores into exceptions.
            Collector::Model => self.heap.init(r, place, value),
            _ => self.store(r, place, value),
        }
    }

    fn wants_collection(&self) -> bool {
        self.heap.wants_collection()
    }

    fn expose(&mut self, from: RootSlot, r: GcRef) -> Result<GcRef, HeapError> {
        self.heap.expose(from, r)
    }

    fn write_slot(&mut self, kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError> {
        self.heap.write_slot(kind, slot, new)
    }
}

impl Inspect for Plain {
    fn name(&self) -> &'static str {
        match self.collector {
            Collector::Null => "plain-null",
            Collector::Drc => "plain-drc",
            Collector::Copying => "plain-copying",
            Collector::Model => "plain-model",
        }
    }

    fn reclaims(&self) -> Reclaims {
        self.heap.reclaims()
    }

    fn stats(&self) -> Stats {
        self.heap.stats()
    }

    fn extent(&self) -> (u32, u32) {
        self.heap.extent()
    }

    fn blocks(&self) -> Vec<Block> {
        self.heap.blocks()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        self.heap.header(r)
    }

    fn peek_value(&self, r: GcRef, place: Place) -> Option<u128> {
        self.heap.peek_value(r, place)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.heap.peek_word(r)
    }

    fn is_counting(&self) -> bool {
        self.heap.is_counting()
    }

    fn root_list(&self) -> Option<RootList> {
        self.heap.root_list()
    }
}
