//! Observations of large objects are complete, and take no more memory than the
//! objects themselves.
//!
//! Each array here has 100 megabytes, and so has its part of a graph: values
//! keep the width of their storage type, and the bytes of the elements are
//! copied from the heap once. Comparing two arrays takes the 200 megabytes of
//! their graphs and nothing per element. As single [`ObservedValue`]s, the
//! elements of an `i8` array would take 24 times as much.

use gcdiff::case;
use gcdiff::engine::NoInspector;
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::observe::{Graph, Observation, ObservedValue, Values};
use gcdiff::oracle::{Names, compare};
use std::sync::Arc;

fn observe(text: &str, heap: impl Heap) -> Observation {
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    case::run(&case, &module, heap, &mut NoInspector)
        .observation
        .unwrap()
}

const MEGABYTES: usize = 100_000_000;

/// A module whose first global holds an array of 100 megabytes: zeros, except
/// for some elements given as constants.
fn array(storage: &str, element: usize, set: &[(usize, &str)]) -> String {
    let set = set.iter().map(|(index, value)| {
        format!("(array.set $a (global.get $g) (i32.const {index}) ({value}))")
    });
    format!(
        "(module (type $a (array (mut {storage})))
          (global $g (mut (ref null $a)) (ref.null $a))
          (func (export \"f\")
            (global.set $g (array.new_default $a (i32.const {})))
            {}))",
        MEGABYTES / element,
        set.collect::<String>()
    )
}

fn values(seen: &Observation) -> Values<'_> {
    let ObservedValue::Object(object) = seen.globals[0] else {
        panic!("{:?}", seen.globals);
    };
    seen.graph.values_of(object)
}

#[track_caller]
fn found(a: &Observation, b: &Observation) -> Option<String> {
    compare(("a", a), ("b", b), &Names::none()).map(|found| found.to_string())
}

/// Checks the observation of a large array whose first and last elements are
/// set.
fn round_trip(
    storage: &str,
    width: usize,
    ends: [(&str, ObservedValue, &str); 2],
    zero: ObservedValue,
) {
    let last = MEGABYTES / width - 1;
    let [
        (first_text, first_seen, first_shown),
        (last_text, last_seen, last_shown),
    ] = ends;
    let make = |ends: &[(usize, &str)]| observe(&array(storage, width, ends), Null::new(1 << 28));
    let a = make(&[(0, first_text), (last, last_text)]);
    assert_eq!(values(&a).len(), last + 1);
    assert_eq!(values(&a).next(), Some(first_seen));
    assert_eq!(values(&a).nth(1), Some(zero));
    assert_eq!(values(&a).nth(last), Some(last_seen));
    assert_eq!(values(&a).nth(last + 1), None);
    assert!(!a.graph.has_sharing() && !a.graph.has_cycle());

    let zero = if storage == "v128" {
        "v128 0x0000000000000000_0000000000000000"
    } else {
        "0"
    };
    let b = make(&[(last, last_text)]);
    let line = format!("global 0 -> element 0: {first_shown} / {zero}");
    assert_eq!(found(&a, &b), Some(line));
    drop(b);
    let b = make(&[(0, first_text)]);
    let line = format!("global 0 -> element {last}: {last_shown} / {zero}");
    assert_eq!(found(&a, &b), Some(line));
    drop(b);
    let b = observe(
        &array(storage, width, &[(0, first_text), (last, last_text)]),
        Drc::new(1 << 28),
    );
    assert!(a == b);
}

#[test]
fn a_large_array_of_bytes() {
    let ends = [
        ("i32.const 7", ObservedValue::Bits(7), "7"),
        ("i32.const -2", ObservedValue::Bits(254), "254 (0xfe)"),
    ];
    round_trip("i8", 1, ends, ObservedValue::Bits(0));
}

#[test]
fn a_large_array_of_floats() {
    let ends = [
        (
            "f32.const 1",
            ObservedValue::Bits(0x3f80_0000),
            "1065353216 (0x3f800000)",
        ),
        (
            "f32.const nan:0x200001",
            ObservedValue::Bits(0x7fa0_0001),
            "2141192193 (0x7fa00001)",
        ),
    ];
    round_trip("f32", 4, ends, ObservedValue::Bits(0));
}

#[test]
fn a_large_array_of_long_numbers() {
    let ends = [
        ("i64.const 7", ObservedValue::Bits(7), "7"),
        (
            "i64.const -1",
            ObservedValue::Bits(u64::MAX),
            "18446744073709551615 (0xffffffffffffffff)",
        ),
    ];
    round_trip("i64", 8, ends, ObservedValue::Bits(0));
}

