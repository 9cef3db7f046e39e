//! The model: a heap so naive that it can be read against the specification.
//!
//! The other heaps share headers, layout and access to memory, so they may be
//! wrong together and agree. The model shares nothing with them but the
//! [`Heap`](super::Heap) trait: it has no bytes, no offsets and no headers. An
//! object is a Rust value in a vector that only grows, a field is found by its
//! index, and the type section alone determines which values it may hold. The
//! model has the casting vote when the others disagree, and contradicts them
//! when they are wrong together.
//!
//! Wherever the code could be clear or fast, it is clear: a fill is a loop, and
//! `array.copy` goes through a temporary copy. An operation without a meaning
//! in the language is [`HeapError::Corrupt`]. The model is stricter than heaps
//! with bytes: it knows how every value is stored, so it detects code that
//! reads an `i8` as an `i32` even where the bytes happen to be right.

mod access;
mod inspect;
mod object;
mod operations;
#[cfg(test)]
mod tests;
mod value;

use self::object::{Contents, Object};
use self::value::{Value, ValueKind};
use super::log::Log;
use super::{GRANULE, GcRef, HeapError, Place, Shape, Stats};
use crate::types::{TypeId, Types};

/// Bytes counted for an object besides its values: its entry in the vector.
const OBJECT: u64 = size_of::<Object>() as u64;

/// Bytes counted for a piece of memory besides its contents: the allocator has
/// a header, and rounds up.
const PIECE: u64 = 24;

/// The most objects there can be: the address behind the last is still a `u32`.
const MAX_OBJECTS: usize = (u32::MAX / GRANULE - 1) as usize;

// The address behind the last object is the last multiple of a granule.
const _: () = assert!(
    (MAX_OBJECTS as u64 + 1) * GRANULE as u64 <= u32::MAX as u64
        && (MAX_OBJECTS as u64 + 2) * GRANULE as u64 > u32::MAX as u64
);

/// A heap that is a list of objects. Object `n` has the address
/// `GRANULE * (n + 1)`, and is never freed.
pub struct Model {
    /// The contents of every type, by [`TypeId`].
    types: Vec<Definition>,
    objects: Vec<Object>,
    /// Bytes counted so far.
    used: u64,
    max: u64,
    stats: Stats,
    log: Log,
}

/// A type as the model knows it.
enum Definition {
    /// The fields of a structure.
    Struct(Vec<ValueKind>),
    /// The element of an array.
    Array(ValueKind),
    /// The parameters of a function type: the payload of an exception.
    Func(Vec<ValueKind>),
}

impl Model {
    /// An empty heap for at most `max_bytes` bytes, as counted here: for every
    /// object, for its fields (whatever their widths), and for its elements.
    pub fn new(max_bytes: u32) -> Model {
        Model {
            types: Vec::new(),
            objects: Vec::new(),
            used: 0,
            max: u64::from(max_bytes),
            stats: Stats::default(),
            log: Log::default(),
        }
    }

    /// Raw: replaces the run-time type of an object, but not its values. For
    /// tests of the audit, which break one law in a heap that is otherwise
    /// sound.
    pub fn set_shape(&mut self, r: GcRef, shape: Shape) -> Result<(), HeapError> {
        self.object_mut(r)?.shape = shape;
        Ok(())
    }

    /// Raw: replaces a reference in an object, even in an exception, by any
    /// other, whatever the type says. For tests of the audit.
    pub fn set_reference(&mut self, r: GcRef, place: Place, value: GcRef) -> Result<(), HeapError> {
        self.object_mut(r)?
            .set(place, Value::Ref(value))
            .ok_or_else(|| HeapError::corrupt(r.0, "no reference at this place"))
    }

    /// Learns the types that are new.
    fn learn(&mut self, types: &Types) {
        for (_, entry) in types.iter().skip(self.types.len()) {
            self.types.push(Definition::new(&entry.sub.composite));
        }
    }

    fn fields_of_struct(&self, ty: TypeId) -> Result<&[ValueKind], HeapError> {
        match self.types.get(ty.0 as usize) {
            Some(Definition::Struct(fields)) => Ok(fields),
            _ => Err(HeapError::corrupt(0, "no such structure type")),
        }
    }

    fn element_of_array(&self, ty: TypeId) -> Result<ValueKind, HeapError> {
        match self.types.get(ty.0 as usize) {
            Some(Definition::Array(element)) => Ok(*element),
            _ => Err(HeapError::corrupt(0, "no such array type")),
        }
    }

    fn params_of_func(&self, ty: TypeId) -> Result<&[ValueKind], HeapError> {
        match self.types.get(ty.0 as usize) {
            Some(Definition::Func(params)) => Ok(params),
            _ => Err(HeapError::corrupt(0, "no such function type")),
        }
    }

    /// Checks that there is room for one more object. Must run before its
    /// values are made, since there may be no memory for an absurd length.
    fn check_room(&self, values: u64) -> Result<(), HeapError> {
        let fits = OBJECT + values <= self.max - self.used;
        match fits && has_address(self.objects.len()) {
            true => Ok(()),
            false => Err(HeapError::Full),
        }
    }

    /// Adds an object, if there is room for it.
    fn add(&mut self, shape: Shape, contents: Contents) -> Result<GcRef, HeapError> {
        let values = contents.size();
        self.check_room(values)?;
        self.objects.try_reserve(1).map_err(|_| HeapError::Full)?;
        self.objects.push(Object { shape, contents });
        self.used += OBJECT + values;
        self.stats.allocated += 1;
        let r = GcRef(self.end() - GRANULE);
        self.log.note(r.0 as usize, GRANULE as usize);
        Ok(r)
    }

    /// The first address behind the last object.
    fn end(&self) -> u32 {
        GRANULE * (self.objects.len() as u32 + 1)
    }

    fn object(&self, r: GcRef) -> Result<&Object, HeapError> {
        number(r)
            .and_then(|n| self.objects.get(n))
            .ok_or_else(|| no_object(r))
    }

    /// An object that is about to be written to.
    fn object_mut(&mut self, r: GcRef) -> Result<&mut Object, HeapError> {
        let object = number(r).and_then(|n| self.objects.get_mut(n));
        if object.is_some() {
            self.log.note(r.0 as usize, GRANULE as usize);
        }
        object.ok_or_else(|| no_object(r))
    }
}

/// Whether the object with this number, and one behind it, would have
/// addresses.
fn has_address(number: usize) -> bool {
    number < MAX_OBJECTS
}

/// The number of the object with this address, if the address is valid.
fn number(r: GcRef) -> Option<usize> {
    if !r.0.is_multiple_of(GRANULE) {
        return None;
    }
    Some((r.0 / GRANULE).checked_sub(1)? as usize)
}

fn no_object(r: GcRef) -> HeapError {
    let what = match r {
        r if r.is_null() => "null is not an object",
        r if r.is_i31() => "an i31 is not an object",
        _ => "no object has this address",
    };
    HeapError::corrupt(r.0, what)
}
