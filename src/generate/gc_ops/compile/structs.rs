//! Operations on structs.

use super::body::Body;
use crate::generate::gc_ops::program::{Field, Heap, Op, OpKind, Shape, Ty};

impl Body<'_> {
    pub(super) fn struct_new(&mut self, op: Op) {
        let [a, _, c, _] = op.with;
        let structs = &self.env.structs;
        // Repair keeps at least one struct type.
        let Some(ty) = structs.get(usize::from(a) % structs.len().max(1)).copied() else {
            return;
        };
        let fields = self.env.shape(ty).fields();
        let has_default = fields.iter().all(|f| f.storage.value().has_default());
        if op.kind == OpKind::StructNewDefault && has_default {
            self.i().struct_new_default(u32::from(ty));
        } else {
            for field in fields {
                self.value(field.storage.value());
            }
            self.i().struct_new(u32::from(ty));
        }
        self.put(Ty::of(Heap::Type(ty)), c);
    }

    pub(super) fn struct_access(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let env = self.env;
        let fields = |ty: Ty| match ty.heap() {
            Some(Heap::Type(index)) => match env.shape(index) {
                Shape::Struct(fields) => &fields[..],
                Shape::Array(_) => &[],
            },
            _ => &[],
        };
        // Whether the operation can be applied to a field of an object in a slot.
        let usable = |slot: Ty, field: &Field| match op.kind {
            OpKind::StructGet => true,
            OpKind::StructSet => field.mutable,
            _ => field.mutable && env.fits(slot, field.storage.value().or_null()),
        };
        let Some(slot) = self.slot(a, |ty| fields(ty).iter().any(|field| usable(ty, field))) else {
            return;
        };
        let all = fields(slot.ty);
        let count = all.iter().filter(|f| usable(slot.ty, f)).count();
        let nth = usize::from(b) % count.max(1);
        let mut found = (0..).zip(all).filter(|(_, f)| usable(slot.ty, f));
        let Some((index, field)) = found.nth(nth) else {
            return;
        };
        let ty = u32::from(slot.type_index());
        let value = field.storage.value();
        self.begin();
        // A few operations are left unguarded and may trap.
        if d % 64 != 63 {
            self.unless_null(slot);
        }
        match op.kind {
            OpKind::StructGet => {
                self.i().local_get(slot.index);
                match (field.storage.is_packed(), d & 1) {
                    (false, _) => self.i().struct_get(ty, index),
                    (true, 0) => self.i().struct_get_s(ty, index),
                    (true, _) => self.i().struct_get_u(ty, index),
                };
                self.put(value, c);
            }
            OpKind::SelfSet => {
                self.i().local_get(slot.index).local_get(slot.index);
                // The stored operand: the object itself, or the current value of the field.
                if d & 1 == 1 {
                    self.i().struct_get(ty, index);
                } else if !value.has_default() {
                    self.i().ref_as_non_null();
                }
                self.i().struct_set(ty, index);
            }
            _ => {
                self.i().local_get(slot.index);
                self.value(value);
                self.i().struct_set(ty, index);
            }
        }
        self.done();
    }
}
