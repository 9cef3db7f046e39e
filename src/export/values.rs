//! Values that the host gives to the module: as the deterministic host of a case does, with kept
//! references, new ones and null.

use super::runtime::{EQ, Runtime};
use super::unit::{Asm, Unit, encoded, heap};
use crate::case::Arg;
use crate::module_ir::{Module, Shape};
use std::collections::BTreeMap;
use wasm_encoder::{BlockType, HeapType};
use wasmparser::{AbstractHeapType, FieldType, RefType, StorageType, UnpackedIndex, ValType};

/// How a reference is picked among those that are kept and fit a type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Pick {
    /// The n-th, wrapping around.
    Nth = 0,
    /// The n-th, or none if all have been passed, wrapping around.
    NthOrNone = 1,
    /// The last.
    Last = 2,
}

/// Where a type belongs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Hierarchy {
    Any,
    Func,
    Extern,
    Exn,
}

/// The index of a type of the module that a reference is to.
pub(super) fn concrete(ty: RefType) -> Option<u32> {
    match ty.heap_type() {
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => Some(index),
        _ => None,
    }
}

fn shape_of<'m>(module: &'m Module<'_>, ty: RefType) -> Option<&'m Shape> {
    Some(&module.types.get(concrete(ty)? as usize)?.shape)
}

fn abstract_of(ty: RefType) -> Option<AbstractHeapType> {
    match ty.heap_type() {
        wasmparser::HeapType::Abstract { ty, .. } => Some(ty),
        _ => None,
    }
}

pub(super) fn hierarchy(module: &Module<'_>, ty: RefType) -> Hierarchy {
    use AbstractHeapType::{Exn, Extern, Func, NoExn, NoExtern, NoFunc};
    match (abstract_of(ty), shape_of(module, ty)) {
        (_, Some(Shape::Func(..))) | (Some(Func | NoFunc), _) => Hierarchy::Func,
        (Some(Extern | NoExtern), _) => Hierarchy::Extern,
        (Some(Exn | NoExn), _) => Hierarchy::Exn,
        _ => Hierarchy::Any,
    }
}

/// Writes code that makes values.
#[derive(Debug)]
pub(super) struct Values {
    /// The function that picks a reference of a type: `(param i32 i32) (result (ref null T))`.
    picks: BTreeMap<u32, u32>,
    pick_of_abstract: Vec<(RefType, u32)>,
    /// A function for each type of functions that has none in the module.
    pub made_funcs: BTreeMap<u32, u32>,
}

