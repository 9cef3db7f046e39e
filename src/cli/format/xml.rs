//! A writer of XML 1.0.
//!
//! XML has no way to write most control characters, not even as a reference. So what is not visible
//! is written as everywhere in the output of gcdiff, `\\u{1b}`, and only line breaks are kept.

use crate::escape::Lines;
use std::fmt::Write as _;

/// An XML document.
#[derive(Debug)]
pub(super) struct Xml {
    text: String,
    /// The elements that are open.
    open: Vec<&'static str>,
}

impl Xml {
    pub fn new() -> Xml {
        Xml {
            text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(),
            open: Vec::new(),
        }
    }

    /// Begins an element on a line of its own.
    pub fn begin(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
    }

    /// Ends the innermost element.
    pub fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            let _ = writeln!(self.text, "</{name}>");
        }
    }

    /// Writes an element with text, or an empty one.
    pub fn element(&mut self, name: &'static str, attributes: &[(&str, &str)], content: &str) {
        self.tag(name, attributes);
        match content {
            "" => self.text.push_str("/>\n"),
            content => {
                let content = escaped(content, false);
                let _ = writeln!(self.text, ">{content}</{name}>");
            }
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        let _ = write!(self.text, "<{name}");
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escaped(value, true));
        }
    }

    fn indent(&mut self) {
        self.text.push_str(&"  ".repeat(self.open.len()));
    }

    /// The document, with its open elements ended.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.text
    }
}

/// Text as the contents of an element, or as the value of an attribute, in which a line break would be
/// read as a space.
fn escaped(text: &str, is_attribute: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in Lines(text).to_string().chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' if is_attribute => escaped.push_str("&#10;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text_and_elements_nest() {
        let mut xml = Xml::new();
        xml.begin("a", &[("b", "<\"'&>\n"), ("c", "größe")]);
        xml.element("d", &[], "");
        xml.element("e", &[], "]]>&amp;\n\x1b\0\u{fffe}");
        assert_eq!(
            xml.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <a b=\"&lt;&quot;&apos;&amp;&gt;&#10;\" c=\"größe\">\n  <d/>\n  \
             <e>]]&gt;&amp;amp;\n\\u{1b}\\0\\u{fffe}</e>\n</a>\n"
        );
    }

    /// The production `Char` of XML 1.0.
    fn is_allowed(c: char) -> bool {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    #[test]
    fn no_character_is_written_that_xml_forbids() {
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let text = &*c.encode_utf8(&mut buffer);
            for is_attribute in [false, true] {
                let escaped = escaped(text, is_attribute);
                assert!(escaped.chars().all(is_allowed), "{c:?}: {escaped:?}");
                assert!(!escaped.contains(['<', '"']), "{c:?}: {escaped:?}");
            }
        }
    }
}
