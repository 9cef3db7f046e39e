//! The shortest text of a module: without what a reader can do without.

/// The module whose text, in [`Style::Folded`](super::Style::Folded), is the shortest: the same
/// items, with the types of functions in the order in which a reader of the text makes them, and
/// without those that nothing uses. `None` if its text does not read back.
pub fn shortest(wasm: &[u8]) -> Option<Vec<u8>> {
    let text = wasmprinter::print_bytes(wasm).ok()?;
    let tidy = tidy(&text);
    match wat::parse_str(&tidy) {
        // Without some types, a number may stand for another.
        Ok(bytes) if bytes == wasm || !has_numbered_types(&tidy) => Some(bytes),
        _ => wat::parse_str(&text).ok(),
    }
}

/// The text without the indices in comments and, if all types of functions are final and in no
/// recursion group, without those that are not named: each is written again where it is used.
/// May be the text of another module, if types are referred to by their numbers.
pub(super) fn tidy(text: &str) -> String {
    let is_plain = |line: &str| line.starts_with("  (type (func");
    let lines: Vec<String> = text.lines().map(without_indices).collect();
    // In a recursion group, or below `sub`.
    let is_other = |line: &String| line.starts_with("    (type ") || line.starts_with("  (type ");
    let makes_types = !lines
        .iter()
        .filter(|line| is_other(line) && !is_plain(line))
        .any(|line| line.contains("(func"));
    let mut tidy = String::with_capacity(text.len());
    for line in &lines {
        if makes_types && is_plain(line) {
            continue;
        }
        let declares = ["  (func ", "  (tag "];
        if makes_types && declares.iter().any(|start| line.starts_with(start)) {
            tidy.push_str(&without_type(line));
        } else {
            tidy.push_str(line);
        }
        tidy.push('\n');
    }
    tidy
}

/// Whether a text refers to a type by its number. True in doubt.
fn has_numbered_types(text: &str) -> bool {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    text.lines().any(|line| {
        // A name may contain anything.
        if line.contains("$\"") {
            return true;
        }
        let mut words = line
            .split([' ', ')'])
            .map(|word| word.trim_start_matches('('));
        // How many of the next words may be the type: of a copy there are two, and a reference may
        // be nullable.
        let mut left = 0;
        words.any(|word| {
            let found = left > 0 && is_number(word);
            left = match word {
                "array.copy" | "ref" => 2,
                "type" | "sub" | "ref.null" | "call_ref" | "return_call_ref" => 1,
                "final" | "null" | "exact" => left,
                _ if word.starts_with("struct.") || word.starts_with("array.") => 1,
                _ => left - i32::from(left > 0),
            };
            found
        })
    })
}

/// A line without comments of the form ` (;12;)`, outside of strings and quoted names.
fn without_indices(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    let mut is_quoted = false;
    while let Some(at) = rest.find(['"', '\\', '(']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let mut taken = 1;
        match from.as_bytes()[0] {
            b'"' => is_quoted = !is_quoted,
            // What is escaped: the first of its bytes is enough.
            b'\\' => taken += from[1..].chars().next().map_or(0, char::len_utf8),
            _ if is_quoted => {}
            _ => {
                let inside = from.strip_prefix("(;").unwrap_or_default();
                let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
                if let (Some(after), true) = (inside[digits..].strip_prefix(";)"), digits > 0)
                    && kept.ends_with(' ')
                {
                    kept.pop();
                    rest = after;
                    continue;
                }
            }
        }
        kept.push_str(&from[..taken]);
        rest = &from[taken..];
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

#[cfg(test)]
mod tests {
    use super::*;

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
            ("(ref.null (exact 0))", true),
            ("(array.copy $\"a b\" 0", true),
        ] {
            assert_eq!(has_numbered_types(text), has, "{text}");
        }
    }

    /// Functions of a type in a recursion group, and of a final one where an open one has the same
    /// parameters.
    #[test]
    fn types_that_a_text_would_make_otherwise_stay() {
        for text in [
            "(module (rec (type (func)) (type (struct))) (func (type 0)))",
            "(module (type (func)) (type (sub (func))) (func (type 0)) (global (ref 1) (ref.func 1))
               (func (type 1)))",
        ] {
            let wasm = wat::parse_str(text).unwrap();
            assert_eq!(shortest(&wasm).unwrap(), wasm, "{text}");
        }
    }

    #[test]
    fn strings_are_no_comments() {
        for (line, wanted) in [
            (
                r#"  (data (;0;) "a (;1;) b\"" "(;2;)")"#,
                r#"  (data "a (;1;) b\"" "(;2;)")"#,
            ),
            (
                r#"  (func $"(;1;) x" (;1;) (type 0)"#,
                r#"  (func $"(;1;) x" (type 0)"#,
            ),
            ("  (func (;a;) (;1)", "  (func (;a;) (;1)"),
            (r#"  "\\" (;1;)"#, r#"  "\\""#),
        ] {
            assert_eq!(without_indices(line), wanted);
        }
        let text =
            r#"(module (import "a (;1;)" "b" (func)) (memory 1) (data (i32.const 0) " (;7;)"))"#;
        let wasm = wat::parse_str(text).unwrap();
        assert_eq!(shortest(&wasm).unwrap(), wasm);
    }
}
