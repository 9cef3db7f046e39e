//! Floating-point operations of WebAssembly (spec section 4.3.3).
//!
//! The specification does not determine the bits of a computed NaN. Here every
//! NaN from arithmetic is the positive canonical one, so that runs agree on
//! every machine.

use super::super::trap::Trap;

macro_rules! float {
    ($module:ident, $float:ident, $bits:ident, $nan:expr) => {
        pub(super) mod $module {
            pub fn get(register: u64) -> $float {
                $float::from_bits(register as $bits)
            }

            /// Converts an arithmetic result to a register.
            pub fn put(value: $float) -> u64 {
                u64::from(if value.is_nan() {
                    $nan
                } else {
                    value.to_bits()
                })
            }

            pub fn min(a: $float, b: $float) -> $float {
                if a.is_nan() || b.is_nan() {
                    $float::NAN
                } else if a == b {
                    // Zeros of both signs are equal; the negative one is less.
                    $float::from_bits(a.to_bits() | b.to_bits())
                } else if a < b {
                    a
                } else {
                    b
                }
            }

            pub fn max(a: $float, b: $float) -> $float {
                if a.is_nan() || b.is_nan() {
                    $float::NAN
                } else if a == b {
                    $float::from_bits(a.to_bits() & b.to_bits())
                } else if a > b {
                    a
                } else {
                    b
                }
            }
        }
    };
}

float!(single, f32, u32, 0x7fc0_0000_u32);
float!(double, f64, u64, 0x7ff8_0000_0000_0000_u64);

/// Truncates towards zero to an integer from `low` to below `high`. Both bounds
/// are exact in `f64`.
pub(super) fn truncate(value: f64, low: f64, high: f64) -> Result<f64, Trap> {
    if value.is_nan() {
        return Err(Trap::InvalidConversion);
    }
    let value = value.trunc();
    match value >= low && value < high {
        true => Ok(value),
        false => Err(Trap::IntegerOverflow),
    }
}

/// Bounds for [`truncate`]: the least value, and the greatest plus one.
pub(super) const I32: (f64, f64) = (-2_147_483_648.0, 2_147_483_648.0);
pub(super) const U32: (f64, f64) = (0.0, 4_294_967_296.0);
pub(super) const I64: (f64, f64) = (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0);
pub(super) const U64: (f64, f64) = (0.0, 18_446_744_073_709_551_616.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_ordered_by_sign_and_nans_win() {
        assert_eq!(single::min(0.0, -0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!(double::max(-0.0, 0.0).to_bits(), 0);
        assert!(double::min(f64::NAN, 1.0).is_nan());
        assert_eq!(single::put(f32::from_bits(0xffc1_2345)), 0x7fc0_0000);
    }

    #[test]
    fn truncation_traps_exactly_outside_the_range() {
        assert_eq!(truncate(-0.9, U32.0, U32.1).map(|v| v as u32), Ok(0));
        assert_eq!(
            truncate(4_294_967_295.9, U32.0, U32.1).map(|v| v as u32),
            Ok(u32::MAX)
        );
        assert_eq!(
            truncate(4_294_967_296.0, U32.0, U32.1),
            Err(Trap::IntegerOverflow)
        );
        assert_eq!(
            truncate(-2_147_483_648.9, I32.0, I32.1).map(|v| v as i32),
            Ok(i32::MIN)
        );
        assert_eq!(
            truncate(f64::NAN, I64.0, I64.1),
            Err(Trap::InvalidConversion)
        );
    }
}
