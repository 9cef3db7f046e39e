//! The roots that a collection was shown.

use super::{RawFrame, RootSlot, Roots};

/// A record of the places that a collection has visited through [`Roots`], for
/// an audit that finds a root missing. A heap that keeps one wraps the roots of
/// a collection in [`ShownRoots::recording`] while it is watched.
///
/// Places are compared, not values: two registers may hold the same reference,
/// of which a collection was shown one.
#[derive(Clone, Debug, Default)]
pub struct ShownRoots {
    /// The addresses of registers, if the collection has asked for the stack.
    stack: Option<Vec<usize>>,
    /// The addresses of slots, if the collection has asked for them.
    slots: Option<Vec<usize>>,
}

impl ShownRoots {
    /// Forgets the last collection, and records what `roots` show.
    pub fn recording<'a>(&'a mut self, roots: &'a mut dyn Roots) -> impl Roots + 'a {
        *self = ShownRoots::default();
        Recording { roots, shown: self }
    }

    /// Whether the collection was shown this register of a frame. `None` if it
    /// has not asked for [`Roots::stack`].
    pub fn has_register(&self, register: &u64) -> Option<bool> {
        let stack = self.stack.as_ref()?;
        Some(stack.contains(&std::ptr::from_ref(register).addr()))
    }

    /// Whether the collection was shown this slot. `None` if it has not asked
    /// for [`Roots::slots`], as a collector that counts the owners does not.
    pub fn has_slot(&self, slot: &u32) -> Option<bool> {
        let slots = self.slots.as_ref()?;
        Some(slots.contains(&std::ptr::from_ref(slot).addr()))
    }
}

struct Recording<'a> {
    roots: &'a mut dyn Roots,
    shown: &'a mut ShownRoots,
}

impl Roots for Recording<'_> {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        let places = self.shown.stack.insert(Vec::new());
        self.roots.stack(&mut |register| {
            places.push(std::ptr::from_ref(register).addr());
            visit(register);
        });
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        let places = self.shown.slots.insert(Vec::new());
        self.roots.slots(&mut |kind, slot| {
            places.push(std::ptr::from_ref(slot).addr());
            visit(kind, slot);
        });
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        self.roots.frames(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two([u64; 2], u32);

    impl Roots for Two {
        fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
            visit(&mut self.0[1]);
        }

        fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
            visit(RootSlot::Pending, &mut self.1);
        }

        fn frames(&mut self, _: &mut dyn FnMut(RawFrame<'_>)) {}
    }

    #[test]
    fn places_are_told_apart_by_their_addresses() {
        let mut roots = Two([7, 7], 7);
        let mut shown = ShownRoots::default();
        assert_eq!(shown.has_register(&roots.0[1]), None);
        shown
            .recording(&mut roots)
            .stack(&mut |register| *register = 8);
        assert_eq!(roots.0, [7, 8]);
        assert_eq!(shown.has_register(&roots.0[0]), Some(false));
        assert_eq!(shown.has_register(&roots.0[1]), Some(true));
        assert_eq!(shown.has_slot(&roots.1), None, "not asked for");
        shown.recording(&mut roots).slots(&mut |_, _| {});
        assert_eq!(shown.has_slot(&roots.1), Some(true));
        assert_eq!(shown.has_slot(&9), Some(false));
        assert_eq!(shown.has_register(&roots.0[1]), None, "another collection");
    }
}
