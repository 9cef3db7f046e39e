//! Values that the host gives to the module: as the deterministic host of a case does, with kept
//! references, new ones and null.

use super::asm::Asm;
use super::hierarchy::{Hierarchy, abstract_of, concrete, hierarchy, is_defaultable, takes_i31};
use super::pick::{Pick, define_pick};
use super::runtime::Runtime;
use super::unit::{Unit, encoded, heap};
use crate::case::Arg;
use crate::module_ir::Shape;
use std::collections::BTreeMap;
use wasm_encoder::BlockType;
use wasmparser::{AbstractHeapType, RefType, ValType};

/// Writes code that makes values.
#[derive(Debug)]
pub(super) struct Values {
    /// The function that picks a reference of a type: `(param i32 i32) (result (ref null T))`.
    picks: BTreeMap<u32, u32>,
    pick_of_abstract: Vec<(RefType, u32)>,
    /// The number of functions of the case, which come first.
    own: usize,
    /// A function for each type of functions that has none in the case.
    pub made_funcs: BTreeMap<u32, u32>,
}

impl Values {
    /// For a case with so many functions.
    pub fn new(own: usize) -> Values {
        Values {
            own,
            picks: BTreeMap::new(),
            pick_of_abstract: Vec::new(),
            made_funcs: BTreeMap::new(),
        }
    }

    /// Pushes a value of a type. `seed` is a local with a number that varies what is made up. If no
    /// value fits, branches to label `none`.
    pub fn value(
        &mut self,
        unit: &mut Unit<'_>,
        runtime: &Runtime,
        asm: &mut Asm,
        ty: ValType,
        (arg, seed, none): (Arg, u32, u32),
    ) {
        let ValType::Ref(r) = ty else {
            number(asm, ty, arg.bits());
            return;
        };
        match arg {
            Arg::Null if r.is_nullable() => {
                asm.op().ref_null(heap(r));
                return;
            }
            Arg::I31(value) if takes_i31(r) => {
                asm.op().i32_const(value).ref_i31();
                if hierarchy(&unit.module, r) == Hierarchy::Extern {
                    asm.op().extern_convert_any();
                }
                return;
            }
            _ => {}
        }
        let (how, n) = match arg {
            Arg::Kept(n) => (Pick::Nth, n),
            Arg::Bits(bits) => (Pick::NthOrNone, bits as u32),
            _ => (Pick::Last, 0),
        };
        asm.op().i32_const(how as i32).i32_const(n as i32);
        self.picked_or_made(unit, runtime, asm, (r, seed, none));
    }

    /// Pushes an answer of the host, which depends on the seed alone.
    pub fn answer(
        &mut self,
        unit: &mut Unit<'_>,
        runtime: &Runtime,
        asm: &mut Asm,
        ty: ValType,
        (seed, none): (u32, u32),
    ) {
        let ValType::Ref(r) = ty else {
            asm.op().local_get(seed);
            asm.call(runtime.number);
            from_i64(asm, ty);
            return;
        };
        let result = BlockType::Result(encoded(ty));
        // Null, in one of eight; a kept reference, in half of the others.
        if r.is_nullable() {
            asm.op()
                .local_get(seed)
                .i64_const(7)
                .i64_and()
                .i64_eqz()
                .if_(result);
            asm.op().ref_null(heap(r)).else_();
        }
        let none = none + u32::from(r.is_nullable());
        asm.op()
            .local_get(seed)
            .i64_const(1)
            .i64_and()
            .i32_wrap_i64();
        // Of an odd seed, nothing that is kept fits: number 2^31 of those.
        asm.op().if_(BlockType::Result(wasm_encoder::ValType::I32));
        asm.op()
            .i32_const(Pick::NthOrNone as i32)
            .else_()
            .i32_const(Pick::Nth as i32)
            .end();
        asm.op()
            .local_get(seed)
            .i64_const(8)
            .i64_shr_u()
            .i32_wrap_i64();
        self.picked_or_made(unit, runtime, asm, (r, seed, none));
        if r.is_nullable() {
            asm.op().end();
        }
    }

    /// Takes what to pick from the stack, and pushes the reference, or a new one.
    fn picked_or_made(
        &mut self,
        unit: &mut Unit<'_>,
        runtime: &Runtime,
        asm: &mut Asm,
        (r, seed, none): (RefType, u32, u32),
    ) {
        let nullable = RefType::new(true, r.heap_type()).unwrap_or(r);
        let found = asm.local(ValType::Ref(nullable));
        match self.pick(unit, runtime, nullable) {
            Some(pick) => {
                asm.call(pick);
            }
            None => {
                asm.op().drop().drop().ref_null(heap(r));
            }
        }
        asm.op()
            .local_tee(found)
            .ref_is_null()
            .if_(BlockType::Empty);
        if self.make(unit, runtime, asm, r, seed) {
            asm.op().local_set(found);
        }
        asm.op().end().local_get(found);
        if !r.is_nullable() {
            asm.op().br_on_null(none);
        }
    }

