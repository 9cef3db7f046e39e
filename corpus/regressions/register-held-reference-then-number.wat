;;! about = "a register holds a reference first and a number later"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasm-micro-runtime/issues/5070 (zoo X1)
;;
;; The number looks like an address, but its register no longer holds a
;; reference.
(module
  (type $s (struct (field i32)))
  (func (export "run") (result i32)
    (local $x i32)
    (drop (ref.eq (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2))))
    (local.set $x (i32.const 3))
    (i32.shl (local.get $x) (i32.const 4))
    (drop (struct.new $s (i32.const 3)))))
