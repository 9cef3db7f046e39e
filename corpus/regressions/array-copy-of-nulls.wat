;;! about = "array.copy of nulls stored by an earlier call"
;;! [[steps]]
;;! call = "make"
;;! [[steps]]
;;! call = "copy"
;;! [[steps]]
;;! call = "copy"
;; https://github.com/bytecodealliance/wasmtime/issues/13037 (zoo W8)
;;
;; A control for array-copy-of-objects.wat: null has no count that could be lost
;; (zoo W1).
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (global $g (mut (ref null $a)) (ref.null $a))
  (func (export "make")
    (global.set $g
      (array.new_fixed $a 2
        (ref.null $s)
        (ref.null $s))))
  (func (export "copy") (result i32)
    (array.copy $a $a
      (global.get $g) (i32.const 1)
      (global.get $g) (i32.const 0)
      (i32.const 1))
    (array.len (global.get $g))))
