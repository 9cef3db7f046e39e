//! The bytes of a memory.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Bytes of a row.
const ROW: usize = 32;

/// The bytes of a memory. Most of them are zero as a rule, so that rows of zeros take no space here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MemoryBytes {
    /// How many there are.
    length: u64,
    /// The rows that are not all zeros, each with its number, in order. The last one is filled up with
    /// zeros if the memory ends within it.
    rows: Vec<(u64, [u8; ROW])>,
}

impl MemoryBytes {
    /// The bytes of a memory.
    pub fn new(bytes: &[u8]) -> MemoryBytes {
        let mut memory = MemoryBytes {
            length: bytes.len() as u64,
            rows: Vec::new(),
        };
        let (rows, rest) = bytes.as_chunks();
        memory.rows.reserve_exact(rows_of(bytes));
        for (row, number) in rows.iter().zip(0..) {
            if *row != [0; ROW] {
                memory.rows.push((number, *row));
            }
        }
        memory.set((bytes.len() - rest.len()) as u64, rest);
        memory
    }

    /// The number of bytes. What an engine shows may have any.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The byte at an offset, if the memory is that long.
    pub fn byte(&self, offset: u64) -> Option<u8> {
        let (number, column) = (offset / ROW as u64, (offset % ROW as u64) as usize);
        let row = self
            .rows
            .binary_search_by_key(&number, |(number, _)| *number);
        let byte = row.map_or(0, |row| self.rows[row].1[column]);
        (offset < self.length).then_some(byte)
    }

    /// Whether all bytes are zero.
    pub fn is_zero(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first byte that differs from that of another memory, where both have one: its offset, the
    /// byte, and the other's.
    pub fn first_difference(&self, other: &MemoryBytes) -> Option<(u64, u8, u8)> {
        let (mut mine, mut theirs) = (&self.rows[..], &other.rows[..]);
        let length = self.length.min(other.length);
        loop {
            let number = match (mine.first(), theirs.first()) {
                (None, None) => return None,
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((a, _)), None) | (None, Some((a, _))) => *a,
            };
            let (a, b) = (take(&mut mine, number), take(&mut theirs, number));
            let at = a.iter().zip(&b).position(|(a, b)| a != b);
            if let Some(at) = at {
                let offset = number * ROW as u64 + at as u64;
                return (offset < length).then(|| (offset, a[at], b[at]));
            }
        }
    }

    /// Bytes that this takes.
    pub fn footprint(&self) -> usize {
        self.rows.capacity() * size_of::<(u64, [u8; ROW])>()
    }

    /// Bytes that the bytes of a memory take in this form.
    pub(super) fn footprint_of(bytes: &[u8]) -> usize {
        rows_of(bytes) * size_of::<(u64, [u8; ROW])>()
    }

    /// Sets bytes, none of which lies in a row before the last one set.
    fn set(&mut self, offset: u64, bytes: &[u8]) {
        for (byte, at) in bytes.iter().zip(offset..) {
            if *byte == 0 {
                continue;
            }
            let (number, column) = (at / ROW as u64, (at % ROW as u64) as usize);
            match self.rows.last_mut() {
                Some((last, row)) if *last == number => row[column] = *byte,
                _ => {
                    let mut row = [0; ROW];
                    row[column] = *byte;
                    self.rows.push((number, row));
                }
            }
        }
    }
}

/// The number of rows that are not all zeros.
fn rows_of(bytes: &[u8]) -> usize {
    let (rows, rest) = bytes.as_chunks();
    let rows = rows.iter().filter(|row| **row != [0; ROW]).count();
    rows + usize::from(rest.iter().any(|byte| *byte != 0))
}

/// The row of a number, which is removed if it is the first of `rows`.
fn take(rows: &mut &[(u64, [u8; ROW])], number: u64) -> [u8; ROW] {
    match rows.split_first() {
        Some(((first, row), rest)) if *first == number => {
            *rows = rest;
            *row
        }
        _ => [0; ROW],
    }
}

