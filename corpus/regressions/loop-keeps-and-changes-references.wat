;;! about = "a loop keeps one reference, changes another, and calls"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/issues/13461 (zoo W24)
;;
;; Both references are live across the call and need separate places. If they
;; share one, all collectors agree on the wrong value, since the compiled code
;; is wrong. Only the model, which shares no compiled code, reveals the fault.
(module
  (type $s (struct (field i32)))
  (func $callee
    (drop (struct.new $s (i32.const 0))))
  (func (export "run") (result i32)
    (local $kept (ref null $s)) (local $changed (ref null $s)) (local $i i32)
    (local.set $kept (struct.new $s (i32.const 100)))
    (loop $again
      (local.set $changed (struct.new $s (local.get $i)))
      (call $callee)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))
    (i32.add
      (struct.get $s 0 (local.get $kept))
      (struct.get $s 0 (local.get $changed)))))
