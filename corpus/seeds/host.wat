;;! about = "the host keeps what it is given, calls back, collects, and lets go while the module waits for it"
;;! [[host]]
;;! call = "inner"
;;! [[host]]
;;! collect = true
;;! [[host]]
;;! drop = 0
;;! [[steps]]
;;! call = "outer"
;;! args = ["3"]
;;! [[steps]]
;;! call = "outer"
;;! args = ["1"]
;;! [[steps]]
;;! call = "look"
;;! args = ["kept:0"]
(module
  (type $s (struct (field (mut i32)) (field (mut anyref))))
  (import "host" "show" (func $show (param (ref null $s)) (result i32)))
  (global $last (export "last") (mut (ref null $s)) (ref.null $s))
  (func (export "outer") (param $n i32) (result i32)
    (local $mine (ref null $s))
    (loop $again
      (local.set $mine (struct.new $s (local.get $n) (global.get $last)))
      (drop (call $show (local.get $mine)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.get $s 0 (local.get $mine)))
  ;; Runs inside of a call of the host that waits.
  (func (export "inner")
    (global.set $last (struct.new $s (i32.const 100) (global.get $last))))
  (func (export "look") (param $x (ref null $s)) (result i32)
    (ref.is_null (local.get $x))))
