//! The laws, one function each; see the [module documentation](super).

use super::census::{Census, Object};
use super::{owners, violation};
use crate::engine::{Owner, Point, Table, View};
use crate::heap::{GRANULE, GcRef, Heap, POISON, Place, Shape};
use crate::oracle::verdict::{Law, Violation};
use crate::types::{Composite, HeapType, Lane, RefType, ValType};

/// The type of the slot for the exception being thrown.
const EXCEPTION: ValType = ValType::Ref(RefType {
    nullable: true,
    heap: HeapType::Exn,
});

/// The first broken law. A law comes after those that it relies on, so that
/// the one reported is the one broken: where the references of an object are is
/// known from its header, and what the stack-root list owns from the list.
pub(super) fn first_broken<H: Heap>(
    census: &Census,
    view: &View<'_, H>,
    point: Point,
) -> Option<Violation> {
    blocks(census, view)
        .or_else(|| headers(census, view))
        .or_else(|| zero(census, view))
        .or_else(|| roots(census, view))
        .or_else(|| exact(census, view))
        .or_else(|| leak(census, view, point))
        .or_else(|| types(census, view))
        .or_else(|| poison(census, view))
}

/// A violation about an object, or about what should be one.
fn about<H: Heap>(
    law: Law,
    census: &Census,
    view: &View<'_, H>,
    r: GcRef,
    message: String,
) -> Violation {
    let object = census.find(r).map(|i| &census.objects[i]);
    Violation {
        object: Some(r.0),
        ty: object.map(|o| owners::type_of(view, o)),
        owners: owners::describe(census, view, r),
        ..violation(law, view, message)
    }
}

fn blocks<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let heap = &view.store.heap;
    let (start, end) = heap.extent();
    let mut at = start;
    for block in &census.blocks {
        let whole = block.size > 0 && block.size.is_multiple_of(GRANULE);
        if block.start != at || !whole || block.size > end - at {
            let message = format!(
                "a block of {} bytes at {:#x}, where one within {at:#x}..{end:#x} should start",
                block.size, block.start
            );
            return Some(violation(Law::Blocks, view, message));
        }
        at += block.size;
    }
    if at != end {
        let message = format!("the last block ends at {at:#x}, the heap at {end:#x}");
        return Some(violation(Law::Blocks, view, message));
    }
    let header = u64::from(heap.header_size());
    for object in &census.objects {
        let Some(payload) = payload_size(view, object) else {
            continue;
        };
        let needed = (header + payload).next_multiple_of(u64::from(GRANULE));
        if u64::from(object.block.size) != needed {
            let message = format!(
                "the block at {:#x} has {} bytes, its object needs {needed}",
                object.block.start, object.block.size
            );
            return Some(about(
                Law::Blocks,
                census,
                view,
                object.reference(),
                message,
            ));
        }
    }
    None
}

/// The bytes of payload that an object's type and length ask for.
fn payload_size<H: Heap>(view: &View<'_, H>, object: &Object) -> Option<u64> {
    let shape = object.header.shape?;
    let (Shape::Struct(id) | Shape::Array(id) | Shape::Exception(id)) = shape else {
        return Some(8);
    };
    let entry = view.store.types().get(id)?;
    let size = match (shape, &entry.sub.composite) {
        (Shape::Struct(_), Composite::Struct(_)) | (Shape::Exception(_), Composite::Func(_)) => {
            entry.layout.size.into()
        }
        (Shape::Array(_), Composite::Array(element)) => {
            8 + u64::from(element.storage.lane().width()) * u64::from(object.header.len)
        }
        _ => return None,
    };
    Some(size)
}

/// Part of law *type*: every header names a type, of the header's own kind.
fn headers<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let mut objects = census.objects.iter();
    let object = objects.find(|object| payload_size(view, object).is_none())?;
    let r = object.reference();
    let message = format!("the header of {r} names no type of its kind");
    Some(about(Law::Type, census, view, r, message))
}

