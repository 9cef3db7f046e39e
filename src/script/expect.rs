//! Comparison of results with those that a script expects.

use super::values::Value;
use crate::engine::Store;
use crate::heap::{Heap, Shape};
use crate::types::{HeapType, ValType};
use wast::core::{AbstractHeapType, NanPattern, V128Pattern, WastRetCore};
use wast::token::{F32, F64};

/// Whether `value` matches `expected`.
pub(super) fn matches<H: Heap>(
    store: &Store<H>,
    expected: &WastRetCore<'_>,
    value: &Value,
) -> bool {
    let bits = value.bits[0];
    // Values of 32 bits must be zero-extended in their registers.
    let narrow = u32::try_from(bits).ok();
    match (expected, value.ty) {
        (WastRetCore::Either(cases), _) => cases.iter().any(|case| matches(store, case, value)),
        (WastRetCore::I32(x), ValType::I32) => narrow == Some(*x as u32),
        (WastRetCore::I64(x), ValType::I64) => bits == *x as u64,
        (WastRetCore::F32(x), ValType::F32) => narrow.is_some_and(|bits| is_f32(x, bits)),
        (WastRetCore::F64(x), ValType::F64) => is_f64(x, bits),
        (WastRetCore::V128(x), ValType::V128) => is_v128(x, value.bytes()),
        (WastRetCore::RefNull(null), ValType::Ref(ty)) => {
            let fits = |null: &wast::core::HeapType<'_>| is_null_of(null, ty.heap.top());
            bits == 0 && null.as_ref().is_none_or(fits)
        }
        (WastRetCore::RefFunc(_), ValType::Ref(ty)) => {
            let is_func = ty.heap.top() == HeapType::Func;
            is_func && bits != 0 && store.matches(bits, ty) == Ok(true)
        }
        (_, ValType::Ref(ty)) => {
            let top = ty.heap.top();
            top != HeapType::Func && bits != 0 && is_object(store, expected, top, value)
        }
        _ => false,
    }
}

/// Whether a reference that is neither null nor to a function is the expected one.
fn is_object<H: Heap>(
    store: &Store<H>,
    expected: &WastRetCore<'_>,
    top: HeapType,
    value: &Value,
) -> bool {
    let r = value.reference();
    let shape = match r.is_i31() {
        true => None,
        false => match store.heap.shape(r) {
            Ok(shape) => Some(shape),
            Err(_) => return false,
        },
    };
    let is_host = |host: u32| shape == Some(Shape::Extern) && store.heap.extern_host(r) == Ok(host);
    match expected {
        WastRetCore::RefExtern(None) => top == HeapType::Extern,
        WastRetCore::RefExtern(Some(host)) => top == HeapType::Extern && is_host(*host),
        WastRetCore::RefHost(host) => top == HeapType::Any && is_host(*host),
        WastRetCore::RefAny => top == HeapType::Any,
        WastRetCore::RefEq => matches!(shape, None | Some(Shape::Struct(_) | Shape::Array(_))),
        WastRetCore::RefI31 => shape.is_none(),
        WastRetCore::RefStruct => matches!(shape, Some(Shape::Struct(_))),
        WastRetCore::RefArray => matches!(shape, Some(Shape::Array(_))),
        _ => false,
    }
}

/// Whether `ref.null ty` is a null of the hierarchy `top`. A type index may belong to any.
fn is_null_of(ty: &wast::core::HeapType<'_>, top: HeapType) -> bool {
    use AbstractHeapType::*;
    let wast::core::HeapType::Abstract { ty, .. } = ty else {
        return true;
    };
    match ty {
        Func | NoFunc => top == HeapType::Func,
        Extern | NoExtern => top == HeapType::Extern,
        Exn | NoExn => top == HeapType::Exn,
        Any | Eq | I31 | Struct | Array | None => top == HeapType::Any,
        _ => false,
    }
}

fn is_f32(pattern: &NanPattern<F32>, bits: u32) -> bool {
    const QUIET: u32 = 0x7fc0_0000;
    match pattern {
        NanPattern::CanonicalNan => bits & (u32::MAX >> 1) == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
        NanPattern::Value(value) => value.bits == bits,
    }
}

fn is_f64(pattern: &NanPattern<F64>, bits: u64) -> bool {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    match pattern {
        NanPattern::CanonicalNan => bits & (u64::MAX >> 1) == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
        NanPattern::Value(value) => value.bits == bits,
    }
}

