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

/// What is written above the trailer.
const EDITED: &str =
    ";; The text alone gives other bytes than were written. These edits make the difference:\n";

/// Approximate width of the trailer's lines.
const WIDTH: usize = 100;

/// How instructions are written.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// One instruction a line.
    #[default]
    Flat,
    /// Operands inside the instruction that takes them.
    Folded,
    /// The same, but what is read may have other bytes: types of functions in another order, or
    /// numbers of another length.
    Plain,
}

/// The module whose text, in [`Style::Folded`], is the shortest: the same items, with the types of
/// functions in the order in which a reader of the text makes them. `None` if it does not read
/// back.
pub fn shortest(wasm: &[u8]) -> Option<Vec<u8>> {
    let text = wasmprinter::print_bytes(wasm).ok()?;
    let tidy = tidy(&text);
    match wat::parse_str(&tidy) {
        // Without some types, a number may stand for another.
        Ok(bytes) if bytes == wasm || !has_numbered_types(&tidy) => Some(bytes),
        _ => wat::parse_str(&text).ok(),
    }
}

/// Whether a text is one that people read: nothing in it is there only to keep the bytes.
pub fn is_readable(text: &str) -> bool {
    !text.contains(EDITED) && !text.lines().any(|line| line.starts_with("(module binary"))
}

/// Whether a text refers to a type by its number. True in doubt.
fn has_numbered_types(text: &str) -> bool {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    text.lines().any(|line| {
        let mut words = line
            .split([' ', ')'])
            .map(|word| word.trim_start_matches('('));
        // The type is the first or, for a copy or a nullable reference, the second word behind.
        let mut places = 0;
        words.any(|word| {
            let found = places > 0 && is_number(word);
            places = match word {
                "array.copy" | "ref" => 2,
                "type" | "sub" | "ref.null" | "call_ref" | "return_call_ref" => 1,
                "final" | "null" => places,
                _ if word.starts_with("struct.") || word.starts_with("array.") => 1,
                _ => places - i32::from(places > 0),
            };
            found
        })
    })
}

fn flat(wasm: &[u8]) -> Result<String, String> {
    wasmprinter::print_bytes(wasm).map_err(|e| e.to_string())
}

fn folded(wasm: &[u8]) -> Result<String, String> {
    let mut config = wasmprinter::Config::new();
    config.fold_instructions(true);
    let mut text = String::new();
    let mut to = wasmprinter::PrintFmtWrite(&mut text);
    let printed = config.print(wasm, &mut to);
    printed.map(|()| text).map_err(|e| e.to_string())
}

/// Prints a module.
pub(super) fn print(wasm: &[u8], style: Style) -> String {
    let printed = match style {
        Style::Flat => flat(wasm),
        // Handlers of the legacy proposal cannot be folded.
        Style::Folded | Style::Plain => folded(wasm).or_else(|_| flat(wasm)),
    };
    if style == Style::Plain {
        let Ok(text) = printed else {
            return binary(wasm, "it has no text");
        };
        let lines = text.lines().map(|line| without_indices(line) + "\n");
        return lines.collect();
    }
    let readable = printed.and_then(|text| match wat::parse_str(&text) {
        Ok(bytes) => Ok((text, bytes)),
        Err(error) => Err(error.to_string()),
    });
    let (mut text, bytes) = match readable {
        Ok(readable) => readable,
        Err(_) => return binary(wasm, "its text does not read back"),
    };
    if style == Style::Folded {
        let tidy = tidy(&text);
        if wat::parse_str(&tidy).is_ok_and(|tidy| tidy == wasm) {
            return tidy;
        }
    }
    if bytes == wasm {
        return text;
    }
    let edits = Edits::between(&bytes, wasm).to_string();
    if edits.len() > wasm.len().max(64) {
        return binary(wasm, "its text gives other bytes");
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(EDITED);
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

/// The text without what a reader can do without: the indices in comments, and the function types
/// that are written again where they are used. May be the text of another module.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for line in text.lines() {
        let line = without_indices(line);
        let is_func_type = line.starts_with("  (type (func");
        if is_func_type {
            continue;
        }
        let declares = ["  (func ", "  (tag "];
        let line = match declares.iter().any(|start| line.starts_with(start)) {
            true => without_type(&line),
            false => line,
        };
        tidy.push_str(&line);
        tidy.push('\n');
    }
    tidy
}