fn zero<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let supposed = |r: GcRef| format!("{r} is supposedly live; should have nonzero ref count");
    if let Some(r) = census.dangling {
        // No object was ever freed at an address where none can start.
        if !view.store.heap.is_counting() || !r.0.is_multiple_of(GRANULE) {
            let message = format!("{r} is reachable, but no object");
            return Some(about(Law::Type, census, view, r, message));
        }
        let message = format!("{} (it has been freed)", supposed(r));
        return Some(about(Law::Zero, census, view, r, message));
    }
    let objects = census.objects.iter().enumerate();
    for (i, object) in objects.filter(|(i, _)| census.reachable[*i]) {
        if object.header.count == Some(0) {
            let r = object.reference();
            let mut found = about(Law::Zero, census, view, r, supposed(r));
            found.expected = Some(census.owners[i]);
            found.actual = Some(0);
            return Some(found);
        }
    }
    None
}

fn exact<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    for (object, owners) in census.objects.iter().zip(&census.owners) {
        if let Some(count) = object.header.count
            && count != *owners
        {
            let r = object.reference();
            let what = if count > *owners {
                "too high"
            } else {
                "too low"
            };
            let message =
                format!("the count of {r} is {what}: {count}, but it has {owners} owners");
            let mut found = about(Law::Exact, census, view, r, message);
            found.expected = Some(*owners);
            found.actual = Some(count);
            return Some(found);
        }
    }
    None
}

fn roots<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let list = census.list.as_ref()?;
    let broken = |r: GcRef, what: &str| {
        let message = format!("{r} {what}");
        Some(about(Law::Roots, census, view, r, message))
    };
    for r in &list.members {
        match census.find(*r) {
            None => return broken(*r, "is in the stack-root list, but no object"),
            Some(i) if census.listed[i] > 1 => {
                return broken(*r, "is in the stack-root list more than once");
            }
            Some(_) => {}
        }
    }
    if list.recorded as usize != list.members.len() {
        let message = format!(
            "the stack-root list has {} members, but {} on record",
            list.members.len(),
            list.recorded
        );
        return Some(violation(Law::Roots, view, message));
    }
    for (object, listed) in census.objects.iter().zip(&census.listed) {
        if object.header.listed != (*listed > 0) {
            let what = match object.header.listed {
                true => "says that it is in the stack-root list, but is not",
                false => "is in the stack-root list, but does not say so",
            };
            return broken(object.reference(), what);
        }
    }
    for ((object, listed), framed) in census
        .objects
        .iter()
        .zip(&census.listed)
        .zip(&census.framed)
    {
        if *framed && *listed == 0 {
            return broken(
                object.reference(),
                "is in a frame, but not in the stack-root list",
            );
        }
    }
    None
}

fn leak<H: Heap>(census: &Census, view: &View<'_, H>, point: Point) -> Option<Violation> {
    for (i, object) in census.objects.iter().enumerate() {
        let what = if object.header.count == Some(0) {
            "has no owners, but has not been freed"
        } else if point == Point::Collection && census.listed[i] > 0 && !census.framed[i] {
            "is in no frame, but a collection has left it in the stack-root list"
        } else {
            continue;
        };
        let r = object.reference();
        return Some(about(Law::Leak, census, view, r, format!("{r} {what}")));
    }
    None
}

fn types<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let types = view.store.types();
    for object in &census.objects {
        let r = object.reference();
        let Some(Shape::Struct(id) | Shape::Array(id) | Shape::Exception(id)) = object.header.shape
        else {
            continue;
        };
        let check = |place: Place, ty: ValType| {
            let value = view.store.heap.peek(r, place)?;
            wrong(census, view, ty, value).map(|why| {
                let message = match place {
                    Place::Field(field) => format!("field {} of {r}: {why}", field.index),
                    Place::Element { index, .. } => format!("element {index} of {r}: {why}"),
                };
                about(Law::Type, census, view, r, message)
            })
        };
        let found = match &types.entry(id).sub.composite {
            Composite::Array(element) => {
                let lane = element.storage.lane();
                let ty = element.storage.unpacked();
                match ty {
                    ValType::Ref(_) => (0..object.header.len)
                        .find_map(|index| check(Place::Element { index, lane }, ty)),
                    _ => None,
                }
            }
            Composite::Struct(fields) => {
                let declared = fields.iter().map(|f| f.storage.unpacked());
                let laid_out = types.entry(id).layout.fields.iter();
                let mut fields = declared.zip(laid_out);
                fields.find_map(|(ty, field)| check(Place::Field(*field), ty))
            }
            Composite::Func(f) => {
                let laid_out = types.entry(id).layout.fields.iter();
                let mut values = f.params.iter().zip(laid_out);
                values.find_map(|(ty, field)| check(Place::Field(*field), *ty))
            }
        };
        if found.is_some() {
            return found;
        }
    }
    slots(census, view)
}

