;;! about = "struct.set of a reference to an object that nothing else refers to"
;;! schedule = "allocations"
;; struct.set must count what it stores (zoo canary), and give up what it
;; overwrites, not the container (Go runtime, WebAssembly port; zoo X15).
;;
;; The inner structure leaves the frame at once: from then on the field is its
;; only owner. Each allocation collects, and would free what has no owner.
(module
  (type $s (struct (field (mut (ref null $s)))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run")
    (global.set $root (struct.new $s (struct.new_default $s)))
    (struct.set $s 0 (global.get $root) (struct.new_default $s))
    (drop (struct.new_default $s))
    (drop (struct.new_default $s))))
