//! Objects: a run-time type, and values.

use super::value::{Value, ValueKind};
use crate::heap::{GcRef, HeapError, Place, Shape};
use std::ops::Range;

/// An object.
pub(super) struct Object {
    /// The run-time type. Only tests of the audit make it disagree with the
    /// contents; the worst result is an error.
    pub shape: Shape,
    pub contents: Contents,
}

/// The values of an object.
pub(super) enum Contents {
    Struct { fields: Vec<Value> },
    Array { elements: Elements },
    Exception { tag: u32, payload: Vec<Value> },
    Extern { host: u32 },
}

/// The elements of an array: a vector for every kind, so that an array of bytes
/// takes one byte for each element.
pub(super) enum Elements {
    I8(Vec<u8>),
    I16(Vec<u16>),
    I32(Vec<u32>),
    I64(Vec<u64>),
    V128(Vec<u128>),
    Ref(Vec<GcRef>),
    Func(Vec<u32>),
}

impl Object {
    /// The value at a place, if it is there and is stored as the place says.
    pub(super) fn get(&self, place: Place) -> Option<Value> {
        let value = match (place, &self.contents) {
            (Place::Field(field), Contents::Struct { fields }) => {
                fields.get(field.index as usize).copied()
            }
            (Place::Field(field), Contents::Exception { payload, .. }) => {
                payload.get(field.index as usize).copied()
            }
            (Place::Element { index, .. }, Contents::Array { elements }) => elements.get(index),
            _ => None,
        };
        value.filter(|value| value.kind().is(place.kind()))
    }

