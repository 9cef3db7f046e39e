//! Observations as JSON: what is written reads back unchanged.

use gcdiff::case::{Case, read, run};
use gcdiff::engine::NoInspector;
use gcdiff::generate::{Generator, input};
use gcdiff::heap::copying::Copying;
use gcdiff::heap::model::Model;
use gcdiff::module::Module;
use gcdiff::observe::{JsonObservation, Observation};
use gcdiff::oracle::{Names, compare};
use std::sync::Arc;

fn parse(json: &str, module: &Module) -> Result<Observation, String> {
    let parsed: JsonObservation = serde_json::from_str(json).map_err(|e| e.to_string())?;
    parsed.observation(module).map_err(|e| e.to_string())
}

#[test]
fn observations_of_generated_cases_come_back_equal() {
    let (mut objects, mut threw, mut host_calls, mut vectors) = (0, 0, 0, 0);
    for index in 0..300 {
        let Ok(drawn) = Generator::Default.case(&input(31, index)) else {
            continue;
        };
        let heap = Copying::new(1 << 24);
        let Ok(seen) = run(&drawn.case, &drawn.module, heap, &mut NoInspector).observation else {
            continue;
        };
        let json = serde_json::to_string(&JsonObservation::new(&seen, &drawn.module)).unwrap();
        let back = parse(&json, &drawn.module).unwrap_or_else(|e| panic!("case {index}: {e}"));
        assert!(back == seen, "case {index}");
        objects += seen.graph.nodes.len();
        host_calls += seen.host_calls.len();
        threw += json.matches("threw").count();
        vectors += json.matches("v128").count();
    }
    // A sample without these kinds of values would prove nothing.
    assert!(objects > 5_000, "{objects}");
    assert!(threw > 5 && host_calls > 50, "{threw} {host_calls}");
    assert!(vectors > 5, "{vectors}");
}

const TEXT: &str = r#"(module
    (import "m" "x" (global externref))
    (type $s (sub (struct (field i8) (field (ref null $s)) (field v128))))
    (type $t (sub $s (struct (field i8) (field (ref null $s)) (field v128) (field funcref))))
    (type $a (array i16))
    (tag $e (param i32 anyref))
    (memory 1)
    (data (i32.const 65530) "\01\02\ff")
    (global anyref (ref.i31 (i32.const -5)))
    (table 2 funcref (ref.func $f))
    (func $f (export "f") (result (ref $t) (ref $a) i64)
      (struct.new $t (i32.const 200)
        (struct.new $s (i32.const 1) (ref.null $s) (v128.const i64x2 1 2))
        (v128.const i64x2 3 4) (ref.func $f))
      (array.new_fixed $a 2 (i32.const 40000) (i32.const 2))
      (i64.const -1))
    (func (export "g") (throw $e (i32.const 7) (ref.i31 (i32.const 9))))
    (func (export "k") unreachable))"#;

fn case() -> (Case, Arc<Module>, Observation) {
    let (case, _) = read(TEXT.as_bytes()).unwrap();
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let seen = run(&case, &module, Model::new(1 << 20), &mut NoInspector).observation;
    (case, module, seen.unwrap())
}

#[test]
fn every_kind_of_object_and_outcome_comes_back() {
    let (_, module, seen) = case();
    let json = serde_json::to_string_pretty(&JsonObservation::new(&seen, &module)).unwrap();
    for word in [
        "\"struct\": 1",
        "\"array\": 2",
        "\"exception\": 0",
        "\"extern\": ",
        "\"v128\": \"0x00000000000000040000000000000003\"",
        "\"i31\": -5",
        "\"func\": 0",
        "\"trapped\": \"unreachable\"",
        "\"0xffffffffffffffff\"",
        "\"0xc8\"",
        "\"0x9c40\"",
        "0102ff000000\"",
    ] {
        assert!(json.contains(word), "{word} in {json}");
    }
    assert_eq!(parse(&json, &module).unwrap(), seen);
}

#[test]
fn the_order_of_objects_is_free() {
    let (_, module, seen) = case();
    let json = serde_json::to_value(JsonObservation::new(&seen, &module)).unwrap();
    let mut other = json.clone();
    let objects = other["objects"].as_array_mut().unwrap();
    let count = objects.len();
    objects.reverse();
    fn renumber(value: &mut serde_json::Value, count: usize) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value.as_u64()) {
                        ("object", Some(n)) => *value = (count as u64 - 1 - n).into(),
                        _ => renumber(value, count),
                    }
                }
            }
            serde_json::Value::Array(values) => {
                values.iter_mut().for_each(|value| renumber(value, count));
            }
            _ => {}
        }
    }
    renumber(&mut other, count);
    assert_ne!(other, json);
    let other = parse(&other.to_string(), &module).unwrap();
    assert_ne!(other, seen);
    let names = Names::new(&module);
    assert_eq!(compare(("a", &seen), ("b", &other), &names), None);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let (_, module, seen) = case();
    let json = serde_json::to_string(&JsonObservation::new(&seen, &module)).unwrap();
    for (from, to, expected) in [
        (
            "\"version\":1",
            "\"version\":2",
            "version 2: this program reads version 1",
        ),
        (
            "\"struct\":1",
            "\"struct\":99",
            "object 1: the module has no type 99",
        ),
        (
            "\"struct\":1",
            "\"struct\":null",
            "object 1: its type is not one of the module's",
        ),
        (
            "\"struct\":1",
            "\"struct\":2",
            "object 1: its type is of another kind",
        ),
        (
            "\"struct\":1",
            "\"struct\":0",
            "object 1: 4 values, but its type has 3 fields",
        ),
        (
            "\"0xc8\"",
            "\"0x1c8\"",
            "object 1: value 0 is not of the type of its field",
        ),
        (
            "\"0xc8\"",
            "null",
            "object 1: value 0 is not of the type of its field",
        ),
        (
            "0102ff",
            "0102f",
            "memory 0: expected hexadecimal digits, two for each byte",
        ),
        (
            "0102ff",
            "0102fg",
            "memory 0: expected hexadecimal digits, two for each byte",
        ),
        (
            "\"trapped\":\"unreachable\"",
            "\"trapped\":\"tired\"",
            "invalid value: string \"tired\", expected a kind of trap",
        ),
        ("\"kept\"", "\"keeps\"", "unknown field `keeps`"),
    ] {
        assert!(json.contains(from), "{from} in {json}");
        let error = parse(&json.replacen(from, to, 1), &module).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    // A reference to a missing object is a difference, not a panic.
    let far = json.replacen("{\"object\":0}", "{\"object\":4000000000}", 1);
    let far = parse(&far, &module).unwrap();
    let names = Names::new(&module);
    let found = compare(("a", &seen), ("b", &far), &names).unwrap();
    assert_eq!(found.values.1, "a reference to no object");
}

#[test]
fn the_lowest_index_stands_for_equal_types() {
    let text = r#"(module
        (type (struct)) (type $a (struct (field i32))) (type $b (struct (field i32)))
        (func (export "f") (result anyref) (struct.new $b (i32.const 1))))"#;
    let (case, _) = read(text.as_bytes()).unwrap();
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let seen = run(&case, &module, Model::new(1 << 20), &mut NoInspector).observation;
    let json = serde_json::to_value(JsonObservation::new(&seen.unwrap(), &module)).unwrap();
    assert_eq!(json["objects"][0]["struct"], 1);
}
