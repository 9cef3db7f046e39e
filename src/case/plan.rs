//! Plans: what the host does, in which order, with which values.

use crate::engine::Act;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An argument of a call.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Arg {
    /// A number, as bits: `i32` and `f32` use the low half. For a parameter of
    /// reference type it picks one of the values that fit.
    Bits(u64),
    /// The null reference.
    Null,
    /// An i31, where that fits.
    I31(i32),
    /// The `n`-th reference that the host has kept from earlier calls, counted
    /// among those that fit, wrapping around.
    Kept(u32),
    /// A value the harness chooses: zero; or the reference that was kept last,
    /// a new one, or null, whichever fits first.
    Auto,
}

/// One call of an exported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The export's name.
    pub export: String,
    /// Arguments; missing ones are [`Arg::Auto`].
    pub args: Vec<Arg>,
}

/// One thing that the host does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// It calls a function.
    Call(Call),
    /// It sets an exported global, or without a value reads it, and keeps the
    /// reference that it finds.
    Global {
        /// The export's name.
        export: String,
        /// The new value.
        value: Option<Arg>,
    },
    /// It sets an element of an exported table, or without a value reads it,
    /// and keeps the reference that it finds. An index that is out of bounds
    /// is shown as a trap.
    Table {
        /// The export's name.
        export: String,
        /// Which element.
        index: u32,
        /// The new value.
        value: Option<Arg>,
    },
    /// It lets go of a reference that it has kept: the `n`-th, wrapping around.
    Drop(u32),
    /// It collects.
    Collect,
}

impl Step {
    /// What kind of thing it is, to whom looks for somebody to blame.
    pub(super) fn act(&self) -> Act {
        match self {
            Step::Call(_) => Act::Call,
            Step::Global { .. } => Act::Global,
            Step::Table { .. } => Act::Table,
            Step::Drop(_) => Act::Drop,
            Step::Collect => Act::Collect,
        }
    }

    /// What observations call the step: the name of the export, or a word.
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

/// What the host does with a module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Plan {
    /// Every exported function once, in order, with automatic arguments.
    #[default]
    EveryExport,
    /// These steps.
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
        }
    }
}

impl std::str::FromStr for Arg {
    type Err = String;

    /// Reads an argument as printed. Numbers may be decimal, hexadecimal or,
    /// with `f32:` or `f64:` in front, floating point.
    fn from_str(text: &str) -> Result<Arg, String> {
        let number = |text: &str| -> Option<i128> {
            let (sign, digits) = match text.strip_prefix('-') {
                Some(rest) => (-1, rest),
                None => (1, text),
            };
            let value = match digits.strip_prefix("0x") {
                Some(hex) => i128::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            Some(sign * value)
        };
        let parsed = match text.split_once(':') {
            Some(("i31", n)) => number(n).and_then(|n| i32::try_from(n).ok()).map(Arg::I31),
            Some(("kept", n)) => n.parse().ok().map(Arg::Kept),
            Some(("f32", x)) => {
                let bits = x.parse::<f32>().map(f32::to_bits);
                bits.ok().map(|bits| Arg::Bits(bits.into()))
            }
            Some(("f64", x)) => x.parse::<f64>().ok().map(|x| Arg::Bits(x.to_bits())),
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
            format!(
                "{text:?} is no argument: expected an integer, f32:X, f64:X, null, i31:N, kept:N or auto"
            )
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
        ] {
            assert_eq!(arg.to_string().parse(), Ok(arg));
        }
        assert_eq!("0xff".parse(), Ok(Arg::Bits(255)));
        assert_eq!("f32:1".parse(), Ok(Arg::Bits(0x3f80_0000)));
        for bad in [
            "",
            "x",
            "99999999999999999999",
            "i31:",
            "kept:-1",
            "f64:y",
            "a:b",
        ] {
            assert!(bad.parse::<Arg>().is_err(), "{bad}");
        }
    }
}