/// The form in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sparse {
    size: u64,
    /// Bytes in hexadecimal at offsets, in their order.
    data: Vec<(u64, String)>,
}

impl Serialize for MemoryBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let runs = self
            .rows
            .chunk_by(|(number, _), (next, _)| number + 1 == *next);
        let data = runs.map(|rows| {
            let offset = rows[0].0 * ROW as u64;
            let bytes = rows.iter().flat_map(|(_, row)| row);
            let within = self.length.saturating_sub(offset);
            let within = usize::try_from(within).unwrap_or(usize::MAX);
            (offset, hexadecimal(bytes.take(within)))
        });
        let sparse = Sparse {
            size: self.length,
            data: data.collect(),
        };
        sparse.serialize(serializer)
    }
}

impl TryFrom<Sparse> for MemoryBytes {
    type Error = String;

    fn try_from(sparse: Sparse) -> Result<MemoryBytes, String> {
        let mut memory = MemoryBytes::default();
        for (offset, digits) in sparse.data {
            let bytes = bytes(&digits).ok_or(NO_DIGITS)?;
            let end = offset.checked_add(bytes.len() as u64);
            let (true, Some(end)) = (offset >= memory.length, end) else {
                return Err(format!("data at {offset} out of order"));
            };
            memory.set(offset, &bytes);
            memory.length = end;
        }
        if memory.length > sparse.size {
            let (end, size) = (memory.length, sparse.size);
            return Err(format!("data up to {end}, but {size} bytes"));
        }
        memory.length = sparse.size;
        Ok(memory)
    }
}

impl<'de> Deserialize<'de> for MemoryBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MemoryBytes, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

/// Either form of a memory in JSON.
struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = MemoryBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its bytes in hexadecimal, or an object with the keys size and data")
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<MemoryBytes, E> {
        let bytes = bytes(digits).ok_or_else(|| E::custom(NO_DIGITS))?;
        Ok(MemoryBytes::new(&bytes))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MemoryBytes, A::Error> {
        let sparse = Sparse::deserialize(MapAccessDeserializer::new(map))?;
        sparse.try_into().map_err(A::Error::custom)
    }
}

const NO_DIGITS: &str = "expected hexadecimal digits, two for each byte";

