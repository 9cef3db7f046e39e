//! Vectors as sequences of lanes.
//!
//! A vector is a `u128` with lane 0 in the lowest bits. All operations use a
//! few functions on sequences of lanes. These truncate a sequence that is too
//! long for a vector, and pad a shorter one with zeros. So a widening operation
//! applies to the low half of the lanes.

use super::super::float::{double, single};

/// A type of lane that divides a vector.
pub trait Lane: Copy {
    /// Its width.
    const BITS: u32;

    /// The lane from the low bits.
    fn of(bits: u128) -> Self;

    /// The lane's bits, zero-extended. NaNs are treated as results of arithmetic and
    /// become canonical. Operations that pass them unchanged use integers.
    fn bits(self) -> u128;
}

macro_rules! integers {
    ($($lane:ident $unsigned:ident),*) => { $(
        impl Lane for $lane {
            const BITS: u32 = $lane::BITS;

            #[inline]
            fn of(bits: u128) -> $lane {
                bits as $lane
            }

            #[inline]
            fn bits(self) -> u128 {
                u128::from(self as $unsigned)
            }
        }
    )* };
}

integers!(u8 u8, i8 u8, u16 u16, i16 u16, u32 u32, i32 u32, u64 u64, i64 u64);

macro_rules! floats {
    ($($lane:ident $module:ident $bits:literal),*) => { $(
        impl Lane for $lane {
            const BITS: u32 = $bits;

            #[inline]
            fn of(bits: u128) -> $lane {
                $module::get(bits as u64)
            }

            #[inline]
            fn bits(self) -> u128 {
                u128::from($module::put(self))
            }
        }
    )* };
}

floats!(f32 single 32, f64 double 64);

/// The lanes of a vector.
#[inline]
pub fn lanes<T: Lane>(v: u128) -> impl Iterator<Item = T> {
    (0..128 / T::BITS).map(move |i| T::of(v >> (i * T::BITS)))
}

/// A vector of these lanes.
#[inline]
pub fn join<T: Lane>(row: impl Iterator<Item = T>) -> u128 {
    let positions = (0..128).step_by(T::BITS as usize);
    positions
        .zip(row)
        .fold(0, |v, (at, lane)| v | lane.bits() << at)
}

/// Applies `f` to each lane.
#[inline]
pub fn map<T: Lane, U: Lane>(v: u128, f: impl Fn(T) -> U) -> u128 {
    join(lanes(v).map(f))
}

/// Applies `f` to each pair of lanes with the same index.
#[inline]
pub fn zip<T: Lane, U: Lane>(a: u128, b: u128, f: impl Fn(T, T) -> U) -> u128 {
    join(lanes(a).zip(lanes(b)).map(|(x, y)| f(x, y)))
}

/// All ones in the lanes for which `f` holds.
#[inline]
pub fn mask<T: Lane>(a: u128, b: u128, f: impl Fn(&T, &T) -> bool) -> u128 {
    let ones = u128::MAX >> (128 - T::BITS);
    let pairs = lanes(a).zip(lanes(b));
    (0..128)
        .step_by(T::BITS as usize)
        .zip(pairs)
        .filter(|(_, (x, y))| f(x, y))
        .fold(0, |v, (at, _)| v | ones << at)
}

/// The lanes of two vectors in sequence.
#[inline]
pub fn narrow<T: Lane, U: Lane>(a: u128, b: u128, f: impl Fn(T) -> U) -> u128 {
    join(lanes(a).chain(lanes(b)).map(f))
}

/// Applies `f` to each pair of neighbours.
#[inline]
pub fn pairwise<T: Lane, U: Lane>(mut row: impl Iterator<Item = T>, f: impl Fn(T, T) -> U) -> u128 {
    join(std::iter::from_fn(|| Some(f(row.next()?, row.next()?))))
}

/// Products of lanes with the same index, added in pairs.
#[inline]
pub fn dot<T: Lane, U: Lane>(
    a: u128,
    b: u128,
    multiply: impl Fn(T, T) -> U,
    add: impl Fn(U, U) -> U,
) -> u128 {
    let products = lanes(a).zip(lanes(b)).map(|(x, y)| multiply(x, y));
    pairwise(products, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_or_filled_up() {
        let v = 0xf0e0_d0c0_b0a0_9080_7060_5040_3020_1000_u128;
        assert_eq!(map(v, |x: u8| x), v);
        assert_eq!(
            map::<u8, u16>(v, u16::from),
            0x0070_0060_0050_0040_0030_0020_0010_0000
        );
        assert_eq!(map(v, |x: u64| x as u32), 0xb0a0_9080_3020_1000);
        assert_eq!(
            narrow(v, v, |x: u16| x as u8),
            0xe0c0_a080_6040_2000_e0c0_a080_6040_2000
        );
        assert_eq!(
            mask(v, v << 64, |x: &u64, y| x > y),
            u128::from(u64::MAX) << 64 | u128::from(u64::MAX)
        );
    }

    #[test]
    fn nans_become_canonical() {
        let v = u128::from(0xffc1_2345_u32) << 96 | 0x3f80_0000;
        let expected = u128::from(0x7fc0_0000_u32) << 96 | 0x3f80_0000;
        assert_eq!(map(v, |x: f32| x), expected);
        assert_eq!(map(v, |x: u32| x), v);
    }
}
