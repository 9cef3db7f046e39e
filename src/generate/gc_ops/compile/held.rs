//! Operands that stay on the stack under other operations, and outcomes that the compiler knows.
//!
//! Everywhere else a result goes into a slot at once, and operands are pushed right before their use.

use super::body::Body;
use super::control::{DEPTH, Open, OpenBlock};
use super::env;
use crate::case::claims::{self, Claim};
use crate::generate::gc_ops::program::{Heap, Op, Ty};
use wasm_encoder::BlockType;

impl Body<'_> {
    /// Pushes a few values, mostly out of slots that are overwritten. They stay until the operation
    /// is closed.
    pub(super) fn hold(&mut self, op: Op) {
        if self.frames.len() >= DEPTH {
            return;
        }
        let [a, b, c, d] = op.with;
        let mut types = Vec::new();
        for i in 0..1 + a % 3 {
            match self.slot(b.wrapping_add(i), Ty::is_ref) {
                Some(slot) if !self.pick.one_in(4) => {
                    self.i().local_get(slot.index);
                    if slot.ty.has_default() && !self.pick.one_in(3) {
                        self.clear(slot.index, slot.ty);
                    }
                    types.push(slot.ty);
                }
                _ => {
                    let ty = Ty::of(Heap::Eq);
                    self.make(ty, 1);
                    types.push(ty);
                }
            }
        }
        // Twice, to see at the end whether both are the same.
        let eq = Ty::null(Heap::Eq);
        let env = self.env;
        let slot = self.slot(c, |ty| env.fits(ty, eq)).filter(|_| d & 1 == 0);
        if let Some(slot) = slot {
            self.i().local_get(slot.index).local_get(slot.index);
            if slot.ty.has_default() {
                self.clear(slot.index, slot.ty);
            }
        }
        self.held(types, slot.is_some());
    }

    /// Holds the values on the stack: of these types, and under two more if they are to be the same.
    pub(super) fn held(&mut self, types: Vec<Ty>, twice: bool) {
        let exit = self.depth + 1;
        let times = self.times;
        self.i().block(BlockType::Empty);
        self.depth += 1;
        let open = Open::Held { types, twice };
        self.frames.push(OpenBlock { open, exit, times });
    }

    /// Pops what was held into slots.
    pub(super) fn release(&mut self, types: Vec<Ty>, twice: bool) {
        if twice {
            self.i().ref_eq();
            self.claim(Claim::Operand);
        }
        self.put_all(types);
    }

    /// Pops values into slots.
    pub(super) fn put_all(&mut self, types: Vec<Ty>) {
        for ty in types.into_iter().rev() {
            let choice = self.pick.bits() as u8;
            self.put(ty, choice);
        }
    }

    /// Pushes values for the parameters of a block, which is of this type then.
    pub(super) fn parameters(&mut self, func: u8) -> Option<(BlockType, Vec<Ty>)> {
        let funcs = &self.env.program.funcs;
        let func = usize::from(func).checked_rem(funcs.len())?;
        let types = funcs[func].sig.params.clone();
        if types.is_empty() {
            return None;
        }
        for ty in &types {
            self.value(*ty);
        }
        Some((BlockType::FunctionType(self.env.block_type(func)), types))
    }

    fn clear(&mut self, slot: u32, ty: Ty) {
        if let Some(heap) = ty.heap() {
            self.i().ref_null(env::heap_type(heap)).local_set(slot);
        }
    }

    /// Stores a reference in a field, and claims that it is read from there.
    pub(super) fn reread(&mut self, op: Op) {
        let [a, b, c, _] = op.with;
        let env = self.env;
        let eq = Ty::null(Heap::Eq);
        let is_struct = |ty: Ty| match ty.heap() {
            Some(Heap::Type(index)) => env.shape(index).is_struct(),
            _ => false,
        };
        let Some(object) = self.slot(a, is_struct) else {
            return;
        };
        let fields = env.shape(object.type_index()).fields().iter();
        let will_do = fields.enumerate().filter(|(_, field)| {
            let ty = field.storage.value();
            field.mutable && ty.is_ref() && env.fits(ty, eq)
        });
        let will_do: Vec<(usize, Ty)> = will_do.map(|(i, f)| (i, f.storage.value())).collect();
        let Some(nth) = usize::from(c).checked_rem(will_do.len()) else {
            return;
        };
        let (field, ty) = will_do[nth];
        let Some(value) = self.slot(b, |slot| env.fits(slot, ty)) else {
            return;
        };
        let of = u32::from(object.type_index());
        let field = field as u32;
        self.begin();
        self.unless_null(object);
        self.i().local_get(object.index).local_get(value.index);
        self.i().struct_set(of, field);
        self.make(Ty::of(Heap::Eq), 1);
        self.i().drop();
        self.i().local_get(object.index).struct_get(of, field);
        self.i().local_get(value.index).ref_eq();
        self.claim(Claim::Stored);
        self.done();
    }

    /// Pops an i32 that is zero if `claim` is contradicted, and notes that.
    fn claim(&mut self, claim: Claim) {
        let global = self.env.contradictions();
        claims::note(self.i(), claim, global);
    }
}
