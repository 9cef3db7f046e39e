//! Objects: Rust values, kept wide.

use gcdiff::heap::{GcRef, HeapError, Place, Shape};
use gcdiff::types::Lane;

pub type Done = Result<(), HeapError>;

/// An object. Values are kept wide, whatever their lane.
pub struct Object {
    pub shape: Shape,
    /// The tag of an exception, the host's name of an external value.
    pub word: u32,
    /// How each field is stored; of an array, one entry for all elements.
    pub lanes: Vec<Lane>,
    pub values: Vec<u128>,
    pub marked: bool,
}

/// The bits of a value that its lane has room for.
pub fn cut(lane: Lane, value: u128) -> u128 {
    match lane.width() {
        16 => value,
        width => value & ((1 << (8 * width)) - 1),
    }
}

impl Object {
    pub fn index(place: Place) -> usize {
        match place {
            Place::Field(field) => field.index as usize,
            Place::Element { index, .. } => index as usize,
        }
    }

    /// How the value at a place is stored; `None` if there is none.
    pub fn lane(&self, place: Place) -> Option<Lane> {
        match (self.shape, place) {
            (Shape::Array(_), Place::Element { .. }) => self.lanes.first().copied(),
            (Shape::Struct(_) | Shape::Exception(_), Place::Field(field)) => {
                self.lanes.get(field.index as usize).copied()
            }
            _ => None,
        }
    }

    pub fn get(&self, place: Place) -> Option<u128> {
        let fits = self.lane(place)? == place.lane();
        let value = self.values.get(Self::index(place)).copied();
        value.filter(|_| fits)
    }

    pub fn set(&mut self, place: Place, value: u128) -> Option<()> {
        self.get(place)?;
        self.values[Self::index(place)] = cut(place.lane(), value);
        Some(())
    }

    /// The references in it.
    pub fn references(&self) -> impl DoubleEndedIterator<Item = GcRef> + '_ {
        let is_array = matches!(self.shape, Shape::Array(_));
        let lane = move |i: usize| self.lanes.get(if is_array { 0 } else { i });
        let values = self.values.iter().enumerate();
        let references = values.filter(move |(i, _)| lane(*i) == Some(&Lane::Gc));
        references.map(|(_, value)| GcRef(*value as u32))
    }
}

/// The values in a row of registers: two for each `v128`, one for all others.
pub fn values(
    lanes: impl Iterator<Item = Lane>,
    registers: &[u64],
) -> Result<Vec<u128>, HeapError> {
    let mut registers = registers.iter().map(|register| u128::from(*register));
    let value = |lane: Lane| {
        let low = registers.next()?;
        let high = match lane {
            Lane::B128 => registers.next()?,
            _ => 0,
        };
        Some(cut(lane, high << 64 | low))
    };
    let values: Option<Vec<u128>> = lanes.map(value).collect();
    values.map_or_else(|| bad(GcRef::NULL, "too few registers"), Ok)
}

pub fn bad<T>(r: GcRef, what: &'static str) -> Result<T, HeapError> {
    Err(HeapError::corrupt(r.0, what))
}
