//! The names of functions, types and other items in reports. Names come from
//! the module, so they can be arbitrary data.

use gcdiff::heap::Shape;
use gcdiff::module::Module;
use gcdiff::observe::{Graph, Observation, ObservedValue};
use gcdiff::oracle::{Names, compare, show};
use std::sync::Arc;

/// A module with three functions, one of them exported, and without a name
/// section.
const BODY: &str = r#"
    (module
      (type (struct))
      (rec (type (struct (field i32))) (type (array i8)))
      (rec (type (struct (field i32))) (type (array i8)))
      (func) (func) (func (export "exported") (export "again")))"#;

fn leb(mut n: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&leb(bytes.len() as u32), bytes].concat()
}

/// A subsection with these names.
fn names(id: u8, names: &[(u32, &[u8])]) -> Vec<u8> {
    let mut map = leb(names.len() as u32);
    for (index, name) in names {
        map.extend(leb(*index));
        map.extend(sized(name));
    }
    [vec![id], sized(&map)].concat()
}

/// The module with these bytes as its name section.
fn module(section: &[u8]) -> Module {
    let mut wasm = wat::parse_str(BODY).unwrap();
    wasm.push(0);
    wasm.extend(sized(&[sized(b"name"), section.to_vec()].concat()));
    Module::new(&wasm, &mut Arc::default()).unwrap()
}

fn func(module: &Module, index: u32) -> String {
    let names = Names::new(module);
    show(ObservedValue::Func(index), &Graph::default(), &names)
}

/// The name under which a report shows a function.
fn shown(name: &str) -> String {
    func(&module(&names(1, &[(0, name.as_bytes())])), 0)
}

#[test]
fn functions_go_by_their_names_exports_or_indices() {
    let named = module(&names(1, &[(1, b"one")]));
    assert_eq!(func(&named, 0), "function 0");
    assert_eq!(func(&named, 1), "function $one");
    assert_eq!(func(&named, 2), "function \"exported\"");
    assert_eq!(func(&named, 3), "function 3");
    let all = module(&names(1, &[(0, b""), (2, b"two")]));
    assert_eq!(func(&all, 0), "function 0");
    assert_eq!(func(&all, 2), "function $two");
    assert_eq!(
        show(ObservedValue::Func(2), &Graph::default(), &Names::none()),
        "function 2"
    );
}

#[test]
fn types_go_by_their_first_index() {
    let named = module(&names(4, &[(1, b"first"), (3, b"second")]));
    let unnamed = module(&[]);
    let mut graph = Graph::default();
    graph.push(Shape::Struct(named.type_ids[0]), 0, &[]);
    graph.push(Shape::Struct(named.type_ids[3]), 0, &[]);
    graph.push(
        Shape::Array(named.type_ids[4]),
        0,
        &[ObservedValue::Null; 5],
    );
    let show = |module: &Module, i| show(ObservedValue::Object(i), &graph, &Names::new(module));
    assert_eq!(show(&named, 0), "struct 0");
    assert_eq!(show(&named, 1), "struct $first");
    assert_eq!(show(&unnamed, 1), "struct 1");
    assert_eq!(show(&unnamed, 2), "array 2 of 5");
}

#[test]
fn terminals_are_safe_from_names() {
    assert_eq!(shown("plain.name+$<'x'>"), "function $plain.name+$<'x'>");
    assert_eq!(shown("two words"), "function $\"two words\"");
    assert_eq!(shown("\x1b[31m\r\n"), r#"function $"\u{1b}[31m\r\n""#);
    assert_eq!(shown("a\u{202e}b\u{9b}"), r#"function $"a\u{202e}b\u{9b}""#);
    assert_eq!(shown("\"\\"), r#"function $"\"\\""#);
    assert_eq!(shown("größe"), "function $\"größe\"");
}

#[test]
fn long_names_are_cut() {
    let exact = "x".repeat(64);
    assert_eq!(shown(&exact), format!("function ${exact}"));
    let cut = format!("function ${}...", "x".repeat(61));
    assert_eq!(shown(&"x".repeat(65)), cut);
    assert_eq!(shown(&"x".repeat(1 << 20)), cut);
    // An escape is shown completely or not at all.
    let cut = format!("function $\"{}...\"", r"\u{1b}".repeat(10));
    assert_eq!(shown(&"\x1b".repeat(1000)), cut);
}

#[test]
fn a_name_section_need_not_be_valid() {
    // The names before the first error are used.
    let twice = [names(1, &[(0, b"a")]), names(1, &[(1, b"b")])].concat();
    assert_eq!(func(&module(&twice), 0), "function $a");
    assert_eq!(func(&module(&twice), 1), "function 1");
    let descending = module(&names(1, &[(1, b"b"), (0, b"a")]));
    assert_eq!(func(&descending, 1), "function $b");
    assert_eq!(func(&descending, 0), "function 0");
    let no_text = module(&names(1, &[(0, b"a"), (1, b"\xff\xfe")]));
    assert_eq!(func(&no_text, 0), "function $a");
    assert_eq!(func(&no_text, 1), "function 1");
    let far = module(&names(1, &[(0, b"a"), (u32::MAX, b"b")]));
    assert_eq!(func(&far, 0), "function $a");
    assert_eq!(func(&far, u32::MAX), format!("function {}", u32::MAX));

    // Counts and sizes beyond the end of the section.
    for claim in [1 << 20, u32::MAX] {
        let map = [leb(claim), vec![0], sized(b"a")].concat();
        let section = [vec![1], sized(&map)].concat();
        assert_eq!(func(&module(&section), 0), "function $a");
        let section = [vec![1], leb(claim), map].concat();
        assert_eq!(func(&module(&section), 0), "function 0");
    }
    let whole = [
        names(0, &[]),
        names(1, &[(0, b"a"), (1, b"b")]),
        names(2, &[(0, b"a")]),
        names(4, &[(0, b"t")]),
        names(200, &[]),
    ]
    .concat();
    for end in 0..whole.len() {
        let cut = module(&whole[..end]);
        (0..3).for_each(|index| drop(func(&cut, index)));
        for byte in [0, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[end] = byte;
            drop(func(&module(&damaged), 0));
        }
    }
}

#[test]
fn what_shares_a_name_is_told_apart() {
    let module = module(&names(1, &[(0, b"same"), (1, b"same")]));
    let holding = |func| Observation {
        globals: vec![ObservedValue::Func(func)],
        ..Observation::default()
    };
    let (a, b) = (holding(0), holding(1));
    let found = compare(("a", &a), ("b", &b), &Names::new(&module)).unwrap();
    assert_eq!(found.to_string(), "global 0: function 0 / function 1");
}
