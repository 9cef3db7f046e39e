//! Holders of references to an object, and paths to it.

use super::census::Census;
use crate::engine::{Location, View};
use crate::heap::{GcRef, Heap, Place};
use crate::oracle::describe::Describer;
use crate::oracle::violation::{FrameOf, Holder, Part, Violation};
use std::cell::OnceCell;
use std::sync::Arc;

/// The largest number of holders that are named.
const NAMED: usize = 16;

/// All holders of `r`, counted or not, including the stack-root list: the first
/// few, and the number of the others.
pub(super) fn of<H: Heap>(
    census: &Census,
    view: &View<'_, H>,
    words: &Describer<'_, H>,
    r: GcRef,
) -> (Vec<Holder>, usize) {
    some(census, view, words, r, NAMED)
}

/// The same, without a limit.
pub(in crate::oracle) fn all<H: Heap>(
    census: &Census,
    view: &View<'_, H>,
    words: &Describer<'_, H>,
    r: GcRef,
) -> Vec<Holder> {
    some(census, view, words, r, usize::MAX).0
}

fn some<H: Heap>(
    census: &Census,
    view: &View<'_, H>,
    words: &Describer<'_, H>,
    r: GcRef,
    most: usize,
) -> (Vec<Holder>, usize) {
    let mut named = Vec::new();
    let mut more = 0;
    let mut add = |holder: &dyn Fn() -> Holder| match named.len() < most {
        true => named.push(holder()),
        false => more += 1,
    };
    for i in 0..census.objects.len() {
        // An array may hold it many times.
        let ty = OnceCell::new();
        for (slot, _) in census.held(i).iter().enumerate().filter(|(_, h)| **h == r) {
            add(&|| {
                part(
                    census,
                    ty.get_or_init(|| type_of(census, words, i)),
                    i,
                    slot,
                )
            });
        }
    }
    view.owners(|owner, held| {
        if held == r {
            add(&|| Holder::Slot(owner.clone()));
        }
    });
    for _ in census.parked.iter().filter(|parked| **parked == r) {
        add(&|| Holder::Parked);
    }
    let members = census.list.iter().flat_map(|list| &list.members);
    for _ in members.filter(|member| **member == r) {
        add(&|| Holder::List);
    }
    view.frame_references(|(_, location), register, held| {
        if held == r {
            add(&|| holder_in_frame(location, register));
        }
    });
    (named, more)
}

/// A register of the frame at a location.
pub(super) fn holder_in_frame(location: Location, register: u16) -> Holder {
    let of = match location.func {
        Some(func) => FrameOf::Function(func),
        None if location.instance == u32::MAX => FrameOf::Host,
        None => FrameOf::Constant,
    };
    Holder::Frame { of, register }
}

/// The type of an object, in words.
fn type_of<H: Heap>(census: &Census, words: &Describer<'_, H>, object: usize) -> Arc<str> {
    words.shape(census.objects[object].header.shape).into()
}

/// The slot with number `slot` among the references of an object of type `ty`.
fn part(census: &Census, ty: &Arc<str>, object: usize, slot: usize) -> Holder {
    let ty = ty.clone();
    let address = census.objects[object].block.start;
    let place = census.plans.slot(census.objects[object].header.shape, slot);
    match place.map(|(place, _)| place) {
        Some(Place::Element { index, .. }) => Holder::Element {
            object: address,
            index,
            ty,
        },
        Some(Place::Field(field)) => Holder::Field {
            object: address,
            index: field.index,
            ty,
        },
        None => Holder::Field {
            object: address,
            index: slot as u32,
            ty,
        },
    }
}

/// A shortest path to `r` from outside the heap; empty if there is none. Among
/// several, slots come before frames, and each in their order.
pub(super) fn path<H: Heap>(
    census: &Census,
    view: &View<'_, H>,
    words: &Describer<'_, H>,
    r: GcRef,
) -> Vec<Holder> {
    /// The step by which the walk reached an object.
    #[derive(Copy, Clone)]
    enum From {
        Nowhere,
        Root(u32),
        Object { object: u32, slot: u32 },
    }
    let mut roots: Vec<(Holder, GcRef)> = Vec::new();
    view.owners(|owner, held| {
        if held.is_object() {
            roots.push((Holder::Slot(owner), held));
        }
    });
    view.frame_references(|(_, location), register, held| {
        if held.is_object() {
            roots.push((holder_in_frame(location, register), held));
        }
    });
    if let Some((root, _)) = roots.iter().find(|(_, held)| *held == r) {
        return vec![root.clone()];
    }
    let mut from = vec![From::Nowhere; census.objects.len()];
    let mut queue = Vec::new();
    for (number, (_, held)) in roots.iter().enumerate() {
        if let Some(i) = census.find(*held)
            && let From::Nowhere = from[i]
        {
            from[i] = From::Root(number as u32);
            queue.push(i);
        }
    }
    let mut next = 0;
    while let Some(&object) = queue.get(next) {
        next += 1;
        for (slot, held) in census.held(object).iter().enumerate() {
            if *held == r {
                let mut path = vec![part(census, &type_of(census, words, object), object, slot)];
                let mut at = object;
                loop {
                    match from[at] {
                        From::Object { object, slot } => {
                            at = object as usize;
                            path.push(part(census, &type_of(census, words, at), at, slot as usize));
                        }
                        From::Root(number) => {
                            path.push(roots[number as usize].0.clone());
                            break;
                        }
                        From::Nowhere => break,
                    }
                }
                path.reverse();
                return path;
            }
            if let Some(i) = census.find(*held)
                && let From::Nowhere = from[i]
            {
                from[i] = From::Object {
                    object: object as u32,
                    slot: slot as u32,
                };
                queue.push(i);
            }
        }
    }
    Vec::new()
}

/// The names of functions, slots and fields that holders mention: of all
/// owners, and of both ends of the path.
pub(in crate::oracle) fn names<H: Heap>(
    census: &Census,
    words: &Describer<'_, H>,
    owners: &[Holder],
    path: &[Holder],
) -> Vec<(Part, String)> {
    let ends = Violation::ENDS;
    let tail = path.len().saturating_sub(ends).max(ends.min(path.len()));
    let shown = path[..ends.min(path.len())].iter().chain(&path[tail..]);
    let mut names = Vec::new();
    for holder in owners.iter().chain(shown) {
        let named = match holder {
            Holder::Field { object, index, .. } => {
                let object_in = census.find(GcRef(*object)).map(|i| &census.objects[i]);
                let shape = object_in.and_then(|o| o.header.shape);
                let name = words.field_name(shape, *index);
                let named = name.map(|name| (Part::Field(*object, *index), name));
                named.into_iter().collect()
            }
            other => words.parts(other),
        };
        names.extend(named);
    }
    names.sort();
    names.dedup();
    names
}