/// Slots outside the heap against their static types.
fn slots<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let store = view.store;
    let mut found = None;
    let globals: Vec<ValType> = store.globals().map(|(ty, _)| ty.value).collect();
    // Slots of a type without null are null until they are initialised: a table
    // as a whole, when its initial element has been computed, and a global that
    // the host makes, before anything is linked to it.
    let bare = |table: &Table| table.elements.iter().all(|element| *element == 0);
    let bare: Vec<bool> = store.tables().iter().map(bare).collect();
    view.owners(|owner, r| {
        if found.is_some() {
            return;
        }
        let (ty, initialised) = match &owner {
            Owner::Global(i) => (
                globals.get(*i as usize).copied(),
                !store.instances().is_empty(),
            ),
            Owner::Table(i, _) => {
                let element = store.tables()[*i as usize].ty.element;
                (Some(ValType::Ref(element)), !bare[*i as usize])
            }
            Owner::Segment(i, j, _) => {
                let ty = view.module(*i).elements[*j as usize].ty;
                (Some(ValType::Ref(ty)), true)
            }
            Owner::Pending => (Some(EXCEPTION), true),
            Owner::Handle(_) => (None, true),
        };
        if let Some(ty) = ty
            && (initialised || !r.is_null())
            && let Some(why) = wrong(census, view, ty, r.register())
        {
            let message = format!("{owner}: {why}");
            found = Some(match r.is_null() {
                true => violation(Law::Type, view, message),
                false => about(Law::Type, census, view, r, message),
            });
        }
    });
    found
}

/// Why a slot of type `ty` must not hold `value`, or `None` if it may.
fn wrong<H: Heap>(census: &Census, view: &View<'_, H>, ty: ValType, value: u64) -> Option<String> {
    let ValType::Ref(ty) = ty else { return None };
    if value == 0 {
        return match ty.nullable {
            true => None,
            false => Some("null where the type allows none".into()),
        };
    }
    let types = view.store.types();
    if ValType::Ref(ty).lane() == Lane::Func {
        let func = (value as u32)
            .checked_sub(1)
            .and_then(|i| view.store.func(i));
        return match func {
            None => Some(format!("{value:#x} is no function")),
            Some(f) if types.heap_matches(HeapType::ConcreteFunc(f.ty()), ty.heap) => None,
            Some(f) => Some(format!(
                "a function of type {} where {} is wanted",
                f.ty(),
                ty.heap
            )),
        };
    }
    let r = GcRef::from_register(value);
    let external = ty.heap.top() == HeapType::Extern;
    let is = if r.is_i31() {
        HeapType::I31
    } else {
        let shape = census.find(r).map(|i| census.objects[i].header.shape);
        match shape {
            None => return Some(format!("{r} is no object")),
            Some(None) => return Some(format!("{r} has no type")),
            Some(Some(Shape::Struct(id))) => HeapType::ConcreteStruct(id),
            Some(Some(Shape::Array(id))) => HeapType::ConcreteArray(id),
            Some(Some(Shape::Exception(_))) => HeapType::Exn,
            // Converted, an external value is an `any` and nothing more.
            Some(Some(Shape::Extern)) if external => HeapType::Extern,
            Some(Some(Shape::Extern)) => HeapType::Any,
        }
    };
    // Any value of the internal hierarchy may have been made external.
    let fits = match (external, ty.heap) {
        (true, HeapType::Extern) => is != HeapType::Exn,
        (true, _) => false,
        (false, wanted) => types.heap_matches(is, wanted),
    };
    (!fits).then(|| format!("{r} of type {is} where {} is wanted", ty.heap))
}

fn poison<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    for block in census.blocks.iter().filter(|b| b.free) {
        let bytes = view.store.heap.bytes(*block)?;
        if let Some(at) = bytes.iter().position(|b| *b != POISON) {
            let message = format!(
                "freed memory was written: byte {:#x} is {:#04x}",
                block.start as usize + at,
                bytes[at]
            );
            return Some(violation(Law::Poison, view, message));
        }
    }
    None
}
