//! Vectors in every place where a value can be. A vector takes two registers,
//! every other value one. The official suite tests their arithmetic.

use gcdiff::case::{self, Arg, Call, Plan, Step};
use gcdiff::engine::{Grain, Schedule};
use gcdiff::observe::{Observation, ObservedValue, StepOutcome};
use gcdiff::oracle::{Options, Timing, Verdict, judge};

/// Calls every export once, in order, with the arguments 1, 2, ..., a
/// collection at every safepoint and an audit at every operation.
fn observe(text: &str, params: usize) -> Observation {
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = Schedule::EverySafepoint;
    if params > 0 {
        case.plan = Plan::Steps(vec![Step::Call(Call {
            export: "f".into(),
            args: (1..).take(params).map(Arg::Bits).collect(),
        })]);
    }
    let options = Options::default().with_timing(Timing::At(Grain::Every));
    let judged = judge(&case, &options).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree, "{text}");
    judged.observation().cloned().unwrap()
}

/// The results of the only call.
fn returned(observation: &Observation) -> &[ObservedValue] {
    match &observation.steps[1].outcome {
        StepOutcome::Returned(values) => values,
        other => panic!("{other:?}"),
    }
}

fn vector(low: u64, high: u64) -> ObservedValue {
    ObservedValue::Vector([low, high])
}

#[test]
fn in_structures() {
    let seen = observe(
        r#"(module
          (type $s (struct (field i8) (field (mut v128)) (field (ref null $s)) (field v128) (field i64)))
          (func (export "f") (result (ref $s) v128 v128 i64 v128)
            (local $s (ref null $s)) (local $v v128)
            (local.set $s (struct.new $s
              (i32.const 1) (v128.const i64x2 2 3) (ref.null $s) (v128.const i64x2 4 5) (i64.const 6)))
            (local.set $v (struct.get $s 1 (local.get $s)))
            (struct.set $s 1 (local.get $s) (struct.get $s 3 (local.get $s)))
            (struct.new $s (i32.const 7) (local.get $v) (local.get $s) (v128.const i64x2 8 9) (i64.const 10))
            (struct.get $s 1 (local.get $s))
            (struct.get $s 3 (local.get $s))
            (struct.get $s 4 (local.get $s))
            (struct.get $s 1 (struct.new_default $s))))"#,
        0,
    );
    let values = returned(&seen);
    let ObservedValue::Object(new) = values[0] else {
        panic!("{values:?}")
    };
    let rest = [
        vector(4, 5),
        vector(4, 5),
        ObservedValue::Bits(6),
        vector(0, 0),
    ];
    assert_eq!(values[1..], rest);
    let fields: Vec<ObservedValue> = seen.graph.values_of(new).collect();
    assert_eq!(fields[0], ObservedValue::Bits(7));
    assert_eq!(fields[1], vector(2, 3));
    assert_eq!(fields[3..], [vector(8, 9), ObservedValue::Bits(10)]);
    let ObservedValue::Object(old) = fields[2] else {
        panic!("{fields:?}")
    };
    assert_eq!(seen.graph.values_of(old).nth(1), Some(vector(4, 5)));
}

#[test]
fn in_arrays() {
    let seen = observe(
        r#"(module
          (type $a (array (mut v128)))
          (data $d "0123456789abcdefghijklmnopqrstuvwxyz")
          (func (export "f") (result (ref null $a) (ref null $a) (ref $a) (ref null $a) v128 i32)
            (local $a (ref null $a)) (local $v v128)
            ;; one value, then two of another
            (local.set $a (array.new $a (v128.const i64x2 1 2) (i32.const 3)))
            (array.fill $a (local.get $a) (i32.const 1) (v128.const i64x2 3 4) (i32.const 2))
            (local.get $a)
            ;; fixed, the middle set
            (local.tee $a (array.new_fixed $a 3
              (array.get $a (local.get $a) (i32.const 0))
              (v128.const i64x2 5 6)
              (v128.const i64x2 7 8)))
            (array.set $a (local.get $a) (i32.const 1)
              (i64x2.add (v128.const i64x2 9 10) (v128.const i64x2 1 1)))
            (local.set $v (array.get $a (local.get $a) (i32.const 1)))
            ;; from data
            (array.new_data $a $d (i32.const 1) (i32.const 2))
            ;; copied over itself, and from data
            (local.set $a (array.new_default $a (i32.const 4)))
            (array.set $a (local.get $a) (i32.const 0) (local.get $v))
            (array.copy $a $a (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 2))
            (array.init_data $a $d (local.get $a) (i32.const 3) (i32.const 20) (i32.const 1))
            (local.get $a)
            (array.get $a (local.get $a) (i32.const 1))
            (array.len (local.get $a))))"#,
        0,
    );
    let values = returned(&seen);
    let text = |at: usize| {
        let word = |at: usize| {
            let bytes = &b"0123456789abcdefghijklmnopqrstuvwxyz"[at..at + 8];
            u64::from_le_bytes(bytes.try_into().unwrap())
        };
        vector(word(at), word(at + 8))
    };
    let wanted = [
        vec![vector(1, 2), vector(3, 4), vector(3, 4)],
        vec![vector(1, 2), vector(10, 11), vector(7, 8)],
        vec![text(1), text(17)],
        vec![vector(10, 11), vector(10, 11), vector(0, 0), text(20)],
    ];
    for (value, wanted) in values.iter().zip(wanted) {
        let ObservedValue::Object(array) = value else {
            panic!("{values:?}")
        };
        assert!(seen.graph.values_of(*array).eq(wanted));
    }
    assert_eq!(values[4..], [vector(10, 11), ObservedValue::Bits(4)]);
}

