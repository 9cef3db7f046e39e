//! Limits from a header or a user, and the ceiling for those of a header.

use super::error::{CaseError, error};
use super::header::LimitsText;
use crate::engine::{CEILING, Limits, MAX_REENTRY};
use std::fmt;
use std::str::FromStr;

/// Calls a macro with the names of all limits.
macro_rules! with_every_limit {
    ($call:ident) => {
        $call!(
            fuel,
            frames,
            registers,
            heap_bytes,
            table_elements,
            memory_bytes,
            reentry,
            footprint,
            work,
            capacity,
            refuse,
            exhaust,
            inside,
            thin
        )
    };
}

/// Combines limits: each is the `given` one, else the one that `header` asks
/// for, else that of `base`. Given limits may have any value. A header may ask
/// for no more than the ceiling, or than `base` where that is higher. Error
/// messages take one line.
pub(crate) fn limits(
    header: Option<&LimitsText>,
    given: &LimitsText,
    mut base: Limits,
) -> Result<Limits, String> {
    if let Some(header) = header {
        macro_rules! check {
            ($($name:ident),*) => {
                $(if let (Some(asked), None) = (header.$name, given.$name) {
                    let most = CEILING.$name.max(base.$name);
                    if asked > most {
                        return Err(format!(
                            "limit {name} = {asked} is more than the {most} that a header may ask for; \
                             --limits {name}={asked} allows it",
                            name = stringify!($name),
                        ));
                    }
                })*
            };
        }
        with_every_limit!(check);
        header.apply(&mut base);
    }
    given.apply(&mut base);
    Ok(base)
}

impl FromStr for LimitsText {
    type Err = CaseError;

    /// Reads `fuel=N,heap_bytes=N`: any of the limits, each at most once. The
    /// suffixes `k`, `m` and `g` multiply by 2 to the power of 10, 20 and 30.
    fn from_str(text: &str) -> Result<LimitsText, CaseError> {
        limits_of(text).map_err(error)
    }
}

fn limits_of(text: &str) -> Result<LimitsText, String> {
    let mut limits = LimitsText::default();
    for item in text.split(',') {
        let (name, value) = item
            .split_once('=')
            .ok_or_else(|| format!("{item:?}: expected NAME=N"))?;
        let number = number(value).ok_or_else(|| format!("{value:?} is no number of {name:?}"))?;
        macro_rules! set {
                ($($name:ident),*) => {
                    match name {
                        $(stringify!($name) => {
                            let limit = number.try_into().map_err(|_| "too large".to_string())?;
                            limits.$name.replace(limit).is_some()
                        })*
                        _ => {
                            let names = [$(stringify!($name)),*].join(", ");
                            return Err(format!("no limit {name:?}; there are {names}"));
                        }
                    }
                };
            }
        if with_every_limit!(set) {
            return Err(format!("limit {name} is given twice"));
        }
    }
    macro_rules! at_least_one {
            ($($name:ident),*) => {
                $(if limits.$name == Some(0) {
                    return Err(concat!(stringify!($name), " must be at least 1").into());
                })*
            };
        }
    at_least_one!(fuel, frames, registers, reentry);
    if limits.reentry.is_some_and(|reentry| reentry > MAX_REENTRY) {
        return Err(format!("reentry must be at most {MAX_REENTRY}"));
    }
    Ok(limits)
}

impl fmt::Display for LimitsText {
    /// Writes the form that `from_str` reads; nothing if no limit is given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut items = Vec::new();
        macro_rules! show {
            ($($name:ident),*) => {
                $(items.extend(self.$name.map(|limit| format!("{}={limit}", stringify!($name))));)*
            };
        }
        with_every_limit!(show);
        f.write_str(&items.join(","))
    }
}

fn number(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' => (&text[..text.len() - 1], 10),
        b'm' => (&text[..text.len() - 1], 20),
        b'g' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_units_and_each_once() {
        let limits: LimitsText = "fuel=7,heap_bytes=3k,footprint=2g".parse().unwrap();
        let wanted = LimitsText {
            fuel: Some(7),
            heap_bytes: Some(3 << 10),
            footprint: Some(2 << 30),
            ..LimitsText::default()
        };
        assert_eq!(limits, wanted);
        let shown = "fuel=7,heap_bytes=3072,footprint=2147483648";
        assert_eq!(limits.to_string(), shown);
        assert_eq!(LimitsText::default().to_string(), "");
        for (bad, message) in [
            ("", "expected NAME=N"),
            ("fuel", "expected NAME=N"),
            ("fuel=", "is no number"),
            ("fuel=k", "is no number"),
            ("fuel=-1", "is no number"),
            ("fuel=1.5", "is no number"),
            ("fuel=99999999999g", "is no number"),
            ("fuel=1,fuel=2", "given twice"),
            ("steps=1", "no limit \"steps\"; there are fuel, frames"),
            ("frames=0", "at least 1"),
            ("fuel=0", "fuel must be at least 1"),
            ("registers=0", "at least 1"),
            ("reentry=0", "at least 1"),
            ("reentry=7", "at most 6"),
        ] {
            let error = bad.parse::<LimitsText>().unwrap_err();
            assert!(error.message.contains(message), "{bad}: {error}");
        }
    }

    #[test]
    fn a_header_gets_what_is_below_the_ceiling_and_a_user_gets_anything() {
        let none = LimitsText::default();
        let asked = |text: &str| text.parse::<LimitsText>().unwrap();
        let base = Limits::default();
        let within = limits(Some(&asked("footprint=1g,fuel=5")), &none, base).unwrap();
        assert_eq!((within.footprint, within.fuel), (1 << 30, 5));
        let beyond = asked("footprint=1073741825");
        let error = limits(Some(&beyond), &none, base).unwrap_err();
        assert!(error.contains("--limits footprint=1073741825"), "{error}");
        let given = asked("footprint=2g");
        let raised = limits(Some(&beyond), &given, base).unwrap();
        assert_eq!(raised.footprint, 2 << 30);
        // Only the given limit may exceed the ceiling.
        assert!(limits(Some(&beyond), &asked("fuel=1"), base).is_err());
        // A header may ask for the limits of `base`.
        let roomy = Limits {
            footprint: 4 << 30,
            ..base
        };
        assert!(limits(Some(&beyond), &none, roomy).is_ok());
    }
}
