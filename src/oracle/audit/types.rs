//! Checks of the law *type* on slots.

use super::census::{Census, Object};
use super::laws::about;
use super::type_info::{Element, Plan, Plans};
use super::violation;
use crate::engine::{Func, Owner, Table, View};
use crate::heap::{GcRef, Header, Heap, Place, Reclaims, Shape};
use crate::oracle::describe::Describer;
use crate::oracle::violation::{Law, Violation};
use crate::types::{HeapType, RefType, StorageKind, Types, ValType};

/// The type of the pending-exception slot.
const EXCEPTION: RefType = RefType {
    nullable: true,
    heap: HeapType::Exn,
};

/// The first slot whose value does not fit its static type. The census has
/// already checked all slots in the heap.
pub(super) fn check<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    if census.ill_typed {
        // A heap that frees lazily may keep garbage that refers to freed objects.
        let lazy = view.store.heap.reclaims() == Reclaims::Something;
        let mut objects = (0..census.objects.len()).filter(|i| !lazy || census.reachable[*i]);
        let found = objects.find_map(|i| object(census, view, i));
        if found.is_some() {
            return found;
        }
    }
    slots(census, view)
}

/// The first wrong slot of one object.
fn object<H: Heap>(census: &Census, view: &View<'_, H>, i: usize) -> Option<Violation> {
    let Object { header, .. } = census.objects[i];
    let r = census.objects[i].reference();
    let plan = census.plans.of(header.shape)?;
    let shape = |r| shape_in(census, r);
    let size = census.objects[i].block.size;
    let heap = &view.store.heap;
    if !(census.plans).read(heap, (r, size, &header), plan, &mut Vec::new()) {
        let message = format!("a slot of {r} cannot be read");
        return Some(about(Law::Type, census, view, r, message));
    }
    let complain = |place: Place, why: String| {
        let message = match place {
            Place::Field(field) => {
                let name = Describer::new(view).field_name(header.shape, field.index);
                let name = name.unwrap_or_else(|| field.index.to_string());
                format!("field {name} of {r}: {why}")
            }
            Place::Element { index, .. } => format!("element {index} of {r}: {why}"),
        };
        Some(about(Law::Type, census, view, r, message))
    };
    if let Some(tag) = wrong_tag(view, r, header.shape) {
        let message = format!("{r} has tag {tag}, which is none of its type");
        return Some(about(Law::Type, census, view, r, message));
    }
    let mut held = census.held(i).iter().enumerate();
    let into_heap = held.find_map(|(slot, held)| {
        let (place, ty) = census.plans.slot(header.shape, slot)?;
        complain(place, wrong(&shape, view, ty, held.register())?)
    });
    let func = |place: Place, ty: RefType| {
        let value = view.store.heap.peek(r, place)?;
        complain(place, wrong(&shape, view, ty, value)?)
    };
    into_heap.or_else(|| match plan.element {
        Some(Element {
            kind: kind @ StorageKind::Func,
            ty: Some(ty),
        }) => (0..header.len).find_map(|index| func(Place::Element { index, kind }, ty)),
        _ => {
            let mut funcs = census.plans.funcs(plan).iter();
            funcs.find_map(|slot| func(slot.place, slot.ty))
        }
    })
}

/// The tag of an exception, if it does not have the exception's type.
#[inline]
pub(super) fn wrong_tag<H: Heap>(
    view: &View<'_, H>,
    r: GcRef,
    shape: Option<Shape>,
) -> Option<u32> {
    let Some(Shape::Exception(ty)) = shape else {
        return None;
    };
    let tag = view.store.heap.peek_word(r)?;
    (view.store.tags().get(tag as usize) != Some(&ty)).then_some(tag)
}

/// Whether the references to functions in an object fit their static types.
pub(super) fn funcs_fit<H: Heap>(
    plans: &Plans,
    view: &View<'_, H>,
    r: GcRef,
    header: &Header,
) -> bool {
    let plan = plans.of(header.shape);
    plan.is_none_or(|plan| funcs_fit_in(plans, view, (r, header), plan))
}

/// Like [`funcs_fit`], with the object's plan given.
#[inline]
pub(super) fn funcs_fit_in<H: Heap>(
    plans: &Plans,
    view: &View<'_, H>,
    (r, header): (GcRef, &Header),
    plan: &Plan,
) -> bool {
    let fits = |place: Place, ty: RefType| {
        let value = view.store.heap.peek(r, place);
        value.is_none_or(|value| func_fits(view, ty, value))
    };
    match plan.element {
        Some(Element {
            kind: kind @ StorageKind::Func,
            ty: Some(ty),
        }) => (0..header.len).all(|index| fits(Place::Element { index, kind }, ty)),
        _ => plans
            .funcs(plan)
            .iter()
            .all(|slot| fits(slot.place, slot.ty)),
    }
}

