;;! about = "a chain of objects dies with its head"
;;! schedule = "allocations"
;; https://github.com/bytecodealliance/wasmtime/issues/9701 (zoo W11)
;; https://github.com/bytecodealliance/wasmtime/pull/13417 (zoo W13)
;;
;; Whoever dies gives up what it owns. What a collector knows about a type must
;; be about this store's type.
(module
  (type $s (struct (field (mut (ref null $s)))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run")
    (global.set $root
      (struct.new $s (struct.new $s (struct.new_default $s))))
    (global.set $root (ref.null $s))
    (drop (struct.new_default $s))
    (drop (struct.new_default $s))))
