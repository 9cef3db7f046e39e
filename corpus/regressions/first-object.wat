;;! about = "the first object of an empty heap"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/issues/10589 (zoo W35)
;;
;; The heap grows from nothing. Its first block must be as large as the object
;; needs.
(module
  (type $s (struct (field i64) (field i64)))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run")
    (global.set $root (struct.new $s (i64.const 1) (i64.const 2)))))
