;;! about = "array.fill at an offset that is not its length"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/issues/10467 (zoo W39)
;;
;; All collectors share the code that fills, so only the model reveals it.
(module
  (type $a (array (mut i32)))
  (func (export "run") (result i32)
    (local $x (ref null $a))
    (local.set $x (array.new_default $a (i32.const 8)))
    (array.fill $a (local.get $x) (i32.const 1) (i32.const 7) (i32.const 3))
    (array.get $a (local.get $x) (i32.const 3))))