#[test]
fn bounds_and_nulls_are_checked() {
    let seen = observe(
        r#"(module
          (type $a (array (mut v128)))
          (type $s (struct (field (mut v128))))
          (memory 1)
          (global $a (ref $a) (array.new_default $a (i32.const 2)))
          (func (export "1") (drop (array.get $a (global.get $a) (i32.const 2))))
          (func (export "2") (array.set $a (global.get $a) (i32.const 2) (v128.const i64x2 1 2)))
          (func (export "3") (array.fill $a (global.get $a) (i32.const 1) (v128.const i64x2 1 2) (i32.const 2)))
          (func (export "4") (drop (array.get $a (ref.null $a) (i32.const 0))))
          (func (export "5") (struct.set $s 0 (ref.null $s) (v128.const i64x2 1 2)))
          (func (export "6") (drop (struct.get $s 0 (ref.null $s))))
          (func (export "7") (v128.store (i32.const 65521) (v128.const i64x2 -1 -1)))
          (func (export "8") (drop (v128.load offset=0xffffffff (i32.const 0)))))"#,
        0,
    );
    use gcdiff::engine::Trap::*;
    let wanted = [
        ArrayOutOfBounds,
        ArrayOutOfBounds,
        ArrayOutOfBounds,
        NullReference,
        NullReference,
        NullReference,
        MemoryOutOfBounds,
        MemoryOutOfBounds,
    ];
    let traps = seen.steps[1..].iter().map(|s| s.outcome.clone());
    assert!(
        traps.eq(wanted.map(StepOutcome::Trapped)),
        "{:?}",
        seen.steps
    );
    assert!(seen.memories[0].is_zero());
}

#[test]
fn in_exceptions() {
    let seen = observe(
        r#"(module
          (type $s (struct (field i32)))
          (tag $e (param i32 v128 (ref $s) v128))
          (func $throw (param v128)
            (throw $e (i32.const 1) (local.get 0) (struct.new $s (i32.const 2)) (v128.const i64x2 5 6)))
          (func (export "f") (result i64 i32 v128 (ref $s) v128 exnref)
            (i64.const 7)
            (block $h (result i32 v128 (ref $s) v128 exnref)
              (v128.const i64x2 9 9)
              (try_table (catch_ref $e $h)
                (call $throw (v128.const i64x2 3 4)))
              (unreachable))))"#,
        0,
    );
    let values = returned(&seen);
    assert_eq!(
        values[..3],
        [ObservedValue::Bits(7), ObservedValue::Bits(1), vector(3, 4)]
    );
    assert_eq!(values[4], vector(5, 6));
    let ObservedValue::Object(exception) = values[5] else {
        panic!("{values:?}")
    };
    let payload = [
        ObservedValue::Bits(1),
        vector(3, 4),
        values[3],
        vector(5, 6),
    ];
    assert!(seen.graph.values_of(exception).eq(payload));
}

#[test]
fn in_globals() {
    let seen = observe(
        r#"(module
          (import "host" "v" (global $imported v128))
          (import "host" "n" (global $number i64))
          (global $a v128 (v128.const i64x2 1 2))
          (global $b i64 (i64.const 3))
          (global $c v128 (global.get $a))
          (global $d (mut v128) (v128.const i64x2 4 5))
          (global $e (mut i64) (i64.const 6))
          (func (export "f") (result v128 i64)
            (global.set $d (i64x2.add (global.get $d) (global.get $c)))
            (global.set $e (i64.const 7))
            (global.get $d)
            (global.get $b)))"#,
        0,
    );
    assert_eq!(returned(&seen), [vector(5, 7), ObservedValue::Bits(3)]);
    assert!(matches!(seen.globals[0], ObservedValue::Vector([_, 0])));
    assert!(matches!(seen.globals[1], ObservedValue::Bits(_)));
    let own = [
        vector(1, 2),
        ObservedValue::Bits(3),
        vector(1, 2),
        vector(5, 7),
        ObservedValue::Bits(7),
    ];
    assert_eq!(seen.globals[2..], own);
}

