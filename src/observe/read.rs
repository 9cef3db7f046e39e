//! Reading an observation from a store.

use super::memory::MemoryBytes;
use super::observation::Observation;
use super::value::ObservedValue;
use super::walk::Walk;
use crate::engine::{Resource, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::types::ValType;

/// Observes a store in its current state: everything but the steps that led to it.
pub fn observe<H: Heap>(store: &Store<H>) -> Observation {
    match look(store, &[], u64::MAX) {
        Some(seen) => seen,
        None => unreachable!("there is room for everything"),
    }
}

/// Like [`observe`], within the run's memory budget.
pub(crate) fn observe_within<H: Heap>(store: &Store<H>) -> Result<Observation, Stop> {
    let values = store.globals().len() + store.handles();
    let elements: usize = store.tables().iter().map(|t| t.elements.len()).sum();
    let memories: usize = store
        .memories()
        .iter()
        .map(|m| MemoryBytes::footprint_of(&m.bytes))
        .sum();
    let outside = size_of::<ObservedValue>() * (values + elements) + memories;
    store.afford(outside as u64)?;
    let taken = store.footprint().saturating_add(outside as u64);
    let room = store.limits().footprint.saturating_sub(taken);
    look(store, &[], room).ok_or(Stop::OverBudget(Resource::Memory))
}

/// Like [`observe_within`], with more references behind those that the host has kept. `None` if
/// there is not enough memory.
pub(crate) fn observe_with<H: Heap>(store: &Store<H>, more: &[GcRef]) -> Option<Observation> {
    let room = store.limits().footprint.saturating_sub(store.footprint());
    look(store, more, room)
}

/// Observes a store. `None` if the graph takes more than `room` bytes.
fn look<H: Heap>(store: &Store<H>, more: &[GcRef], room: u64) -> Option<Observation> {
    let mut walk = Walk::new(&store.heap, store.types(), room);
    let globals = store
        .globals()
        .zip(0..)
        .map(|((ty, value), i)| walk.value(ty.value, value, store.global_high(i)))
        .collect();
    let tables = store
        .tables()
        .iter()
        .map(|table| {
            let ty = ValType::Ref(table.ty.element);
            let elements = table.elements.iter();
            elements.map(|e| walk.value(ty, u64::from(*e), 0)).collect()
        })
        .collect();
    let kept: Vec<ObservedValue> = (0..store.handles() as u32)
        .map(|handle| store.handle(handle))
        .chain(more.iter().copied())
        .map(|reference| walk.reference(reference))
        .collect();
    let graph = walk.finish()?;
    Some(Observation {
        steps: Vec::new(),
        host_calls: Vec::new(),
        host_call_count: 0,
        globals,
        tables,
        memories: store
            .memories()
            .iter()
            .map(|m| MemoryBytes::new(&m.bytes))
            .collect(),
        kept,
        graph,
    })
}
