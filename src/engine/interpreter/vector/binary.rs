//! Operations from two vectors to a vector.

use super::super::float::{double, single};
use super::lanes::{dot, lanes, map, mask, narrow, zip};
use crate::module::VectorBinary;
use std::ops::{Add, Div, Mul, Sub};

/// Applies an operation.
pub(super) fn apply(operation: VectorBinary, a: u128, b: u128) -> u128 {
    use VectorBinary::*;
    match operation {
        V128And => a & b,
        V128AndNot => a & !b,
        V128Or => a | b,
        V128Xor => a ^ b,
        I8x16Swizzle => map(b, |i: u8| byte(a, i)),

        I8x16Eq => mask(a, b, u8::eq),
        I8x16Ne => mask(a, b, u8::ne),
        I8x16LtS => mask(a, b, i8::lt),
        I8x16LtU => mask(a, b, u8::lt),
        I8x16GtS => mask(a, b, i8::gt),
        I8x16GtU => mask(a, b, u8::gt),
        I8x16LeS => mask(a, b, i8::le),
        I8x16LeU => mask(a, b, u8::le),
        I8x16GeS => mask(a, b, i8::ge),
        I8x16GeU => mask(a, b, u8::ge),
        I16x8Eq => mask(a, b, u16::eq),
        I16x8Ne => mask(a, b, u16::ne),
        I16x8LtS => mask(a, b, i16::lt),
        I16x8LtU => mask(a, b, u16::lt),
        I16x8GtS => mask(a, b, i16::gt),
        I16x8GtU => mask(a, b, u16::gt),
        I16x8LeS => mask(a, b, i16::le),
        I16x8LeU => mask(a, b, u16::le),
        I16x8GeS => mask(a, b, i16::ge),
        I16x8GeU => mask(a, b, u16::ge),
        I32x4Eq => mask(a, b, u32::eq),
        I32x4Ne => mask(a, b, u32::ne),
        I32x4LtS => mask(a, b, i32::lt),
        I32x4LtU => mask(a, b, u32::lt),
        I32x4GtS => mask(a, b, i32::gt),
        I32x4GtU => mask(a, b, u32::gt),
        I32x4LeS => mask(a, b, i32::le),
        I32x4LeU => mask(a, b, u32::le),
        I32x4GeS => mask(a, b, i32::ge),
        I32x4GeU => mask(a, b, u32::ge),
        I64x2Eq => mask(a, b, u64::eq),
        I64x2Ne => mask(a, b, u64::ne),
        I64x2LtS => mask(a, b, i64::lt),
        I64x2GtS => mask(a, b, i64::gt),
        I64x2LeS => mask(a, b, i64::le),
        I64x2GeS => mask(a, b, i64::ge),
        F32x4Eq => mask(a, b, f32::eq),
        F32x4Ne => mask(a, b, f32::ne),
        F32x4Lt => mask(a, b, f32::lt),
        F32x4Gt => mask(a, b, f32::gt),
        F32x4Le => mask(a, b, f32::le),
        F32x4Ge => mask(a, b, f32::ge),
        F64x2Eq => mask(a, b, f64::eq),
        F64x2Ne => mask(a, b, f64::ne),
        F64x2Lt => mask(a, b, f64::lt),
        F64x2Gt => mask(a, b, f64::gt),
        F64x2Le => mask(a, b, f64::le),
        F64x2Ge => mask(a, b, f64::ge),

        I8x16Add => zip(a, b, u8::wrapping_add),
        I8x16AddSatS => zip(a, b, i8::saturating_add),
        I8x16AddSatU => zip(a, b, u8::saturating_add),
        I8x16Sub => zip(a, b, u8::wrapping_sub),
        I8x16SubSatS => zip(a, b, i8::saturating_sub),
        I8x16SubSatU => zip(a, b, u8::saturating_sub),
        I8x16MinS => zip(a, b, i8::min),
        I8x16MinU => zip(a, b, u8::min),
        I8x16MaxS => zip(a, b, i8::max),
        I8x16MaxU => zip(a, b, u8::max),
        I8x16AvgrU => zip(a, b, average8),
        I16x8Add => zip(a, b, u16::wrapping_add),
        I16x8AddSatS => zip(a, b, i16::saturating_add),
        I16x8AddSatU => zip(a, b, u16::saturating_add),
        I16x8Sub => zip(a, b, u16::wrapping_sub),
        I16x8SubSatS => zip(a, b, i16::saturating_sub),
        I16x8SubSatU => zip(a, b, u16::saturating_sub),
        I16x8Mul => zip(a, b, u16::wrapping_mul),
        I16x8MinS => zip(a, b, i16::min),
        I16x8MinU => zip(a, b, u16::min),
        I16x8MaxS => zip(a, b, i16::max),
        I16x8MaxU => zip(a, b, u16::max),
        I16x8AvgrU => zip(a, b, average16),
        I16x8Q15MulrSatS => zip(a, b, q15mulr),
        I32x4Add => zip(a, b, u32::wrapping_add),
        I32x4Sub => zip(a, b, u32::wrapping_sub),
        I32x4Mul => zip(a, b, u32::wrapping_mul),
        I32x4MinS => zip(a, b, i32::min),
        I32x4MinU => zip(a, b, u32::min),
        I32x4MaxS => zip(a, b, i32::max),
        I32x4MaxU => zip(a, b, u32::max),
        I64x2Add => zip(a, b, u64::wrapping_add),
        I64x2Sub => zip(a, b, u64::wrapping_sub),
        I64x2Mul => zip(a, b, u64::wrapping_mul),

        // The source lanes are signed; the name gives the sign of the result.
        I8x16NarrowI16x8S => narrow(a, b, |x: i16| x.clamp(-0x80, 0x7f) as i8),
        I8x16NarrowI16x8U => narrow(a, b, |x: i16| x.clamp(0, 0xff) as u8),
        I16x8NarrowI32x4S => narrow(a, b, |x: i32| x.clamp(-0x8000, 0x7fff) as i16),
        I16x8NarrowI32x4U => narrow(a, b, |x: i32| x.clamp(0, 0xffff) as u16),

        I16x8ExtMulLowI8x16S => zip(a, b, product8s),
        I16x8ExtMulHighI8x16S => zip(a >> 64, b >> 64, product8s),
        I16x8ExtMulLowI8x16U => zip(a, b, product8u),
        I16x8ExtMulHighI8x16U => zip(a >> 64, b >> 64, product8u),
        I32x4ExtMulLowI16x8S => zip(a, b, product16s),
        I32x4ExtMulHighI16x8S => zip(a >> 64, b >> 64, product16s),
        I32x4ExtMulLowI16x8U => zip(a, b, product16u),
        I32x4ExtMulHighI16x8U => zip(a >> 64, b >> 64, product16u),
        I64x2ExtMulLowI32x4S => zip(a, b, product32s),
        I64x2ExtMulHighI32x4S => zip(a >> 64, b >> 64, product32s),
        I64x2ExtMulLowI32x4U => zip(a, b, product32u),
        I64x2ExtMulHighI32x4U => zip(a >> 64, b >> 64, product32u),
        I32x4DotI16x8S => dot(a, b, product16s, i32::wrapping_add),
        I16x8RelaxedDotI8x16I7x16S => relaxed_dot(a, b),

        F32x4Add => zip(a, b, f32::add),
        F32x4Sub => zip(a, b, f32::sub),
        F32x4Mul => zip(a, b, f32::mul),
        F32x4Div => zip(a, b, f32::div),
        F32x4Min => zip(a, b, single::min),
        F32x4Max => zip(a, b, single::max),
        F64x2Add => zip(a, b, f64::add),
        F64x2Sub => zip(a, b, f64::sub),
        F64x2Mul => zip(a, b, f64::mul),
        F64x2Div => zip(a, b, f64::div),
        F64x2Min => zip(a, b, double::min),
        F64x2Max => zip(a, b, double::max),
        // These select an operand, even a NaN.
        F32x4PMin => choose(a, b, mask(b, a, f32::lt)),
        F32x4PMax => choose(a, b, mask(a, b, f32::lt)),
        F64x2PMin => choose(a, b, mask(b, a, f64::lt)),
        F64x2PMax => choose(a, b, mask(a, b, f64::lt)),
    }
}

