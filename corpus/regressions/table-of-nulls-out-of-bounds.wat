;;! about = "table.get out of bounds of a table that can only hold null"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/issues/10353 (zoo W40)
;;
;; The value is known at compile time, but the bounds still need a check.
(module
  (table $t 1 (ref null none))
  (func (export "run")
    (drop (table.get $t (i32.const 99)))))