/// Checks slots outside the heap against their static types.
fn slots<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let store = view.store;
    let mut found = None;
    let census_shape = |r| shape_in(census, r);
    // Runs of one value in one table or segment are checked once.
    let mut last = None;
    // Slots of a non-nullable type are null until they are initialised: a table
    // as a whole, until its initial element has been computed, and a global
    // that the host creates, until something is linked to it.
    let bare = |table: &Table| table.elements.iter().all(|element| *element == 0);
    let bare: Vec<bool> = store.tables().iter().map(bare).collect();
    view.owners(|owner, r| {
        let container = match owner {
            Owner::Table(i, _) => (i, u32::MAX),
            Owner::Segment(i, j, _) => (i, j),
            Owner::Global(_) | Owner::Pending | Owner::Handle(_) => (u32::MAX, u32::MAX),
        };
        let again = last.replace((container, r)) == Some((container, r));
        if found.is_some() || (again && container.0 != u32::MAX) {
            return;
        }
        let initialised = match &owner {
            Owner::Global(_) => !store.instances().is_empty(),
            Owner::Table(i, _) => !bare[*i as usize],
            Owner::Segment(..) | Owner::Pending | Owner::Handle(_) => true,
        };
        if let Some(ty) = type_of_owner(view, &owner)
            && (initialised || !r.is_null())
            && let Some(why) = wrong(&census_shape, view, ty, r.register())
        {
            let message = format!("{}: {why}", Describer::new(view).owner(&owner));
            found = Some(match r.is_null() {
                true => violation(Law::Type, view, message),
                false => about(Law::Type, census, view, r, message),
            });
        }
    });
    found
}

/// The shape in the header of the object at `r`; `None` if there is no object.
fn shape_in(census: &Census, r: GcRef) -> Option<Option<Shape>> {
    census.find(r).map(|i| census.objects[i].header.shape)
}

/// The static type of a slot outside the heap, if it has one.
pub(super) fn type_of_owner<H: Heap>(view: &View<'_, H>, owner: &Owner) -> Option<RefType> {
    let store = view.store;
    match owner {
        Owner::Global(i) => match store.global_type(*i)?.value {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        },
        Owner::Table(i, _) => Some(store.tables()[*i as usize].ty.element),
        Owner::Segment(i, j, _) => Some(view.module(*i).elements[*j as usize].ty),
        Owner::Pending => Some(EXCEPTION),
        Owner::Handle(_) => None,
    }
}

/// Whether a slot of a function type may hold `value`.
fn func_fits<H: Heap>(view: &View<'_, H>, ty: RefType, value: u64) -> bool {
    let Some(index) = (value as u32).checked_sub(1) else {
        return ty.nullable;
    };
    let is = |f: Func| HeapType::ConcreteFunc(f.ty());
    let func = view.store.func(index);
    func.is_some_and(|f| view.store.types().heap_matches(is(f), ty.heap))
}

/// The type that an object has where a value of type `ty` is expected.
fn type_seen(shape: Shape, ty: RefType) -> HeapType {
    match shape {
        Shape::Struct(id) => HeapType::ConcreteStruct(id),
        Shape::Array(id) => HeapType::ConcreteArray(id),
        Shape::Exception(_) => HeapType::Exn,
        // Converted to the internal hierarchy, an external value is an `any`,
        // and of no narrower type.
        Shape::Extern if ty.heap.top() == HeapType::Extern => HeapType::Extern,
        Shape::Extern => HeapType::Any,
    }
}

/// Whether a slot of type `ty`, which is no function type, may hold `r`;
/// `shape` is the shape of the object at `r`, if there is one.
pub(super) fn fits(types: &Types, ty: RefType, r: GcRef, shape: Option<Shape>) -> bool {
    if r.is_null() {
        return ty.nullable;
    }
    let is = match shape {
        _ if r.is_i31() => HeapType::I31,
        Some(shape) => type_seen(shape, ty),
        None => return false,
    };
    // Any value of the internal hierarchy may have been converted to an
    // external one.
    match (ty.heap, ty.heap.top()) {
        (HeapType::Extern, _) => is != HeapType::Exn,
        (_, HeapType::Extern) => false,
        (wanted, _) => types.heap_matches(is, wanted),
    }
}

/// The reason why a slot of type `ty` must not hold `value`, or `None` if it
/// may. `shape` gives the shape in an object's header.
pub(super) fn wrong<H: Heap>(
    shape: &impl Fn(GcRef) -> Option<Option<Shape>>,
    view: &View<'_, H>,
    ty: RefType,
    value: u64,
) -> Option<String> {
    let types = view.store.types();
    let r = GcRef::from_register(value);
    if ValType::Ref(ty).storage_kind() == StorageKind::Func {
        return match (value as u32).checked_sub(1) {
            _ if func_fits(view, ty, value) => None,
            None => Some("null where the type allows none".into()),
            Some(index) => Some(match view.store.func(index) {
                None => format!("{value:#x} is no function"),
                Some(f) => {
                    let words = Describer::new(view);
                    let is = words.heap_type(HeapType::ConcreteFunc(f.ty()));
                    let wanted = words.heap_type(ty.heap);
                    format!("a function of type {is} where {wanted} is wanted")
                }
            }),
        };
    }
    let seen = match r.is_object() {
        true => shape(r),
        false => None,
    };
    if fits(types, ty, r, seen.flatten()) {
        return None;
    }
    let words = Describer::new(view);
    let wanted = words.heap_type(ty.heap);
    Some(match seen {
        _ if r.is_null() => "null where the type allows none".into(),
        _ if r.is_i31() => format!("{r} of type i31 where {wanted} is wanted"),
        None => format!("{r} is no object"),
        Some(None) => format!("{r} has no type"),
        Some(Some(shape)) => {
            let is = words.heap_type(type_seen(shape, ty));
            format!("{r} of type {is} where {wanted} is wanted")
        }
    })
}
