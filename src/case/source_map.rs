//! A map from instructions of a binary module to lines of its text.

use wasmparser::{ConstExpr, ElementItems, OperatorsReader, Parser, Payload, TableInit};
use wast::core::{
    ElemPayload, Expression, FuncKind, GlobalKind, Module, ModuleField, ModuleKind, TableKind,
};
use wast::parser::ParseBuffer;
use wast::token::Span;

/// Lines of a module's instructions, in functions and in the initialisers of
/// tables, globals and elements.
///
/// Built by walking both forms side by side. The text need not encode to the
/// same bytes, only to the same functions with the same instructions: text
/// printed from the binary module fits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceMap {
    /// Offsets of instructions in the binary form with their lines, sorted.
    lines: Vec<(u32, u32)>,
}

/// An expression in the text: the places of its instructions.
type Text<'a> = Option<&'a [Span]>;

/// An expression in the binary form: the offsets of its instructions, without `end`.
type Binary = Vec<u32>;

/// The expressions of one form of a module. Each list is in the order of the
/// binary form.
#[derive(Debug)]
struct Expressions<E> {
    tables: Vec<Option<E>>,
    globals: Vec<Option<E>>,
    elements: Vec<Vec<E>>,
    bodies: Vec<E>,
}

impl<E> Default for Expressions<E> {
    fn default() -> Expressions<E> {
        Expressions {
            tables: Vec::new(),
            globals: Vec::new(),
            elements: Vec::new(),
            bodies: Vec::new(),
        }
    }
}

impl SourceMap {
    /// The map from `wasm` to `text`. Parts that do not correspond are left
    /// out. The map is empty if `text` is not a module in the text format.
    pub fn new(text: &str, wasm: &[u8]) -> SourceMap {
        let Ok(mut buffer) = ParseBuffer::new(text) else {
            return SourceMap::default();
        };
        buffer.track_instr_spans(true);
        let Ok(wast::Wat::Module(mut module)) = wast::parser::parse(&buffer) else {
            return SourceMap::default();
        };
        // Encoding sorts the fields of the module and expands abbreviations.
        match module.encode() {
            Ok(_) => SourceMap::of(&module, text, wasm),
            Err(_) => SourceMap::default(),
        }
    }

    /// The map from `wasm` to a parsed and encoded module. `text` must have
    /// been parsed with the places of instructions.
    pub(crate) fn of(module: &Module<'_>, text: &str, wasm: &[u8]) -> SourceMap {
        let mut map = SourceMap::default();
        let (text_form, binary_form) = (in_text(module), in_binary(wasm));
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let ends: Vec<usize> = ends.map(|(offset, _)| offset).collect();
        let line = |span: &Span| {
            let ends_before = ends.partition_point(|end| *end < span.offset());
            u32::try_from(ends_before + 1).unwrap_or(u32::MAX)
        };
        let mut add = |spans: Text<'_>, offsets: &Binary| {
            if let Some(spans) = spans
                && spans.len() == offsets.len()
            {
                let lines = spans.iter().map(line);
                map.lines.extend(offsets.iter().copied().zip(lines));
            }
        };
        for (text, binary) in [
            (&text_form.tables, &binary_form.tables),
            (&text_form.globals, &binary_form.globals),
        ] {
            for (text, binary) in paired(text, binary) {
                if let (Some(text), Some(binary)) = (text, binary) {
                    add(*text, binary);
                }
            }
        }
        for (text, binary) in paired(&text_form.elements, &binary_form.elements) {
            for (text, binary) in paired(text, binary) {
                add(*text, binary);
            }
        }
        for (text, binary) in paired(&text_form.bodies, &binary_form.bodies) {
            add(*text, binary);
        }
        map.lines.sort_unstable();
        map
    }

    /// The line, counted from 1, of the instruction at `offset` in the binary form.
    pub fn line(&self, offset: u32) -> Option<u32> {
        let at = self.lines.binary_search_by_key(&offset, |(at, _)| *at);
        at.ok().map(|at| self.lines[at].1)
    }
}

/// Pairs the elements of two lists of equal length; empty if the lengths differ.
fn paired<'a, A, B>(a: &'a [A], b: &'a [B]) -> impl Iterator<Item = (&'a A, &'a B)> {
    let fit = a.len() == b.len();
    a.iter().zip(b).filter(move |_| fit)
}

fn spans<'a>(expression: &'a Expression<'_>) -> Text<'a> {
    expression.instr_spans.as_deref()
}

