//! Printing a header as TOML, each line of which fits in a comment.
//!
//! A string takes one line: all characters that are not plainly visible are
//! escaped. The `toml` crate would write line breaks unescaped, and comments
//! with bidirectional control characters do not read back.

use crate::escape::is_visible;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write;

/// The keys of a header, in the order of output.
pub(crate) const HEADER_KEYS: [&str; 12] = [
    "about",
    "fault",
    "fingerprint",
    "collectors",
    "audit",
    "oracle",
    "reschedule",
    "schedule",
    "client",
    "limits",
    "steps",
    "host",
];

/// The keys of limits and steps, in the order of output. Other keys come last.
const INNER_KEYS: [&str; 22] = [
    // Limits.
    "fuel",
    "frames",
    "registers",
    "heap_bytes",
    "table_elements",
    "memory_bytes",
    "reentry",
    "footprint",
    "work",
    "capacity",
    "refuse",
    "exhaust",
    "inside",
    "thin",
    // Steps.
    "call",
    "args",
    "global",
    "table",
    "index",
    "value",
    "drop",
    "collect",
];

/// Prints a structure: values, then tables, then lists of tables, each in the
/// order of [`HEADER_KEYS`] and [`INNER_KEYS`].
pub(super) fn print(header: &impl Serialize) -> Result<String, String> {
    let mut text = String::new();
    match serde_json::to_value(header) {
        Ok(Value::Object(map)) => table(&map, &mut text)?,
        Ok(_) => return Err("a header is a table".into()),
        Err(error) => return Err(error.to_string()),
    }
    Ok(text)
}

fn table(map: &Map<String, Value>, text: &mut String) -> Result<(), String> {
    let place = |key: &str| {
        let mut known = HEADER_KEYS.iter().chain(&INNER_KEYS);
        known.position(|known| *known == key).unwrap_or(usize::MAX)
    };
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by_key(|(key, _)| place(key));
    let tables = |value: &Value| match value {
        Value::Array(list) => list.iter().any(Value::is_object),
        value => value.is_object(),
    };
    let (later, first): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, v)| tables(v));
    for (key, entry) in first {
        let _ = writeln!(text, "{key} = {}", value(entry)?);
    }
    for (key, entry) in later {
        let (list, (open, close)) = match entry {
            Value::Array(list) => (&list[..], ("[[", "]]")),
            entry => (std::slice::from_ref(entry), ("[", "]")),
        };
        for item in list {
            let Value::Object(map) = item else {
                return Err(format!("{key} has tables and values"));
            };
            if map.values().any(tables) {
                return Err(format!("{key} has tables in tables"));
            }
            let _ = writeln!(text, "{open}{key}{close}");
            table(map, text)?;
        }
    }
    Ok(())
}

fn value(value: &Value) -> Result<String, String> {
    match value {
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::String(text) => Ok(string(text)),
        Value::Array(list) => {
            let list: Result<Vec<String>, String> = list.iter().map(self::value).collect();
            Ok(format!("[{}]", list?.join(", ")))
        }
        Value::Null | Value::Object(_) => Err("a header has no such value".into()),
    }
}

fn string(text: &str) -> String {
    if text.chars().all(is_visible) {
        // Let `toml` choose the quotes for quotes and backslashes.
        return toml::Value::from(text).to_string();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            '\n' => write!(quoted, "\\n"),
            '\r' => write!(quoted, "\\r"),
            '\t' => write!(quoted, "\\t"),
            '\u{8}' => write!(quoted, "\\b"),
            '\u{c}' => write!(quoted, "\\f"),
            c if is_visible(c) => write!(quoted, "{c}"),
            '\0'..='\u{ffff}' => write!(quoted, "\\u{:04X}", c as u32),
            c => write!(quoted, "\\U{:08X}", c as u32),
        };
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read_back(text: &str) {
        let shown = print(&BTreeMap::from([("about", text)])).unwrap();
        assert_eq!(shown.lines().count(), 1, "{shown}");
        assert!(
            shown.chars().all(|c| is_visible(c) || c == '\n'),
            "{shown:?}"
        );
        let read: BTreeMap<String, String> = toml::from_str(&shown).unwrap();
        assert_eq!(read["about"], text, "{shown}");
    }

    #[test]
    fn every_string_is_one_visible_line() {
        for text in [
            "", "'", "\"", "a'\"b", "'''", "\"\"\"", "a\\", "'\n\"", "\r", "\\u0041",
        ] {
            read_back(text);
        }
        // Every Unicode scalar, alone and between others.
        let mut some = String::new();
        for c in '\0'..=char::MAX {
            some.push(c);
            if some.chars().count() == 97 {
                read_back(&some);
                read_back(&format!("{c}"));
                some.clear();
            }
        }
        read_back(&some);
        ('\0'..'\u{3000}').for_each(|c| read_back(&c.to_string()));
    }

    #[test]
    fn values_come_before_tables() {
        #[derive(Serialize)]
        struct Tables {
            steps: Vec<BTreeMap<&'static str, u64>>,
            limits: BTreeMap<&'static str, u64>,
            host: Vec<u8>,
            schedule: &'static str,
        }
        let tables = Tables {
            steps: vec![BTreeMap::from([("drop", 1)]), BTreeMap::new()],
            limits: BTreeMap::from([("reentry", 1), ("fuel", u64::MAX)]),
            host: Vec::new(),
            schedule: "never",
        };
        assert_eq!(
            print(&tables).unwrap(),
            "schedule = \"never\"\nhost = []\n[limits]\nfuel = 18446744073709551615\nreentry = 1\n\
             [[steps]]\ndrop = 1\n[[steps]]\n"
        );
    }
}
