//! Operations on references of any kind, and on numbers.

use super::body::Body;
use super::env::{heap_type, ref_type, val_type};
use crate::generate::gc_ops::program::{Heap, Op, OpKind, Ty};
use wasm_encoder::{BlockType, HeapType, ValType};

impl Body<'_> {
    /// Puts a new number into a slot: a constant, or a sum.
    pub(super) fn number(&mut self, choice: u8, to: u8) {
        let ty = [Ty::I32, Ty::I64, Ty::F64][usize::from(choice) % 3];
        self.make(ty, 0);
        if choice & 8 == 0 {
            self.value(ty);
            match ty {
                Ty::I32 => self.i().i32_add(),
                Ty::I64 => self.i().i64_add(),
                // A sum of infinities would be a NaN, whose bits are not specified.
                _ => self.i().drop(),
            };
        }
        self.put(ty, to);
    }

    pub(super) fn digest(&mut self, choice: u8) {
        if let Some(slot) = self.slot(choice, |ty| !ty.is_ref()) {
            self.i().local_get(slot.index);
            self.fold(slot.ty);
        }
    }

    pub(super) fn reference(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        let below = |ty: Ty, heap| ty.heap().is_some_and(|h| env.heap_fits(h, heap));
        match op.kind {
            OpKind::I31New => {
                self.value(Ty::I32);
                self.i().ref_i31();
                self.put(Ty::of(Heap::I31), c);
            }
            OpKind::I31Get => {
                // From any slot that may hold an i31: slots of type eq and any hold one often
                // enough.
                let Some(slot) = self.slot(a, |ty| {
                    matches!(ty.heap(), Some(Heap::I31 | Heap::Eq | Heap::Any))
                }) else {
                    return;
                };
                self.begin();
                self.i()
                    .local_get(slot.index)
                    .ref_test_non_null(HeapType::I31);
                self.i().i32_eqz().br_if(0).local_get(slot.index);
                self.i().ref_cast_non_null(HeapType::I31);
                match d & 1 {
                    0 => self.i().i31_get_s(),
                    _ => self.i().i31_get_u(),
                };
                self.put(Ty::I32, c);
                self.done();
            }
            OpKind::RefEq => {
                let Some(slot) = self.slot(a, |ty| below(ty, Heap::Eq)) else {
                    return;
                };
                self.i().local_get(slot.index);
                // Half of the time an operand that may be the same object.
                let other = self.slot(b, |ty| match d & 1 {
                    0 => env.fits(ty, slot.ty),
                    _ => below(ty, Heap::Eq),
                });
                self.i().local_get(other.unwrap_or(slot).index).ref_eq();
                self.put(Ty::I32, c);
            }
            OpKind::ToExtern | OpKind::ToAny => {
                let heap = match op.kind {
                    OpKind::ToExtern => Heap::Any,
                    _ => Heap::Extern,
                };
                let Some(slot) = self.slot(a, |ty| below(ty, heap)) else {
                    return;
                };
                let nullable = slot.ty.has_default();
                self.i().local_get(slot.index);
                let heap = if heap == Heap::Any {
                    self.i().extern_convert_any();
                    Heap::Extern
                } else {
                    self.i().any_convert_extern();
                    Heap::Any
                };
                self.put(Ty::Ref { nullable, heap }, c);
            }
            OpKind::Select => {
                let Some(slot) = self.slot(c, Ty::is_ref) else {
                    return;
                };
                self.value(slot.ty);
                self.value(slot.ty);
                self.value(Ty::I32);
                self.i()
                    .typed_select(val_type(slot.ty))
                    .local_set(slot.index);
            }
            OpKind::LocalCopy => {
                if let Some(slot) = self.slot(c, Ty::is_ref) {
                    self.value(slot.ty);
                    self.i().local_set(slot.index);
                }
            }
            OpKind::Null => {
                let Some(slot) = self.slot(c, |ty| ty.is_ref() && ty.has_default()) else {
                    return;
                };
                // Half of the time a new object replaces the old one at once.
                match d & 1 {
                    0 => {
                        let heap = slot.ty.heap().unwrap_or(Heap::None);
                        self.i().ref_null(heap_type(heap));
                    }
                    _ => self.make(slot.ty, 2),
                }
                self.i().local_set(slot.index);
            }
            _ => {
                // Immediate garbage.
                let ty = u8::try_from(usize::from(a) % env.types.len().max(1)).unwrap_or(0);
                self.make(Ty::of(Heap::Type(ty)), d % 3);
                self.i().drop();
            }
        }
    }

    pub(super) fn cast(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        // Choose a slot whose type has one of these as a proper subtype, then one of these
        // subtypes.
        let kinds = [Heap::I31, Heap::Struct, Heap::Array, Heap::Eq];
        let types = (0..env.types.len() as u8).map(Heap::Type);
        let targets = types.chain(kinds.into_iter().filter(|h| env.can_make(*h)));
        let within = |ty: Ty, h: &Heap| ty.heap().is_some_and(|s| s != *h && env.heap_fits(*h, s));
        let Some(slot) = self.slot(a, |ty| targets.clone().any(|h| within(ty, &h))) else {
            return;
        };
        let count = targets.clone().filter(|h| within(slot.ty, h)).count();
        let nth = usize::from(b) % count.max(1);
        let Some(heap) = targets.clone().filter(|h| within(slot.ty, h)).nth(nth) else {
            return;
        };
        let (target, into) = (heap_type(heap), Ty::of(heap));
        let (from, to) = (ref_type(slot.ty), ref_type(into));
        match op.kind {
            OpKind::RefTest => {
                self.i().local_get(slot.index);
                match d & 1 {
                    0 => self.i().ref_test_non_null(target),
                    _ => self.i().ref_test_nullable(target),
                };
                self.put(Ty::I32, c);
            }
            OpKind::RefCast => {
                self.begin();
                // A few casts are left unguarded and may fail.
                if d % 32 != 31 {
                    self.i().local_get(slot.index).ref_test_non_null(target);
                    self.i().i32_eqz().br_if(0);
                }
                self.i().local_get(slot.index).ref_cast_non_null(target);
                self.put(into, c);
                self.done();
            }
            OpKind::BrOnCast => {
                self.i()
                    .block(BlockType::Result(ValType::Ref(to)))
                    .local_get(slot.index)
                    .br_on_cast(0, from, to)
                    .drop();
                self.make(into, 1);
                self.i().end();
                self.put(into, c);
            }
            _ => {
                self.i()
                    .block(BlockType::Result(ValType::Ref(from)))
                    .local_get(slot.index)
                    .br_on_cast_fail(0, from, to);
                self.put(into, c);
                self.i().local_get(slot.index).end();
                self.put(slot.ty, c.wrapping_add(1));
            }
        }
    }

    pub(super) fn null_branch(&mut self, op: Op) {
        let [a, _, c, _] = op.with;
        let env = self.env;
        let will_do = |ty: Ty| ty.has_default() && ty.heap().is_some_and(|h| env.can_make(h));
        let Some(slot) = self.slot(a, will_do) else {
            return;
        };
        let into = Ty::of(slot.ty.heap().unwrap_or(Heap::I31));
        if op.kind == OpKind::BrOnNull {
            self.begin();
            self.i().local_get(slot.index).br_on_null(0);
            self.put(into, c);
            self.done();
        } else {
            self.i()
                .block(BlockType::Result(val_type(into)))
                .local_get(slot.index)
                .br_on_non_null(0);
            self.make(into, 1);
            self.i().end();
            self.put(into, c);
        }
    }
}