    /// Pushes a new reference of a type, if there are such.
    pub fn make(
        &mut self,
        unit: &mut Unit<'_>,
        runtime: &Runtime,
        asm: &mut Asm,
        r: RefType,
        seed: u32,
    ) -> bool {
        use AbstractHeapType::{Any, Array, Eq, Extern, Func, I31, Struct};
        let types = || unit.module.types.iter();
        let of_kind = |wanted: fn(&Shape) -> bool| {
            let found = types().position(|ty| wanted(&ty.shape) && is_defaultable(&ty.shape));
            found.map(|index| index as u32)
        };
        let ty = match abstract_of(r) {
            Some(Any | Eq | I31) => {
                asm.op().local_get(seed);
                asm.call(runtime.number);
                asm.op().i32_wrap_i64().ref_i31();
                return true;
            }
            Some(Extern) => {
                asm.op()
                    .local_get(seed)
                    .i64_const(1000)
                    .i64_rem_u()
                    .i32_wrap_i64();
                asm.op().i32_const(0).i32_const(0).i32_const(0).i32_const(0);
                asm.op().struct_new(runtime.external).extern_convert_any();
                return true;
            }
            Some(Func) => {
                let func = self.func_of(unit, None);
                asm.ref_func(func);
                return true;
            }
            Some(Struct) => of_kind(|ty| matches!(ty, Shape::Struct(_))),
            Some(Array) => of_kind(|ty| matches!(ty, Shape::Array(_))),
            Some(_) => None,
            None => concrete(r),
        };
        let Some(ty) = ty else { return false };
        match unit.module.types.get(ty as usize).map(|ty| &ty.shape) {
            Some(Shape::Func(..)) => {
                let func = self.func_of(unit, Some(ty));
                asm.ref_func(func);
            }
            Some(shape @ Shape::Struct(_)) if is_defaultable(shape) => {
                asm.op().struct_new_default(ty);
            }
            Some(shape @ Shape::Array(_)) if is_defaultable(shape) => {
                asm.op()
                    .local_get(seed)
                    .i64_const(3)
                    .i64_rem_u()
                    .i32_wrap_i64();
                asm.op().array_new_default(ty);
            }
            _ => return false,
        }
        true
    }

    /// A function of a type, or of any.
    pub fn func_of(&mut self, unit: &mut Unit<'_>, ty: Option<u32>) -> u32 {
        let module = &unit.module;
        let is_of = |mut at: u32| {
            let Some(wanted) = ty else { return true };
            // The chain of supertypes is finite in a valid module.
            loop {
                if at == wanted {
                    return true;
                }
                match module.types.get(at as usize).and_then(|ty| ty.supertype) {
                    Some(above) if above < at => at = above,
                    _ => return false,
                }
            }
        };
        let own = module.funcs.iter().take(self.own);
        let found = own.map(|func| func.ty).position(is_of);
        let func = match found {
            Some(found) => found as u32,
            None => {
                let ty = ty.unwrap_or_else(|| unit.func_type(&[], &[]));
                let made = self.made_funcs.entry(ty);
                *made.or_insert_with(|| unit.reserve_of("made", ty))
            }
        };
        unit.declare(func)
    }

    /// The function that picks a kept reference of a type. `None` if none can fit.
    fn pick(&mut self, unit: &mut Unit<'_>, runtime: &Runtime, ty: RefType) -> Option<u32> {
        let hierarchy = hierarchy(&unit.module, ty);
        if hierarchy == Hierarchy::Func {
            return None;
        }
        let known = match concrete(ty) {
            Some(index) => self.picks.get(&index).copied(),
            None => {
                let mut known = self.pick_of_abstract.iter();
                known.find(|(known, _)| *known == ty).map(|(_, pick)| *pick)
            }
        };
        if known.is_some() {
            return known;
        }
        let slots = match hierarchy {
            Hierarchy::Exn => runtime.kept_exn?,
            _ => runtime.kept,
        };
        let pick = unit.reserve("pick", &[ValType::I32, ValType::I32], &[ValType::Ref(ty)]);
        match concrete(ty) {
            Some(index) => {
                self.picks.insert(index, pick);
            }
            None => self.pick_of_abstract.push((ty, pick)),
        }
        let fits = |asm: &mut Asm| match hierarchy {
            Hierarchy::Any => {
                asm.op().ref_test_non_null(heap(ty));
            }
            _ => {
                asm.op().ref_is_null().i32_eqz();
            }
        };
        let as_type = |asm: &mut Asm| match (hierarchy, abstract_of(ty)) {
            (Hierarchy::Any, _) => {
                asm.op().ref_cast_nullable(heap(ty));
            }
            (Hierarchy::Extern, Some(AbstractHeapType::Extern)) => {
                asm.op().extern_convert_any();
            }
            (Hierarchy::Exn, Some(AbstractHeapType::Exn)) => {}
            // The bottom types have no values.
            _ => {
                asm.op().drop().ref_null(heap(ty));
            }
        };
        define_pick(unit, pick, (slots, heap(ty)), &fits, &as_type);
        Some(pick)
    }
}

/// Pushes a number that is known.
fn number(asm: &mut Asm, ty: ValType, bits: u64) {
    match ty {
        ValType::I32 => {
            asm.op().i32_const(bits as u32 as i32);
        }
        ValType::F32 => {
            asm.op().i32_const(bits as u32 as i32).f32_reinterpret_i32();
        }
        ValType::I64 => {
            asm.op().i64_const(bits as i64);
        }
        ValType::F64 => {
            asm.op().i64_const(bits as i64).f64_reinterpret_i64();
        }
        _ => {
            asm.op().v128_const(bits.into());
        }
    }
}

/// Turns an i64 into a number of another type.
fn from_i64(asm: &mut Asm, ty: ValType) {
    match ty {
        ValType::I32 => {
            asm.op().i32_wrap_i64();
        }
        ValType::F32 => {
            asm.op().i64_const(0xffff).i64_and().f32_convert_i64_u();
        }
        ValType::F64 => {
            asm.op()
                .i64_const(0xffff_ffff)
                .i64_and()
                .f64_convert_i64_u();
        }
        ValType::I64 => {}
        _ => {
            asm.op().i64x2_splat();
        }
    }
}
