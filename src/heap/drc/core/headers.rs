//! Headers: counts, flags and links of single objects.

use super::Core;
use crate::heap::header::{self, HEADER};
use crate::heap::write_record::Write;
use crate::heap::{GcRef, HeapError, ObjectEvent, POISON, Shape};
use std::ops::Range;

/// Offsets of the collector's words in a header.
const FLAGS: usize = 4;
const COUNT: usize = 8;
const NEXT: usize = 12;

/// Flag: the object is in the stack-root list.
const LISTED: u32 = 1;
/// Flag: the running collection has found the object on the stack.
const MARKED: u32 = 2;

impl Core {
    /// The address of the header of the object at `r`.
    #[inline]
    fn header(&self, r: GcRef) -> Result<usize, HeapError> {
        self.space.object(r, u64::from(HEADER))
    }

    /// Raw: sets the shape of the object at `r`.
    pub fn set_shape(&mut self, r: GcRef, shape: Shape) -> Result<(), HeapError> {
        let at = self.header(r)?;
        self.space.set_word(at, header::encode(shape))
    }

    /// The reference count of the object at `r`.
    #[inline]
    pub fn count(&self, r: GcRef) -> Result<u32, HeapError> {
        self.space.word(self.header(r)? + COUNT)
    }

    /// Raw: sets the reference count.
    #[inline]
    pub fn set_count(&mut self, r: GcRef, count: u32) -> Result<(), HeapError> {
        self.space.set_word(self.header(r)? + COUNT, count)
    }

    /// Adds owners to an object that has some. An object without owners is
    /// about to be freed, and no valid reference to it can exist: Wasmtime's
    /// assertion "supposedly live; should have nonzero ref count" failed here
    /// (issue 10182).
    #[inline]
    pub fn add_owners(&mut self, r: GcRef, owners: u32) -> Result<(), HeapError> {
        let at = self.header(r)? + COUNT;
        let count = self.space.word(at)?;
        match count.checked_add(owners) {
            Some(sum) if count != 0 => self.space.set_word(at, sum),
            _ => Err(bad_increment(r, count)),
        }
    }

    /// Adds an owner to the objects behind the elements of `range`. Stops
    /// before an element that refers to no object, refers to one whose count is
    /// zero or at its maximum, or equals the next element. Leaves the rest in
    /// `range`, and may leave more.
    pub fn add_owners_ahead(&mut self, range: &mut Range<usize>) {
        let add = |count: u32| count.checked_add(1).filter(|_| count != 0);
        range.start = self.space.change_headers::<COUNT>(range.clone(), add);
    }

    /// Removes an owner from the objects behind the elements of `range`. Stops
    /// before an element that refers to no object, refers to one that would
    /// have no owner left, or equals the next element. Leaves the rest in
    /// `range`, and may leave more.
    pub fn remove_owners_ahead(&mut self, range: &mut Range<usize>) {
        let remove = |count: u32| (count > 1).then(|| count - 1);
        range.start = self.space.change_headers::<COUNT>(range.clone(), remove);
    }

    /// Removes at least one owner from an object. The removal of the last one
    /// queues the object for [`Core::pop_dead`].
    #[inline]
    pub fn remove_owners(&mut self, r: GcRef, owners: u32) -> Result<(), HeapError> {
        let at = self.header(r)? + COUNT;
        let count = self.space.word(at)?;
        if count > owners {
            return self.space.set_word(at, count - owners);
        }
        self.remove_last_owners(r, count, owners)
    }

    /// The case of no owners left; a separate function because it is rare.
    #[inline(never)]
    fn remove_last_owners(&mut self, r: GcRef, count: u32, owners: u32) -> Result<(), HeapError> {
        if count < owners {
            return Err(HeapError::corrupt(r.0, "the count falls below zero"));
        }
        self.set_count(r, 0)?;
        self.push_dead(r)
    }

    /// Writes the header words of a new object in the stack-root list at once.
    #[inline]
    pub(super) fn init_header(&mut self, r: GcRef, next: GcRef) -> Result<(), HeapError> {
        let at = self.header(r)? + FLAGS;
        self.space.set_words(at, [LISTED, 1, next.0])
    }

    #[inline]
    fn flag(&self, r: GcRef, flag: u32) -> Result<bool, HeapError> {
        Ok(self.space.word(self.header(r)? + FLAGS)? & flag != 0)
    }

    #[inline]
    fn set_flag(&mut self, r: GcRef, flag: u32, on: bool) -> Result<(), HeapError> {
        let at = self.header(r)? + FLAGS;
        let flags = self.space.word(at)?;
        let flags = if on { flags | flag } else { flags & !flag };
        self.space.set_word(at, flags)
    }

    /// Whether the object at `r` is flagged as a member of the stack-root list.
    #[inline]
    pub fn is_listed(&self, r: GcRef) -> Result<bool, HeapError> {
        self.flag(r, LISTED)
    }

    /// Raw: sets the flag of [`Core::is_listed`].
    #[inline]
    pub fn set_listed(&mut self, r: GcRef, on: bool) -> Result<(), HeapError> {
        self.set_flag(r, LISTED, on)
    }

    /// Whether the object at `r` is marked.
    #[inline]
    pub fn is_marked(&self, r: GcRef) -> Result<bool, HeapError> {
        self.flag(r, MARKED)
    }

    /// Marks or unmarks the object at `r`.
    #[inline]
    pub fn set_marked(&mut self, r: GcRef, on: bool) -> Result<(), HeapError> {
        self.set_flag(r, MARKED, on)
    }

    /// The link in the header of the object at `r`.
    #[inline]
    pub fn next(&self, r: GcRef) -> Result<GcRef, HeapError> {
        Ok(GcRef(self.space.word(self.header(r)? + NEXT)?))
    }

    /// Raw: sets the link.
    #[inline]
    pub fn set_next(&mut self, r: GcRef, next: GcRef) -> Result<(), HeapError> {
        self.space.set_word(self.header(r)? + NEXT, next.0)
    }

    /// The events of the object at `r`, from the record of writes. Returns false if none is kept.
    pub(in crate::heap::drc) fn object_events(
        &self,
        r: GcRef,
        visit: &mut dyn FnMut(ObjectEvent),
    ) -> bool {
        let Some(writes) = self.space.writes() else {
            return false;
        };
        for Write { at, len, word } in writes {
            let start = r.0;
            let is_poisoned = word == u32::from_le_bytes([POISON; 4]);
            if at <= start && at + len >= start + HEADER && is_poisoned {
                visit(ObjectEvent::Freed);
                continue;
            }
            match (at.wrapping_sub(start) as usize, len) {
                (0, HEADER) => visit(ObjectEvent::Allocated),
                (FLAGS, 12) => {
                    visit(ObjectEvent::Listed(true));
                    visit(ObjectEvent::Counted(1));
                }
                (FLAGS, 4) => {
                    visit(ObjectEvent::Listed(word & LISTED != 0));
                    visit(ObjectEvent::Marked(word & MARKED != 0));
                }
                (COUNT, 4) => visit(ObjectEvent::Counted(word)),
                _ => {}
            }
        }
        true
    }
}

#[cold]
#[inline(never)]
fn bad_increment(r: GcRef, count: u32) -> HeapError {
    let what = match count {
        0 => "supposedly live, but its count is zero",
        _ => "the count overflows",
    };
    HeapError::corrupt(r.0, what)
}
