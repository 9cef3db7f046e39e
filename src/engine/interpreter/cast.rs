//! Casts and tests.

use crate::engine::funcs::Func;
use crate::engine::store::Store;
use crate::heap::{GcRef, Heap, HeapError, Shape};
use crate::module::CastTarget;
use crate::types::{TypeId, Types};

impl<H: Heap> Store<H> {
    /// Whether a register holds a value of type `target`. Null matches if
    /// `nullable` is 1.
    #[inline]
    pub(super) fn is(
        heap: &H,
        types: &Types,
        register: u64,
        target: CastTarget,
        nullable: u16,
    ) -> Result<bool, HeapError> {
        let r = GcRef::from_register(register);
        if r.is_null() {
            return Ok(nullable == 1);
        }
        if r.is_i31() {
            return Ok(matches!(
                target,
                CastTarget::TOP | CastTarget::EQ | CastTarget::I31
            ));
        }
        let shape = heap.shape(r)?;
        Ok(match target {
            CastTarget::TOP => true,
            CastTarget::BOTTOM | CastTarget::I31 => false,
            CastTarget::EQ => matches!(shape, Shape::Struct(_) | Shape::Array(_)),
            CastTarget::STRUCT => matches!(shape, Shape::Struct(_)),
            CastTarget::ARRAY => matches!(shape, Shape::Array(_)),
            CastTarget(id) => match shape {
                Shape::Struct(ty) | Shape::Array(ty) => types.is_subtype(ty, TypeId(id)),
                Shape::Exception(_) | Shape::Extern => false,
            },
        })
    }

    /// Whether a register holds a function of type `target`. Null matches if
    /// `nullable` is 1.
    #[inline(never)]
    pub(super) fn is_func(
        funcs: &[Func],
        types: &Types,
        register: u64,
        target: CastTarget,
        nullable: u16,
    ) -> bool {
        let Some(func) = (register as u32).checked_sub(1) else {
            return nullable == 1;
        };
        match target {
            CastTarget::TOP => true,
            CastTarget::BOTTOM => false,
            CastTarget(id) => types.is_subtype(funcs[func as usize].ty(), TypeId(id)),
        }
    }
}