/// The expressions of an encoded text module.
fn in_text<'a>(module: &'a Module<'_>) -> Expressions<Text<'a>> {
    let mut found = Expressions::default();
    let ModuleKind::Text(fields) = &module.kind else {
        return found;
    };
    for field in fields {
        match field {
            ModuleField::Func(func) => {
                if let FuncKind::Inline { expression, .. } = &func.kind {
                    found.bodies.push(spans(expression));
                }
            }
            ModuleField::Table(table) => {
                if let TableKind::Normal { init_expr, .. } = &table.kind {
                    found.tables.push(init_expr.as_ref().map(spans));
                }
            }
            ModuleField::Global(global) => {
                if let GlobalKind::Inline(expression) = &global.kind {
                    found.globals.push(Some(spans(expression)));
                }
            }
            ModuleField::Elem(elem) => found.elements.push(match &elem.payload {
                ElemPayload::Indices(_) => Vec::new(),
                ElemPayload::Exprs { exprs, .. } => exprs.iter().map(spans).collect(),
            }),
            _ => {}
        }
    }
    found
}

/// The expressions of a binary module up to the first error.
fn in_binary(wasm: &[u8]) -> Expressions<Binary> {
    let mut found = Expressions::default();
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::TableSection(tables) => {
                let tables = tables.into_iter().map_while(Result::ok);
                found.tables.extend(tables.map(|table| match table.init {
                    TableInit::RefNull => None,
                    TableInit::Expr(expression) => Some(constant(&expression)),
                }));
            }
            Payload::GlobalSection(globals) => {
                let globals = globals.into_iter().map_while(Result::ok);
                let expressions = globals.map(|global| Some(constant(&global.init_expr)));
                found.globals.extend(expressions);
            }
            Payload::ElementSection(elements) => {
                let elements = elements.into_iter().map_while(Result::ok);
                found
                    .elements
                    .extend(elements.map(|element| match element.items {
                        ElementItems::Functions(_) => Vec::new(),
                        ElementItems::Expressions(_, items) => {
                            let items = items.into_iter().map_while(Result::ok);
                            items.map(|item| constant(&item)).collect()
                        }
                    }));
            }
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader();
                found
                    .bodies
                    .push(operators.map_or_else(|_| Vec::new(), offsets));
            }
            _ => {}
        }
    }
    found
}

fn constant(expression: &ConstExpr<'_>) -> Binary {
    offsets(expression.get_operators_reader())
}

/// Offsets of operators, without the last one: the `end` that the text omits.
fn offsets(operators: OperatorsReader<'_>) -> Binary {
    let operators = operators.into_iter_with_offsets().map_while(Result::ok);
    let offsets = operators.map(|(_, offset)| u32::try_from(offset).unwrap_or(u32::MAX));
    let mut offsets: Binary = offsets.collect();
    offsets.pop();
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of all instructions, in the order of their offsets.
    fn lines(text: &str, wasm: &[u8]) -> Vec<u32> {
        let map = SourceMap::new(text, wasm);
        map.lines.iter().map(|(_, line)| *line).collect()
    }

    const TEXT: &str = r#";;! schedule = "never"
(module
  (type $a (array (mut anyref)))
  (import "m" "f" (func $f))
  (table 1 anyref
    (ref.i31 (i32.const 1)))
  (global $g anyref
    (array.new $a
      (ref.null any)
      (i32.const 2)))
  (elem declare func $f)
  (elem anyref
    (item
      (ref.i31 (i32.const 3))))
  (func (export "run") (param i32)
    (if (local.get 0)
      (then
        nop)
      (else
        unreachable))
    call $f)
  (func))
"#;

    #[test]
    fn every_instruction_has_the_line_that_its_name_is_in() {
        let wasm = wat::parse_str(TEXT).unwrap();
        let expected = [
            6, 6, // the table's
            9, 10, 8, // the global's
            14, 14, // the element's
            16, 16, 18, 19, 20, 20, 21, // the function's
        ];
        assert_eq!(lines(TEXT, &wasm), expected);
    }

    #[test]
    fn text_that_was_printed_from_a_binary_module_fits_it() {
        let wasm = wat::parse_str(TEXT).unwrap();
        let printed = wasmprinter::print_bytes(&wasm).unwrap();
        let again = wat::parse_str(&printed).unwrap();
        assert_eq!(lines(&printed, &wasm), lines(&printed, &again));
        assert_eq!(lines(&printed, &wasm).len(), lines(TEXT, &wasm).len());
    }

    #[test]
    fn what_does_not_fit_is_not_known() {
        let wasm = wat::parse_str(TEXT).unwrap();
        for other in [
            "",
            "(module",
            "(module)",
            "(module binary \"\\00asm\")",
            "\u{7f}",
        ] {
            assert_eq!(lines(other, &wasm), [0; 0], "{other}");
        }
        assert_eq!(lines(TEXT, b"\0asm"), [0; 0]);
        assert_eq!(lines(TEXT, &wasm[..wasm.len() / 2]).len(), 5);
    }
}
