//! Faults of the copying heap: each overrides one hook of its policy.

use crate::heap::copying::{Core, HeapResult, Policy, Sound};
use crate::heap::{GcRef, HeapError, Shape};
use crate::types::{TypeId, Types};
use crate::zoo::Probe;
use crate::zoo::fields::extern_fields;
use std::collections::BTreeSet;

/// X7, SpiderMonkey, 2026: the wrong bit operator combined the forwarding
/// address of an array with its tag, and the array seemed not to have moved.
/// Each reference to it gets a separate copy.
pub struct ArrayLosesForwardingAddress(pub Probe);

impl Policy for ArrayLosesForwardingAddress {
    fn store_forwarding(&mut self, core: &mut Core, object: GcRef, copy: GcRef) -> HeapResult {
        let array = matches!(core.from_space().shape(object)?, Shape::Array(_));
        self.0.run(array);
        match array {
            // The address and the tag have no bits in common.
            true => core.from_space_mut().set_forwarding_word(object, 0),
            false => Sound.store_forwarding(core, object, copy),
        }
    }
}

/// G11: the last element of an array is not scanned.
pub struct ScanSkipsLastElement(pub Probe);

impl Policy for ScanSkipsLastElement {
    fn scan_elements(&mut self, core: &mut Core, array: GcRef, len: u32) -> HeapResult {
        if let Some(last) = core.to_space().element_words(array, 0, len)?.next_back() {
            self.0.run(core.to_space().word(last)?.is_object());
        }
        Sound.scan_elements(core, array, len.saturating_sub(1))
    }
}

/// G12: exceptions are copied, but the references in them are not.
pub struct ScanSkipsExceptions(pub Probe);

impl Policy for ScanSkipsExceptions {
    fn scan(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        let shape = core.to_space().shape(object)?;
        let exception = matches!(shape, Shape::Exception(_));
        if !exception {
            return Sound.scan(core, object);
        }
        let mut carried = core.trace_info().of(shape)?.traced();
        let wrong = carried.any(|field| {
            let offset = core.trace_info().traced(field);
            let value = offset.and_then(|offset| core.to_space().load_ref(object, offset));
            value.is_ok_and(GcRef::is_object)
        });
        self.0.run(wrong);
        Ok(())
    }
}

/// G13: fields of the external hierarchy are assumed to hold indices of values of
/// the host, and are not scanned.
pub struct ScanSkipsExternFields {
    probe: Probe,
    /// Fields of the external hierarchy: type and payload offset.
    fields: BTreeSet<(TypeId, u64)>,
}

impl ScanSkipsExternFields {
    pub fn new(probe: Probe) -> ScanSkipsExternFields {
        let fields = BTreeSet::new();
        ScanSkipsExternFields { probe, fields }
    }
}

impl Policy for ScanSkipsExternFields {
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
        self.fields.extend(extern_fields(types));
    }

    fn scan_field(&mut self, core: &mut Core, object: GcRef, offset: u64) -> HeapResult {
        if let Shape::Struct(ty) = core.to_space().shape(object)?
            && self.fields.contains(&(ty, offset))
        {
            let value = core.to_space().load_ref(object, offset)?;
            self.probe.run(value.is_object());
            return Ok(());
        }
        Sound.scan_field(core, object, offset)
    }
}

/// W63, Wasmtime issue 10464, WAMR issue 5054: the size of an array overflowed 32 bits.
pub struct MovingArraySizeWraps(pub Probe);

impl Policy for MovingArraySizeWraps {
    fn allocate(
        &mut self,
        core: &mut Core,
        shape: Shape,
        payload: u64,
    ) -> Result<GcRef, HeapError> {
        let wrapped = match shape {
            Shape::Array(_) => u64::from(payload as u32),
            _ => payload,
        };
        self.0.run(wrapped < payload);
        core.allocate(shape, wrapped)
    }
}
