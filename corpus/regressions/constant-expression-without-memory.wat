;;! about = "an element expression allocates more than is left of the budget"
;;! schedule = "never"
;;! limits = { heap_bytes = 4096 }
;; https://github.com/bytecodealliance/wasmtime/issues/11557 (zoo W47)
;;
;; Instantiation traps, as an allocation in a function would.
(module
  (type $a (array i64))
  (elem (ref $a)
    (array.new $a (i64.const 0) (i32.const 64))
    (array.new $a (i64.const 0) (i32.const 1000)))
  (func (export "run")))
