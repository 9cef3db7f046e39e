//! The text form of a module, from which the same bytes can be read.
//!
//! Many binary modules have the same text: locals may be declared in runs or
//! one by one, and there may be an unneeded data count or empty sections. If
//! the text alone would give other bytes, it is followed by a trailer of lines
//! that begin with `;;=`: a checksum of the bytes that the text gives, and the
//! edits that turn these into the original bytes. After an edit of the text the
//! checksum no longer fits, and the trailer is ignored.
//!
//! A module whose text does not parse, or whose encoding has little in common
//! with the original bytes, is written as `(module binary ...)` below its text
//! as a comment.

use super::edits::Edits;
use super::error::{error, one_line};
use crate::case::CaseError;
use crate::escape::Lines;
use std::fmt::Write;

/// The prefix of the trailer's lines.
const TRAILER: &str = ";;=";

/// Approximate width of the trailer's lines.
const WIDTH: usize = 100;

/// Prints a module.
pub(super) fn print(wasm: &[u8]) -> String {
    let printed = wasmprinter::print_bytes(wasm).map_err(|e| e.to_string());
    let readable = printed.and_then(|text| match wat::parse_str(&text) {
        Ok(bytes) => Ok((text, bytes)),
        Err(error) => Err(error.to_string()),
    });
    let (mut text, bytes) = match readable {
        Ok(readable) => readable,
        Err(_) => return binary(wasm),
    };
    if bytes == wasm {
        return text;
    }
    let edits = Edits::between(&bytes, wasm).to_string();
    if edits.len() > wasm.len().max(64) {
        return binary(wasm);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(
        ";; The text alone gives other bytes than were written. These edits make the difference:\n",
    );
    let mut line = format!("{TRAILER} {:016x}", checksum(&bytes));
    for edit in edits.split_whitespace() {
        if line.len() + edit.len() >= WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = TRAILER.to_string();
        }
        line.push(' ');
        line.push_str(edit);
    }
    text.push_str(&line);
    text.push('\n');
    text
}

/// Writes the module as bytes, below its text as a comment if it can be printed.
fn binary(wasm: &[u8]) -> String {
    const BYTES: usize = 24;
    let mut text = String::from(";; This module is kept as bytes: its text does not read back.\n");
    if let Ok(printed) = wasmprinter::print_bytes(wasm) {
        for line in Lines(&printed).to_string().lines() {
            text.push_str(";;  ");
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push_str("(module binary");
    for bytes in wasm.chunks(BYTES) {
        text.push_str("\n  \"");
        for byte in bytes {
            let _ = write!(text, "\\{byte:02x}");
        }
        text.push('"');
    }
    text.push_str(")\n");
    text
}

/// Reads a module that was written by [`print`] or by hand.
pub(super) fn read(text: &str) -> Result<Vec<u8>, CaseError> {
    let wasm = wat::parse_str(text).map_err(|e| error(one_line(&e.to_string())))?;
    let trailer = |line: &&str| line.is_empty() || line.starts_with(TRAILER);
    let lines = text.lines().rev().take_while(trailer);
    let mut lines: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix(TRAILER))
        .collect();
    lines.reverse();
    let mut tokens = lines.into_iter().flat_map(str::split_whitespace);
    match tokens.next() {
        None => return Ok(wasm),
        Some(of) if u64::from_str_radix(of, 16) != Ok(checksum(&wasm)) => return Ok(wasm),
        Some(_) => {}
    }
    let edited = Edits::parse(tokens).and_then(|edits| edits.apply(&wasm));
    edited.ok_or_else(|| {
        error(format!(
            "the lines at the end that begin with {TRAILER} are damaged; without them the text is read as it is"
        ))
    })
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The module `(func (local i32 i32))`, its locals declared one by one, with
    /// an empty import section and a data count.
    const ODD: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x01\0\x03\x02\x01\0\x0c\x01\0\
                         \x0a\x08\x01\x06\x02\x01\x7f\x01\x7f\x0b";

    #[test]
    fn bytes_that_the_text_alone_does_not_give_are_kept() {
        wasmparser::validate(ODD).unwrap();
        let text = print(ODD);
        assert!(
            text.contains("(local i32 i32)") && text.contains("\n;;= "),
            "{text}"
        );
        assert_eq!(read(&text).unwrap(), ODD);
        // After an edit by hand, the trailer is ignored.
        let edited = text.replace("(local i32 i32)", "(local i32 i64)");
        let bytes = wat::parse_str(&edited).unwrap();
        assert_eq!(read(&edited).unwrap(), bytes);
        let damaged = format!("{} -9999\n", text.trim_end());
        assert!(read(&damaged).unwrap_err().message.contains("damaged"));
    }

    #[test]
    fn a_module_without_a_text_is_written_as_bytes() {
        for bytes in [&b"\0asm\x01\0\0\0\x0b"[..], b"\0asm"] {
            let text = print(bytes);
            assert!(text.contains("(module binary"), "{text}");
            assert_eq!(read(&text).unwrap(), bytes);
        }
        // Custom sections larger than the rest of the module.
        let mut wasm = b"\0asm\x01\0\0\0\0\xa0\x1f\x01x".to_vec();
        wasm.extend((0..0xfa0 - 2u32).map(|i| ((i * i) >> 5) as u8));
        assert_eq!(read(&print(&wasm)).unwrap(), wasm);
    }
}