/// Vectors made by the host and passed to it. The arguments are numbers; the
/// export reorders them, and passes on the host's results.
#[test]
fn in_calls_from_and_to_the_host() {
    let seen = observe(
        r#"(module
          (type $s (struct))
          (import "host" "h"
            (func $h (param i32 v128 (ref $s) v128) (result (ref $s) v128 v128 i32)))
          (func (export "f") (param $a i32) (param $b v128) (param $s (ref $s)) (param $c v128) (param $d i64)
            (result v128 v128 i64 i32)
            (local $v v128) (local $w v128) (local $i i32)
            (call $h
              (i32.const 9)
              (i64x2.replace_lane 1 (local.get $c) (local.get $d))
              (local.get $s)
              (v128.const i64x2 7 8))
            (local.set $i) (local.set $w) (local.set $v) (drop)
            (v128.xor (local.get $v) (local.get $v))
            (local.get $b)
            (local.get $d)
            (local.get $a)))"#,
        5,
    );
    let wanted = [
        vector(0, 0),
        vector(2, 0),
        ObservedValue::Bits(5),
        ObservedValue::Bits(1),
    ];
    assert_eq!(returned(&seen), wanted);
    let args = &seen.host_calls[0].args;
    assert_eq!(args[..2], [ObservedValue::Bits(9), vector(4, 5)]);
    assert!(matches!(args[2], ObservedValue::Object(_)));
    assert_eq!(args[3], vector(7, 8));
}

/// Direct, indirect and tail calls, also to the host.
#[test]
fn in_calls() {
    let seen = observe(
        r#"(module
          (type $f (func (param v128 i64 v128) (result v128 i64)))
          (import "host" "h" (func $h (param i64 v128) (result i64)))
          (table 2 funcref)
          (elem (i32.const 0) $swap $add)
          (elem declare func $tail)
          (func $swap (type $f) (local.get 2) (local.get 1))
          (func $add (type $f)
            (i64x2.add (local.get 0) (local.get 2))
            (i64.add (local.get 1) (i64.const 1)))
          (func $tail (type $f)
            (return_call_indirect (type $f)
              (local.get 2) (i64x2.extract_lane 1 (local.get 0)) (local.get 0) (i32.const 0)))
          (func $out (param v128 i64) (result i64)
            (return_call $h (local.get 1) (local.get 0)))
          (func (export "f") (result v128 i64 v128 i64 v128 i64 i64)
            (call $swap (v128.const i64x2 1 2) (i64.const 3) (v128.const i64x2 4 5))
            (call_indirect (type $f) (v128.const i64x2 1 2) (i64.const 3) (v128.const i64x2 4 5) (i32.const 1))
            (call_ref $f (v128.const i64x2 1 2) (i64.const 3) (v128.const i64x2 4 5) (ref.func $tail))
            (call $out (v128.const i64x2 6 7) (i64.const 8))
            (drop)
            (i64.const 9)))"#,
        0,
    );
    let wanted = [
        vector(4, 5),
        ObservedValue::Bits(3),
        vector(5, 7),
        ObservedValue::Bits(4),
        vector(1, 2),
        ObservedValue::Bits(2),
        ObservedValue::Bits(9),
    ];
    assert_eq!(returned(&seen), wanted);
    assert_eq!(
        seen.host_calls[0].args,
        [ObservedValue::Bits(8), vector(6, 7)]
    );
}

