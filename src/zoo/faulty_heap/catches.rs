//! Faults of the payload of exceptions.

use super::{HeapFault, Modules};
use crate::heap::{GcRef, Heap, HeapError, Shape};
use crate::module::Module;
use crate::types::{Field, StorageKind};
use crate::zoo::Probe;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a field of an object is a reference in the payload of an exception.
fn is_payload(heap: &dyn Heap, r: GcRef, field: Field) -> bool {
    field.kind == StorageKind::Gc && matches!(heap.shape(r), Ok(Shape::Exception(_)))
}

/// X65, WasmEdge issue 4873: the payload of an exception that is caught a second time is lost.
pub struct PayloadIsLostOnSecondCatch {
    probe: Probe,
    /// The references in payloads that have been read, by object and offset.
    read: BTreeSet<(GcRef, u32)>,
}

impl PayloadIsLostOnSecondCatch {
    pub fn new(probe: Probe) -> PayloadIsLostOnSecondCatch {
        let read = BTreeSet::new();
        PayloadIsLostOnSecondCatch { probe, read }
    }
}

impl HeapFault for PayloadIsLostOnSecondCatch {
    fn made(&mut self, r: GcRef) {
        self.read.retain(|(read, _)| *read != r);
    }

    fn get_field(&mut self, heap: &mut dyn Heap, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = heap.get_field(r, field)?;
        if is_payload(heap, r, field) && !self.read.insert((r, field.offset)) {
            self.probe.run(value != 0);
            return Ok(0);
        }
        Ok(value)
    }
}

/// X66, GraalJS issue 1117: a structure in the payload of an exception arrives as a copy.
pub struct PayloadIsCopied {
    probe: Probe,
    modules: Modules,
}

impl PayloadIsCopied {
    pub fn new(probe: Probe) -> PayloadIsCopied {
        let modules = Modules::default();
        PayloadIsCopied { probe, modules }
    }
}

impl HeapFault for PayloadIsCopied {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn get_field(&mut self, heap: &mut dyn Heap, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = heap.get_field(r, field)?;
        let object = GcRef::from_register(value);
        if !is_payload(heap, r, field) || !object.is_object() {
            return Ok(value);
        }
        let Shape::Struct(ty) = heap.shape(object)? else {
            return Ok(value);
        };
        let types = self.modules.types();
        let Some(entry) = types.and_then(|types| types.get(ty)) else {
            return Ok(value);
        };
        let Ok(copy) = heap.new_struct_default(ty) else {
            return Ok(value);
        };
        for field in &entry.layout.fields {
            let part = heap.load(object, crate::heap::Place::Field(*field))?;
            heap.store(copy, crate::heap::Place::Field(*field), part)?;
        }
        self.probe.run(true);
        Ok(copy.register())
    }
}
