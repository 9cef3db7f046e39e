;;! about = "table.fill and table.grow write one reference many times, then null"
;;! schedule = "allocations"
;; https://github.com/bytecodealliance/wasmtime/issues/14325 (zoo B1, D8, D8-grow)
;; Elements beyond the old length that a moving collector skips (zoo G8).
;;
;; Each element is an owner. Null is a value like any other: storing it releases
;; the old reference.
(module
  (type $s (struct (field i32)))
  (table $t 2 (ref null $s))
  (func (export "fill") (result i32)
    (table.fill $t (i32.const 0) (struct.new $s (i32.const 1)) (i32.const 2))
    (drop (table.grow $t (struct.new $s (i32.const 2)) (i32.const 2)))
    (drop (struct.new $s (i32.const 3)))
    (i32.add
      (struct.get $s 0 (table.get $t (i32.const 1)))
      (struct.get $s 0 (table.get $t (i32.const 3)))))
  (func (export "clear")
    (table.fill $t (i32.const 0) (ref.null $s) (i32.const 4))
    (drop (struct.new $s (i32.const 4)))
    (drop (struct.new $s (i32.const 5)))))
