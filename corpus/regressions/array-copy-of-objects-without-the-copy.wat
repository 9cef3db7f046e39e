;;! about = "objects made by an earlier call, without array.copy"
;;! [[steps]]
;;! call = "make"
;;! [[steps]]
;;! call = "copy"
;;! [[steps]]
;;! call = "copy"
;; https://github.com/bytecodealliance/wasmtime/issues/13037 (zoo W8)
;;
;; A control for array-copy-of-objects.wat: without array.copy, no count is lost
;; (zoo W1).
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (global $g (mut (ref null $a)) (ref.null $a))
  (func (export "make")
    (global.set $g
      (array.new_fixed $a 2
        (struct.new $s (i32.const 1))
        (struct.new $s (i32.const 2)))))
  (func (export "copy") (result i32)
    (array.len (global.get $g))))
