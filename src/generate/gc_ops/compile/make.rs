//! New values, made with constant instructions only, so that globals, tables and segments can be
//! initialised with them, too.

use super::env::{Env, heap_type};
use crate::generate::gc_ops::pick::Pick;
use crate::generate::gc_ops::program::{FieldStorage, Heap, Shape, Ty};
use wasm_encoder::{Ieee64, InstructionSink};

/// Boundary values of i31, packed fields and overflow.
const EDGES: [i32; 16] = [
    0,
    1,
    -1,
    2,
    7,
    0x3fff_ffff,
    -0x4000_0000,
    0x4000_0000,
    i32::MAX,
    i32::MIN,
    127,
    128,
    255,
    32_767,
    32_768,
    65_535,
];

impl Env<'_> {
    /// Pushes a value of type `ty`. Where there is a choice, it creates objects, up to `budget`
    /// levels deep.
    pub(super) fn make(&self, code: &mut Vec<u8>, ty: Ty, budget: u8, pick: &mut Pick) {
        match ty {
            Ty::I32 => {
                InstructionSink::new(code).i32_const(EDGES[pick.below(EDGES.len())]);
            }
            Ty::I64 => {
                let value = i64::from(EDGES[pick.below(EDGES.len())]);
                InstructionSink::new(code).i64_const(value.wrapping_mul(0x1_0000_0001));
            }
            Ty::F64 => {
                let value = f64::from(EDGES[pick.below(EDGES.len())]) / 2.0;
                InstructionSink::new(code).f64_const(Ieee64::from(value));
            }
            Ty::Ref { nullable, heap } => {
                if nullable && (budget == 0 || !self.can_make(heap) || pick.one_in(8)) {
                    InstructionSink::new(code).ref_null(heap_type(heap));
                } else {
                    self.make_ref(code, heap, budget, pick);
                }
            }
        }
    }

    /// Whether non-null references can be created.
    pub(super) fn can_make(&self, heap: Heap) -> bool {
        match heap {
            Heap::None | Heap::Exn => false,
            Heap::Array => !self.arrays.is_empty(),
            _ => true,
        }
    }

    /// Pushes a non-null reference. Repair has ensured that one can be created.
    fn make_ref(&self, code: &mut Vec<u8>, heap: Heap, budget: u8, pick: &mut Pick) {
        let start = Heap::Type(0);
        match heap {
            Heap::Any | Heap::Eq | Heap::None | Heap::Exn => {
                // Mostly objects: a collector ignores i31.
                let all = self.types.len();
                match budget > 0 && !pick.one_in(4) {
                    true => self.make_object(code, pick.below(all) as u8, budget, pick),
                    false => self.make_ref(code, Heap::I31, 0, pick),
                }
            }
            Heap::I31 => {
                let value = EDGES[pick.below(EDGES.len())];
                InstructionSink::new(code).i32_const(value).ref_i31();
            }
            Heap::Struct if budget == 0 => self.make_ref(code, start, 0, pick),
            Heap::Struct => {
                let index = self.structs[pick.below(self.structs.len())];
                self.make_object(code, index, budget, pick);
            }
            Heap::Array => {
                let array = self.arrays.get(pick.below(self.arrays.len()));
                self.make_object(code, array.copied().unwrap_or_default(), budget, pick);
            }
            Heap::Extern => {
                self.make_ref(code, Heap::Any, budget, pick);
                InstructionSink::new(code).extern_convert_any();
            }
            Heap::Type(index) => {
                // A subtype now and then, for casts to find.
                let child = (0..self.types.len() as u8)
                    .rev()
                    .find(|i| self.types[usize::from(*i)].parent == Some(index));
                match child {
                    Some(child) if budget > 0 && pick.one_in(3) => {
                        self.make_object(code, child, budget, pick);
                    }
                    _ => self.make_object(code, index, budget, pick),
                }
            }
        }
    }

    fn make_object(&self, code: &mut Vec<u8>, index: u8, budget: u8, pick: &mut Pick) {
        let ty = u32::from(index);
        let less = budget.saturating_sub(1);
        match self.shape(index) {
            Shape::Struct(fields) => {
                for field in fields {
                    self.make(code, field.storage.value(), less, pick);
                }
                InstructionSink::new(code).struct_new(ty);
            }
            Shape::Array(element) => {
                let value = element.storage.value();
                let is_ref = value.is_ref();
                if budget == 0 && !value.has_default() {
                    // The only value that certainly needs no other.
                    InstructionSink::new(code).array_new_fixed(ty, 0);
                } else if budget == 0 || (!is_ref && pick.one_in(2)) {
                    let len = 3 + pick.below(4) as i32;
                    self.make_length(code, ty, element.storage, len, pick);
                } else {
                    let len = if is_ref { 4 } else { 3 } + pick.below(3) as u32;
                    // Distinct elements: a copy of equal elements has no visible effect.
                    for _ in 0..len {
                        self.make(code, value, less, pick);
                    }
                    InstructionSink::new(code).array_new_fixed(ty, len);
                }
            }
        }
    }

    fn make_length(
        &self,
        code: &mut Vec<u8>,
        ty: u32,
        of: FieldStorage,
        len: i32,
        pick: &mut Pick,
    ) {
        if of.value().is_ref() || pick.one_in(2) {
            InstructionSink::new(code)
                .i32_const(len)
                .array_new_default(ty);
        } else {
            self.make(code, of.value(), 0, pick);
            InstructionSink::new(code).i32_const(len).array_new(ty);
        }
    }
}
