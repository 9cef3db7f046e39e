//! NaNs whose bits may differ between engines.
//!
//! An operation on floats may give any of several NaNs (specification 4.3.3, "NaN propagation"), and
//! code can look at their bits. In an exported module the result of each such operation is made
//! canonical, as wasm-smith does for most of them.

use super::asm::Asm;
use wasm_encoder::{Ieee32, Ieee64};
use wasmparser::{Operator, ValType};

/// The bits of the canonical NaNs.
const NAN32: u32 = 0x7fc0_0000;
const NAN64: u64 = 0x7ff8_0000_0000_0000;

/// A kind of float, or of a vector of floats.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Float {
    F32,
    F64,
    F32x4,
    F64x2,
}

impl Float {
    /// The type of its values.
    pub fn ty(self) -> ValType {
        match self {
            Float::F32 => ValType::F32,
            Float::F64 => ValType::F64,
            Float::F32x4 | Float::F64x2 => ValType::V128,
        }
    }

    /// The kind of the result of an operation, if that may be one of several NaNs.
    pub fn of(op: &Operator<'_>) -> Option<Float> {
        use Operator::*;
        Some(match op {
            F32Ceil | F32Floor | F32Trunc | F32Nearest | F32Sqrt | F32Add | F32Sub | F32Mul
            | F32Div | F32Min | F32Max | F32DemoteF64 => Float::F32,
            F64Ceil | F64Floor | F64Trunc | F64Nearest | F64Sqrt | F64Add | F64Sub | F64Mul
            | F64Div | F64Min | F64Max | F64PromoteF32 => Float::F64,
            F32x4Ceil | F32x4Floor | F32x4Trunc | F32x4Nearest | F32x4Sqrt | F32x4Add
            | F32x4Sub | F32x4Mul | F32x4Div | F32x4Min | F32x4Max | F32x4DemoteF64x2Zero
            | F32x4RelaxedMadd | F32x4RelaxedNmadd | F32x4RelaxedMin | F32x4RelaxedMax => {
                Float::F32x4
            }
            F64x2Ceil | F64x2Floor | F64x2Trunc | F64x2Nearest | F64x2Sqrt | F64x2Add
            | F64x2Sub | F64x2Mul | F64x2Div | F64x2Min | F64x2Max | F64x2PromoteLowF32x4
            | F64x2RelaxedMadd | F64x2RelaxedNmadd | F64x2RelaxedMin | F64x2RelaxedMax => {
                Float::F64x2
            }
            _ => return None,
        })
    }

    /// Makes the value on top of the stack canonical, with a local of its type.
    pub fn canonical(self, asm: &mut Asm, local: u32) {
        let mut op = asm.op();
        op.local_tee(local);
        // A NaN is no number, and not equal to itself.
        match self {
            Float::F32 => {
                let nan = Ieee32::new(NAN32);
                op.f32_const(nan).local_get(local).local_get(local);
                op.f32_eq().select();
            }
            Float::F64 => {
                let nan = Ieee64::new(NAN64);
                op.f64_const(nan).local_get(local).local_get(local);
                op.f64_eq().select();
            }
            Float::F32x4 => {
                let lane = u128::from(NAN32);
                let nans = lane | lane << 32 | lane << 64 | lane << 96;
                op.v128_const(nans as i128);
                op.local_get(local).local_get(local);
                op.f32x4_eq().v128_bitselect();
            }
            Float::F64x2 => {
                let lane = u128::from(NAN64);
                op.v128_const((lane | lane << 64) as i128);
                op.local_get(local).local_get(local);
                op.f64x2_eq().v128_bitselect();
            }
        }
    }
}
