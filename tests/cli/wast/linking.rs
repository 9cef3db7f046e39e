//! Modules of a script, linked with each other and with the host.

use super::{Script, fails, passes};

#[test]
fn a_named_module_can_be_imported_from_by_its_name() {
    let script = Script::new(
        "named",
        r#"(module $a
  (type $f (func (result i32)))
  (func $f (export "f") (type $f) (i32.const 1))
  (global (export "g") (ref $f) (ref.func $f))
  (table (export "t") 2 (ref func) (ref.func $f)))
(module
  (type $f (func (result i32)))
  (import "a" "f" (func (result i32)))
  (import "a" "g" (global $g (ref $f)))
  (import "a" "t" (table 2 (ref func)))
  (func (export "call") (result i32) (call_ref $f (global.get $g))))
(assert_return (invoke "call") (i32.const 1))
(assert_unlinkable (module (import "a" "no" (func))) "unknown import")
(module $b (func (export "f") (result i32) (i32.const 2)))
(register "a" $b)
(module (import "a" "f" (func $f (result i32))) (export "f" (func $f)))
(assert_return (invoke "f") (i32.const 2))
(module definition $d (func (export "f") (result i32) (i32.const 3)))
(module instance $c $d)
(module (import "c" "f" (func $f (result i32))) (export "f" (func $f)))
(assert_return (invoke "f") (i32.const 3))
(assert_unlinkable (module (import "d" "f" (func (result i32)))) "unknown import")
"#,
    );
    assert!(passes(&script, &[]).contains("drc: 13 passed, 0 failed, 0 skipped\n"));
}

#[test]
fn modules_are_linked_with_each_other_and_with_the_host() {
    let script = Script::new(
        "linked",
        r#"
        (module $counter
          (type $box (struct (field (mut i32))))
          (global $box (ref $box) (struct.new $box (i32.const 0)))
          (func (export "box") (result (ref $box)) (global.get $box))
          (func (export "next") (result i32)
            (struct.set $box 0 (global.get $box)
              (i32.add (struct.get $box 0 (global.get $box)) (i32.const 1)))
            (struct.get $box 0 (global.get $box)))
          (global (export "start") i64 (i64.const 7)))
        (register "counter" $counter)
        (module $user
          (type $box (struct (field (mut i32))))
          (import "counter" "box" (func $box (result (ref $box))))
          (import "spectest" "print_i32" (func $print (param i32)))
          (import "spectest" "memory" (memory 1))
          (import "spectest" "table" (table 10 funcref))
          (import "spectest" "global_i32" (global $i i32))
          (func (export "peek") (result i32)
            (call $print (i32.const 1))
            (struct.get $box 0 (call $box)))
          (func (export "host") (result i32) (global.get $i)))
        (assert_return (invoke $counter "next") (i32.const 1))
        (assert_return (invoke "peek") (i32.const 1))
        (assert_return (invoke $counter "next") (i32.const 2))
        (assert_return (invoke $user "peek") (i32.const 2))
        (assert_return (invoke "host") (i32.const 666))
        (assert_return (get $counter "start") (i64.const 7))
        (module definition $twice
          (global $n (mut i32) (i32.const 0))
          (func (export "up") (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (global.get $n)))
        (module instance $one $twice)
        (module instance $two $twice)
        (assert_return (invoke $one "up") (i32.const 1))
        (assert_return (invoke $one "up") (i32.const 2))
        (assert_return (invoke $two "up") (i32.const 1))
        (assert_unlinkable
          (module
            (type $box (struct (field i32)))
            (import "counter" "box" (func (result (ref $box)))))
          "incompatible import type")"#,
    );
    let out = passes(&script, &["--schedule", "safepoints", "--audit", "every"]);
    assert_eq!(
        out.matches("16 passed, 0 failed, 0 skipped").count(),
        4,
        "{out}"
    );
}

#[test]
fn a_script_can_collect() {
    let script = Script::new(
        "gc",
        r#"
        (module
          (import "wasmtime" "gc" (func $gc))
          (type $s (struct (field i32)))
          (type $a (array (mut (ref null $s))))
          (func (export "survive") (result i32)
            (local $a (ref $a))
            (local.set $a (array.new_fixed $a 2 (struct.new $s (i32.const 7)) (ref.null $s)))
            (call $gc)
            (array.set $a (local.get $a) (i32.const 1) (array.get $a (local.get $a) (i32.const 0)))
            (array.set $a (local.get $a) (i32.const 0) (ref.null $s))
            (call $gc)
            (struct.get $s 0 (array.get $a (local.get $a) (i32.const 1)))))
        (assert_return (invoke "survive") (i32.const 7))
        (assert_unlinkable
          (module (import "wasmtime" "gc" (func (param i32))))
          "incompatible import type")"#,
    );
    passes(&script, &["--audit", "every"]);
    // With the barrier broken, a collection is what makes it show.
    let out = fails(&script, &["--fault", "canary"]);
    assert!(out.contains(": null: 3 passed, 0 failed"), "{out}");
    assert!(out.contains("first broken after array.set"), "{out}");
}