/// Byte `i` of a vector; zero beyond its end.
fn byte(v: u128, i: u8) -> u8 {
    lanes(v).nth(i.into()).unwrap_or(0)
}

/// Selects the bits of `b` where `mask` has ones, else those of `a`.
fn choose(a: u128, b: u128, mask: u128) -> u128 {
    b & mask | a & !mask
}

/// The average, with halves rounded up.
fn average8(x: u8, y: u8) -> u8 {
    (u16::from(x) + u16::from(y)).div_ceil(2) as u8
}

fn average16(x: u16, y: u16) -> u16 {
    (u32::from(x) + u32::from(y)).div_ceil(2) as u16
}

/// A rounded product of numbers with 15 fractional bits. Only the product of -1
/// and -1 is out of range.
fn q15mulr(x: i16, y: i16) -> i16 {
    let product = (product16s(x, y) + 0x4000) >> 15;
    product.min(i16::MAX.into()) as i16
}

fn product8s(x: i8, y: i8) -> i16 {
    i16::from(x) * i16::from(y)
}

fn product8u(x: u8, y: u8) -> u16 {
    u16::from(x) * u16::from(y)
}

fn product16s(x: i16, y: i16) -> i32 {
    i32::from(x) * i32::from(y)
}

fn product16u(x: u16, y: u16) -> u32 {
    u32::from(x) * u32::from(y)
}

fn product32s(x: i32, y: i32) -> i64 {
    i64::from(x) * i64::from(y)
}

fn product32u(x: u32, y: u32) -> u64 {
    u64::from(x) * u64::from(y)
}

/// The relaxed dot product of signed operands.
pub(super) fn relaxed_dot(a: u128, b: u128) -> u128 {
    dot(a, b, product8s, i16::saturating_add)
}
