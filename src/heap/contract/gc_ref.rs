//! The 32-bit reference.

use std::fmt;

/// A reference as stored in a slot: null, an unboxed i31, or the address of an
/// object.
///
/// | bits | meaning |
/// |---|---|
/// | 0 | null |
/// | `x…x1` | the i31 `x` |
/// | `a…a0` | the object at byte address `a`, a multiple of [`GRANULE`] |
///
/// Only the value distinguishes the three, never its static type: an
/// `externref` may hold an i31 (Wasmtime issue 10371).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GcRef(pub u32);

/// Alignment of objects in bytes. Their sizes are multiples of it.
pub const GRANULE: u32 = 16;

impl GcRef {
    /// The null reference.
    pub const NULL: GcRef = GcRef(0);

    /// The i31 with the low 31 bits of `value`.
    #[inline]
    pub fn i31(value: u32) -> GcRef {
        GcRef((value << 1) | 1)
    }

    /// The reference in a 64-bit register.
    #[inline]
    pub fn from_register(register: u64) -> GcRef {
        GcRef(register as u32)
    }

    /// The register that holds this reference.
    #[inline]
    pub fn register(self) -> u64 {
        u64::from(self.0)
    }

    /// Whether this is null.
    #[inline]
    pub fn is_null(self) -> bool {
        self.0 == 0
    }

    /// Whether this is an i31.
    #[inline]
    pub fn is_i31(self) -> bool {
        self.0 & 1 == 1
    }

    /// Whether this has the form of an object's address: neither null nor an
    /// i31. The address need not be valid.
    #[inline]
    pub fn is_object(self) -> bool {
        // One comparison for both: the low bit becomes the highest.
        self.0.rotate_right(1).wrapping_sub(1) < u32::MAX >> 1
    }

    /// The i31's value, sign-extended (`i31.get_s`).
    #[inline]
    pub fn i31_signed(self) -> i32 {
        (self.0 as i32) >> 1
    }

    /// The i31's value, zero-extended (`i31.get_u`).
    #[inline]
    pub fn i31_unsigned(self) -> u32 {
        self.0 >> 1
    }
}

impl fmt::Debug for GcRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            r if r.is_null() => f.write_str("null"),
            r if r.is_i31() => write!(f, "i31 {}", r.i31_signed()),
            r => write!(f, "{:#x}", r.0),
        }
    }
}

impl fmt::Display for GcRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_as_a_reader_knows_it() {
        let written = |r: GcRef| (format!("{r}"), format!("{r:?}"));
        for (r, text) in [
            (GcRef::NULL, "null"),
            (GcRef::i31(u32::MAX), "i31 -1"),
            (GcRef(0x110), "0x110"),
        ] {
            assert_eq!(written(r), (text.to_string(), text.to_string()));
        }
    }

    #[test]
    fn every_kind_is_told_by_value() {
        assert!(GcRef::NULL.is_null() && !GcRef::NULL.is_object() && !GcRef::NULL.is_i31());
        assert!(GcRef(0x110).is_object());
        for value in [0u32, 1, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, u32::MAX] {
            let r = GcRef::i31(value);
            assert!(r.is_i31() && !r.is_object() && !r.is_null());
            assert_eq!(r.i31_unsigned(), value & 0x7fff_ffff);
            assert_eq!(r.i31_signed(), ((value << 1) as i32) >> 1);
        }
    }
}