impl Values {
    pub fn new() -> Values {
        Values {
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
            asm.op().local_get(seed).call(runtime.number);
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
                asm.op().call(pick);
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
        let defaultable = |ty: &Shape| is_defaultable(ty);
        let types = || unit.module.types.iter();
        let of_kind = |wanted: fn(&Shape) -> bool| {
            let found = types().position(|ty| wanted(&ty.shape) && defaultable(&ty.shape));
            found.map(|index| index as u32)
        };
        let ty = match abstract_of(r) {
            Some(Any | Eq | I31) => {
                asm.op()
                    .local_get(seed)
                    .call(runtime.number)
                    .i32_wrap_i64()
                    .ref_i31();
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
                asm.op().ref_func(func);
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
                asm.op().ref_func(func);
            }
            Some(shape @ Shape::Struct(_)) if defaultable(shape) => {
                asm.op().struct_new_default(ty);
            }
            Some(shape @ Shape::Array(_)) if defaultable(shape) => {
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
        let found = module.funcs.iter().position(|func| is_of(func.ty));
        let func = match (found, ty) {
            (Some(found), _) => found as u32,
            (None, Some(ty)) => *self
                .made_funcs
                .entry(ty)
                .or_insert_with(|| unit.reserve_of(ty)),
            (None, None) => unreachable!("an exported module has functions"),
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
        let (table, count) = match hierarchy {
            Hierarchy::Exn => runtime.kept_exn?,
            _ => (runtime.kept, runtime.kept_count),
        };
        let pick = unit.reserve(&[ValType::I32, ValType::I32], &[ValType::Ref(ty)]);
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
        define_pick(unit, pick, (table, count, heap(ty)), &fits, &as_type);
        Some(pick)
    }
}

fn define_pick(
    unit: &mut Unit<'_>,
    pick: u32,
    (table, count, ty): (u32, u32, HeapType),
    fits: &dyn Fn(&mut Asm),
    as_type: &dyn Fn(&mut Asm),
) {
    let mut asm = Asm::new(2);
    let (how, n) = (0, 1);
    let index = asm.local(ValType::I32);
    let found = asm.local(ValType::I32);
    for is_second in [false, true] {
        asm.op().i32_const(0).local_set(index);
        asm.op().block(BlockType::Empty).loop_(BlockType::Empty);
        asm.op()
            .local_get(index)
            .global_get(count)
            .i32_ge_u()
            .br_if(1);
        asm.op().local_get(index).table_get(table);
        fits(&mut asm);
        asm.op().if_(BlockType::Empty);
        if is_second {
            asm.op().local_get(n).i32_eqz().if_(BlockType::Empty);
            asm.op().local_get(index).table_get(table);
            as_type(&mut asm);
            asm.op().return_().end();
            asm.op().local_get(n).i32_const(1).i32_sub().local_set(n);
        } else {
            asm.op()
                .local_get(found)
                .i32_const(1)
                .i32_add()
                .local_set(found);
        }
        asm.op().end();
        asm.op()
            .local_get(index)
            .i32_const(1)
            .i32_add()
            .local_set(index);
        asm.op().br(0).end().end();
        if !is_second {
            // How many fit, and one more if none is an answer, too.
            asm.op().local_get(found).i32_eqz().if_(BlockType::Empty);
            asm.op().ref_null(ty).return_().end();
            asm.op()
                .local_get(how)
                .i32_const(Pick::Last as i32)
                .i32_eq();
            asm.op().if_(BlockType::Empty);
            asm.op()
                .local_get(found)
                .i32_const(1)
                .i32_sub()
                .local_set(n);
            asm.op().else_();
            asm.op()
                .local_get(n)
                .local_get(found)
                .local_get(how)
                .i32_add()
                .i32_rem_u();
            asm.op().local_set(n).end();
        }
    }
    asm.op().ref_null(ty);
    unit.define(pick, asm);
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
pub(super) fn from_i64(asm: &mut Asm, ty: ValType) {
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

fn takes_i31(ty: RefType) -> bool {
    use AbstractHeapType::{Any, Eq, Extern, I31};
    matches!(abstract_of(ty), Some(Any | Eq | I31 | Extern))
}

fn has_default(field: &FieldType) -> bool {
    match field.element_type {
        StorageType::Val(ValType::Ref(r)) => r.is_nullable(),
        _ => true,
    }
}

/// Whether objects of a type can be made without values.
pub(super) fn is_defaultable(shape: &Shape) -> bool {
    match shape {
        Shape::Struct(fields) => fields.iter().all(has_default),
        Shape::Array(element) => has_default(element),
        Shape::Func(..) => false,
    }
}

/// Takes a value from the stack and pushes an i64 that tells what it is. The host keeps the
/// reference.
pub(super) fn seen(unit: &Unit<'_>, runtime: &Runtime, asm: &mut Asm, ty: ValType) {
    match ty {
        ValType::I32 => {
            asm.op().i64_extend_i32_u();
        }
        ValType::I64 => {}
        ValType::F32 => float(asm, ty),
        ValType::F64 => float(asm, ty),
        ValType::V128 => {
            let vector = asm.local(ValType::V128);
            asm.op().local_tee(vector).i64x2_extract_lane(0);
            asm.op().local_get(vector).i64x2_extract_lane(1);
            asm.op().call(runtime.mix);
        }
        ValType::Ref(r) => match hierarchy(&unit.module, r) {
            Hierarchy::Any => {
                asm.op().ref_cast_nullable(EQ).call(runtime.keep);
            }
            Hierarchy::Extern => {
                asm.op()
                    .any_convert_extern()
                    .ref_cast_nullable(EQ)
                    .call(runtime.keep);
            }
            Hierarchy::Func => {
                asm.op().ref_is_null().i64_extend_i32_u();
            }
            Hierarchy::Exn => {
                if let Some(keep) = runtime.keep_exn {
                    let exn = asm.local(ValType::Ref(RefType::EXNREF));
                    asm.op().local_tee(exn).call(keep).local_get(exn);
                }
                asm.op().ref_is_null().i64_extend_i32_u();
            }
        },
    }
}

/// The bits of a float; all NaNs are one, since their bits may differ between engines.
fn float(asm: &mut Asm, ty: ValType) {
    let value = asm.local(ty);
    let result = BlockType::Result(wasm_encoder::ValType::I64);
    asm.op().local_set(value).local_get(value).local_get(value);
    if ty == ValType::F32 {
        asm.op().f32_eq().if_(result);
        asm.op()
            .local_get(value)
            .i32_reinterpret_f32()
            .i64_extend_i32_u();
    } else {
        asm.op()
            .f64_eq()
            .if_(result)
            .local_get(value)
            .i64_reinterpret_f64();
    }
    asm.op().else_().i64_const(0x7ff8).end();
}
