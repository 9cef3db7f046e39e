//! Plans: the actions of the host, their order and their values.

use super::error::{CaseError, error};
use crate::engine::Act;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An argument of a call.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Arg {
    /// The bits of a number; `i32` and `f32` use the low half. For a parameter
    /// of reference type, picks one of the fitting values.
    Bits(u64),
    /// The null reference.
    Null,
    /// An i31, where the type allows one.
    I31(i32),
    /// The `n`-th of the fitting references that the host keeps, wrapping around.
    Kept(u32),
    /// A value chosen by the harness: zero for numbers; else the fitting
    /// reference kept last, a new reference, or null, in this order.
    Auto,
    /// An `f32`, as bits.
    F32(u32),
    /// An `f64`, as bits.
    F64(u64),
}

impl Arg {
    /// The bits of the argument as a number.
    pub(crate) fn bits(self) -> u64 {
        match self {
            Arg::Bits(bits) | Arg::F64(bits) => bits,
            Arg::F32(bits) => bits.into(),
            Arg::I31(value) => value as u64,
            Arg::Null | Arg::Kept(_) | Arg::Auto => 0,
        }
    }
}

/// One call of an exported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The export's name.
    pub export: String,
    /// Arguments; missing ones are [`Arg::Auto`].
    pub args: Vec<Arg>,
}

/// One action of the host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Calls a function.
    Call(Call),
    /// Sets an exported global. Without a value, reads it and keeps the
    /// reference found.
    Global {
        /// The export's name.
        export: String,
        /// The new value.
        value: Option<Arg>,
    },
    /// Sets an element of an exported table. Without a value, reads it and
    /// keeps the reference found. An index out of bounds is observed as a trap.
    Table {
        /// The export's name.
        export: String,
        /// The index of the element.
        index: u32,
        /// The new value.
        value: Option<Arg>,
    },
    /// Drops a kept reference: the `n`-th, wrapping around.
    Drop(u32),
    /// Collects.
    Collect,
}

impl Step {
    /// The kind of action, by which the engine attributes effects on the heap.
    pub(super) fn act(&self) -> Act {
        match self {
            Step::Call(_) => Act::Call,
            Step::Global { .. } => Act::Global,
            Step::Table { .. } => Act::Table,
            Step::Drop(_) => Act::Drop,
            Step::Collect => Act::Collect,
        }
    }

    /// The step's name in observations: the name of the export, or a word.
    pub fn name(&self) -> String {
        match self {
            Step::Call(Call { export, .. })
            | Step::Global { export, .. }
            | Step::Table { export, .. } => export.clone(),
            Step::Drop(n) => format!("drop {n}"),
            Step::Collect => "collect".into(),
        }
    }
}

/// The actions of the host on a module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Plan {
    /// Calls every exported function once, in order, with automatic arguments.
    #[default]
    EveryExport,
    /// Performs these steps.
    Steps(Vec<Step>),
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Bits(bits) => write!(f, "{}", *bits as i64),
            Arg::Null => f.write_str("null"),
            Arg::I31(value) => write!(f, "i31:{value}"),
            Arg::Kept(n) => write!(f, "kept:{n}"),
            Arg::Auto => f.write_str("auto"),
            Arg::F32(bits) => {
                let x = f32::from_bits(*bits);
                match x.is_nan() {
                    true => nan(f, "f32", x.is_sign_negative(), u64::from(bits & 0x7f_ffff)),
                    false => write!(f, "f32:{x}"),
                }
            }
            Arg::F64(bits) => {
                let x = f64::from_bits(*bits);
                match x.is_nan() {
                    true => nan(f, "f64", x.is_sign_negative(), bits & (u64::MAX >> 12)),
                    false => write!(f, "f64:{x}"),
                }
            }
        }
    }
}

fn nan(f: &mut fmt::Formatter<'_>, ty: &str, negative: bool, payload: u64) -> fmt::Result {
    let sign = if negative { "-" } else { "" };
    write!(f, "{ty}:{sign}nan:{payload:#x}")
}

