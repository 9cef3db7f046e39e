//! The graph of objects: their contents, identity and sharing, and long paths.

use super::{assert_found, differ, difference, observe};
use gcdiff::engine::Schedule;
use gcdiff::heap::null::Null;
use gcdiff::oracle::Names;

#[test]
fn the_inside_of_objects() {
    let held = |object: &str| format!("(global anyref (ref.null any)) (global anyref ({object}))");
    for (object, line) in [
        ("struct.new $word (i32.const @)", "field 0: 3 / 4"),
        (
            "struct.new $pair (ref.i31 (i32.const @)) (ref.null any)",
            "field 0: i31 3 / i31 4",
        ),
        (
            "array.new_fixed $bytes 3 (i32.const 0) (i32.const 0) (i32.const 2@)",
            "element 2: 23 (0x17) / 24 (0x18)",
        ),
    ] {
        let line = format!("global 1 -> {line}");
        differ(&held(object), ("3", "4"), "heap", &line);
    }
    let body = r#"(func (export "f") (result anyref) (struct.new $word (i32.const @)))"#;
    let line = r#"result 0 of call 1 "f" -> field 0: 3 / 4"#;
    differ(body, ("3", "4"), "heap", line);
}

/// The example in the documentation.
#[test]
fn a_path_ends_where_the_difference_is() {
    let body = r#"
        (type $t (struct))
        (type $three (struct (field i32) (field i32) (field anyref)))
        (global (export "g") (ref $three)
          (struct.new $three (i32.const 0) (i32.const 0)
            (array.new_fixed $refs 6
              (ref.null any) (ref.null any) (ref.null any) (ref.null any) (ref.null any)
              @)))"#;
    let texts = ("(ref.i31 (i32.const 7))", "(struct.new $t)");
    let line = r#"global "g" -> field 2 -> element 5: i31 7 / struct $t"#;
    differ(body, texts, "heap", line);
}

#[test]
fn identity_and_sharing() {
    // Two separate objects with equal contents.
    let words = r#"(global $a (export "a") (ref $word) (struct.new $word (i32.const 5)))
        (global $b (ref $word) (struct.new $word (i32.const 5)))"#;
    let body = format!("{words} (global anyref (struct.new $pair (global.get $a) (global.get @)))");
    let line = r#"global 2 -> field 1: struct $word, the same object as global "a" / struct $word, the same object as global $b"#;
    differ(&body, ("$a", "$b"), "heap", line);
    let body = format!("{words} (global anyref @)");
    let texts = ("(global.get $a)", "(struct.new $word (i32.const 5))");
    let line =
        r#"global 2: struct $word, the same object as global "a" / struct $word, another object"#;
    differ(&body, texts, "global", line);
    let body = format!(
        "{words} (table 1 anyref (ref.null any))
        (func (export \"f\") (result anyref anyref) (global.get $b) (global.get @))"
    );
    let line = r#"result 1 of call 1 "f": struct $word, another object / struct $word, the same object as result 0 of call 1 "f""#;
    differ(&body, ("$a", "$b"), "result", line);

    // A cycle, and an acyclic array that looks the same from above.
    let body = r#"
        (global $g (mut (ref null $refs)) (ref.null $refs))
        (func (export "f")
          (global.set $g (array.new_default $refs (i32.const 1)))
          (array.set $refs (global.get $g) (i32.const 0) @))"#;
    let texts = ("(global.get $g)", "(array.new_default $refs (i32.const 1))");
    let line = "global $g -> element 0: array $refs of 1, the same object as global $g / array $refs of 1, another object";
    differ(body, texts, "heap", line);
}

/// A list of `length` nodes in a global. The last node holds the number `last`,
/// and its link is `end`.
fn list(length: &str, last: &str, end: &str) -> String {
    format!(
        r#"(global $list (mut (ref null $node)) (ref.null $node))
        (func (export "f") (local $n i32) (local $last (ref null $node))
          (global.set $list (struct.new $node (i32.const {last}) (ref.null $node)))
          (local.set $last (global.get $list))
          (local.set $n (i32.const {length}))
          (loop $more
            (if (i32.gt_u (local.get $n) (i32.const 1)) (then
              (global.set $list (struct.new $node (i32.const 0) (global.get $list)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $more))))
          (struct.set $node 1 (local.get $last) {end}))"#
    )
}

#[test]
fn cycles_of_different_lengths() {
    let body = list("@", "0", "(global.get $list)");
    let line = "global $list -> field 1 -> field 1: struct $node, the same object as global $list / struct $node, another object";
    differ(&body, ("2", "3"), "heap", line);
    differ(&list("2", "@", "(global.get $list)"), ("3", "4"), "heap", {
        "global $list -> field 1 -> field 0: 3 / 4"
    });
}

#[test]
fn long_paths_are_cut() {
    let path = |n| format!("global $list{} -> field 0: 3 / 4", " -> field 1".repeat(n));
    let null = "(ref.null $node)";
    differ(&list("9", "@", null), ("3", "4"), "heap", &path(8));
    let four = " -> field 1".repeat(4);
    let three = " -> field 1".repeat(3);
    let line = format!("global $list{four} -> ... 2 steps ...{three} -> field 0: 3 / 4");
    differ(&list("10", "@", null), ("3", "4"), "heap", &line);
}

#[test]
fn a_million_nodes() {
    let big = |length: &str, last: &str| {
        let body = list(length, last, "(ref.null $node)");
        observe(&body, Null::new(1 << 28), Schedule::Never)
    };
    let (a, module) = big("1000000", "3");
    let names = Names::new(&module);
    assert_eq!(a.graph.nodes.len(), 1_000_000);
    assert_eq!(difference(&a, &a.clone(), &names), None);
    let four = " -> field 1".repeat(4);
    let three = " -> field 1".repeat(3);
    let line = format!("global $list{four} -> ... 999992 steps ...{three} -> field 0: 3 / 4");
    let (b, _) = big("1000000", "4");
    assert_found(difference(&a, &b, &names), "heap", &line);
    let (b, _) = big("999999", "3");
    let line = format!("global $list{four} -> ... 999991 steps ...{three} -> field 0: 0 / 3");
    assert_found(difference(&a, &b, &names), "heap", &line);
}
