//! The subtype relation, and which types have non-null values.

use super::program::{Field, FieldStorage, Heap, Shape, Ty, TypeDef};

/// Cost of types without values, and the upper bound of all costs.
pub(super) const TOO_MUCH: u32 = 10;

/// Whether `a` is `b` or inherits from it. Parents have smaller indices, so this ends.
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

/// Whether `a` is a subtype of `b`.
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

/// The results of [`heap_fits`] for all pairs.
pub(super) struct Order(Vec<u32>);

impl Order {
    pub(super) fn new(types: &[&TypeDef]) -> Order {
        let defined = (0..types.len()).map(|i| Heap::Type(i as u8));
        let all: Vec<Heap> = ABSTRACT.into_iter().chain(defined).collect();
        let row = |a: &Heap| {
            let above = all.iter().filter(|b| heap_fits(types, *a, **b));
            above.fold(0, |row, b| row | 1 << number(*b))
        };
        Order(all.iter().map(row).collect())
    }

    /// Whether `a` is a subtype of `b`.
    pub(super) fn has(&self, a: Heap, b: Heap) -> bool {
        self.0
            .get(number(a))
            .is_some_and(|row| row >> number(b) & 1 != 0)
    }
}

/// The abstract heap types, in the order of their numbers.
const ABSTRACT: [Heap; 8] = [
    Heap::Any,
    Heap::Eq,
    Heap::I31,
    Heap::Struct,
    Heap::Array,
    Heap::None,
    Heap::Extern,
    Heap::Exn,
];

/// A number below 32: `repair` keeps programs below 24 types.
fn number(heap: Heap) -> usize {
    match heap {
        Heap::Any => 0,
        Heap::Eq => 1,
        Heap::I31 => 2,
        Heap::Struct => 3,
        Heap::Array => 4,
        Heap::None => 5,
        Heap::Extern => 6,
        Heap::Exn => 7,
        Heap::Type(i) => (ABSTRACT.len() + usize::from(i)).min(31),
    }
}

/// Whether type `a` is a subtype of type `b`, given `heap_fits` for heap types.
pub(super) fn fits(heap_fits: impl Fn(Heap, Heap) -> bool, a: Ty, b: Ty) -> bool {
    match (a, b) {
        (
            Ty::Ref { nullable, heap },
            Ty::Ref {
                nullable: allowed,
                heap: above,
            },
        ) => (allowed || !nullable) && heap_fits(heap, above),
        (a, b) => a == b,
    }
}

/// Whether storage type `a` is a subtype of storage type `b`.
pub(super) fn storage_fits(
    heap_fits: impl Fn(Heap, Heap) -> bool,
    a: FieldStorage,
    b: FieldStorage,
) -> bool {
    match (a, b) {
        (FieldStorage::Val(a), FieldStorage::Val(b)) => fits(heap_fits, a, b),
        (a, b) => a == b,
    }
}

/// Whether a subtype may have the field `a` where its supertype has `b`.
pub(super) fn field_fits(types: &[&TypeDef], a: Field, b: Field) -> bool {
    match (a.mutable, b.mutable) {
        (false, false) => storage_fits(|a, b| heap_fits(types, a, b), a.storage, b.storage),
        (true, true) => a == b,
        _ => false,
    }
}

/// Number of objects in the smallest value of each type, or [`TOO_MUCH`] for types that have no
/// value, or only larger ones.
///
/// Starts with no type that has a value, and iterates to a fixed point: each round can only lower a
/// number.
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

/// Number of objects in the smallest value of a type.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_says_what_the_rule_says() {
        let def = |shape, parent| TypeDef {
            parent,
            open: true,
            shape,
        };
        let types = [
            def(Shape::Struct(Vec::new()), None),
            def(Shape::Struct(Vec::new()), Some(0)),
            def(Shape::Struct(Vec::new()), Some(1)),
        ];
        let types: Vec<&TypeDef> = types.iter().collect();
        let order = Order::new(&types);
        let all = || ABSTRACT.into_iter().chain((0..3).map(Heap::Type));
        assert!(all().map(number).eq(0..11));
        for (a, b) in all().flat_map(|a| all().map(move |b| (a, b))) {
            assert_eq!(order.has(a, b), heap_fits(&types, a, b), "{a:?}, {b:?}");
        }
        assert!(order.has(Heap::Type(2), Heap::Type(0)));
        assert!(!order.has(Heap::Type(0), Heap::Type(2)));
    }
}
