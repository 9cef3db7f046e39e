//! What the host sees of a value: a number that tells what it is.

use super::asm::Asm;
use super::hierarchy::{Hierarchy, hierarchy};
use super::runtime::{EQ, Runtime};
use super::unit::Unit;
use wasm_encoder::BlockType;
use wasmparser::{RefType, ValType};

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
            asm.call(runtime.mix);
        }
        ValType::Ref(r) => match hierarchy(&unit.module, r) {
            Hierarchy::Any => {
                asm.op().ref_cast_nullable(EQ);
                asm.call(runtime.keep);
            }
            Hierarchy::Extern => {
                asm.op().any_convert_extern().ref_cast_nullable(EQ);
                asm.call(runtime.keep);
            }
            Hierarchy::Func => {
                asm.op().ref_is_null().i64_extend_i32_u();
            }
            Hierarchy::Exn => {
                if let Some(keep) = runtime.keep_exn {
                    let exn = asm.local(ValType::Ref(RefType::EXNREF));
                    asm.op().local_tee(exn);
                    asm.call(keep);
                    asm.op().local_get(exn);
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
