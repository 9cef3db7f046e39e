//! Sound modules on which an incorrect audit would report a violation.

use super::scene::*;
use gcdiff::engine::{Limits, Schedule};
use gcdiff::oracle::Verdict;

/// Uninitialised slots, values far from their static types, and frames of the
/// host and of constant expressions do not break a law.
#[test]
fn no_false_alarms() {
    let bodies = [
        // Initialisers allocate while tables, globals and segments are half
        // initialised.
        r#"(table $t 3 (ref $leaf) (struct.new $leaf (i32.const 1)))
           (global $g (ref $leaf) (struct.new $leaf (i32.const 2)))
           (global (ref $pair)
             (struct.new $pair (global.get $g) (struct.new $leaf (i32.const 3)) (ref.null func)))
           (elem (table $t) (i32.const 1) (ref $leaf)
             (struct.new $leaf (i32.const 4)) (struct.new $leaf (i32.const 5)))
           (func (export "run") (result i32)
             (table.grow $t (struct.new $leaf (i32.const 6)) (i32.const 2)))"#,
        // Instantiation traps before a table has got its initial element.
        r#"(table 3 (ref $refs) (array.new_default $refs (i32.const 0x1000000)))"#,
        // The host makes the values of imported globals that must not be null.
        r#"(import "" "a" (global (ref $leaf))) (import "" "b" (global (mut (ref extern))))
           (import "" "c" (global (ref $exterefs))) (import "" "d" (global (ref i31)))"#,
        // An i31 as externref, and an external value as anyref, both in
        // objects.
        r#"(import "" "host" (func $host (param externref anyref) (result externref)))
           (global $a (mut anyref) (ref.null any))
           (global $e (mut externref) (extern.convert_any (ref.i31 (i32.const 5))))
           (table $t 2 externref)
           (func (export "run") (param externref) (result externref)
             (global.set $a (array.new $refs (any.convert_extern (local.get 0)) (i32.const 2)))
             (table.set $t (i32.const 0)
               (extern.convert_any (array.new $exterefs (global.get $e) (i32.const 2))))
             (call $host (table.get $t (i32.const 0)) (struct.new $leaf (i32.const 1))))"#,
        // Exceptions that are thrown, caught, held, and left pending.
        r#"(tag $tag (param anyref i32 externref))
           (global $held (mut exnref) (ref.null exn))
           (func $throw (throw $tag (struct.new $leaf (i32.const 1)) (i32.const 2)
             (extern.convert_any (struct.new $leaf (i32.const 3)))))
           (func (export "catch") (result anyref i32 externref)
             (block $caught (result anyref i32 externref exnref)
               (try_table (catch_ref $tag $caught) (call $throw))
               (unreachable))
             (global.set $held))
           (func (export "again") (throw_ref (global.get $held)))
           (func (export "uncaught") (call $throw))"#,
        // Tail calls, also to the host, whose arguments overwrite registers of
        // other types.
        r#"(import "" "host" (func $host (param i64 anyref) (result anyref)))
           (func $turn (param i64 (ref null $leaf) f64) (result anyref)
             (return_call $host (local.get 0) (struct.new $leaf (i32.const 1))))
           (func (export "run") (param anyref anyref i32) (result anyref)
             (return_call $turn (i64.const 0x110) (struct.new $leaf (i32.const 2)) (f64.const 3)))
           (func (export "outer") (result anyref anyref) (local $x anyref)
             (local.set $x (struct.new $leaf (i32.const 4)))
             (call $turn (i64.const 0x110) (ref.null $leaf) (f64.const 0))
             (local.get $x))"#,
        // A cycle of garbage, and functions in objects.
        r#"(elem declare func $f)
           (func $f (export "run") (local $x (ref null $refs))
             (local.set $x (array.new_default $refs (i32.const 3)))
             (array.fill $refs (local.get $x) (i32.const 0) (local.get $x) (i32.const 3))
             (drop (struct.new $pair (ref.null $leaf) (struct.new $leaf (i32.const 1))
               (ref.func $f))))"#,
    ];
    for body in bodies {
        for schedule in [
            Schedule::Never,
            Schedule::EverySafepoint,
            Schedule::EveryAllocation(1),
        ] {
            assert_eq!(
                judged(body, schedule, Limits::fuzzing(), None),
                Verdict::Agree,
                "{body}"
            );
        }
    }
    // The heap has no room for the value of an import that the host should
    // make.
    let body = r#"(import "" "a" (global (ref $leaf)))"#;
    let limits = Limits {
        heap_bytes: 0,
        ..Limits::default()
    };
    assert_eq!(judged(body, Schedule::Never, limits, None), Verdict::Agree);
}
