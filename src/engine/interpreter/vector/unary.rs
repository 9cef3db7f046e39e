//! Operations from a vector to a vector.

use super::lanes::{lanes, map, pairwise};
use crate::module::VectorUnary;

/// Applies an operation.
pub(super) fn apply(operation: VectorUnary, v: u128) -> u128 {
    use VectorUnary::*;
    let high = v >> 64;
    match operation {
        V128Not => !v,
        I8x16Abs => map(v, i8::wrapping_abs),
        I16x8Abs => map(v, i16::wrapping_abs),
        I32x4Abs => map(v, i32::wrapping_abs),
        I64x2Abs => map(v, i64::wrapping_abs),
        I8x16Neg => map(v, i8::wrapping_neg),
        I16x8Neg => map(v, i16::wrapping_neg),
        I32x4Neg => map(v, i32::wrapping_neg),
        I64x2Neg => map(v, i64::wrapping_neg),
        I8x16Popcnt => map(v, |x: u8| x.count_ones() as u8),

        I16x8ExtendLowI8x16S => map::<i8, i16>(v, i16::from),
        I16x8ExtendHighI8x16S => map::<i8, i16>(high, i16::from),
        I16x8ExtendLowI8x16U => map::<u8, u16>(v, u16::from),
        I16x8ExtendHighI8x16U => map::<u8, u16>(high, u16::from),
        I32x4ExtendLowI16x8S => map::<i16, i32>(v, i32::from),
        I32x4ExtendHighI16x8S => map::<i16, i32>(high, i32::from),
        I32x4ExtendLowI16x8U => map::<u16, u32>(v, u32::from),
        I32x4ExtendHighI16x8U => map::<u16, u32>(high, u32::from),
        I64x2ExtendLowI32x4S => map::<i32, i64>(v, i64::from),
        I64x2ExtendHighI32x4S => map::<i32, i64>(high, i64::from),
        I64x2ExtendLowI32x4U => map::<u32, u64>(v, u64::from),
        I64x2ExtendHighI32x4U => map::<u32, u64>(high, u64::from),

        I16x8ExtAddPairwiseI8x16S => pairwise(lanes(v), |x: i8, y| i16::from(x) + i16::from(y)),
        I16x8ExtAddPairwiseI8x16U => pairwise(lanes(v), |x: u8, y| u16::from(x) + u16::from(y)),
        I32x4ExtAddPairwiseI16x8S => pairwise(lanes(v), |x: i16, y| i32::from(x) + i32::from(y)),
        I32x4ExtAddPairwiseI16x8U => pairwise(lanes(v), |x: u16, y| u32::from(x) + u32::from(y)),

        // Sign operations work on bits: NaNs pass unchanged.
        F32x4Abs => map(v, |x: u32| x & !(1 << 31)),
        F32x4Neg => map(v, |x: u32| x ^ (1 << 31)),
        F32x4Sqrt => map(v, f32::sqrt),
        F32x4Ceil => map(v, f32::ceil),
        F32x4Floor => map(v, f32::floor),
        F32x4Trunc => map(v, f32::trunc),
        F32x4Nearest => map(v, f32::round_ties_even),
        F64x2Abs => map(v, |x: u64| x & !(1 << 63)),
        F64x2Neg => map(v, |x: u64| x ^ (1 << 63)),
        F64x2Sqrt => map(v, f64::sqrt),
        F64x2Ceil => map(v, f64::ceil),
        F64x2Floor => map(v, f64::floor),
        F64x2Trunc => map(v, f64::trunc),
        F64x2Nearest => map(v, f64::round_ties_even),

        // Rust's casts saturate, and map NaN to zero.
        I32x4TruncSatF32x4S => map(v, |x: f32| x as i32),
        I32x4TruncSatF32x4U => map(v, |x: f32| x as u32),
        I32x4TruncSatF64x2SZero => map(v, |x: f64| x as i32),
        I32x4TruncSatF64x2UZero => map(v, |x: f64| x as u32),
        F32x4ConvertI32x4S => map(v, |x: i32| x as f32),
        F32x4ConvertI32x4U => map(v, |x: u32| x as f32),
        F64x2ConvertLowI32x4S => map::<i32, f64>(v, f64::from),
        F64x2ConvertLowI32x4U => map::<u32, f64>(v, f64::from),
        F32x4DemoteF64x2Zero => map(v, |x: f64| x as f32),
        F64x2PromoteLowF32x4 => map::<f32, f64>(v, f64::from),
    }
}
