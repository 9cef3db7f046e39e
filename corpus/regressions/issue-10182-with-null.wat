;;! about = "array.copy of an array onto itself, whose element is null"
;; https://github.com/bytecodealliance/wasmtime/issues/13037 (zoo W8)
;;
;; A control for issue-10182.wat: null has no count that could be lost (zoo W1,
;; W1-const).
(module
  (type $a (array (mut (ref null eq))))
  (global $g (ref $a) (array.new_fixed $a 1 (ref.null eq)))
  (func (export "run")
    (local $x (ref null $a))
    (local.set $x (global.get $g))
    (array.copy $a $a
      (local.get $x) (i32.const 0)
      (local.get $x) (i32.const 0)
      (i32.const 1))))
