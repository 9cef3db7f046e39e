//! Estimates of a module's memory use before it is decoded.

use super::Module;
use wasmparser::{Parser, Payload};

/// Bytes of memory for each byte of a section, including temporary memory for
/// decoding. Measured with sections of the shortest items: one-byte parameters
/// take 58, a recursion group of two-byte structures without fields takes 271.
const TYPES: u64 = 280;
const ITEMS: u64 = 48;
const OTHERS: u64 = 16;

/// Bytes of memory for an instance, and for each of its items.
const INSTANCE: u64 = 4096;
const INSTANCE_ITEM: u64 = 64;

/// Estimated bytes of memory for the module in `wasm`; no tested module takes
/// more. Bytes that cannot be read as sections are not decoded, and count once.
pub fn footprint(wasm: &[u8]) -> u64 {
    let mut footprint = wasm.len() as u64;
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(payload) = payload else { break };
        let (range, factor) = match &payload {
            Payload::TypeSection(section) => (section.range(), TYPES),
            Payload::ImportSection(section) => (section.range(), ITEMS),
            Payload::FunctionSection(section) => (section.range(), ITEMS),
            Payload::TableSection(section) => (section.range(), ITEMS),
            Payload::MemorySection(section) => (section.range(), ITEMS),
            Payload::TagSection(section) => (section.range(), ITEMS),
            Payload::GlobalSection(section) => (section.range(), ITEMS),
            Payload::ExportSection(section) => (section.range(), ITEMS),
            Payload::ElementSection(section) => (section.range(), ITEMS),
            Payload::CodeSectionEntry(body) => (body.range(), OTHERS),
            _ => continue,
        };
        let bytes = range.end.saturating_sub(range.start);
        footprint = footprint.saturating_add(factor * bytes);
    }
    footprint
}

impl Module {
    /// Estimated bytes of memory for an instance of the module, without its
    /// tables and memories.
    pub fn instance_footprint(&self) -> u64 {
        let items = self.funcs.len()
            + self.tables.len()
            + self.memories.len()
            + self.globals.len()
            + self.tags.len()
            + self.elements.len()
            + self.data.len();
        INSTANCE + INSTANCE_ITEM * items as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_weigh_more_than_code() {
        let of = |text: &str| footprint(&wat::parse_str(text).unwrap());
        let types = of(&format!(
            "(module (type (func (param {}))))",
            "i32 ".repeat(1000)
        ));
        assert!((280_000..300_000).contains(&types), "{types}");
        let code = of(&format!("(module (func {}))", "nop ".repeat(1000)));
        assert!((16_000..20_000).contains(&code), "{code}");
        assert_eq!(footprint(b"no module"), 9);
        // A section with a size beyond the end of the module.
        assert_eq!(footprint(b"\0asm\x01\0\0\0\x01\xff\xff\x7f"), 12);
    }
}
