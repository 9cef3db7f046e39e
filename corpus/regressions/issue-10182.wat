;;! about = "array.copy of an array onto itself, whose element is an object made by an initialiser"
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1, W1-const)
;;
;; The module of the issue. array.copy reads the inner array from the outer one.
;; The runtime made a handle of it without counting, and released one count when
;; the handle's scope ended. The operands of allocations in initialisers lost a
;; count in the same way. In release 31, the inner array had therefore lost one
;; already before the copy: see issue-10182-without-the-copy.wat.
(module
  (type $a (array (mut (ref eq))))
  (global $g (ref $a) (array.new_fixed $a 1 (array.new_fixed $a 0)))
  (func (export "run")
    (local $x (ref null $a))
    (local.set $x (global.get $g))
    (array.copy $a $a
      (local.get $x) (i32.const 0)
      (local.get $x) (i32.const 0)
      (i32.const 1))))
