//! Access to values and to the elements of arrays, with all checks.

use super::Model;
use super::object::{Contents, Elements};
use super::value::Value;
use crate::heap::{GcRef, HeapError, Place};
use crate::types::StorageKind;
use std::ops::Range;

impl Model {
    /// The value at a place.
    pub(super) fn read(&self, r: GcRef, place: Place) -> Result<Value, HeapError> {
        self.object(r)?.get(place).ok_or_else(|| no_value(r))
    }

    /// Replaces the value at a place, except in an exception, which no program
    /// can change.
    pub(super) fn write(&mut self, r: GcRef, place: Place, new: Value) -> Result<(), HeapError> {
        let object = self.object_mut(r)?;
        if let Contents::Exception { .. } = object.contents {
            return Err(HeapError::corrupt(r.0, "exceptions cannot be written to"));
        }
        object.set(place, new).ok_or_else(|| no_value(r))
    }

    /// Replaces the value at a place by the value in a register.
    pub(super) fn write_register(
        &mut self,
        r: GcRef,
        place: Place,
        register: u64,
    ) -> Result<(), HeapError> {
        let kind = self.read(r, place)?.kind();
        self.write(r, place, kind.value_of_register(register))
    }

    /// The elements of the array at `r`.
    pub(super) fn array(&self, r: GcRef) -> Result<&Elements, HeapError> {
        self.object(r)?
            .elements()
            .ok_or_else(|| HeapError::corrupt(r.0, "not an array"))
    }

    /// The indices of `len` elements from `start` on. All must exist, and be
    /// stored as `kind` says.
    pub(super) fn range(
        &self,
        r: GcRef,
        start: u32,
        len: usize,
        kind: StorageKind,
    ) -> Result<Range<u32>, HeapError> {
        let array = self.array(r)?;
        if !array.kind().is(kind) {
            return Err(HeapError::corrupt(r.0, "elements of another kind"));
        }
        array.range(start, len).ok_or_else(|| no_elements(r))
    }

    /// Replaces one element.
    pub(super) fn set_one(&mut self, r: GcRef, index: u32, value: Value) -> Result<(), HeapError> {
        let elements = self.object_mut(r)?.elements_mut();
        elements
            .and_then(|elements| elements.set(index, value))
            .ok_or_else(|| no_elements(r))
    }

    /// Replaces `len` elements from `start` on by one value.
    pub(super) fn fill_with(
        &mut self,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: Value,
    ) -> Result<(), HeapError> {
        for index in self.range(r, start, len as usize, kind)? {
            self.set_one(r, index, value)?;
        }
        Ok(())
    }
}

/// The error for a missing value in the object at `r`.
pub(super) fn no_value(r: GcRef) -> HeapError {
    HeapError::corrupt(r.0, "no value of this kind at this place")
}

/// The error for missing elements in the array at `r`.
pub(super) fn no_elements(r: GcRef) -> HeapError {
    HeapError::corrupt(r.0, "no elements of this kind in this range")
}
