//! Single reads and writes of references.

use super::Recorder;
use crate::events::Event;
use crate::heap::{GcRef, HeapError, Place, RootSlot, Shape};
use crate::types::StorageKind;

/// The largest number of references that the search for a cycle follows.
const REACH: usize = 64;

impl Recorder {
    /// Counts a read of a reference.
    pub(super) fn read(&mut self, event: Event, r: GcRef) {
        if !r.is_object() {
            return;
        }
        self.count(event);
        let age = self.age(r);
        self.count_if(age >= 1, Event::Survivor);
        self.count_if(age >= 4, Event::Survivor4);
        self.count_if(age >= 16, Event::Survivor16);
    }

    /// The event for reading a slot.
    pub(super) fn read_from(slot: RootSlot) -> Option<Event> {
        match slot {
            RootSlot::Global(_) => Some(Event::ReadGlobal),
            RootSlot::Table(_) => Some(Event::ReadTable),
            RootSlot::Handle(_) => Some(Event::FromHost),
            RootSlot::Segment(..) | RootSlot::Pending => None,
        }
    }

    /// Counts a write to a slot outside the heap.
    pub(super) fn write_to(&mut self, slot: RootSlot, old: GcRef, new: GcRef) {
        match slot {
            RootSlot::Global(_) => self.write(Event::WriteGlobal, old, new),
            RootSlot::Table(_) => self.write(Event::WriteTable, old, new),
            RootSlot::Pending => {
                let again = new.is_object() && new != self.made;
                self.count_if(again, Event::Rethrow);
                self.made = GcRef::NULL;
            }
            RootSlot::Segment(..) | RootSlot::Handle(_) => {}
        }
    }

    /// Counts a write to an object.
    pub(super) fn write_in(&mut self, event: Event, container: GcRef, place: Place, new: GcRef) {
        let old = self.heap.peek(container, place).unwrap_or(0);
        self.write(event, GcRef::from_register(old), new);
        if !new.is_object() {
            return;
        }
        if new == container {
            self.count(Event::StoreInItself);
        } else {
            let closes = self.reaches(new, container);
            self.count_if(closes, Event::Cycle);
        }
        let young = self.age(new) == 0 && self.age(container) > 0;
        self.count_if(young, Event::YoungInOld);
    }

    fn write(&mut self, event: Event, old: GcRef, new: GcRef) {
        self.count(event);
        if old.is_object() {
            let last = self.header(old).is_some_and(|h| {
                let owners = h.count.unwrap_or(u32::MAX);
                owners.saturating_sub(u32::from(h.listed)) == 1
            });
            self.count(match new {
                new if new == old => Event::SelfStore,
                new if new.is_object() => Event::OverObject,
                new if new.is_i31() => Event::I31OverObject,
                _ => Event::NullOverObject,
            });
            self.count_if(last && new != old, Event::OverLast);
        }
        self.count_if(old.is_i31(), Event::OverI31);
        if new.is_i31() {
            let edge = matches!(new.i31_signed(), -0x4000_0000 | -1 | 0x3fff_ffff);
            self.count_if(edge, Event::I31Edge);
        }
        let exception = self.header(new).and_then(|h| h.shape);
        let exception = matches!(exception, Some(Shape::Exception(_)));
        self.count_if(exception, Event::StoreException);
    }

    /// Whether `to` is among the first objects that are reachable from `from`.
    fn reaches(&self, from: GcRef, to: GcRef) -> bool {
        let mut found = vec![from];
        let mut next = 0;
        while let Some(object) = found.get(next).copied() {
            next += 1;
            let mut closes = false;
            let _ = self.references_in(object, &mut |r| {
                closes |= r == to;
                if r.is_object() && found.len() < REACH && !found.contains(&r) {
                    found.push(r);
                }
            });
            if closes {
                return true;
            }
        }
        false
    }

    /// Visits the references in an object; in a long array, only those in its
    /// first elements.
    fn references_in(&self, object: GcRef, visit: &mut dyn FnMut(GcRef)) -> Result<(), HeapError> {
        let Some(header) = self.header(object) else {
            return Ok(());
        };
        let Some(shape) = header.shape.filter(|shape| *shape != Shape::Extern) else {
            return Ok(());
        };
        let layout = self.trace_info.of(shape)?;
        for index in layout.fields() {
            let field = self.trace_info.field(index)?;
            if field.kind == StorageKind::Gc {
                let value = self.heap.peek(object, Place::Field(field));
                visit(GcRef::from_register(value.unwrap_or(0)));
            }
        }
        if matches!(shape, Shape::Array(_)) && layout.element == StorageKind::Gc {
            let first = header.len.min(REACH as u32);
            (0..first).for_each(|i| visit(self.element(object, i)));
        }
        Ok(())
    }

    /// The reference in an element of an array of references.
    pub(super) fn element(&self, array: GcRef, index: u32) -> GcRef {
        let place = Place::Element {
            index,
            kind: StorageKind::Gc,
        };
        GcRef::from_register(self.heap.peek(array, place).unwrap_or(0))
    }
}
