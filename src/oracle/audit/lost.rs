//! Roots that a collection was not shown.
//!
//! An object that dies in a collection although a frame or a slot holds it breaks *zero* or *type*;
//! one that only leaves the stack-root list breaks *roots*. Which law it is depends on the other
//! owners of the object. The cause is the same: the description of the roots, mostly a stack map, is
//! wrong.

use super::owners::holder_in_frame;
use crate::engine::{Location, Point, View};
use crate::heap::{GcRef, Heap, ShownRoots};
use crate::oracle::describe::Describer;
use crate::oracle::instruction::instruction_at;
use crate::oracle::violation::{Holder, Law, LostRoot, Violation, in_words};
use std::collections::BTreeMap;

/// The root that holds the object of a violation found right after a collection that was not shown
/// it.
pub(super) fn lost_root<H: Heap>(
    violation: &Violation,
    view: &View<'_, H>,
    point: Point,
) -> Option<LostRoot> {
    let is_about_roots = matches!(
        violation.law,
        Law::Zero | Law::Type | Law::Roots | Law::Leak
    );
    if !is_about_roots || !matches!(point, Point::Collection | Point::End) {
        return None;
    }
    let object = GcRef(violation.object?);
    let shown = view.store.heap.shown_roots()?;
    let found = register(object, shown, view).or_else(|| slot(object, shown, view))?;
    let words = Describer::new(view);
    let names = words.parts(&found.holder);
    Some(LostRoot {
        words: in_words(&names, &found.holder),
        safepoint: view.store.safepoints(),
        ..found
    })
}

/// A register that holds the object and was not shown. The innermost frame comes first.
fn register<H: Heap>(object: GcRef, shown: &ShownRoots, view: &View<'_, H>) -> Option<LostRoot> {
    // Of each frame, the registers that hold objects: whether they were shown, and hold this one.
    let mut frames: BTreeMap<u32, Vec<(u16, bool, bool)>> = BTreeMap::new();
    let places: Vec<_> = view.frames().collect();
    view.frame_references(|(index, _), register, value| {
        let frame = places.get(index as usize);
        let place = frame.and_then(|frame| frame.registers.get(usize::from(register)));
        let is_shown = place.and_then(|place| shown.has_register(place));
        if let (true, Some(is_shown)) = (value.is_object(), is_shown) {
            let registers = frames.entry(index).or_default();
            registers.push((register, is_shown, value == object));
        }
    });
    frames.into_iter().rev().find_map(|(index, registers)| {
        let lost = |(_, is_shown, holds_it): &&(u16, bool, bool)| !is_shown && *holds_it;
        let (register, ..) = *registers.iter().rev().find(lost)?;
        let frame = places.get(index as usize)?;
        let set_by = frame.code.and_then(|code| {
            let module = view.module(code.instance);
            let pc = module.setter(code.pc, register)?;
            let offset = *module.offsets.get(pc as usize)?;
            let location = Location {
                offset,
                ..frame.location
            };
            Some(instruction_at(module, location))
        });
        Some(LostRoot {
            holder: holder_in_frame(frame.location, register),
            words: String::new(),
            set_by,
            whole_frame: registers.len() > 1 && registers.iter().all(|(_, shown, _)| !shown),
            safepoint: 0,
        })
    })
}

/// A slot outside the heap that holds the object and was not shown.
fn slot<H: Heap>(object: GcRef, shown: &ShownRoots, view: &View<'_, H>) -> Option<LostRoot> {
    let mut found = None;
    view.owner_slots(|owner, slot| {
        if found.is_none() && *slot == object.0 && shown.has_slot(slot) == Some(false) {
            found = Some(LostRoot {
                holder: Holder::Slot(owner),
                words: String::new(),
                set_by: None,
                whole_frame: false,
                safepoint: 0,
            });
        }
    });
    found
}
