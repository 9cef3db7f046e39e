//! Subtyping (spec section 3.3).

use super::{Composite, HeapType, RefType, TypeId, Types, ValType};

impl Types {
    /// Whether the defined type `a` is a subtype of the defined type `b`.
    #[inline]
    pub fn is_subtype(&self, a: TypeId, b: TypeId) -> bool {
        a == b || self.ancestor(a, self.entry(b).depth) == Some(b)
    }

    /// Whether heap type `a` matches heap type `b`.
    pub fn heap_matches(&self, a: HeapType, b: HeapType) -> bool {
        use HeapType::*;
        match (a, b) {
            _ if a == b => true,
            (None, _) => b.top() == Any,
            (NoFunc, _) => b.top() == Func,
            (NoExtern, Extern) | (NoExn, Exn) => true,
            (_, Any) => a.top() == Any,
            (I31 | Struct | Array | ConcreteStruct(_) | ConcreteArray(_), Eq) => true,
            (ConcreteStruct(_), Struct) | (ConcreteArray(_), Array) | (ConcreteFunc(_), Func) => {
                true
            }
            _ => match (a.concrete(), b.concrete()) {
                (Some(a), Some(b)) => self.is_subtype(a, b),
                _ => false,
            },
        }
    }

    /// Whether reference type `a` matches reference type `b`.
    pub fn ref_matches(&self, a: RefType, b: RefType) -> bool {
        (b.nullable || !a.nullable) && self.heap_matches(a.heap, b.heap)
    }

    /// Whether value type `a` matches value type `b`.
    pub fn value_matches(&self, a: ValType, b: ValType) -> bool {
        match (a, b) {
            (ValType::Ref(a), ValType::Ref(b)) => self.ref_matches(a, b),
            _ => a == b,
        }
    }

    /// The concrete heap type of `id`, of the matching kind.
    pub fn concrete(&self, id: TypeId) -> HeapType {
        match self.entry(id).sub.composite {
            Composite::Func(_) => HeapType::ConcreteFunc(id),
            Composite::Struct(_) => HeapType::ConcreteStruct(id),
            Composite::Array(_) => HeapType::ConcreteArray(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FieldType, StorageType, SubType};
    use super::*;

    fn structure(types: &Types, parent: Option<TypeId>, self_field: bool) -> SubType {
        let mut fields = vec![FieldType {
            storage: StorageType::Val(ValType::I32),
            mutable: false,
        }];
        if self_field {
            fields.push(FieldType {
                storage: StorageType::Val(ValType::Ref(RefType {
                    nullable: true,
                    heap: HeapType::ConcreteStruct(types.next_id()),
                })),
                mutable: true,
            });
        }
        SubType {
            is_final: false,
            supertype: parent,
            composite: Composite::Struct(fields.into()),
        }
    }

    #[test]
    fn equivalent_groups_share_one_id_and_others_do_not() {
        let mut types = Types::new();
        let a = types.intern(vec![structure(&types, None, true)]);
        let b = types.intern(vec![structure(&types, None, true)]);
        let c = types.intern(vec![structure(&types, None, false)]);
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(types.len(), 2);
    }

    #[test]
    fn a_group_of_two_differs_from_two_groups_of_one() {
        let mut types = Types::new();
        let lone = structure(&types, None, false);
        let single = types.intern(vec![lone.clone()]);
        let pair = types.intern(vec![lone.clone(), lone]);
        assert_ne!(single, pair);
        assert!(!types.is_subtype(single, pair));
    }

    #[test]
    fn subtyping_is_reflexive_transitive_and_not_symmetric() {
        let mut types = Types::new();
        let a = types.intern(vec![structure(&types, None, false)]);
        let b = types.intern(vec![structure(&types, Some(a), false)]);
        let c = types.intern(vec![structure(&types, Some(b), false)]);
        for (x, y) in [(a, a), (b, a), (c, b), (c, a)] {
            assert!(types.is_subtype(x, y), "{x} {y}");
        }
        for (x, y) in [(a, b), (b, c), (a, c)] {
            assert!(!types.is_subtype(x, y), "{x} {y}");
        }
        assert!(types.heap_matches(HeapType::ConcreteStruct(c), HeapType::Eq));
        assert!(types.heap_matches(HeapType::None, HeapType::ConcreteStruct(c)));
        assert!(!types.heap_matches(HeapType::NoFunc, HeapType::Any));
        assert!(!types.heap_matches(HeapType::I31, HeapType::Struct));
    }
}
