;;! about = "table.set of an object out of bounds"
;;! schedule = "allocations"
;; A count that remains after a trap (zoo D12).
;;
;; The bounds are checked before the reference is counted.
(module
  (type $s (struct (field i32)))
  (table $t 1 (ref null $s))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "set")
    (global.set $root (struct.new $s (i32.const 1)))
    (table.set $t (i32.const 1) (global.get $root)))
  (func (export "drop")
    (global.set $root (ref.null $s))
    (drop (struct.new $s (i32.const 2)))
    (drop (struct.new $s (i32.const 3)))))
