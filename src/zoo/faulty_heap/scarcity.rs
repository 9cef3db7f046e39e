//! Faults of allocation when memory is scarce or used again.

use super::{HeapFault, Modules};
use crate::heap::{GcRef, Heap, Place, RootSlot, Shape};
use crate::module::Module;
use crate::types::{Field, StorageKind};
use crate::zoo::Probe;
use std::sync::Arc;

/// W60, Wasmtime issue 12456: an allocation counts its operands first, and keeps these counts if it
/// fails. The second try counts them again.
pub struct FailedAllocationKeepsCounts {
    probe: Probe,
    modules: Modules,
}

impl FailedAllocationKeepsCounts {
    pub fn new(probe: Probe) -> FailedAllocationKeepsCounts {
        let modules = Modules::default();
        FailedAllocationKeepsCounts { probe, modules }
    }
}

impl HeapFault for FailedAllocationKeepsCounts {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn failed(&mut self, heap: &mut dyn Heap, shape: Shape, operands: &[u64]) {
        for operand in self.modules.references(shape, operands) {
            if operand.is_object() {
                self.probe.run(true);
                // A slot that nobody knows of owns the count.
                let _ = heap.init_slot(RootSlot::Handle(0), &mut 0, operand);
            }
        }
    }
}

/// W65, Wasmtime issues 13141 and 13173: a write through the base address that the heap had before it
/// grew is lost. Here it is the first reference of the structure that the heap has grown for.
pub struct GrowthLosesWrite {
    probe: Probe,
    modules: Modules,
    capacity: u32,
    has_grown: bool,
}

impl GrowthLosesWrite {
    pub fn new(probe: Probe) -> GrowthLosesWrite {
        GrowthLosesWrite {
            probe,
            modules: Modules::default(),
            capacity: 0,
            has_grown: false,
        }
    }
}

impl HeapFault for GrowthLosesWrite {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn set_capacity(&mut self, heap: &mut dyn Heap, bytes: u32) {
        self.has_grown = self.capacity > 0;
        self.capacity = bytes;
        heap.set_capacity(bytes);
    }

    fn made_of(&mut self, shape: Shape, _: &[u64]) {
        self.has_grown &= matches!(shape, Shape::Struct(_));
    }

    fn initialised(&mut self, heap: &mut dyn Heap, r: GcRef, ty: crate::types::TypeId, _: &[u64]) {
        if !std::mem::take(&mut self.has_grown) {
            return;
        }
        let types = self.modules.types();
        let layout = types
            .and_then(|types| types.get(ty))
            .map(|entry| &entry.layout);
        let mut fields = layout.into_iter().flat_map(|layout| &layout.fields);
        if let Some(&field) = fields.find(|field| field.kind == StorageKind::Gc) {
            let was = heap.peek(r, Place::Field(field)).unwrap_or(0);
            self.probe.run(was != 0);
            let _ = heap.set_field(r, field, 0);
        }
    }
}

/// X60, WebKit pull request 60316, GraalVM issue 14381: vectors in an object of default values are
/// not set to zero where the memory has been in use before. Here they are never.
pub struct DefaultVectorsKeepOldBytes {
    probe: Probe,
    modules: Modules,
}

impl DefaultVectorsKeepOldBytes {
    pub fn new(probe: Probe) -> DefaultVectorsKeepOldBytes {
        let modules = Modules::default();
        DefaultVectorsKeepOldBytes { probe, modules }
    }

    /// The vectors of an object of this type: up to four elements of an array.
    fn vectors(&self, heap: &dyn Heap, r: GcRef, shape: Shape) -> Vec<Place> {
        let Some(types) = self.modules.types() else {
            return Vec::new();
        };
        let wide = |field: &&Field| field.kind == StorageKind::B128;
        match shape {
            Shape::Struct(ty) => {
                let layout = types.get(ty).map(|entry| &entry.layout);
                let fields = layout.into_iter().flat_map(|layout| &layout.fields);
                fields.filter(wide).map(|f| Place::Field(*f)).collect()
            }
            Shape::Array(ty) => {
                let kind = types.element(ty).storage.storage_kind();
                let len = heap.array_len(r).unwrap_or(0).min(4);
                let elements = (0..len).map(|index| Place::Element { index, kind });
                elements.filter(|_| kind == StorageKind::B128).collect()
            }
            Shape::Exception(_) | Shape::Extern => Vec::new(),
        }
    }
}

impl HeapFault for DefaultVectorsKeepOldBytes {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn defaulted(&mut self, heap: &mut dyn Heap, r: GcRef, shape: Shape) {
        for place in self.vectors(heap, r, shape) {
            self.probe.run(true);
            let _ = heap.store(r, place, 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f);
        }
    }
}

/// X64, WasmEdge issue 3947: `array.new_fixed` of no elements gives null.
pub struct EmptyArrayIsNull(pub Probe);

impl HeapFault for EmptyArrayIsNull {
    fn new_array_as(&mut self, r: GcRef, len: usize) -> GcRef {
        self.0.run(len == 0);
        match len {
            0 => GcRef::NULL,
            _ => r,
        }
    }
}
