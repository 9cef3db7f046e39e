;;! about = "array.fill and array.copy of zero elements past the end"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasm-micro-runtime/issues/5113 (zoo X3)
;;
;; An offset past the end traps even if the length is zero.
(module
  (type $a (array (mut i32)))
  (func (export "fill")
    (array.fill $a
      (array.new_default $a (i32.const 2)) (i32.const 3) (i32.const 7)
      (i32.const 0)))
  (func (export "copy")
    (array.copy $a $a
      (array.new_default $a (i32.const 2)) (i32.const 0)
      (array.new_default $a (i32.const 2)) (i32.const 3)
      (i32.const 0))))
