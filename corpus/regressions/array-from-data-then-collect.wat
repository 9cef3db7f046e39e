;;! about = "the result of array.new_data is the only reference to an array"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/issues/12935 (zoo W21)
;;
;; The result of every allocating instruction is a root.
(module
  (type $a (array (mut i8)))
  (data $d "\01\02\03")
  (func (export "run") (result i32)
    (local $x (ref null $a))
    (local.set $x (array.new_data $a $d (i32.const 0) (i32.const 3)))
    (drop (array.new_default $a (i32.const 1)))
    (array.get_u $a (local.get $x) (i32.const 2))))