fn is_v128(pattern: &V128Pattern, bytes: [u8; 16]) -> bool {
    /// The lanes of a vector, each `N` bytes wide.
    fn lanes<const N: usize>(bytes: &[u8; 16]) -> impl Iterator<Item = [u8; N]> {
        bytes.chunks_exact(N).map(|lane| {
            let mut fixed = [0; N];
            fixed.copy_from_slice(lane);
            fixed
        })
    }
    match pattern {
        V128Pattern::I8x16(x) => lanes(&bytes).map(i8::from_le_bytes).eq(*x),
        V128Pattern::I16x8(x) => lanes(&bytes).map(i16::from_le_bytes).eq(*x),
        V128Pattern::I32x4(x) => lanes(&bytes).map(i32::from_le_bytes).eq(*x),
        V128Pattern::I64x2(x) => lanes(&bytes).map(i64::from_le_bytes).eq(*x),
        V128Pattern::F32x4(x) => {
            let mut lanes = lanes(&bytes).map(u32::from_le_bytes).zip(x);
            lanes.all(|(bits, pattern)| is_f32(pattern, bits))
        }
        V128Pattern::F64x2(x) => {
            let mut lanes = lanes(&bytes).map(u64::from_le_bytes).zip(x);
            lanes.all(|(bits, pattern)| is_f64(pattern, bits))
        }
    }
}

fn lane_f32(pattern: &NanPattern<F32>) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".into(),
        NanPattern::ArithmeticNan => "nan:arithmetic".into(),
        NanPattern::Value(x) => f32::from_bits(x.bits).to_string(),
    }
}

fn lane_f64(pattern: &NanPattern<F64>) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".into(),
        NanPattern::ArithmeticNan => "nan:arithmetic".into(),
        NanPattern::Value(x) => f64::from_bits(x.bits).to_string(),
    }
}

/// A vector in the text format: `i32x4 1 2 3 4`.
fn lanes_in_words(pattern: &V128Pattern) -> String {
    fn list<T>(shape: &str, lanes: &[T], show: impl Fn(&T) -> String) -> String {
        let lanes = lanes.iter().map(|lane| format!(" {}", show(lane)));
        format!("{shape}{}", lanes.collect::<String>())
    }
    match pattern {
        V128Pattern::I8x16(x) => list("i8x16", x, ToString::to_string),
        V128Pattern::I16x8(x) => list("i16x8", x, ToString::to_string),
        V128Pattern::I32x4(x) => list("i32x4", x, ToString::to_string),
        V128Pattern::I64x2(x) => list("i64x2", x, ToString::to_string),
        V128Pattern::F32x4(x) => list("f32x4", x, lane_f32),
        V128Pattern::F64x2(x) => list("f64x2", x, lane_f64),
    }
}

/// The expected result in words.
pub(super) fn show(expected: &WastRetCore<'_>) -> String {
    match expected {
        WastRetCore::I32(x) => format!("i32 {x}"),
        WastRetCore::I64(x) => format!("i64 {x}"),
        WastRetCore::F32(NanPattern::Value(x)) => {
            format!("f32 {} ({:#010x})", f32::from_bits(x.bits), x.bits)
        }
        WastRetCore::F64(NanPattern::Value(x)) => {
            format!("f64 {} ({:#018x})", f64::from_bits(x.bits), x.bits)
        }
        WastRetCore::F32(nan) => format!("f32 {}", lane_f32(nan)),
        WastRetCore::F64(nan) => format!("f64 {}", lane_f64(nan)),
        WastRetCore::V128(x) => format!("v128 {}", lanes_in_words(x)),
        WastRetCore::RefNull(_) => "null".into(),
        WastRetCore::RefExtern(None) => "an external value".into(),
        WastRetCore::RefExtern(Some(host)) | WastRetCore::RefHost(host) => {
            format!("external value {host}")
        }
        WastRetCore::RefFunc(_) => "a function".into(),
        WastRetCore::RefAny => "a reference".into(),
        WastRetCore::RefEq => "a struct, an array or an i31".into(),
        WastRetCore::RefArray => "an array".into(),
        WastRetCore::RefStruct => "a struct".into(),
        WastRetCore::RefI31 | WastRetCore::RefI31Shared => "an i31".into(),
        WastRetCore::Either(cases) => {
            let cases: Vec<String> = cases.iter().map(show).collect();
            cases.join(" or ")
        }
    }
}
