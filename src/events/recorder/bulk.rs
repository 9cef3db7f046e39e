//! Operations on many references at once.

use super::Recorder;
use crate::events::Event;
use crate::heap::{GcRef, RootSlot};

/// The largest number of references that are read: a few suffice to classify an
/// operation.
const LOOK: u32 = 64;

/// The number of slots that refer to objects, among the first [`LOOK`].
fn objects(slots: &[u32]) -> usize {
    let first = slots.iter().take(LOOK as usize);
    first.filter(|slot| GcRef(**slot).is_object()).count()
}

impl Recorder {
    /// The number of elements that refer to objects, among `len` from `start`
    /// on and at most [`LOOK`].
    fn objects_in(&self, array: GcRef, start: u32, len: u32) -> usize {
        let elements = (start..).take(len.min(LOOK) as usize);
        elements
            .filter(|i| self.element(array, *i).is_object())
            .count()
    }

    /// Counts `array.fill`.
    pub(super) fn filled(&mut self, array: GcRef, start: u32, len: u32, value: GcRef) {
        let over = self.objects_in(array, start, len) > 0;
        self.count_if(len > 1, Event::Fill);
        self.count_if(len > 0 && start > 0, Event::FillMiddle);
        self.count_if(over, Event::FillOver);
        self.count_if(over && value.is_null(), Event::NullOverObject);
        self.count_if(len == 0, Event::EmptyBulk);
    }

    /// Counts `array.copy`.
    pub(super) fn copied(&mut self, dst: (GcRef, u32), src: (GcRef, u32), len: u32) {
        let over = self.objects_in(dst.0, dst.1, len) > 0;
        let objects = self.objects_in(src.0, src.1, len);
        self.count_if(len > 0, Event::Copy);
        self.count_if(objects > 1, Event::CopyObjects);
        self.count_if(over, Event::CopyOver);
        self.count_if(len == 0, Event::EmptyBulk);
        if dst.0 == src.0 && len > 0 {
            let distance = dst.1.abs_diff(src.1);
            self.count_if(distance == 0, Event::CopySelf);
            let overlap = distance > 0 && distance < len;
            self.count_if(overlap && dst.1 > src.1, Event::CopyUp);
            self.count_if(overlap && dst.1 < src.1, Event::CopyDown);
        }
        let shape = |r| self.header(r).and_then(|h| h.shape);
        let between = len > 0 && shape(dst.0) != shape(src.0);
        self.count_if(between, Event::CopyBetween);
    }

    /// Counts `array.init_elem` and `array.new_elem`.
    pub(super) fn initialised(&mut self, array: GcRef, start: u32, refs: &[u32]) {
        let over = self.objects_in(array, start, refs.len() as u32) > 0;
        self.count_if(objects(refs) > 0, Event::InitElements);
        self.count_if(over, Event::InitOver);
        self.count_if(refs.is_empty(), Event::EmptyBulk);
    }

    /// Counts `table.fill`.
    pub(super) fn slots_filled(&mut self, slots: &[u32], value: GcRef) {
        let over = objects(slots) > 0;
        self.count_if(over, Event::TableOver);
        self.count_if(over && value.is_null(), Event::NullOverObject);
        self.count_if(slots.len() > 1 && value.is_object(), Event::TableFill);
        self.count_if(slots.is_empty(), Event::EmptyBulk);
    }

    /// Counts `table.copy` and `table.init`.
    pub(super) fn slots_copied(&mut self, dst: &[u32], src: &[u32]) {
        self.count_if(objects(dst) > 0, Event::TableOver);
        self.count_if(objects(src) > 0, Event::TableCopy);
        self.count_if(src.is_empty(), Event::EmptyBulk);
    }

    /// Counts `table.grow`.
    pub(super) fn slots_grown(&mut self, slots: &[u32], value: GcRef) {
        self.count_if(!slots.is_empty() && value.is_object(), Event::TableGrow);
    }

    /// Counts `elem.drop`, and handles of the host that are dropped.
    pub(super) fn slots_dropped(&mut self, kind: RootSlot, slots: &[u32]) {
        let objects = objects(slots) > 0;
        match kind {
            RootSlot::Segment(..) => {
                self.count_if(objects, Event::ElemDrop);
                self.count_if(slots.is_empty(), Event::ElemDropAgain);
            }
            RootSlot::Handle(_) => self.count_if(objects, Event::HostDrops),
            RootSlot::Global(_) | RootSlot::Table(_) | RootSlot::Pending => {}
        }
    }
}