/// Branches that move vectors and discard values below them.
#[test]
fn in_branches() {
    let seen = observe(
        r#"(module
          (func $table (param i32) (result i64 v128)
            (block $a (result i64 v128)
              (v128.const i64x2 -1 -1)
              (block $b (result i64 v128)
                (i32.const -1)
                (i64.const 1) (v128.const i64x2 2 3)
                (br_table $a $b 2 (local.get 0)))
              (i64x2.add (v128.const i64x2 10 10))
              (br $a)))
          (func $if (param i32 v128) (result v128)
            (i32.const -1)
            (local.get 1)
            (if (param v128) (result v128 i32) (local.get 0)
              (then (i64x2.neg) (i32.const 0))
              (else (i32.const 1)))
            (br_if 0)
            (local.set 1) (drop)
            (local.get 1))
          (func $loop (param $v v128) (result v128 i32)
            (local $i i32)
            (local.get $v) (i32.const 0)
            (loop (param v128 i32) (result v128 i32)
              (local.set $i)
              (i64x2.add (local.get $v))
              (i32.add (local.get $i) (i32.const 1))
              (local.tee $i)
              (br_if 0 (i32.lt_u (local.get $i) (i32.const 3)))))
          (func $null (param (ref null any) v128) (result v128 i32)
            (i64.const -1)
            (block $n (param i64) (result v128)
              (local.get 1)
              (br_on_null $n (local.get 0))
              (drop) (drop) (drop)
              (return (v128.const i64x2 0 1) (i32.const 1)))
            (local.set 1)
            (local.get 1) (i32.const 0))
          (func (export "1") (result i64 v128) (call $table (i32.const 0)))
          (func (export "2") (result i64 v128) (call $table (i32.const 1)))
          (func (export "3") (result i64 v128) (call $table (i32.const 2)))
          (func (export "4") (result v128) (call $if (i32.const 0) (v128.const i64x2 1 2)))
          (func (export "5") (result v128) (call $if (i32.const 1) (v128.const i64x2 1 2)))
          (func (export "6") (result v128 i32) (call $loop (v128.const i64x2 1 2)))
          (func (export "7") (result v128 i32) (call $null (ref.null any) (v128.const i64x2 3 4)))
          (func (export "8") (result v128 i32) (call $null (ref.i31 (i32.const 0)) (v128.const i64x2 3 4))))"#,
        0,
    );
    let neg = |x: i64| x.wrapping_neg() as u64;
    let wanted = [
        vec![ObservedValue::Bits(1), vector(2, 3)],
        vec![ObservedValue::Bits(1), vector(12, 13)],
        vec![ObservedValue::Bits(1), vector(2, 3)],
        vec![vector(1, 2)],
        vec![vector(neg(1), neg(2))],
        vec![vector(4, 8), ObservedValue::Bits(3)],
        vec![vector(3, 4), ObservedValue::Bits(0)],
        vec![vector(0, 1), ObservedValue::Bits(1)],
    ];
    let ended = seen.steps[1..].iter().map(|s| s.outcome.clone());
    let wanted = wanted.map(StepOutcome::Returned);
    assert_eq!(ended.collect::<Vec<_>>(), wanted);
}

/// A local changes while its old value is still an operand.
#[test]
fn in_locals() {
    let seen = observe(
        r#"(module
          (func (export "f") (param $v v128) (param $i i32) (param $w v128) (result v128 v128 v128 v128 v128)
            (local $x v128)
            (local.get $v)
            (local.set $v (local.get $w))
            (local.tee $x (local.get $v))
            (local.set $x (v128.const i64x2 7 8))
            (local.get $x)
            (select (local.get $v) (local.get $x) (local.get $i))
            (select (result v128) (local.get $v) (local.get $x) (i32.eqz (local.get $i)))
            (local.set $x (v128.const i64x2 0 0))))"#,
        3,
    );
    let wanted = [
        vector(1, 0),
        vector(3, 0),
        vector(7, 8),
        vector(3, 0),
        vector(7, 8),
    ];
    assert_eq!(returned(&seen), wanted);
}

/// The deterministic profile. Products are rounded before they are added, and
/// all other relaxed operations equal their strict counterparts.
#[test]
fn relaxed_operations_are_deterministic() {
    let seen = observe(
        r#"(module
          (func (export "f") (result v128 v128 v128 v128 v128)
            ;; (1 + 2^-12)^2 - 1 - 2^-11: the last bit is lost in between
            (f32x4.relaxed_madd
              (v128.const f32x4 0x1.001p0 0x1.001p0 1 1)
              (v128.const f32x4 0x1.001p0 -0x1.001p0 1 1)
              (v128.const f32x4 -0x1.002p0 0x1.002p0 1 1))
            (i8x16.relaxed_swizzle
              (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
              (v128.const i8x16 15 16 31 -1 0 0 0 0 0 0 0 0 0 0 0 0))
            (i64x2.relaxed_laneselect
              (v128.const i64x2 -1 -1) (v128.const i64x2 0 0) (v128.const i64x2 0x8000000000000001 1))
            (i16x8.relaxed_dot_i8x16_i7x16_s
              (v128.const i8x16 -128 -128 1 2 0 0 0 0 0 0 0 0 0 0 0 0)
              (v128.const i8x16 -128 -128 3 -4 0 0 0 0 0 0 0 0 0 0 0 0))
            (i32x4.relaxed_trunc_f32x4_u (v128.const f32x4 -1 nan 0x1p40 3.9))))"#,
        0,
    );
    let wanted = [
        vector(0, 0x4000_0000_4000_0000),
        vector(0x0101_0101_0000_0010, 0x0101_0101_0101_0101),
        vector(0x8000_0000_0000_0001, 1),
        vector(0xfffb_7fff, 0),
        vector(0, 0x3_ffff_ffff),
    ];
    assert_eq!(returned(&seen), wanted);
}
