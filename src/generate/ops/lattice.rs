//! Which types are subtypes of which, and which have values that are not null.

use super::program::{Field, Heap, Shape, Storage, Ty, TypeDef};

/// Cost of what cannot be made, and the most that a type may cost.
pub(super) const TOO_MUCH: u32 = 10;

/// Whether `a` is `b` or inherits from it. Parents come first, so this ends.
fn inherits(types: &[&TypeDef], a: u8, b: u8) -> bool {
    let mut at = a;
    loop {
        if at == b {
            return true;
        }
        match types.get(usize::from(at)).and_then(|t| t.parent) {
            Some(parent) if parent < at => at = parent,
            _ => return false,
        }
    }
}

/// Whether references to `a` are references to `b`.
pub(super) fn heap_fits(types: &[&TypeDef], a: Heap, b: Heap) -> bool {
    if a == b {
        return true;
    }
    let is_struct = |i: u8| {
        types
            .get(usize::from(i))
            .is_some_and(|t| t.shape.is_struct())
    };
    match (a, b) {
        (Heap::Extern | Heap::Exn | Heap::Any, _) | (_, Heap::Extern | Heap::Exn | Heap::None) => {
            false
        }
        (_, Heap::Any) | (Heap::None, _) => true,
        (Heap::I31 | Heap::Struct | Heap::Array | Heap::Type(_), Heap::Eq) => true,
        (Heap::Type(i), Heap::Struct) => is_struct(i),
        (Heap::Type(i), Heap::Array) => !is_struct(i),
        (Heap::Type(i), Heap::Type(j)) => inherits(types, i, j),
        _ => false,
    }
}

/// Whether values of type `a` are values of type `b`.
pub(super) fn fits(types: &[&TypeDef], a: Ty, b: Ty) -> bool {
    match (a, b) {
        (
            Ty::Ref { nullable, heap },
            Ty::Ref {
                nullable: allowed,
                heap: above,
            },
        ) => (allowed || !nullable) && heap_fits(types, heap, above),
        (a, b) => a == b,
    }
}

/// Whether values stored as `a` may be stored as `b`.
pub(super) fn storage_fits(types: &[&TypeDef], a: Storage, b: Storage) -> bool {
    match (a, b) {
        (Storage::Val(a), Storage::Val(b)) => fits(types, a, b),
        (a, b) => a == b,
    }
}

/// Whether a subtype may have the field `a` where its supertype has `b`.
pub(super) fn field_fits(types: &[&TypeDef], a: Field, b: Field) -> bool {
    match (a.mutable, b.mutable) {
        (false, false) => storage_fits(types, a.storage, b.storage),
        (true, true) => a == b,
        _ => false,
    }
}

/// How many objects the smallest value of each type has, at least [`TOO_MUCH`] for types that have no value.
///
/// Starts from nothing can be made, and ends where another round changes nothing: each round can only lower a number.
pub(super) fn costs(types: &[&TypeDef]) -> Vec<u32> {
    let mut costs = vec![TOO_MUCH; types.len()];
    loop {
        let mut changed = false;
        for i in 0..types.len() {
            let Some(def) = types.get(i) else { continue };
            let cost = match &def.shape {
                // An array may be empty.
                Shape::Array(_) => 1,
                Shape::Struct(fields) => {
                    let sum = fields.iter().map(|f| needs(&costs, f.storage.value()));
                    (1 + sum.sum::<u32>()).min(TOO_MUCH)
                }
            };
            if cost < costs[i] {
                costs[i] = cost;
                changed = true;
            }
        }
        if !changed {
            return costs;
        }
    }
}

/// How many objects the smallest value of a type has.
pub(super) fn needs(costs: &[u32], ty: Ty) -> u32 {
    match ty {
        Ty::Ref {
            nullable: false,
            heap: Heap::Type(i),
        } => costs.get(usize::from(i)).copied().unwrap_or(TOO_MUCH),
        Ty::Ref {
            nullable: false,
            heap: Heap::Struct | Heap::Array | Heap::Extern,
        } => 1,
        _ => 0,
    }
}