/// Bytes in hexadecimal, two digits each.
fn hexadecimal<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| DIGITS[usize::from(four & 15)] as char;
    bytes
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// Decodes pairs of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    /// What each byte is as a digit. Memories have tens of thousands.
    const VALUES: [u8; 256] = {
        let mut values = [NONE; 256];
        let mut byte = 0;
        while byte < values.len() {
            if let Some(value) = (byte as u8 as char).to_digit(16) {
                values[byte] = value as u8;
            }
            byte += 1;
        }
        values
    };
    const NONE: u8 = 0xff;
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let mut all = 0;
    let bytes = pairs.iter().map(|[high, low]| {
        let (high, low) = (VALUES[usize::from(*high)], VALUES[usize::from(*low)]);
        all |= high | low;
        high << 4 | low
    });
    let bytes = bytes.collect();
    (all < 16).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<MemoryBytes, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms_are_read_and_one_is_written() {
        let mut bytes = vec![0; 200];
        (bytes[70], bytes[96], bytes[199]) = (1, 0xab, 2);
        let memory = MemoryBytes::new(&bytes);
        let json = serde_json::to_string(&memory).unwrap();
        let rows = format!("{:012}01{:050}ab{:062}", 0, 0, 0);
        let end = format!("{:014}02", 0);
        let expected = format!(r#"{{"size":200,"data":[[64,"{rows}"],[192,"{end}"]]}}"#);
        assert_eq!(json, expected);
        let all = (0..200).map(|offset| memory.byte(offset).unwrap());
        assert!(all.eq(bytes.iter().copied()));
        assert_eq!(memory.byte(200), None);
        assert_eq!(read(&json).unwrap(), memory);
        let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(read(&format!("{digits:?}")).unwrap(), memory);
        let short = r#"{"data":[[70,"01"],[96,"ab"],[97,"0000"],[199,"02"]],"size":200}"#;
        assert_eq!(read(short).unwrap(), memory);
        let empty = r#"{"size":0,"data":[]}"#;
        assert_eq!(read(empty).unwrap(), MemoryBytes::default());
        assert_eq!(read("\"\"").unwrap(), MemoryBytes::default());
        let (huge, zeros) = (u64::MAX, format!("{:060}", 0));
        let json = format!(r#"{{"size":{huge},"data":[[{},"{zeros}ff"]]}}"#, huge - 31);
        let memory = read(&json).unwrap();
        assert_eq!(memory.first_difference(&MemoryBytes::default()), None);
        assert_eq!(memory.rows.len(), 1);
        assert!(!memory.is_zero());
        assert_eq!(memory.byte(huge - 1), Some(0xff));
    }

    #[test]
    fn what_it_takes_is_known_before() {
        for bytes in [
            vec![0; 99],
            vec![7; 96],
            vec![7; 97],
            [[0; 50], [1; 50]].concat(),
        ] {
            let takes = MemoryBytes::footprint_of(&bytes);
            assert_eq!(MemoryBytes::new(&bytes).footprint(), takes);
        }
    }

    #[test]
    fn what_is_no_memory_is_refused_with_a_reason() {
        for (json, message) in [
            (r#""0g""#, "expected hexadecimal digits"),
            (r#""0""#, "expected hexadecimal digits"),
            (
                r#"{"size":3,"data":[[0,"0"]]}"#,
                "expected hexadecimal digits",
            ),
            (
                r#"{"size":3,"data":[[2,"0000"]]}"#,
                "data up to 4, but 3 bytes",
            ),
            (
                r#"{"size":9,"data":[[2,"0000"],[3,"00"]]}"#,
                "data at 3 out of order",
            ),
            (
                r#"{"size":9,"data":[[18446744073709551615,"0000"]]}"#,
                "out of order",
            ),
            (r#"{"size":9}"#, "missing field `data`"),
            (r#"{"data":[]}"#, "missing field `size`"),
            (r#"{"size":9,"size":9,"data":[]}"#, "duplicate field `size`"),
            (r#"{"size":9,"data":[],"more":1}"#, "unknown field `more`"),
            (r#"7"#, "expected its bytes in hexadecimal"),
            (r#"{"size":9,"data":7}"#, "expected a sequence"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(message), "{json}: {error}");
        }
    }

    #[test]
    fn the_first_byte_that_differs() {
        let memory = |bytes: &[(usize, u8)]| {
            let mut all = vec![0; 128];
            bytes.iter().for_each(|(at, byte)| all[*at] = *byte);
            MemoryBytes::new(&all)
        };
        let difference = |a: &[(usize, u8)], b: &[(usize, u8)]| {
            let forth = memory(a).first_difference(&memory(b));
            let back = memory(b).first_difference(&memory(a));
            assert_eq!(forth, back.map(|(at, b, a)| (at, a, b)));
            forth
        };
        assert_eq!(difference(&[], &[]), None);
        assert_eq!(difference(&[(40, 1)], &[(40, 1)]), None);
        assert_eq!(difference(&[(40, 1)], &[]), Some((40, 1, 0)));
        assert_eq!(
            difference(&[(40, 1), (41, 2)], &[(40, 1), (41, 3)]),
            Some((41, 2, 3))
        );
        assert_eq!(
            difference(&[(100, 1)], &[(31, 7), (100, 1)]),
            Some((31, 0, 7))
        );
        let shorter = MemoryBytes::new(&[0; 40]);
        assert_eq!(
            memory(&[(39, 1)]).first_difference(&shorter),
            Some((39, 1, 0))
        );
        assert_eq!(memory(&[(41, 1)]).first_difference(&shorter), None);
    }
}
