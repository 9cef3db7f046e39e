//! Vector computations, which do not access the heap.

mod binary;
mod lanes;
mod unary;

use crate::module::{Op, VectorBinary, VectorShift, VectorTernary, VectorTest, VectorUnary};
use lanes::{Lane, join, lanes, map, pairwise, zip};
use std::ops::Add;

/// Reads the vector in register `first` and the next one.
pub(super) fn get(regs: &[u64], first: u16) -> u128 {
    let first = usize::from(first);
    u128::from(regs[first]) | u128::from(regs[first + 1]) << 64
}

/// Writes a vector to register `first` and the next one.
pub(super) fn put(regs: &mut [u64], first: u16, v: u128) {
    let first = usize::from(first);
    regs[first] = v as u64;
    regs[first + 1] = (v >> 64) as u64;
}

pub(super) fn unary(op: Op, regs: &mut [u64]) {
    let v = unary::apply(VectorUnary::selected(op.imm), get(regs, op.b));
    put(regs, op.a, v);
}

pub(super) fn binary(op: Op, regs: &mut [u64]) {
    let (b, c) = (get(regs, op.b), get(regs, op.c));
    put(
        regs,
        op.a,
        binary::apply(VectorBinary::selected(op.imm), b, c),
    );
}

pub(super) fn ternary(op: Op, regs: &mut [u64]) {
    let (a, b) = (get(regs, op.b), get(regs, op.c));
    let c = get(regs, (op.imm >> 16) as u16);
    use VectorTernary::*;
    let v = match VectorTernary::selected(op.imm) {
        I8x16Shuffle => map(c, |i: u8| match i {
            0..16 => (a >> (i * 8)) as u8,
            _ => (b >> ((i & 15) * 8)) as u8,
        }),
        V128Bitselect => a & c | b & !c,
        // The deterministic profile rounds the product first.
        F32x4RelaxedMadd => multiply_add(a, b, c, |x: f32, y, z| x * y + z),
        F32x4RelaxedNmadd => multiply_add(a, b, c, |x: f32, y, z| -x * y + z),
        F64x2RelaxedMadd => multiply_add(a, b, c, |x: f64, y, z| x * y + z),
        F64x2RelaxedNmadd => multiply_add(a, b, c, |x: f64, y, z| -x * y + z),
        I32x4RelaxedDotI8x16I7x16AddS => {
            let products = lanes(binary::relaxed_dot(a, b));
            let sums = pairwise(products, |x: i16, y| i32::from(x).add(i32::from(y)));
            zip(sums, c, i32::wrapping_add)
        }
    };
    put(regs, op.a, v);
}

fn multiply_add<T: Lane>(a: u128, b: u128, c: u128, f: impl Fn(T, T, T) -> T) -> u128 {
    let factors = lanes(a).zip(lanes(b));
    join(factors.zip(lanes(c)).map(|((x, y), z)| f(x, y, z)))
}

pub(super) fn shift(op: Op, regs: &mut [u64]) {
    let v = get(regs, op.b);
    // Shift counts wrap at the lane width.
    let n = regs[usize::from(op.c)] as u32;
    use VectorShift::*;
    let v = match VectorShift::selected(op.imm) {
        I8x16Shl => map(v, |x: u8| x.wrapping_shl(n)),
        I8x16ShrS => map(v, |x: i8| x.wrapping_shr(n)),
        I8x16ShrU => map(v, |x: u8| x.wrapping_shr(n)),
        I16x8Shl => map(v, |x: u16| x.wrapping_shl(n)),
        I16x8ShrS => map(v, |x: i16| x.wrapping_shr(n)),
        I16x8ShrU => map(v, |x: u16| x.wrapping_shr(n)),
        I32x4Shl => map(v, |x: u32| x.wrapping_shl(n)),
        I32x4ShrS => map(v, |x: i32| x.wrapping_shr(n)),
        I32x4ShrU => map(v, |x: u32| x.wrapping_shr(n)),
        I64x2Shl => map(v, |x: u64| x.wrapping_shl(n)),
        I64x2ShrS => map(v, |x: i64| x.wrapping_shr(n)),
        I64x2ShrU => map(v, |x: u64| x.wrapping_shr(n)),
    };
    put(regs, op.a, v);
}

pub(super) fn test(op: Op, regs: &mut [u64]) {
    let v = get(regs, op.b);
    use VectorTest::*;
    regs[usize::from(op.a)] = match VectorTest::selected(op.imm) {
        V128AnyTrue => u64::from(v != 0),
        I8x16AllTrue => u64::from(lanes(v).all(|x: u8| x != 0)),
        I16x8AllTrue => u64::from(lanes(v).all(|x: u16| x != 0)),
        I32x4AllTrue => u64::from(lanes(v).all(|x: u32| x != 0)),
        I64x2AllTrue => u64::from(lanes(v).all(|x: u64| x != 0)),
        I8x16Bitmask => signs(lanes(v).map(|x: i8| x < 0)),
        I16x8Bitmask => signs(lanes(v).map(|x: i16| x < 0)),
        I32x4Bitmask => signs(lanes(v).map(|x: i32| x < 0)),
        I64x2Bitmask => signs(lanes(v).map(|x: i64| x < 0)),
    };
}

/// One bit per lane.
fn signs(negative: impl Iterator<Item = bool>) -> u64 {
    negative
        .enumerate()
        .fold(0, |bits, (i, sign)| bits | u64::from(sign) << i)
}

pub(super) fn splat(op: Op, regs: &mut [u64]) {
    let lane = u128::from(regs[usize::from(op.b)]) & ones(op.imm);
    let copies = (0..128).step_by(op.imm as usize);
    put(regs, op.a, copies.fold(0, |v, at| v | lane << at));
}

pub(super) fn extract(op: Op, regs: &mut [u64]) {
    let lane = get(regs, op.b) >> (u32::from(op.c) * op.imm);
    regs[usize::from(op.a)] = (lane & ones(op.imm)) as u64;
}

pub(super) fn replace(op: Op, regs: &mut [u64]) {
    let (width, lane) = (op.imm & 0xffff, op.imm >> 16);
    let at = width * lane;
    let value = u128::from(regs[usize::from(op.c)]) & ones(width);
    let others = get(regs, op.b) & !(ones(width) << at);
    put(regs, op.a, others | value << at);
}

/// A mask of the lowest `n` bits; `n` is at least one.
fn ones(n: u32) -> u128 {
    u128::MAX >> (128 - n)
}

pub(super) fn select(op: Op, regs: &mut [u64]) {
    let from = match regs[op.imm as usize] {
        0 => op.c,
        _ => op.b,
    };
    put(regs, op.a, get(regs, from));
}
