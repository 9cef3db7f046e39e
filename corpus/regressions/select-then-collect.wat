;;! about = "the result of select is the only reference to an object"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/issues/12862 (zoo W20)
;;
;; The two operands have left the frame when the allocation collects.
(module
  (type $s (struct (field i32)))
  (func (export "run") (param i32) (result i32)
    (local $x (ref null $s))
    (local.set $x
      (select (result (ref null $s))
        (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2))
        (local.get 0)))
    (drop (struct.new $s (i32.const 3)))
    (struct.get $s 0 (local.get $x))))
