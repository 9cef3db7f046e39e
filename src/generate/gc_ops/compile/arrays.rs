//! Operations on arrays.

use super::body::{Body, OperandSlot};
use super::{DATA_SEGMENTS, env::Env};
use crate::generate::gc_ops::program::{Field, FieldStorage, Heap, Op, OpKind, Shape, Ty};

/// The elements of the arrays that a type refers to.
fn element(env: &Env<'_>, ty: Ty) -> Option<Field> {
    match ty.heap() {
        Some(Heap::Type(index)) => match env.shape(index) {
            Shape::Array(element) => Some(*element),
            Shape::Struct(_) => None,
        },
        _ => None,
    }
}

impl Body<'_> {
    pub(super) fn array_new(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        let element = |ty: &u8| element(env, Ty::of(Heap::Type(*ty)));
        let will_do = |ty: &&u8| {
            element(ty).is_some_and(|element| match op.kind {
                OpKind::ArrayNewDefault => element.storage.value().has_default(),
                OpKind::ArrayNewData => !element.storage.value().is_ref(),
                OpKind::ArrayNewElem => self.segment(element.storage, b).is_some(),
                _ => true,
            })
        };
        let count = env.arrays.iter().filter(will_do).count();
        let nth = usize::from(a) % count.max(1);
        let Some(index) = env.arrays.iter().filter(will_do).nth(nth).copied() else {
            return;
        };
        let Some(field) = element(&index) else { return };
        let ty = u32::from(index);
        // Mostly long enough for the operations on arrays, sometimes empty, and sometimes longer
        // than the size class of the usual arrays.
        let len = match d % 16 {
            0 => 0,
            1 => 1,
            2 => 40,
            n => 3 + u32::from(n % 6),
        };
        match op.kind {
            OpKind::ArrayNewDefault => {
                self.i().i32_const(len as i32).array_new_default(ty);
            }
            OpKind::ArrayNewFixed => {
                for _ in 0..len.min(6) {
                    self.value(field.storage.value());
                }
                self.i().array_new_fixed(ty, len.min(6));
            }
            OpKind::ArrayNewData => {
                let from = i32::from(d % 16);
                let len = len.min(5) as i32;
                self.i().i32_const(from).i32_const(len);
                self.i().array_new_data(ty, u32::from(b) % DATA_SEGMENTS);
            }
            OpKind::ArrayNewElem => {
                let Some(segment) = self.segment(field.storage, b) else {
                    return;
                };
                let (from, len) = part(d);
                self.i().i32_const(from).i32_const(len);
                self.i().array_new_elem(ty, segment);
            }
            _ => {
                self.value(field.storage.value());
                self.i().i32_const(len as i32).array_new(ty);
            }
        }
        self.put(Ty::of(Heap::Type(index)), c);
    }

    pub(super) fn array_access(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        let writes = matches!(op.kind, OpKind::ArraySet | OpKind::ArrayFill);
        let will_do = |ty| element(env, ty).is_some_and(|e| e.mutable || !writes);
        let Some(slot) = self.slot(a, will_do) else {
            return;
        };
        let Some(field) = element(env, slot.ty) else {
            return;
        };
        let ty = u32::from(slot.type_index());
        let value = field.storage.value();
        let at = i32::from(b % 5);
        let len = match op.kind {
            OpKind::ArrayLen => 0,
            OpKind::ArrayFill => i32::from(d % 5),
            _ => 1,
        };
        self.begin();
        self.within(slot, at + len, d);
        self.i().local_get(slot.index);
        match op.kind {
            OpKind::ArrayLen => {
                self.i().array_len();
                self.put(Ty::I32, c);
            }
            OpKind::ArrayGet => {
                self.i().i32_const(at);
                match (field.storage.is_packed(), d & 1) {
                    (false, _) => self.i().array_get(ty),
                    (true, 0) => self.i().array_get_s(ty),
                    (true, _) => self.i().array_get_u(ty),
                };
                self.put(value, c);
            }
            OpKind::ArraySet => {
                self.i().i32_const(at);
                self.value(value);
                self.i().array_set(ty);
            }
            _ => {
                self.i().i32_const(at);
                self.value(value);
                self.i().i32_const(len).array_fill(ty);
            }
        }
        self.done();
    }

    pub(super) fn array_copy(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        // Collectors handle references only: use numbers only if the choice says so, or if no array
        // of references fits.
        let refs = |ty| element(env, ty).is_some_and(|e| e.mutable && e.storage.value().is_ref());
        let any = |ty| element(env, ty).is_some_and(|e| e.mutable);
        let chosen = self.slot(a, refs).filter(|_| d < 224);
        let Some(to) = chosen.or_else(|| self.slot(a, any)) else {
            return;
        };
        let Some(into) = element(env, to.ty) else {
            return;
        };
        let fitting =
            |ty| element(env, ty).is_some_and(|e| env.storage_fits(e.storage, into.storage));
        let other = self
            .slot(b, fitting)
            .filter(|_| op.kind == OpKind::ArrayCopy);
        let from = other.unwrap_or(to);
        let len = 1 + i32::from(c % 4);
        let (at, start) = (i32::from(d % 4), i32::from(d / 4 % 4));
        self.begin();
        self.within(to, at + len, d);
        self.within(from, start + len, d);
        self.i().local_get(to.index).i32_const(at);
        self.i().local_get(from.index).i32_const(start);
        let (to, from) = (to.type_index(), from.type_index());
        self.i().i32_const(len);
        self.i().array_copy(u32::from(to), u32::from(from));
        self.done();
    }

    pub(super) fn array_init(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        let will_do = |ty| {
            element(env, ty).is_some_and(|e| {
                e.mutable
                    && match op.kind {
                        OpKind::ArrayInitData => !e.storage.value().is_ref(),
                        _ => self.segment(e.storage, b).is_some(),
                    }
            })
        };
        let Some(slot) = self.slot(a, will_do) else {
            return;
        };
        let Some(field) = element(env, slot.ty) else {
            return;
        };
        let ty = u32::from(slot.type_index());
        let at = i32::from(c % 3);
        let (from, len) = part(d);
        self.begin();
        self.within(slot, at + len, d);
        self.i().local_get(slot.index).i32_const(at);
        self.i().i32_const(from).i32_const(len);
        match self.segment(field.storage, b) {
            Some(segment) if op.kind == OpKind::ArrayInitElem => {
                self.i().array_init_elem(ty, segment);
            }
            _ => {
                let segment = u32::from(b) % DATA_SEGMENTS;
                self.i().array_init_data(ty, segment);
            }
        }
        self.done();
    }

    /// A segment whose items fit.
    pub(super) fn segment(&self, into: FieldStorage, choice: u8) -> Option<u32> {
        let env = self.env;
        let all = (0..).zip(&env.program.segments);
        let fitting = all.filter(|(_, s)| env.storage_fits(FieldStorage::Val(s.ty), into));
        let count = fitting.clone().count();
        let nth = usize::from(choice).checked_rem(count)?;
        fitting.map(|(index, _)| index).nth(nth)
    }

    /// Leaves the operation if the array in the slot has fewer than `len` elements. A few
    /// operations are left unguarded and may trap.
    fn within(&mut self, slot: OperandSlot, len: i32, choice: u8) {
        if choice % 64 == 63 {
            return;
        }
        self.unless_null(slot);
        if len > 0 {
            self.i().local_get(slot.index).array_len();
            self.i().i32_const(len).i32_lt_u().br_if(0);
        }
    }
}

/// Start and length of a part of an element segment. Every segment has at least four items.
pub(super) fn part(choice: u8) -> (i32, i32) {
    let from = i32::from(choice % 3);
    (from, 1 + i32::from(choice / 4) % (4 - from))
}