    /// Replaces the value at a place by one of the same kind, if it is there
    /// and is stored as the place says.
    pub(super) fn set(&mut self, place: Place, new: Value) -> Option<()> {
        if self.get(place)?.kind() != new.kind() {
            return None;
        }
        match (place, &mut self.contents) {
            (Place::Field(field), Contents::Struct { fields }) => {
                *fields.get_mut(field.index as usize)? = new;
            }
            (Place::Field(field), Contents::Exception { payload, .. }) => {
                *payload.get_mut(field.index as usize)? = new;
            }
            (Place::Element { index, .. }, Contents::Array { elements }) => {
                elements.set(index, new)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// The elements, if this is an array.
    pub(super) fn elements(&self) -> Option<&Elements> {
        match &self.contents {
            Contents::Array { elements } => Some(elements),
            _ => None,
        }
    }

    /// The elements to be written to, if this is an array.
    pub(super) fn elements_mut(&mut self) -> Option<&mut Elements> {
        match &mut self.contents {
            Contents::Array { elements } => Some(elements),
            _ => None,
        }
    }
}

impl Contents {
    /// The bytes counted for the values.
    pub(super) fn size(&self) -> u64 {
        match self {
            Contents::Struct { fields } => Value::room(fields.len()),
            Contents::Array { elements } => elements.kind().room(elements.len()),
            Contents::Exception { payload, .. } => Value::room(payload.len()),
            Contents::Extern { .. } => 0,
        }
    }
}

impl Elements {
    /// `len` copies of one value.
    pub(super) fn repeat(value: Value, len: u32) -> Result<Elements, HeapError> {
        Ok(match value {
            Value::I8(v) => Elements::I8(repeat(v, len)?),
            Value::I16(v) => Elements::I16(repeat(v, len)?),
            Value::I32(v) => Elements::I32(repeat(v, len)?),
            Value::I64(v) => Elements::I64(repeat(v, len)?),
            Value::V128(v) => Elements::V128(repeat(v, len)?),
            Value::Ref(v) => Elements::Ref(repeat(v, len)?),
            Value::Func(v) => Elements::Func(repeat(v, len)?),
        })
    }

    /// The given values, all of kind `kind`.
    pub(super) fn of(kind: ValueKind, values: &[Value]) -> Result<Elements, HeapError> {
        let len = u32::try_from(values.len()).map_err(|_| HeapError::Full)?;
        let mut elements = Elements::repeat(kind.zero(), len)?;
        for (index, value) in (0..len).zip(values) {
            elements.set(index, *value).ok_or_else(mixed)?;
        }
        Ok(elements)
    }

    /// A copy of the elements in a range.
    pub(super) fn part(&self, range: Range<u32>) -> Result<Elements, HeapError> {
        let len = range.end - range.start;
        let mut part = Elements::repeat(self.kind().zero(), len)?;
        for (index, from) in (0..len).zip(range) {
            let value = self.get(from).ok_or_else(mixed)?;
            part.set(index, value).ok_or_else(mixed)?;
        }
        Ok(part)
    }

    /// How they are stored.
    pub(super) fn kind(&self) -> ValueKind {
        match self {
            Elements::I8(_) => ValueKind::I8,
            Elements::I16(_) => ValueKind::I16,
            Elements::I32(_) => ValueKind::I32,
            Elements::I64(_) => ValueKind::I64,
            Elements::V128(_) => ValueKind::V128,
            Elements::Ref(_) => ValueKind::Ref,
            Elements::Func(_) => ValueKind::Func,
        }
    }

    /// The number of elements. It is a `u32`, since arrays are made with one.
    pub(super) fn len(&self) -> u32 {
        let len = match self {
            Elements::I8(all) => all.len(),
            Elements::I16(all) => all.len(),
            Elements::I32(all) => all.len(),
            Elements::I64(all) => all.len(),
            Elements::V128(all) => all.len(),
            Elements::Ref(all) => all.len(),
            Elements::Func(all) => all.len(),
        };
        len as u32
    }

    /// The element at an index, if there is one.
    pub(super) fn get(&self, index: u32) -> Option<Value> {
        let index = index as usize;
        Some(match self {
            Elements::I8(all) => Value::I8(*all.get(index)?),
            Elements::I16(all) => Value::I16(*all.get(index)?),
            Elements::I32(all) => Value::I32(*all.get(index)?),
            Elements::I64(all) => Value::I64(*all.get(index)?),
            Elements::V128(all) => Value::V128(*all.get(index)?),
            Elements::Ref(all) => Value::Ref(*all.get(index)?),
            Elements::Func(all) => Value::Func(*all.get(index)?),
        })
    }

    /// Replaces the element at an index, if there is one, by a value of the
    /// same kind.
    pub(super) fn set(&mut self, index: u32, value: Value) -> Option<()> {
        let index = index as usize;
        match (self, value) {
            (Elements::I8(all), Value::I8(v)) => *all.get_mut(index)? = v,
            (Elements::I16(all), Value::I16(v)) => *all.get_mut(index)? = v,
            (Elements::I32(all), Value::I32(v)) => *all.get_mut(index)? = v,
            (Elements::I64(all), Value::I64(v)) => *all.get_mut(index)? = v,
            (Elements::V128(all), Value::V128(v)) => *all.get_mut(index)? = v,
            (Elements::Ref(all), Value::Ref(v)) => *all.get_mut(index)? = v,
            (Elements::Func(all), Value::Func(v)) => *all.get_mut(index)? = v,
            _ => return None,
        }
        Some(())
    }

    /// The indices of `len` elements from `start` on, if they exist.
    pub(super) fn range(&self, start: u32, len: usize) -> Option<Range<u32>> {
        let len = u32::try_from(len).ok()?;
        let end = start.checked_add(len)?;
        (end <= self.len()).then_some(start..end)
    }
}

fn mixed() -> HeapError {
    HeapError::corrupt(0, "elements of several kinds")
}

/// `len` copies of one value, if there is memory for them.
fn repeat<T: Clone>(value: T, len: u32) -> Result<Vec<T>, HeapError> {
    let mut values = Vec::new();
    let reserved = values.try_reserve_exact(len as usize);
    reserved.map_err(|_| HeapError::Full)?;
    values.resize(len as usize, value);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_elements_of_its_range() {
        let values = [5, 6, 7, 8].map(Value::I32);
        let elements = Elements::of(ValueKind::I32, &values).unwrap();
        for (start, end) in [(0, 0), (0, 4), (1, 3), (3, 4), (4, 4)] {
            let part = elements.part(start..end).unwrap();
            let listed: Vec<_> = (0..part.len()).map(|i| part.get(i)).collect();
            let expected = values[start as usize..end as usize].iter();
            assert_eq!(listed, expected.map(|v| Some(*v)).collect::<Vec<_>>());
        }
        assert!(elements.part(3..5).is_err());
    }
}
