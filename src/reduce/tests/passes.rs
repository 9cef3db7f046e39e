//! What single passes do, seen in reductions that keep a piece of text.

use crate::case::{self, Case, Header, Style, write_with};
use crate::module::features;
use crate::reduce::{Answer, Predicate, Settings, reduce};
use wasmparser::{Validator, WasmFeatures};

/// Holds for valid modules whose text, in one line, is accepted.
struct Text(fn(&str) -> bool);

impl Predicate for Text {
    fn keeps(&self, case: &Case) -> Answer {
        let mut validator = Validator::new_with_features(self.features());
        let is_valid = validator.validate_all(&case.wasm).is_ok();
        (is_valid && (self.0)(&text(case))).into()
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

/// The text of a module in one line, without its header.
fn text(case: &Case) -> String {
    let text = write_with(case, &Header::default(), Style::Folded, "").unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(";;"));
    let words = lines.flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

/// What is left of a module whose text must be accepted.
pub(super) fn left(module: &str, is_kept: fn(&str) -> bool) -> String {
    let (case, _) = case::read(module.as_bytes()).unwrap();
    let predicate = Text(is_kept);
    assert_eq!(predicate.keeps(&case), Answer::Keep, "{}", text(&case));
    let settings = Settings::default();
    let reduced = reduce(case, &predicate, &settings, &()).unwrap();
    let again = reduce(reduced.case.clone(), &predicate, &settings, &()).unwrap();
    assert_eq!(again.accepted, 0);
    text(&reduced.case)
}

const NEW: &str = "(struct.new 0 (i32.const 7";

#[test]
fn what_a_global_or_a_table_holds_is_made_where_it_is_read() {
    for holder in ["global.get", "table.get"] {
        let module = "(module
          (type (struct (field i32)))
          (global (ref null 0) (struct.new 0 (i32.const 7)))
          (table 3 (ref null 0) (struct.new 0 (i32.const 7)))
          (func (export \"f\") (result i32)
            (struct.get 0 0 (global.get 0))))";
        let module = match holder {
            "global.get" => module.to_string(),
            _ => module.replace("global.get 0", "table.get 0 (i32.const 1)"),
        };
        let text = left(&module, |text| {
            let mut values = ["(global.get 0", "(table.get 0", NEW].iter();
            let is_reached = text.contains(NEW) && !text.contains("unreachable");
            is_reached && values.any(|v| text.contains(&format!("(struct.get 0 0 {v}")))
        });
        assert!(
            !text.contains("global") && !text.contains("table"),
            "{text}"
        );
    }
}

#[test]
fn a_global_gets_at_first_what_an_instruction_puts_there() {
    let module = "(module
      (global (mut eqref) (ref.null none))
      (func (export \"f\")
        (global.set 0 (ref.i31 (i32.const 7)))))";
    let text = left(module, |text| {
        [
            "(global.set 0 (ref.i31 (",
            "eqref) (ref.i31 (",
            "eqref (ref.i31 (",
        ]
        .iter()
        .any(|piece| text.contains(piece))
    });
    assert!(!text.contains("func"), "{text}");
}

#[test]
fn a_local_that_is_set_once_is_replaced_by_its_value() {
    let module = "(module
      (type (struct (field (mut i32))))
      (func (export \"f\") (local (ref null 0))
        (local.set 0 (struct.new 0 (i32.const 9)))
        (struct.set 0 0 (local.get 0) (i32.const 3))))";
    let text = left(module, |text| {
        text.contains("(struct.set 0 0 (local.get 0")
            && text.contains("(local.set 0 (struct.new 0 (i32.const 9")
            || text.contains("(struct.set 0 0 (struct.new 0 (i32.const 9")
    });
    assert!(!text.contains("local"), "{text}");
}

/// Holds for valid modules that make one array, fill memory, and read from the array, in this order.
struct InOrder;

impl Predicate for InOrder {
    fn keeps(&self, case: &Case) -> Answer {
        let mut validator = Validator::new_with_features(self.features());
        let is_valid = validator.validate_all(&case.wasm).is_ok();
        let text = write_with(case, &Header::default(), Style::Flat, "").unwrap();
        let all = ["memory.size", "array.new", "memory.fill", "array.get"];
        let places: Option<Vec<usize>> = all.iter().map(|name| text.find(name)).collect();
        let is_in_order =
            !text.contains("nullref") && places.is_some_and(|places| places.is_sorted());
        let is_other = text.contains("ref.null") || text.contains("unreachable");
        let is_one = text.matches("array.new").count() == 1;
        // A local that is read was set to the array before memory is filled. Otherwise it
        // would be null.
        let is_read = match text.find("local.get") {
            Some(_) => {
                let set = ["array.new", "local.set", "memory.fill"];
                let places: Option<Vec<usize>> = set.iter().map(|name| text.find(name)).collect();
                places.is_some_and(|places| places.is_sorted())
            }
            None => !text.contains("drop"),
        };
        (is_valid && is_in_order && is_one && is_read && !is_other).into()
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

#[test]
fn a_value_waits_on_the_stack_for_its_only_use() {
    let module = "(module
      (type (array (mut i32)))
      (memory 1)
      (func (export \"f\") (result i32) (local (ref null 0))
        (local.set 0 (array.new_default 0 (memory.size)))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
        (array.get 0 (local.get 0) (i32.const 0))))";
    let (case, _) = case::read(module.as_bytes()).unwrap();
    assert_eq!(InOrder.keeps(&case), Answer::Keep);
    let reduced = reduce(case, &InOrder, &Settings::default(), &()).unwrap();
    let text = text(&reduced.case);
    assert!(!text.contains("local"), "{text}");
}

#[test]
fn arrays_become_structures() {
    let module = "(module
      (type (array (mut eqref)))
      (func (export \"f\") (local (ref null 0))
        (local.set 0 (array.new 0 (ref.null none) (i32.const 3)))
        (array.set 0 (local.get 0) (i32.const 1) (ref.i31 (i32.const 4)))))";
    let text = left(module, |text| {
        text.contains("(array.set 0 (") || text.contains("(struct.set 0 0 (")
    });
    assert!(!text.contains("array"), "{text}");
}

#[test]
fn constant_expressions_become_simple() {
    let module = "(module
      (type (array (ref null i31)))
      (table 1 (ref null 0) (array.new_fixed 0 3
        (ref.i31 (i32.const 700)) (ref.i31 (i32.add (i32.const 3) (i32.const 4))) (ref.i31 (i32.const -1000))))
      (elem (ref null 0) (array.new 0 (ref.i31 (i32.const 2)) (i32.const 90))))";
    let text = left(module, |text| {
        text.contains("array.new_fixed")
            && text.contains("(ref.i31 (i32.const -")
            && text.contains("(elem")
    });
    let text = text.split_once("(table").unwrap().1;
    let wanted = "(array.new_fixed 0 1 (ref.i31 (i32.const -1)))";
    assert!(
        text.contains(wanted) && !text.contains("(elem (;0;) (ref"),
        "{text}"
    );
}

#[test]
fn arrays_become_short_together_with_what_indexes_them() {
    let module = "(module
      (type (array (mut eqref)))
      (func (export \"f\")
        (array.copy 0 0
          (array.new_fixed 0 3 (ref.null eq) (ref.null eq) (ref.null eq)) (i32.const 0)
          (array.new_fixed 0 3 (ref.null eq) (ref.i31 (i32.const 5)) (ref.null eq)) (i32.const 0)
          (i32.const 3))))";
    // As long as what is copied: the length stands for what an engine would check.
    let text = left(module, |text| {
        (1..=3).any(|n| {
            let copied = format!("(i32.const 0) (i32.const {n}))");
            let arrays = format!("(array.new_fixed 0 {n} ");
            text.contains(&copied)
                && text.contains("array.copy 0 0 (array.new_fixed")
                && text.contains("ref.i31")
                && text.matches(&arrays).count() == 2
        })
    });
    assert_eq!(text.matches("(array.new_fixed 0 1 ").count(), 2, "{text}");
}

#[test]
fn functions_with_several_results_are_inlined() {
    let module = "(module
      (type (struct (field (mut i32))))
      (func (param (ref null 0)) (result i32 i32)
        (if (ref.is_null (local.get 0)) (then (return (i32.const 5) (i32.const 6))))
        (struct.set 0 0 (local.get 0) (i32.const 1))
        (i32.const 3) (i32.const 4))
      (func (export \"f\") (result i32)
        (i32.sub (call 0 (struct.new_default 0)))))";
    let text = left(module, |text| {
        let is_tied = text.contains("(i32.sub (call 0") || text.contains("(i32.sub (block");
        let leaves = text.contains("return") || text.contains("(br ");
        is_tied && leaves && text.contains("(struct.set 0 0 (") && !text.contains("unreachable")
    });
    assert_eq!(text.matches("(func").count(), 1, "{text}");
}

#[test]
fn calls_through_references_and_tables_become_direct() {
    let module = "(module
      (type (func (param i32)))
      (table 1 funcref)
      (elem (i32.const 0) func 0)
      (func (param i32) (drop (local.get 0)))
      (func (export \"f\")
        (call_indirect (type 0) (i32.const 4) (i32.const 0))
        (call_ref 0 (i32.const 5) (ref.func 0))))";
    let text = left(module, |text| {
        text.matches("(call").count() == 2 && !text.contains("unreachable")
    });
    assert_eq!(text.matches("(call ").count(), 2, "{text}");
    assert!(!text.contains("table") && !text.contains("elem"), "{text}");
}

#[test]
fn names_go_with_their_items_and_stay_with_others() {
    let module = "(module
      (type $unused (struct (field $x i32)))
      (global $first i32 (i32.const 1))
      (global $wanted (mut i32) (i32.const 2))
      (func $gone (param $p i32) (local $l i32) (local.set $l (local.get $p)))
      (func $f (export \"f\") (global.set $wanted (i32.const 3))))";
    let text = left(module, |text| {
        text.contains("$wanted") && !text.contains("binary")
    });
    assert_eq!(text, "(module (global $wanted (;0;) i32 (i32.const 0)) )");
}

#[test]
fn tables_of_branches_become_short() {
    let module = "(module
      (func (export \"f\") (param i32)
        (block (block (block (br_table 0 1 2 1 1 (local.get 0)))))))";
    let text = left(module, |text| text.contains("(br_table"));
    assert!(!text.contains("block"), "{text}");
    assert!(text.contains("(br_table 0)"), "{text}");
}

#[test]
fn calls_that_are_never_reached_lose_arguments_and_parameters() {
    let module = "(module (func $f (param i32 i64) (unreachable) (return_call $f)))";
    let text = left(module, |text| text.contains("(return_call"));
    assert!(!text.contains("param"), "{text}");
}

#[test]
fn offsets_alignments_and_lanes_become_small() {
    let module = "(module
      (memory 1)
      (func (export \"f\") (result i32)
        (v128.store8_lane offset=77 5 (i32.const 0) (v128.const i64x2 0 0))
        (i32.load offset=9 align=1 (i32.const 0))))";
    let text = left(module, |text| {
        text.contains("v128.store8_lane ") && text.contains("i32.load")
    });
    assert!(text.contains("v128.store8_lane 0"), "{text}");
    assert!(
        !text.contains("offset") && !text.contains("align"),
        "{text}"
    );
}

/// Most of a large module is unused when nothing is exported: it must not go item by item.
#[test]
fn unused_items_go_many_at_a_time() {
    let mut module = String::from("(module\n");
    for i in 0..1000 {
        module += &format!("(type $t{i} (array (mut i32))) (global $g{i} i32 (i32.const {i}))\n");
        module += &format!("(func $f{i} (drop (global.get $g{i})) (drop (ref.null $t{i})))\n");
    }
    module += "(func (drop (global.get 444)) (drop (ref.null 333))))";
    let (case, _) = case::read(module.as_bytes()).unwrap();
    let predicate = Text(|text| text.contains("i32.const 444"));
    let reduced = reduce(case, &predicate, &Settings::default(), &()).unwrap();
    assert_eq!(
        text(&reduced.case),
        "(module (global i32 (i32.const 444)) )"
    );
    assert!(reduced.tried < 150, "{}", reduced.tried);
}