/// A line without comments of the form ` (;12;)`.
fn without_indices(line: &str) -> String {
    let mut rest = line;
    let mut kept = String::with_capacity(line.len());
    while let Some(at) = rest.find(" (;") {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let inside = &from[3..];
        let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
        match inside[digits..].strip_prefix(";)") {
            Some(after) if digits > 0 => rest = after,
            _ => {
                kept.push_str(" (;");
                rest = inside;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// A line without its first ` (type 12)`.
fn without_type(line: &str) -> String {
    let Some((before, from)) = line.split_once(" (type ") else {
        return line.to_string();
    };
    match from.split_once(')') {
        Some((index, after)) if index.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{before}{after}")
        }
        _ => line.to_string(),
    }
}

/// Writes the module as bytes and says why, below its text as a comment if it can be printed.
fn binary(wasm: &[u8], why: &str) -> String {
    const BYTES: usize = 24;
    let mut text = format!(";; This module is kept as bytes: {why}.\n");
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
        let text = print(ODD, Style::Flat);
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
    fn a_style_changes_how_code_looks_and_plain_text_has_no_trailer() {
        let legacy = "(module (func try nop catch_all end))";
        let all = "(module (func (local i32 i32) (drop (i32.eqz (i32.const 1)))))";
        for (text, is_folded) in [(legacy, false), (all, true)] {
            let wasm = wat::parse_str(text).unwrap();
            for style in [Style::Flat, Style::Folded, Style::Plain] {
                let text = print(&wasm, style);
                let folds = text.contains("(i32.const 1)");
                assert_eq!(folds, is_folded && style != Style::Flat, "{text}");
                assert_eq!(read(&text).unwrap(), wasm, "{text}");
            }
        }
        let text = print(ODD, Style::Plain);
        assert!(
            text.contains("(local i32 i32)") && !text.contains(";;"),
            "{text}"
        );
        assert_ne!(read(&text).unwrap(), ODD);
        assert!(is_readable(&text) && !is_readable(&print(ODD, Style::Folded)));
        assert!(!is_readable(&print(b"\0asm", Style::Plain)));
    }

    #[test]
    fn the_shortest_text_has_the_same_types() {
        // Two types of functions, the first for calls only.
        let calls = "(module (type (func (result i32))) (type (func)) (table 0 funcref)
                       (func (type 1) unreachable call_indirect (type 0) drop))";
        for (text, is_shorter) in [
            (calls, false),
            (&calls.replace("call_indirect (type 0)", "i32.eqz"), true),
        ] {
            let wasm = wat::parse_str(text).unwrap();
            let bytes = shortest(&wasm).unwrap();
            let text = wasmprinter::print_bytes(&bytes).unwrap();
            assert_eq!(bytes.len() < wasm.len(), is_shorter, "{text}");
            let calls = text.contains("call_indirect (type 0)");
            assert_eq!(
                calls,
                text.contains("(type (;0;) (func (result i32)))"),
                "{text}"
            );
        }
        for (text, has) in [
            ("(call_ref 0", true),
            ("(call_ref $f 0)", false),
            ("(param (ref null 3))", true),
            ("(param (ref null $a))", false),
            ("(array.copy $a 1", true),
            ("(array.new_fixed $a 1", false),
            ("(struct.get 0 0", true),
            ("(struct.get $a 0", false),
            ("(sub final 0 (struct))", true),
            ("(sub (struct))", false),
        ] {
            assert_eq!(has_numbered_types(text), has, "{text}");
        }
    }

    #[test]
    fn a_module_without_a_text_is_written_as_bytes() {
        for bytes in [&b"\0asm\x01\0\0\0\x0b"[..], b"\0asm"] {
            let text = print(bytes, Style::Flat);
            assert!(text.contains("(module binary"), "{text}");
            assert_eq!(read(&text).unwrap(), bytes);
        }
        // Custom sections larger than the rest of the module.
        let mut wasm = b"\0asm\x01\0\0\0\0\xa0\x1f\x01x".to_vec();
        wasm.extend((0..0xfa0 - 2u32).map(|i| ((i * i) >> 5) as u8));
        assert_eq!(read(&print(&wasm, Style::Flat)).unwrap(), wasm);
    }
}