/// Parses a decimal or hexadecimal integer.
pub(super) fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    // Refuse a second sign, which the standard library would accept.
    let digits = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16)
            .ok()
            .filter(|_| !hex.starts_with('+')),
        None => digits
            .parse()
            .ok()
            .filter(|_: &u64| !digits.starts_with('+')),
    };
    Some(sign * i128::from(digits?))
}

/// Parses a float to bits, `fraction` of them its fraction: a number, `inf`,
/// `nan`, or `nan:0x1` with that fraction.
fn float<X: std::str::FromStr>(
    text: &str,
    fraction: u32,
    bits: impl Fn(X) -> u64,
    infinity: u64,
) -> Option<u64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (((infinity << 1) | 1 << fraction) & !infinity, rest),
        None => (0, text),
    };
    if let Some(payload) = digits.strip_prefix("nan:") {
        let payload = number(payload.strip_prefix("0x").map(|_| payload)?)?;
        let payload = u64::try_from(payload).ok()?;
        return (1..1 << fraction)
            .contains(&payload)
            .then_some(sign | infinity | payload);
    }
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = sign | bits(digits.parse().ok()?);
    // Refuse numbers that overflow to infinity.
    let is_infinite = value & !sign == infinity;
    (!is_infinite || digits.to_ascii_lowercase().starts_with("inf")).then_some(value)
}

impl std::str::FromStr for Arg {
    type Err = CaseError;

    /// Parses an argument as printed. Numbers may be decimal or hexadecimal,
    /// or, with the prefix `f32:` or `f64:`, floating point.
    fn from_str(text: &str) -> Result<Arg, CaseError> {
        let parsed = match text.split_once(':') {
            Some(("i31", n)) => number(n).and_then(|n| i32::try_from(n).ok()).map(Arg::I31),
            Some(("kept", n)) => n.parse().ok().map(Arg::Kept),
            Some(("f32", x)) => {
                let infinity = f32::INFINITY.to_bits().into();
                float(x, 23, |x: f32| x.to_bits().into(), infinity).map(|x| Arg::F32(x as u32))
            }
            Some(("f64", x)) => float(x, 52, f64::to_bits, f64::INFINITY.to_bits()).map(Arg::F64),
            Some(_) => None,
            None => match text {
                "null" => Some(Arg::Null),
                "auto" => Some(Arg::Auto),
                _ => number(text)
                    .filter(|n| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(n))
                    .map(|n| Arg::Bits(n as u64)),
            },
        };
        parsed.ok_or_else(|| {
            error(format!(
                "{text:?} is no argument: expected an integer, f32:X, f64:X, null, i31:N, kept:N or auto"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_read_back_as_printed() {
        for arg in [
            Arg::Bits(0),
            Arg::Bits(u64::MAX),
            Arg::Bits(1 << 63),
            Arg::Null,
            Arg::I31(-5),
            Arg::Kept(7),
            Arg::Auto,
            Arg::F32(0),
            Arg::F32(1 << 31),
            Arg::F32(1),
            Arg::F32(0x7f7f_ffff),
            Arg::F32(0xff80_0000),
            Arg::F32(0x7f80_0001),
            Arg::F32(u32::MAX),
            Arg::F64(1),
            Arg::F64(0x3fb9_9999_9999_999a),
            Arg::F64(0x7ff0_0000_0000_0000),
            Arg::F64(0xfff0_0000_0000_0001),
            Arg::F64(u64::MAX),
        ] {
            assert_eq!(arg.to_string().parse(), Ok(arg));
        }
        assert_eq!("0xff".parse(), Ok(Arg::Bits(255)));
        assert_eq!("f32:1".parse(), Ok(Arg::F32(0x3f80_0000)));
        assert_eq!("f64:-nan".parse(), Ok(Arg::F64(0xfff8 << 48)));
        for bad in [
            "",
            "x",
            "99999999999999999999",
            "i31:",
            "kept:-1",
            "f64:y",
            "f32:1e39",
            "f32:nan:0x800000",
            "f32:nan:1",
            "f64:--1",
            "+-1",
            "-+1",
            "a:b",
        ] {
            assert!(bad.parse::<Arg>().is_err(), "{bad}");
        }
    }
}
