;;! about = "array.copy of i31s stored by an earlier call"
;;! [[steps]]
;;! call = "make"
;;! [[steps]]
;;! call = "copy"
;;! [[steps]]
;;! call = "copy"
;; https://github.com/bytecodealliance/wasmtime/issues/13307 (zoo W5)
;;
;; A control for array-copy-of-objects.wat: an i31 has no count that could be
;; lost (zoo W1).
(module
  (type $a (array (mut i31ref)))
  (global $g (mut (ref null $a)) (ref.null $a))
  (func (export "make")
    (global.set $g
      (array.new_fixed $a 2
        (ref.i31 (i32.const 1))
        (ref.i31 (i32.const 2)))))
  (func (export "copy") (result i32)
    (array.copy $a $a
      (global.get $g) (i32.const 1)
      (global.get $g) (i32.const 0)
      (i32.const 1))
    (array.len (global.get $g))))
