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
//! as a comment. In [`Style::Plain`] the bytes do not matter, and there is no
//! trailer.

use super::edits::Edits;
use super::error::{error, one_line};
use super::short_text::tidy;
use crate::case::CaseError;
use crate::escape::Lines;
use std::fmt::Write;

/// The prefix of the trailer's lines.
const TRAILER: &str = ";;=";

/// Approximate width of the trailer's lines.
const WIDTH: usize = 100;

/// How instructions are written, and whether the bytes matter.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// One instruction a line.
    #[default]
    Flat,
    /// Operands inside the instruction that takes them.
    Folded,
    /// The same without a trailer: what is read has the same items, but may have other bytes. Locals
    /// may be declared in other runs, numbers have another length, and custom sections be gone.
    Plain,
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

/// The text of a larger module is not made shorter if the bytes do not matter: whether it is worth
/// it is seen only by reading it.
const MAX_PLAIN: usize = 1 << 16;

/// Prints a module.
pub(super) fn print(wasm: &[u8], style: Style) -> String {
    let printed = match style {
        Style::Flat => flat(wasm),
        // Handlers of the legacy proposal cannot be folded.
        Style::Folded | Style::Plain => folded(wasm).or_else(|_| flat(wasm)),
    };
    let Ok(mut text) = printed else {
        return binary(wasm, "it has no text");
    };
    let Ok(bytes) = wat::parse_str(&text) else {
        return binary(wasm, "its text does not read back");
    };
    let is_short = match style {
        Style::Flat => false,
        Style::Folded => true,
        Style::Plain => wasm.len() <= MAX_PLAIN,
    };
    if is_short {
        let tidy = tidy(&text);
        if wat::parse_str(&tidy).is_ok_and(|tidy| tidy == wasm) {
            return tidy;
        }
    }
    if bytes == wasm || style == Style::Plain {
        return text;
    }
    let edits = Edits::between(&bytes, wasm).to_string();
    if edits.len() > wasm.len().max(64) {
        return binary(wasm, "its text gives other bytes");
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
        let all = "(module (func (drop (i32.eqz (i32.const 1)))))";
        let legacy = "(module (func (drop (i32.eqz (i32.const 1))) try nop catch_all end))";
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
        assert!(print(ODD, Style::Folded).contains(";;="));
        assert_eq!(read(&print(b"\0asm", Style::Plain)).unwrap(), b"\0asm");
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
