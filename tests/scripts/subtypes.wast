;; Function types across instances. An indirect call accepts functions of the
;; declared type and of its subtypes, wherever they are defined.

(module
  (type $top (sub (func (result i32))))
  (type $sub (sub $top (func (result i32))))
  (table (export "table") 3 funcref)
  (func $a (type $sub) (i32.const 1))
  (func $b (type $top) (i32.const 2))
  (elem (i32.const 0) $a $b))
(register "there")

(module
  (type $top (sub (func (result i32))))
  (type $sub (sub $top (func (result i32))))
  (type $same-as-sub (sub $top (func (result i32))))
  (import "there" "table" (table $t 3 funcref))
  (func (export "top") (param i32) (result i32)
    (call_indirect $t (type $top) (local.get 0)))
  (func (export "sub") (param i32) (result i32)
    (call_indirect $t (type $sub) (local.get 0)))
  (func (export "same") (param i32) (result i32)
    (call_indirect $t (type $same-as-sub) (local.get 0)))
  (func (export "tail") (param i32) (result i32)
    (return_call_indirect $t (type $sub) (local.get 0)))
  (func (export "cast") (param i32) (result i32)
    (call_ref $sub (ref.cast (ref $sub) (table.get $t (local.get 0))))))
(assert_return (invoke "top" (i32.const 0)) (i32.const 1))
(assert_return (invoke "top" (i32.const 1)) (i32.const 2))
(assert_return (invoke "sub" (i32.const 0)) (i32.const 1))
(assert_trap (invoke "sub" (i32.const 1)) "indirect call type mismatch")
(assert_return (invoke "same" (i32.const 0)) (i32.const 1))
(assert_trap (invoke "same" (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "tail" (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "tail" (i32.const 2)) "uninitialized element")
(assert_trap (invoke "tail" (i32.const 3)) "undefined element")
(assert_return (invoke "cast" (i32.const 0)) (i32.const 1))
(assert_trap (invoke "cast" (i32.const 1)) "cast failure")

;; Imports are matched by the same rules.
(module
  (type $top (sub (func (result i32))))
  (type $sub (sub $top (func (result i32))))
  (func (export "f") (type $sub) (i32.const 3)))
(register "exact")
(module
  (type $top (sub (func (result i32))))
  (import "exact" "f" (func $f (type $top)))
  (func (export "f") (result i32) (call $f)))
(assert_return (invoke "f") (i32.const 3))
(assert_unlinkable
  (module
    (type $top (sub (func (result i32))))
    (type $sub (sub $top (func (result i32))))
    (type $subsub (sub $sub (func (result i32))))
    (import "exact" "f" (func (type $subsub))))
  "incompatible import type")
