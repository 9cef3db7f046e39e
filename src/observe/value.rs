//! A value as an embedder sees it.

use crate::types::StorageKind;
use serde::de::{self, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A value as an embedder sees it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ObservedValue {
    /// The bits of a number.
    Bits(u64),
    /// The halves of a vector, the low one first.
    Vector([u64; 2]),
    /// The null reference.
    Null,
    /// An i31.
    I31(i32),
    /// A function, by its index in the store.
    Func(u32),
    /// An object, by its number in the graph.
    Object(u32),
    /// A reference to something that is not an object: the heap is broken.
    Dangling,
    /// A reference to an object that the host has dropped since. The object can
    /// no longer be observed.
    Dropped,
    /// A reference that the host did not keep, since it already kept the maximum.
    NotKept,
    /// A reference known only to be non-null.
    Reference,
}

impl ObservedValue {
    /// A value that is not a reference into the heap.
    pub(crate) fn plain(kind: StorageKind, bits: u64, high: u64) -> ObservedValue {
        match kind {
            StorageKind::Func => match (bits as u32).checked_sub(1) {
                Some(func) => ObservedValue::Func(func),
                None => ObservedValue::Null,
            },
            StorageKind::B128 => ObservedValue::Vector([bits, high]),
            _ => ObservedValue::Bits(bits),
        }
    }

    /// The value with references reduced to null or non-null.
    pub(super) fn coarse(self) -> ObservedValue {
        match self {
            ObservedValue::I31(_)
            | ObservedValue::Func(_)
            | ObservedValue::Object(_)
            | ObservedValue::Dangling => ObservedValue::Reference,
            other => other,
        }
    }
}

/// The values that JSON represents as words.
const WORDS: [(&str, ObservedValue); 4] = [
    ("dangling", ObservedValue::Dangling),
    ("dropped", ObservedValue::Dropped),
    ("not kept", ObservedValue::NotKept),
    ("reference", ObservedValue::Reference),
];

impl Serialize for ObservedValue {
    /// Serializes as documented in the module [`json`](super::json).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ObservedValue::Null => serializer.serialize_unit(),
            ObservedValue::Bits(bits) => serializer.collect_str(&format_args!("{bits:#x}")),
            ObservedValue::Vector([low, high]) => {
                let text = format!("{high:#018x}{low:016x}");
                serializer.collect_map([("v128", text)])
            }
            ObservedValue::I31(value) => serializer.collect_map([("i31", value)]),
            ObservedValue::Func(index) => serializer.collect_map([("func", index)]),
            ObservedValue::Object(number) => serializer.collect_map([("object", number)]),
            ObservedValue::Dangling
            | ObservedValue::Dropped
            | ObservedValue::NotKept
            | ObservedValue::Reference => {
                let word = WORDS.iter().find(|(_, value)| value == self);
                serializer.serialize_str(word.map_or("", |(word, _)| word))
            }
        }
    }
}

impl<'de> Deserialize<'de> for ObservedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ObservedValue, D::Error> {
        deserializer.deserialize_any(ObservedValueVisitor)
    }
}

/// The key of a value that is an object in JSON.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    V128,
    I31,
    Func,
    Object,
}

struct ObservedValueVisitor;

impl<'de> Visitor<'de> for ObservedValueVisitor {
    type Value = ObservedValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a value: null, a number such as \"0x2a\", \"dangling\", \"dropped\", \"not kept\", \
             \"reference\", or an object with one of the keys v128, i31, func, object",
        )
    }

    fn visit_unit<E: de::Error>(self) -> Result<ObservedValue, E> {
        Ok(ObservedValue::Null)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ObservedValue, E> {
        let unexpected = || E::invalid_value(Unexpected::Str(text), &self);
        if let Some(digits) = text.strip_prefix("0x") {
            let bits = hexadecimal(digits).and_then(|bits| u64::try_from(bits).ok());
            return bits.map(ObservedValue::Bits).ok_or_else(unexpected);
        }
        let word = WORDS.iter().find(|(word, _)| *word == text);
        word.map(|(_, value)| *value).ok_or_else(unexpected)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ObservedValue, A::Error> {
        let Some(key) = map.next_key::<Key>()? else {
            return Err(de::Error::invalid_value(Unexpected::Map, &self));
        };
        let value = match key {
            Key::V128 => {
                let text: String = map.next_value()?;
                let bits = text.strip_prefix("0x").and_then(hexadecimal);
                let bits = bits.ok_or_else(|| {
                    let expected = &"0x and up to 32 hexadecimal digits";
                    de::Error::invalid_value(Unexpected::Str(&text), expected)
                })?;
                ObservedValue::Vector([bits as u64, (bits >> 64) as u64])
            }
            Key::I31 => {
                let value: i32 = map.next_value()?;
                if (value << 1) >> 1 != value {
                    let found = Unexpected::Signed(value.into());
                    return Err(de::Error::invalid_value(found, &"a number of 31 bits"));
                }
                ObservedValue::I31(value)
            }
            Key::Func => ObservedValue::Func(map.next_value()?),
            Key::Object => ObservedValue::Object(map.next_value()?),
        };
        match map.next_key::<Key>()? {
            None => Ok(value),
            Some(_) => Err(de::Error::invalid_length(2, &"one key")),
        }
    }
}

/// Parses hexadecimal digits, without a sign or separators.
fn hexadecimal(digits: &str) -> Option<u128> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Most are short, and arithmetic on 128 bits is slow.
    let bits = match digits.len() {
        ..=16 => u64::from_str_radix(digits, 16).map(u128::from),
        _ => u128::from_str_radix(digits, 16),
    };
    bits.ok().filter(|_| are_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_json() {
        for (value, json) in [
            (ObservedValue::Bits(0), r#""0x0""#),
            (ObservedValue::Bits(u64::MAX), r#""0xffffffffffffffff""#),
            (
                ObservedValue::Vector([1, 2]),
                r#"{"v128":"0x00000000000000020000000000000001"}"#,
            ),
            (ObservedValue::Null, "null"),
            (ObservedValue::I31(-1 << 30), r#"{"i31":-1073741824}"#),
            (ObservedValue::I31((1 << 30) - 1), r#"{"i31":1073741823}"#),
            (ObservedValue::Func(7), r#"{"func":7}"#),
            (ObservedValue::Object(u32::MAX), r#"{"object":4294967295}"#),
            (ObservedValue::Dangling, r#""dangling""#),
            (ObservedValue::Dropped, r#""dropped""#),
            (ObservedValue::NotKept, r#""not kept""#),
            (ObservedValue::Reference, r#""reference""#),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<ObservedValue>(json).unwrap(), value);
        }
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for json in [
            "7",
            "true",
            "[]",
            "{}",
            r#""""#,
            r#""0x""#,
            r#""0x+1""#,
            r#""-0x1""#,
            r#""0x10000000000000000""#,
            r#""gone""#,
            r#"{"i31":1073741824}"#,
            r#"{"i31":-1073741825}"#,
            r#"{"object":-1}"#,
            r#"{"object":1,"func":1}"#,
            r#"{"v128":"1"}"#,
            r#"{"v128":"0x100000000000000000000000000000000"}"#,
            r#"{"name":1}"#,
        ] {
            assert!(
                serde_json::from_str::<ObservedValue>(json).is_err(),
                "{json}"
            );
        }
    }
}
