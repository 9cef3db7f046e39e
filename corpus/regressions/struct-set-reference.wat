;;! about = "struct.set of a reference to an object that nothing else refers to"
;;! schedule = "allocations"
;; struct.set must count the reference it stores (zoo canary), and release the
;; one it overwrites, not the container (Go runtime, WebAssembly port; zoo X15).
;;
;; The inner structure leaves the frame at once, so the field is its only owner.
;; Each allocation collects, and would free an object without an owner.
(module
  (type $s (struct (field (mut (ref null $s)))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run")
    (global.set $root (struct.new $s (struct.new_default $s)))
    (struct.set $s 0 (global.get $root) (struct.new_default $s))
    (drop (struct.new_default $s))
    (drop (struct.new_default $s))))
