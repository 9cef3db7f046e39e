;;! about = "array.copy of an array onto itself, whose element is an i31"
;; https://github.com/bytecodealliance/wasmtime/issues/13307 (zoo W5)
;;
;; A control for issue-10182.wat: an i31 has no count that could be lost (zoo W1,
;; W1-const).
(module
  (type $a (array (mut (ref eq))))
  (global $g (ref $a) (array.new_fixed $a 1 (ref.i31 (i32.const 7))))
  (func (export "run")
    (local $x (ref null $a))
    (local.set $x (global.get $g))
    (array.copy $a $a
      (local.get $x) (i32.const 0)
      (local.get $x) (i32.const 0)
      (i32.const 1))))
