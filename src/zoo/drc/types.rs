//! The collector's knowledge of types.

use super::death::children;
use super::faults;
use crate::heap::drc::{Core, HeapResult, Policy, Sound};
use crate::heap::{GcRef, Shape};
use crate::types::{Composite, TypeId, Types};
use crate::zoo::Probe;
use crate::zoo::fields::{extern_fields, is_extern};
use std::collections::BTreeSet;

/// W4, Wasmtime issue 10371: a value of static type `externref` was assumed never
/// to be an i31.
pub struct ExternFieldCountsI31 {
    probe: Probe,
    /// Fields of the external hierarchy: type and payload offset.
    fields: BTreeSet<(TypeId, u64)>,
    /// Array types with elements of the external hierarchy.
    arrays: BTreeSet<TypeId>,
}

impl ExternFieldCountsI31 {
    pub fn new(probe: Probe) -> ExternFieldCountsI31 {
        ExternFieldCountsI31 {
            probe,
            fields: BTreeSet::new(),
            arrays: BTreeSet::new(),
        }
    }

    /// Whether the static type of the value at a payload offset is external.
    fn is_extern(&self, core: &Core, object: GcRef, offset: u64) -> bool {
        match core.shape(object) {
            Ok(Shape::Struct(ty)) => self.fields.contains(&(ty, offset)),
            Ok(Shape::Array(ty)) => self.arrays.contains(&ty),
            _ => false,
        }
    }

    /// Counts a value as an object without checking that it is one.
    fn increment_there(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        if !self.is_extern(core, object, offset) {
            return self.increment(core, new, 1);
        }
        self.probe.run(new.is_i31());
        match new.is_null() {
            true => Ok(()),
            false => core.add_owners(new, 1),
        }
    }
}

impl Policy for ExternFieldCountsI31 {
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
        self.fields.extend(extern_fields(types));
        for (id, entry) in types.iter() {
            if let Composite::Array(element) = &entry.sub.composite
                && is_extern(element.storage)
            {
                self.arrays.insert(id);
            }
        }
    }

    fn init_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        self.increment_there(core, object, offset, new)?;
        core.store_ref(object, offset, new)
    }

    fn write_field(
        &mut self,
        core: &mut Core,
        object: GcRef,
        offset: u64,
        new: GcRef,
    ) -> HeapResult {
        self.increment_there(core, object, offset, new)?;
        let old = core.replace_ref(object, offset, new)?;
        core.count_overwrite(old);
        self.release(core, old)
    }
}

faults! {
    /// W13, Wasmtime pull requests 13417 and 13423: the cached information on a
    /// type survived its store, and was used for the type with the same number
    /// in the next store. Here the first four types of the earlier store are
    /// structures without references.
    TraceInfoOutlivesStore,
}

/// The number of types of the earlier store.
const STALE: u32 = 4;

impl Policy for TraceInfoOutlivesStore {
    fn learn_types(&mut self, core: &mut Core, types: &Types) {
        core.trace_info_mut().add(types);
        for (id, _) in types.iter().take_while(|(id, _)| id.0 < STALE) {
            core.trace_info_mut().set_traced(id, &[]);
            if let Some(layout) = core.trace_info_mut().get_mut(id) {
                layout.traced_elements = false;
            }
        }
    }

    fn decrement_children(&mut self, core: &mut Core, object: GcRef) -> HeapResult {
        if let Shape::Struct(ty) | Shape::Array(ty) | Shape::Exception(ty) = core.shape(object)?
            && ty.0 < STALE
        {
            self.0.run(!children(core, object)?.is_empty());
        }
        Sound.decrement_children(core, object)
    }
}
