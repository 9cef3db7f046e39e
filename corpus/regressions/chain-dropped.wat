;;! about = "a chain of objects dies with its head"
;;! schedule = "allocations"
;; https://github.com/bytecodealliance/wasmtime/issues/9701 (zoo W11)
;; https://github.com/bytecodealliance/wasmtime/pull/13417 (zoo W13)
;;
;; Freeing an object releases its references. The trace information of a type
;; must come from this store.
(module
  (type $s (struct (field (mut (ref null $s)))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run")
    (global.set $root
      (struct.new $s (struct.new $s (struct.new_default $s))))
    (global.set $root (ref.null $s))
    (drop (struct.new_default $s))
    (drop (struct.new_default $s))))
