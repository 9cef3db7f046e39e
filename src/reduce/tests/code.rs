//! Edits of code that no single removal makes, seen in reductions that keep a piece of text.

use super::passes::left;

#[test]
fn a_statement_among_operands_is_all_that_is_left() {
    let module = "(module
      (global $g (mut i64) (i64.const 0))
      (func (export \"f\") (param i64)
        (drop (i64.xor (local.get 0) (i64.const 0) (global.set $g (i64.const 7))))))";
    let text = left(module, |text| {
        let is_set = text.contains("(global.set $g (i64.const ");
        is_set && !text.contains("unreachable")
    });
    assert!(!text.contains("xor") && !text.contains("drop"), "{text}");
}

#[test]
fn a_statement_leaves_the_handlers_around_it() {
    let module = "(module
      (global $g (mut i64) (i64.const 0))
      (func (export \"f\")
        (drop (block $b (result exnref)
          (try_table (catch_all_ref $b) (global.set $g (i64.const 7)))
          (return)))))";
    let text = left(module, |text| {
        // As if the handler kept something alive: it goes as a whole or not at all.
        let handled = text.contains("catch_all_ref") && text.contains("return");
        let whole = handled == text.contains("block") && handled == text.contains("exnref");
        whole && text.contains("global.set") && !text.contains("unreachable")
    });
    assert!(!text.contains("try_table"), "{text}");
}

#[test]
fn the_value_of_a_branch_stands_for_its_block() {
    for branch in [
        "(br_on_non_null 0 (call 0)) (unreachable)",
        "(br_if 0 (call 0) (i32.const 1))",
        "(block (br 1 (call 0))) (unreachable)",
    ] {
        let module = format!(
            "(module
              (import \"host\" \"make\" (func (result eqref)))
              (func (export \"f\") (result i32)
                (ref.test eqref (block (result (ref null eq)) {branch}))))"
        );
        let text = left(&module, |text| {
            let inside = text.split("(ref.test").nth(1).unwrap_or("");
            let is_block = inside.contains("(block");
            let reaches = text.contains("(br") && !text.contains("(call 0) (unreachable)");
            inside.contains("(call ") && (!is_block || reaches)
        });
        assert!(
            !text.contains("block") && !text.contains("unreachable"),
            "{text}"
        );
    }
}

/// The first word of the expression around a piece of text.
fn around<'t>(text: &'t str, piece: &str) -> Option<&'t str> {
    let before = &text[..text.find(piece)?];
    let mut depth = 0;
    let open = before.rfind(|c| {
        depth += match c {
            ')' => 1,
            '(' => -1,
            _ => 0,
        };
        depth < 0
    })?;
    text[open + 1..].split_whitespace().next()
}

#[test]
fn what_a_store_puts_into_a_new_object_is_there_from_the_start() {
    let module = "(module
      (type $s (struct (field i32) (field (mut i64))))
      (type $a (array (mut i64)))
      (func (export \"f\") (local $x (ref null $s)) (local $y (ref null $a))
        (local.set $x (struct.new_default $s))
        (struct.set $s 1 (local.get $x) (i64.const 777))
        (array.set $a (local.tee $y (array.new_default $a (i32.const 1)))
          (i32.const 0) (i64.const 888))))";
    let text = left(module, |text| {
        let is_stored = |number, kind| {
            let around = around(text, &format!("(i64.const {number}"));
            around.is_some_and(|op| op.starts_with(kind))
        };
        let is_reached = !text.contains("unreachable");
        let are_made = text.contains("struct.new") && text.contains("array.new");
        is_reached && are_made && is_stored(777, "struct.") && is_stored(888, "array.")
    });
    assert!(
        !text.contains("struct.set") && !text.contains("array.set"),
        "{text}"
    );
}

#[test]
fn types_of_casts_and_blocks_become_abstract() {
    let module = "(module
      (type $s (struct (field i32)))
      (func (export \"f\") (param anyref) (result i32)
        (drop (block (result (ref null $s)) (ref.cast (ref null $s) (local.get 0))))
        (drop (block $b (result anyref) (br_on_cast $b anyref (ref $s) (local.get 0))))
        (ref.test (ref $s) (ref.null $s))))";
    let text = left(module, |text| {
        ["(block (", "ref.cast", "br_on_cast", "ref.test"]
            .iter()
            .all(|op| text.contains(op))
    });
    assert!(!text.contains("(type"), "{text}");
}

#[test]
fn types_of_calls_by_reference_and_of_tags_lose_parameters_and_results() {
    let module = "(module
      (type $f (func (param i32 i64) (result i32 i32)))
      (type $g (func (param i32)))
      (table 2 funcref)
      (tag $e (type $g))
      (func $h (type $f) (i32.const 1) (i32.const 2))
      (func (export \"f\") (param (ref null $f)) (result i32)
        (call_indirect (type $f) (i32.const 4) (i64.const 3) (i32.const 0))
        (drop) (drop)
        (call_ref $f (i32.const 4) (i64.const 3) (local.get 0))
        (drop) (drop)
        (call $h (i32.const 4) (i64.const 3))
        (drop) (drop)
        (throw $e (i32.const 5))))";
    let text = left(module, |text| {
        ["call_indirect", "call_ref", "(call ", "throw"]
            .iter()
            .all(|op| text.contains(op))
    });
    assert!(
        !text.contains("param i") && !text.contains("result"),
        "{text}"
    );
}

#[test]
fn arrays_behind_a_trap_are_empty() {
    let module = "(module (type (array i32))
      (func (export \"f\") (unreachable) (drop (array.new_fixed 0 900))))";
    let text = left(module, |text| text.contains("array.new_fixed"));
    assert!(text.contains("array.new_fixed 0 0"), "{text}");
}

#[test]
fn an_object_stands_for_what_may_be_null() {
    let module = "(module
      (type $s (struct))
      (table $t 1 eqref)
      (func $set (export \"g\") (table.set $t (i32.const 0) (struct.new_default $s)))
      (func (export \"f\") (result i32)
        (ref.test structref (table.get $t (i32.const 0)))))";
    let text = left(module, |text| {
        let makes = |op| text.contains(&format!("(ref.test structref ({op}"));
        let is_made = makes("table.get") || makes("struct.new");
        is_made && text.contains("(struct)") && !text.contains("unreachable")
    });
    assert!(!text.contains("table"), "{text}");
}
