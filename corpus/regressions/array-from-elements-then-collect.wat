;;! about = "the result of array.new_elem is the only reference to an array"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/issues/12936 (zoo W22)
;;
;; The result of every allocating instruction is a root.
(module
  (type $a (array (mut i31ref)))
  (elem $e i31ref (ref.i31 (i32.const 1)) (ref.i31 (i32.const 2)))
  (func (export "run") (result i32)
    (local $x (ref null $a))
    (local.set $x (array.new_elem $a $e (i32.const 0) (i32.const 2)))
    (drop (array.new_default $a (i32.const 1)))
    (i31.get_s (array.get $a (local.get $x) (i32.const 1)))))
