//! Initialisation of new objects in a [`Space`].

use super::header::HEADER;
use super::space::{Space, outside};
use super::storage::put;
use super::{GRANULE, GcRef, HeapError};
use crate::types::{Field, StorageKind};

impl Space {
    /// Zeroes the payload of a new object: every default value is zero.
    #[inline]
    pub fn clear_payload(&mut self, r: GcRef) -> Result<(), HeapError> {
        self.payload_mut(r)?.fill(0);
        Ok(())
    }

    /// Writes all fields of a new object.
    #[inline]
    pub fn init_fields(
        &mut self,
        r: GcRef,
        fields: &[Field],
        registers: &[u64],
    ) -> Result<(), HeapError> {
        let beyond = || HeapError::corrupt(r.0, "access beyond the end of the object");
        let payload = self.payload_mut(r)?;
        let mut registers = registers.iter();
        for field in fields {
            let too_few = || HeapError::corrupt(r.0, "too few registers for the fields");
            let at = field.offset as usize;
            let low = *registers.next().ok_or_else(too_few)?;
            put(payload, at, field.kind, low).ok_or_else(beyond)?;
            if field.kind == StorageKind::B128 {
                let high = *registers.next().ok_or_else(too_few)?;
                put(payload, at + 8, StorageKind::B64, high).ok_or_else(beyond)?;
            }
        }
        match registers.len() {
            0 => Ok(()),
            _ => Err(HeapError::corrupt(r.0, "too many registers for the fields")),
        }
    }

    /// Writes the first elements of an array, one for each register.
    #[inline]
    pub fn init_elements(
        &mut self,
        r: GcRef,
        kind: StorageKind,
        registers: &[u64],
    ) -> Result<(), HeapError> {
        let range = self.elements(r, 0, registers.len() as u32, kind)?;
        let at = range.start;
        let slice = self.storage.slice_mut(range).ok_or_else(|| outside(at))?;
        let elements = slice.chunks_exact_mut(kind.width() as usize);
        for (element, value) in elements.zip(registers) {
            put(element, 0, kind, *value).ok_or_else(|| outside(at))?;
        }
        Ok(())
    }

    /// The payload of an object, up to the end of its last granule.
    #[inline]
    fn payload_mut(&mut self, r: GcRef) -> Result<&mut [u8], HeapError> {
        let start = self.object(r, u64::from(HEADER))?;
        let size = self.granules().at(r) as usize * GRANULE as usize;
        self.storage
            .slice_mut(start + HEADER as usize..start + size)
            .ok_or_else(|| outside(start))
    }

    /// Writes a field from the front of `registers`, and returns the rest.
    #[inline]
    pub fn store_field<'a>(
        &mut self,
        r: GcRef,
        field: Field,
        registers: &'a [u64],
    ) -> Result<&'a [u64], HeapError> {
        let offset = u64::from(field.offset);
        match (field.kind, registers) {
            (StorageKind::B128, [low, high, rest @ ..]) => {
                self.store(r, offset, StorageKind::B64, *low)?;
                self.store(r, offset + 8, StorageKind::B64, *high)?;
                Ok(rest)
            }
            (kind, [value, rest @ ..]) => {
                self.store(r, offset, kind, *value)?;
                Ok(rest)
            }
            (_, []) => Err(HeapError::corrupt(r.0, "too few registers for the fields")),
        }
    }
}