#[test]
fn a_large_array_of_vectors() {
    let ends = [
        (
            "v128.const i64x2 1 0",
            ObservedValue::Vector([1, 0]),
            "v128 0x0000000000000000_0000000000000001",
        ),
        (
            "v128.const i64x2 0 -2",
            ObservedValue::Vector([0, u64::MAX - 1]),
            "v128 0xfffffffffffffffe_0000000000000000",
        ),
    ];
    round_trip("v128", 16, ends, ObservedValue::Vector([0, 0]));
}

/// A structure with a field of every kind, and an array of `n` elements of
/// every kind. `text` replaces the `@` in one of the values.
fn of_every_kind(n: usize, text: &str) -> String {
    let kinds = [
        ("i8", "i32.const -1"),
        ("i16", "i32.const -1"),
        ("i32", "i32.const -1"),
        ("f32", "f32.const -1"),
        ("i64", "i64.const -1"),
        ("f64", "f64.const -1"),
        ("v128", "v128.const i64x2 -1 @"),
        ("anyref", "ref.i31 (i32.const -1)"),
        ("externref", "extern.convert_any (ref.i31 (i32.const 5))"),
        ("funcref", "ref.func $f"),
        ("(ref null $s)", "ref.null $s"),
    ];
    let fields = kinds.iter().map(|(ty, _)| format!("(field {ty})"));
    let values = kinds.iter().map(|(_, value)| format!("({value})"));
    let fixed = |value: &str| format!("({value}) ").repeat(n);
    let arrays = kinds.iter().enumerate().map(|(i, (ty, value))| {
        format!(
            "(type $a{i} (array {ty}))
             (global (ref $a{i}) (array.new_fixed $a{i} {n} {}))",
            fixed(value)
        )
    });
    let text_of_module = format!(
        "(module (type $s (struct {}))
          (global (ref $s) (struct.new $s {}))
          {}
          (func $other) (func $f) (elem declare func $f))",
        fields.collect::<String>(),
        values.collect::<String>(),
        arrays.collect::<String>()
    );
    text_of_module.replace('@', text)
}

const EVERY_KIND: [ObservedValue; 11] = [
    ObservedValue::Bits(0xff),
    ObservedValue::Bits(0xffff),
    ObservedValue::Bits(0xffff_ffff),
    ObservedValue::Bits(0xbf80_0000),
    ObservedValue::Bits(u64::MAX),
    ObservedValue::Bits(0xbff0_0000_0000_0000),
    ObservedValue::Vector([u64::MAX, 6]),
    ObservedValue::I31(-1),
    ObservedValue::I31(5),
    ObservedValue::Func(1),
    ObservedValue::Null,
];

#[test]
fn values_of_every_kind() {
    let a = observe(&of_every_kind(3, "6"), Null::new(1 << 20));
    assert!(values(&a).eq(EVERY_KIND));
    assert_eq!(values(&a).len(), EVERY_KIND.len());
    for (object, value) in (1..).zip(EVERY_KIND) {
        assert!(a.graph.values_of(object).eq([value; 3]));
    }
    // All heaps give the same observation, and so does a graph made by hand.
    let others = [
        observe(&of_every_kind(3, "6"), Drc::new(1 << 20)),
        observe(&of_every_kind(3, "6"), Copying::new(1 << 20)),
        observe(&of_every_kind(3, "6"), Model::new(1 << 20)),
    ];
    assert!(others.iter().all(|other| *other == a));
    let mut graph = Graph::default();
    for (object, node) in (0..).zip(&a.graph.nodes) {
        let values: Vec<ObservedValue> = a.graph.values_of(object).collect();
        graph.push(node.shape, node.word, &values);
    }
    let by_hand = Observation { graph, ..a.clone() };
    assert_eq!(found(&a, &by_hand), None);
    // The difference is found in the structure first.
    let b = observe(&of_every_kind(3, "7"), Null::new(1 << 20));
    let line = "global 0 -> field 6: v128 0x0000000000000006_ffffffffffffffff / \
                v128 0x0000000000000007_ffffffffffffffff";
    assert_eq!(found(&a, &b).as_deref(), Some(line));
}

/// Thousands of structures of thousands of bytes each: 8 megabytes in all. As
/// [`ObservedValue`]s they would take 200.
#[test]
fn many_small_fields() {
    let text = format!(
        "(module (type $s (struct {}))
          (type $a (array (mut (ref null $s))))
          (global $g (ref $a) (array.new_default $a (i32.const 4000)))
          (func (export \"f\") (local $i i32)
            (loop $l
              (array.set $a (global.get $g) (local.get $i) (struct.new_default $s))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (i32.const 4000))))))",
        "(field i8)".repeat(2000)
    );
    let a = observe(&text, Null::new(1 << 28));
    let b = observe(&text, Copying::new(1 << 28));
    assert!(a == b);
    assert_eq!(values(&a).len(), 4000);
    assert!(a.graph.values_of(4000).eq([ObservedValue::Bits(0); 2000]));
}
