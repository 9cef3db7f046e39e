;;! about = "an initialiser makes an array that holds an object, without array.copy"
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1-const)
;;
;; A control for issue-10182.wat: a fault in array.copy (zoo W1) must not show.
(module
  (type $a (array (mut (ref eq))))
  (global $g (ref $a) (array.new_fixed $a 1 (array.new_fixed $a 0)))
  (func (export "run")
    (local $x (ref null $a))
    (local.set $x (global.get $g))))
